"""Seal data alone."""
import der as d
import stamp
import x509
from sm2 import N

from .cases import ABSENT, BAD, DOUBT, FORGED, NEVER, flip, members, place

OK = {"format": "passed", "seal_signature": "passed"}


def cases(t, w):
    a, b = w.active, w.other
    raw = a.eseal
    t.add("seal: as filed", "fetched by its owner", {"valid"}, raw, dict(
        OK, maker_chain="passed", seal_validity="passed",
        registry_status="passed"))
    t.add("seal: as filed, by the command", "the same", {"valid"}, raw, dict(
        OK, registry_status="passed"), door="command")
    t.add("seal: of another province", "filed in the second province",
          {"valid"}, w.away.eseal, dict(OK, maker_chain="passed",
                                        registry_status="passed"))
    for s, word in ((w.suspended, "suspended"), (w.revoked, "revoked"),
                    (w.lost, "lost"), (w.cancelled, "cancelled")):
        t.add("seal: " + word, "filed, then " + word, BAD, s.eseal,
              dict(OK, registry_status="failed"))
    t.add("seal: resumed", "suspended and resumed", {"valid"},
          w.resumed.eseal, dict(OK, registry_status="passed"))
    cut(t, raw)
    retag(t, raw)
    tampered(t, raw, b)
    foreign(t, w)
    other_octets(t, w)


def cut(t, raw):
    for n in (1, 2, 4, 5, 40, len(raw) // 2, len(raw) - 80, len(raw) - 1):
        t.add("seal: cut at " + place(n, raw), "truncated",
              BAD if n > 5 else NEVER, raw[:n], {"format": "failed|unknown"})
    for name, tail in (("a zero", b"\0"), ("itself", raw), ("a line feed",
                                                           b"\n")):
        t.add("seal: followed by " + name, "trailing octets",
              FORGED | DOUBT, raw + tail)
    t.add("seal: after a zero", "leading octet", NEVER, b"\0" + raw)
    t.add("seal: of indefinite length", "BER, not DER", BAD, b"\x30\x80" +
          b"".join(members(raw)) + b"\0\0", {"format": "failed"})
    t.add("seal: length not minimal", "BER, not DER", BAD, b"\x30\x84" +
          len(b"".join(members(raw))).to_bytes(4, "big") +
          b"".join(members(raw)), {"format": "failed"})
    t.add("seal: length of 4 GB", "the length lies", BAD,
          b"\x30\x84\xff\xff\xff\xf0" + raw[4:], {"format": "failed|unknown"})


def retag(t, raw):
    m = members(raw)
    for name, octets in (
            ("SET", b"\x31" + raw[1:]),
            ("maker's certificate as BIT STRING", d.seq(
                m[0], b"\x03" + m[1][1:], *m[2:])),
            ("signature as OCTET STRING", d.seq(*m[:3], b"\x04" + m[3][1:])),
            ("algorithm in a SEQUENCE", d.seq(m[0], m[1], d.seq(m[2]),
                                              m[3])),
            ("without a signature", d.seq(*m[:3])),
            ("without a certificate", d.seq(m[0], *m[2:])),
            ("a member more", d.seq(*m, d.integer(1))),
            ("two members more", d.seq(*m, d.integer(1), d.integer(2))),
            ("eSealInfo twice", d.seq(m[0], *m)),
            ("in an order of its own", d.seq(m[3], m[2], m[1], m[0]))):
        t.add("seal: " + name, "re-tagged or re-built", FORGED | DOUBT,
              octets, {"format": "failed|unknown"}
              if "OCTET STRING" not in name else {})
    t.add("seal: unused bits in the signature", "BIT STRING, 1 unused",
          FORGED, d.seq(*m[:3], d.tlv(3, b"\1", m[3][4:])))
    deep = b""
    for _ in range(3000):
        deep = d.seq(deep)
    t.add("seal: nested 3,000 deep", "SEQUENCE in SEQUENCE", NEVER, deep)
    t.add("seal: eSealInfo nested 3,000 deep", "the same, inside", NEVER,
          d.seq(deep, *m[1:]))


def tampered(t, raw, b):
    m, o = members(raw), members(b.eseal)
    step = len(raw) // 24
    for i in range(step // 2, len(raw), step):
        t.add("seal: bit flipped at %d/24" % (i // step), "one bit",
              FORGED | DOUBT | ABSENT, flip(raw, i, 4))
    t.add("seal: eSealInfo of another seal", "swapped", FORGED, d.seq(
        o[0], *m[1:]), {"seal_signature": "failed"})
    t.add("seal: signature of another seal", "swapped", FORGED, d.seq(
        *m[:3], o[3]), {"seal_signature": "failed"})
    t.add("seal: signer's certificate as the maker's", "swapped", FORGED,
          d.seq(m[0], d.octets(b.cert), *m[2:]),
          {"seal_signature": "failed"})
    sig = d.signature
    for name, v in (("r = 0", sig(0, 5)), ("s = 0", sig(5, 0)),
                    ("r = n", sig(N, 5)), ("s beyond n", sig(5, N + 5)),
                    ("r negative", sig(-5, 5)), ("of no octets", b""),
                    ("64 zeros", bytes(64)), ("of 63 octets", b"\1" * 63),
                    ("a NULL", d.NULL), ("r = s = 1", sig(1, 1)),
                    ("three numbers", d.seq(*[d.integer(5)] * 3))):
        t.add("seal: signature " + name, "value of our own", FORGED | DOUBT,
              d.seq(*m[:3], d.bits(v)), {"seal_signature": "failed|unknown"})
    for name, oid in (("RSA with SHA-256", d.RSA_SHA256), ("SM3", d.SM3),
                      ("1.2.156.10197.501", "1.2.156.10197.501")):
        t.add("seal: algorithm " + name, "OID replaced", FORGED | DOUBT,
              d.seq(m[0], m[1], d.oid(oid), m[3]))


def foreign(t, w):
    """Made by nobody whom this nation knows."""
    f = w.foreign
    for gen in ("V1", "V4", "V5"):
        t.add("seal: %s, a code that nobody owns" % gen, "a whole seal of an "
              "unknown authority, division 81", DOUBT, f.seal(
                  gen, "81000000000001").eseal, dict(
                      OK, seal_validity="passed", registry_status="unknown",
                      maker_chain="unknown"), says='"%s"' % gen)
        t.add("seal: %s, a code of this province never filed" % gen,
              "made by an unknown authority", ABSENT | BAD, f.seal(
                  gen, w.absent).eseal, dict(OK, registry_status="failed"))
        t.add("seal: %s, under a filed code" % gen, "a forgery with "
              "everything right but its maker", FORGED, f.seal(
                  gen, w.active.code).eseal, dict(
                      OK, registry_status="failed",
                      maker_chain="unknown|failed"))
    t.add("seal: code of letters", "an esID as some platforms have it",
          DOUBT, f.seal("V4", "ZhelibanTaxSeal").eseal, OK)

    def bent(title, expected, rules, says=None, gen="V4", how="", sealkw=None,
             **kw):
        t.add("seal: " + title, how or title, expected, f.seal(
            gen, "81000000000009", sealkw=sealkw, **kw).eseal, rules,
            says=says)
    bent("raw r and s", DOUBT, OK, "raw", how="64 octets, accepted and named",
         sealkw={"form": d.raw_signature})
    bent("critical FALSE written out", DOUBT, OK, "default",
         ext=[("1.2.156.10197.6.7.2.2.1", False, b"2.1")], default=True)
    bent("an extension", DOUBT, OK, ext=[("1.2.3.4", True, b"x")])
    bent("no extensions, said", DOUBT, OK, ext=[])
    bent("a list of digests", DOUBT, OK, list_kind=2)
    bent("header ID XX", NEVER, {"seal_signature": "passed|failed|unknown"},
         head="XX")
    bent("version 2 in V1", DOUBT, OK, gen="V1", version=2)
    bent("version 9", NEVER, {}, version=9)
    bent("UTCTime in V4", NEVER, {}, time=d.utctime)
    bent("GeneralizedTime in V1", NEVER, {}, gen="V1", time=d.gentime)
    for name, kw in (("type 3", {"listed": d.integer(3) + d.seq()}),
                     ("type 1, no member", {"listed": d.integer(1) +
                                            d.seq()}),
                     ("type 1, of digests", {"listed": d.integer(1) + d.seq(
                         d.seq(d.printable("SM3"), d.octets(bytes(32))))}),
                     ("type 2, of certificates", {"listed": d.integer(2) +
                                                  d.seq(d.octets(b"x"))}),
                     ("type missing", {"listed": d.seq(d.octets(b"x"))})):
        bent("certificate list " + name, NEVER, {}, **kw)
    bent("signature over less", BAD, {"seal_signature": "failed"},
         how="over eSealInfo's value", sealkw={"over": b"x"})
    info = f.info("V4", "81000000000009")
    bent("V4 signed as V1 is", BAD, {"seal_signature": "failed"}, sealkw={
        "over": d.seq(info, d.octets(f.maker[1]), d.oid(d.SM2_SM3))})
    bent("V1 signed as V4 is", BAD, {"seal_signature": "failed"}, gen="V1",
         sealkw={"over": f.info("V1", "81000000000009")})
    day = 86400
    bent("validity past", BAD, {"seal_validity": "failed"},
         start=w.now - 9 * day, end=w.now - day)
    bent("validity to come", BAD, {"seal_validity": "failed"},
         start=w.now + day, end=w.now + 9 * day)
    bent("ends before it starts", BAD, {}, start=w.now + day,
         end=w.now - day)
    for name, text in (("month 13", b"20261301000000Z"), ("no Z",
                       b"20260101000000"), ("a fraction",
                       b"20260101000000.5Z"), ("day 31 of February",
                       b"20260231000000Z"), ("letters", b"abcdefghijklmnZ")):
        bent("time with " + name, BAD | DOUBT, {},
             time=lambda _, text=text: d.tlv(24, text))
    bent("a name that turns round", NEVER, OK, name="\u202eA\u0007\nB")
    bent("a name of 100,000 characters", NEVER, {}, name="章" * 30000)
    bent("a picture of 0 by 0 mm", NEVER, {}, width=0, height=0)
    bent("a picture of 2^63 mm", NEVER, {}, width=1 << 63)
    other = x509.Key("other")
    bent("maker's certificate of another key", BAD, {
        "seal_signature": "failed"}, sealkw={"cert": x509.certificate(
            f.root, other.point, x509.name("maker"), w.now - day,
            w.now + day)})
    bent("maker's certificate that is none", BAD | DOUBT, {
        "seal_signature": "failed|unknown"}, sealkw={"cert": b"\x30\0"})
    point = b"\4" + bytes(63) + b"\7"
    bent("maker's key not on the curve", BAD | DOUBT, {
        "seal_signature": "failed|unknown"}, sealkw={"cert": x509.certificate(
            f.root, point, x509.name("maker"), w.now - day, w.now + day)})


def other_octets(t, w):
    for name, octets, says in (
            ("nothing but a zero", b"\0", None),
            ("text", "印章 is not a seal\n".encode() * 9, None),
            ("HTML", b"<!doctype html><script>alert(1)</script>", None),
            ("0x30 alone", b"\x30", None),
            ("an empty SEQUENCE", b"\x30\0", None),
            ("zeros", bytes(5000), None),
            ("0xff", b"\xff" * 5000, None),
            ("PK alone", b"PK\3\4", None), ("%PDF- alone", b"%PDF-", None),
            ("a certificate", w.active.cert, None),
            ("a request", x509.request(x509.Key("x"), x509.name("x")), None),
            ("a CRL", x509.crl(w.foreign.root, w.now, w.now + 99), None),
            ("PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END "
             b"CERTIFICATE-----\n", None),
            ("a PNG", stamp.png(), "picture only"),
            ("a JPEG", b"\xff\xd8\xff\xe0\0\20JFIF\0\1", "picture only"),
            ("a GIF", b"GIF89a\1\0\1\0\0\0\0;", "picture only"),
            ("a seal's picture", w.picture, "picture only")):
        t.add("file: " + name, "no seal at all", BAD if says else NEVER,
              octets, {"format": "failed|unknown"}, says=says)
