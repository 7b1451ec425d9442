"""What is brought to the reader, and what must be said of it.

A case states its verdicts and its rules when it is made, before anything is
read; nothing here is ever updated from an answer."""
import der as d
import ofd
import pdf
import stamp
from sm2 import sm3

VALID = {"valid"}
BAD = {"not_valid"}
DOUBT = {"unknown"}
NEVER = {"not_valid", "unknown"}        # where the standard leaves a choice
FORGED = {"not_valid", "mismatch"}      # the register may speak first
ABSENT = {"not_filed"}

# How software signs that knows no identity, and what must be said of it.
OTHER_IDENTITIES = (
    ("no identity", None, "without the signer's identity"),
    ("an empty identity", b"", "an empty identity"))

# Signatures with a number of 256 bits, which DER writes in 33 octets.
LONG_NUMBERS = (("r", lambda r, s: r >> 255 and not s >> 255),
                ("s", lambda r, s: s >> 255 and not r >> 255),
                ("r and s, each", lambda r, s: r >> 255 and s >> 255))


class Case:
    """door: node (POST /v1/verify), command, or other, which is the command
    with a trust list and a node of our own."""

    def __init__(self, name, how, expected, octets, rules, door, says, at,
                 given):
        self.name, self.how, self.expected = name, how, expected
        self.octets, self.rules, self.door = octets, rules, door
        self.says, self.at, self.given = says, at, given


class Table:
    def __init__(self):
        self.rows, self.names = [], set()

    def add(self, name, how, expected, octets, rules=None, door="node",
            says=None, at=None, given=()):
        """rules: rule -> its results, "a|b" for either.  given: certificates
        that the command is given beside the file."""
        assert name not in self.names, name
        assert expected <= VALID | BAD | DOUBT | FORGED | ABSENT
        self.names.add(name)
        self.rows.append(Case(name, how, frozenset(expected), octets,
                              dict(rules or {}), door, says, at,
                              list(given)))


class Seal:
    """A seal with what is needed to stamp with it."""

    def __init__(self, gen, code, eseal, key, cert, when, maker=None):
        self.gen, self.code, self.eseal = gen, code, eseal
        self.key, self.cert, self.when, self.maker = key, cert, when, maker

    def ses(self, data_hash, prop, when=None, key=None, cert=None,
            eseal=None, gen=None, tbs=None, change=None, **kw):
        """A stamp.  tbs: arguments of to_sign; change: alters the TBS after
        it was signed; the rest is stamp.stamp's."""
        gen, key = gen or self.gen, key or self.key
        cert = self.cert if cert is None else cert
        t = stamp.to_sign(gen, eseal or self.eseal, cert,
                          self.when if when is None else when, data_hash,
                          prop, **(tbs or {}))
        if change:
            return stamp.stamp(gen, key, cert, change(t), over=t, **kw)
        return stamp.stamp(gen, key, cert, t, **kw)

    def value(self, **kw):
        """For ofd.Sign: SignedValue.dat over Signature.xml."""
        return lambda x, path: self.ses(sm3(x), path, **kw)

    def sign(self, number=0, ses=None, value=None, **kw):
        return ofd.Sign(value or self.value(**(ses or {})), self.eseal,
                        number, when=self.when, **kw)

    def ofd(self, rows=None, pages=1, ses=None, **kw):
        """The entries of a document with one stamp."""
        return ofd.stamp(rows or ofd.document(pages),
                         self.sign(ses=ses, **kw))

    def contents(self, kind, ses=None, **kw):
        """For pdf.sign: /Contents over the ByteRange."""
        if kind == pdf.SES:
            return lambda o: self.ses(sm3(o), "/ByteRange", **(ses or {}))
        if kind == pdf.CMS:
            return lambda o: stamp.signed_data(self.key, self.cert, sm3(o),
                                               **kw)
        args = dict(variant="detached", alg=d.SM2_SM3, when=self.when,
                    outer=d.CMS_SIGNED)
        if kind == pdf.PADES:
            args.update(when=None, more=[stamp.attribute(
                d.SIGNING_CERT_V2, d.seq(d.seq(d.seq(
                    d.seq(d.oid(d.SM3)), d.octets(sm3(self.cert))))))])
        args.update(kw)
        return lambda o: stamp.signed_data(self.key, self.cert, sm3(o),
                                           **args)

    def pdf(self, p=None, kind=pdf.SES, ses=None, cms=None, **kw):
        p = p.copy() if p else pdf.Pdf()
        return p.sign(self.contents(kind, ses, **(cms or {})), kind, **kw)


def flip(raw, i, bit=1):
    raw = bytearray(raw)
    raw[i] ^= bit
    return bytes(raw)


def place(n, raw):
    """A name for an offset that does not depend on a seal's size."""
    for name, i in (("the middle", len(raw) // 2), ("a third",
                    len(raw) // 3)):
        if n == i:
            return name
    return "octet %d" % n if n < 100 else "%d from the end" % (len(raw) - n)


def swap(raw, old, new, count=1):
    """Octets replaced; they must be there."""
    assert old in raw, old
    return raw.replace(old, new, count)


def members(raw):
    from formats import one, seq
    return [m[1] for m in seq(one(raw)[2])]
