"""Small SM2 certificates and requests (GM/T 0015, RFC 5280, RFC 2986) with
any validity, usage and issuer: authorities that nobody knows, and bad ones."""
import der as d
from sm2 import N, public, sign, sm3

SIGN, REPUDIATE, ENCIPHER, CERT_SIGN, CRL_SIGN = 0x80, 0x40, 0x20, 4, 2
SIGNER = SIGN | REPUDIATE
EKU_TIME_STAMP = "1.3.6.1.5.5.7.3.8"
EKU_MAKER = "2.999.38540.1"             # docs/keys.md: marks a seal maker
EKU_SIGNER = "1.3.6.1.5.5.7.3.36"       # RFC 9336: signs documents
KEY_USAGE = "2.5.29.15"
BASIC = "2.5.29.19"
EXT_USAGE = "2.5.29.37"


class Key:
    """A key known by a word: the same word, the same key."""

    def __init__(self, word):
        self.d = int.from_bytes(sm3(b"test key ", word.encode()),
                                "big") % (N - 2) + 1
        self.point = public(self.d)

    def sign(self, message, form=d.signature, **kw):
        return form(*sign(self.d, message, self.point, **kw))


class Otherwise:
    """A key that signs with another identity, or, None, with none; or whose
    signatures are such as want says."""

    def __init__(self, key, **kw):
        self.key, self.point, self.kw = key, key.point, kw

    def sign(self, message, form=d.signature):
        return self.key.sign(message, form, **self.kw)


def name(cn, org=None):
    parts = [("2.5.4.6", d.printable("CN"))]
    if org:
        parts.append(("2.5.4.10", d.utf8(org)))
    if cn:
        parts.append(("2.5.4.3", d.utf8(cn)))
    return d.seq(*[d.tlv(0x31, d.seq(d.oid(o), v)) for o, v in parts])


def spki(point):
    return d.seq(d.seq(d.oid(d.EC_KEY), d.oid(d.SM2_CURVE)), d.bits(point))


def ext(o, value, critical=False):
    return d.seq(d.oid(o), *([d.boolean(True)] if critical else []),
                 d.octets(value))


def purposes(*oids, critical=False):
    return ext(EXT_USAGE, d.seq(*map(d.oid, oids)), critical)


def usage_bits(usage):
    unused = 0
    while unused < 7 and not usage >> unused & 1:
        unused += 1
    return d.bits(bytes([usage]), unused)


def algorithm(o, null=False):
    return d.seq(d.oid(o), *([d.NULL] if null else []))


class Authority:
    """Whoever issues: a name and a key, and a certificate of its own."""

    def __init__(self, cn, key, cert=None):
        self.name, self.key, self.cert = name(cn, "Test Authority"), key, cert


def certificate(by, point, subject, start, end, usage=SIGNER, ca=False,
                serial=None, alg=d.SM2_SM3, null=False, more=(), bent=False,
                path_length=None, version=2):
    """DER.  by: the Authority; bent: its signature is over something else."""
    if serial is None:
        serial = int.from_bytes(sm3(point, subject, b"%d" % start)[:15],
                                "big") | 1
    exts = [ext("2.5.29.14", d.octets(sm3(point)[:20])),
            ext("2.5.29.35", d.seq(d.tlv(0x80, sm3(by.key.point)[:20])))]
    if usage is not None:
        exts.append(ext(KEY_USAGE, usage_bits(usage), True))
    if ca:
        exts.append(ext(BASIC, d.seq(d.boolean(True), *(
            [] if path_length is None else [d.integer(path_length)])), True))
    a = algorithm(alg, null)
    tbs = d.seq(d.ctx(0, d.integer(version)), d.integer(serial), a, by.name,
                d.seq(d.when(start), d.when(end)), subject, spki(point),
                d.ctx(3, d.seq(*exts, *more)))
    signed = by.key.sign(tbs + (b"x" if bent else b""))
    return d.seq(tbs, a, d.bits(signed))


def root(cn, start, end, **kw):
    a = Authority(cn, Key(cn))
    a.cert = certificate(a, a.key.point, a.name, start, end,
                         CERT_SIGN | CRL_SIGN, ca=True, **kw)
    return a


def under(by, cn, start, end, **kw):
    """An authority under another."""
    a = Authority(cn, Key(cn))
    a.cert = certificate(by, a.key.point, a.name, start, end,
                         CERT_SIGN | CRL_SIGN, ca=True, **kw)
    return a


def request(key, subject, proof=None):
    """PKCS#10; proof: the key that signs it, if another."""
    info = d.seq(d.integer(0), subject, spki(key.point), d.ctx(0))
    return d.seq(info, algorithm(d.SM2_SM3),
                 d.bits((proof or key).sign(info)))


def crl(by, this, following, revoked=(), number=1):
    """revoked: (serial, moment, reason)."""
    rows = [d.seq(d.integer(s), d.when(t), d.seq(ext(
        "2.5.29.21", d.tlv(10, bytes([why]))))) for s, t, why in revoked]
    tbs = d.seq(d.integer(1), algorithm(d.SM2_SM3), by.name, d.when(this),
                d.when(following), *([d.seq(*rows)] if rows else []),
                d.ctx(0, d.seq(
                    ext("2.5.29.35", d.seq(d.tlv(0x80, sm3(
                        by.key.point)[:20]))),
                    ext("2.5.29.20", d.integer(number)))))
    return d.seq(tbs, algorithm(d.SM2_SM3), d.bits(by.key.sign(tbs)))
