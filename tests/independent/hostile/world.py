"""Authorities that nobody knows."""
import stamp
import x509

from .cases import Seal

DAY = 86400


class Foreign:
    """A root, a maker, a signer and a time-stamp authority."""

    def __init__(self, now, word="foreign", root=None):
        self.now, self.when = now, now - 10 * DAY
        self.root = root or x509.root(word + " root", now - 900 * DAY,
                                      now + 900 * DAY)
        self.maker = self.issue(word + " maker")
        self.signer = self.issue(word + " signer")
        self.tsa = self.issue(word + " tsa", more=[x509.ext(
            x509.EXT_USAGE, stamp.d.seq(stamp.d.oid(x509.EKU_TIME_STAMP)),
            True)])

    def issue(self, cn, start=-800, end=800, by=None, key=None, **kw):
        key = key or x509.Key(cn)
        return key, x509.certificate(
            by or self.root, key.point, x509.name(cn, "Organ"),
            self.now + start * DAY, self.now + end * DAY, **kw)

    def info(self, gen, code, signer=None, more=(), start=None, end=None,
             **kw):
        cert = (signer or self.signer)[1]
        return stamp.seal_info(
            gen, code, kw.pop("certs", [cert, *more]),
            self.now - 700 * DAY if start is None else start,
            self.now + 700 * DAY if end is None else end, **kw)

    def seal(self, gen, code, signer=None, maker=None, sealkw=None,
             when=None, **kw):
        maker, signer = maker or self.maker, signer or self.signer
        return Seal(gen, code, stamp.seal(
            gen, maker, self.info(gen, code, signer, **kw), **(sealkw or {})),
            *signer, self.when if when is None else when, maker)
