"""Stamps alone: SES_Signature without the document that it covers."""
import der as d
import stamp
import x509
from sm2 import N, digest, sm3

from .cases import (
    ABSENT, BAD, DOUBT, FORGED, NEVER, VALID, flip, members, place)

HASH = sm3(b"a document that nobody shows")
WHOLE = {"format": "passed", "seal_signature": "passed",
         "signer_in_seal": "passed", "stamp_signature": "passed"}
# Alone it covers nothing that could be looked at: a choice.
GOOD = VALID | DOUBT


def cases(t, w):
    a, b = w.active, w.other

    def put(name, expected, rules=None, how=None, s=a, says=None, **kw):
        t.add("stamp: " + name, how or name, expected, s.ses(
            HASH, "/Doc_0/Signs/Sign_0/Signature.xml", **kw), rules,
            says=says)
    put("good", GOOD, dict(WHOLE, maker_chain="passed",
                           signer_chain="passed", seal_validity="passed",
                           registry_status="passed"), "of a filed seal")
    put("good, of the second province", GOOD, dict(
        WHOLE, registry_status="passed"), s=w.away)
    put("raw r and s", GOOD, WHOLE, "64 octets, accepted and named",
        form=d.raw_signature, says="raw")
    put("with extensions", GOOD, WHOLE, tbs={"ext": [
        ("1.3.6.1.5.5.7.1.4", True, b"x")]})
    put("with critical FALSE written out", GOOD, WHOLE, tbs={
        "ext": [("1.2.3.4", False, b"x")], "default": True}, says="default")
    flags(put, w)
    times(put, w)
    signers(put, w)
    values(put, w)
    tokens(t, put, w)
    built(t, w)
    foreign(t, w)
    put("raw r and s, last octet changed", BAD, {"stamp_signature": "failed"},
        value=flip(a.key.sign(b"x", d.raw_signature), 63))
    put("seal of another", FORGED, {"stamp_signature": "failed"},
        "the seal was replaced after signing", eseal=b.eseal,
        over=stamp.to_sign("V4", a.eseal, a.cert, a.when, HASH,
                           "/Doc_0/Signs/Sign_0/Signature.xml"))
    put("seal of another, signed anew", FORGED, {
        "signer_in_seal": "failed"}, "our own signer, somebody else's seal",
        eseal=b.eseal)
    forged = w.foreign.seal("V4", a.code, certs=[a.cert])
    put("seal forged, signer right", FORGED, dict(
        registry_status="failed", stamp_signature="passed"), "a seal of an "
        "unknown maker lists a real signer", eseal=forged.eseal)
    put("code never filed", ABSENT | BAD, dict(
        WHOLE, registry_status="failed"), s=w.foreign.seal("V4", w.absent))


def flags(put, w):
    """Signatures and digests in BIT STRINGs that tell unused bits, as a library
    writes them that takes each for a list of flags."""
    a = w.active
    ends = {}       # the signature's last octet: a moment at which it is so
    for t in range(a.when, a.when + 3000):
        if len(ends) == 9:
            break
        last = a.ses(HASH, "/Doc_0/Signs/Sign_0/Signature.xml", when=t)[-1]
        ends.setdefault((last & -last).bit_length() - 1 if last else 8, t)
    for n in range(1, 5):
        put("%d unused bits in the signature" % n, GOOD, WHOLE, when=ends[n],
            bits=d.flags, says="unused-bits")
    put("a zero octet left out at the end of the signature", GOOD, WHOLE,
        when=ends[8], bits=d.flags, says="unused-bits")
    put("an octet left out that was not zero", BAD, {
        "stamp_signature": "failed"}, when=ends[0],
        bits=lambda v: d.bits(v[:-1]))
    put("no unused bits to tell", GOOD, WHOLE, when=ends[0], bits=d.flags)
    for n in (1, 4, 7):
        put("%d unused bits that are not zero" % n, BAD, {"format": "failed"},
            when=ends[0], bits=lambda v, n=n: d.bits(v, n))
    for n in (8, 255):
        put("%d unused bits in the signature" % n, BAD, {"format": "failed"},
            when=ends[4], bits=lambda v, n=n: d.bits(v, n))
    even = next(x for x in (sm3(b"%d" % i) for i in range(99))
                if x[-1] & 7 == 4)
    put("2 unused bits in dataHash", GOOD, WHOLE, over=None, tbs={
        "bits": lambda v: d.flags(even)}, says="unused-bits")
    put("unused bits in dataHash that are not zero", BAD, {
        "format": "failed"}, tbs={"bits": lambda v: d.bits(even, 3)})
    for gen in ("V1", "V5"):
        put("%s, as flags" % gen, DOUBT | BAD, {"stamp_signature": "passed"},
            s=w.foreign.seal(gen, "81000000000005", sealkw={
                "bits": d.flags}), bits=d.flags)


def times(put, w):
    a, day = w.active, 86400
    put("before the seal began", BAD, {"seal_validity": "failed"},
        "timeInfo a day before validStart", when=w.filed_at - day)
    put("tomorrow", NEVER, {}, "timeInfo a day from now",
        when=w.now + day)
    put("in a year after the seal", BAD, {}, "timeInfo beyond validEnd",
        when=w.now + 50 * 365 * day)
    put("in 1970", BAD, {"seal_validity": "failed"}, when=1)
    for name, text in (("with a fraction", b"20260101000000.5Z"),
                       ("without Z", b"20260101000000"),
                       ("of letters", b"abcdefghijklmnZ"),
                       ("with an offset", b"20260101000000+0800")):
        put("time " + name, NEVER, {}, tbs={"time_info": d.tlv(24, text)})
    put("time as UTCTime", VALID | NEVER, {}, tbs={"time_info": d.utctime(
        a.when)})
    put("time as an INTEGER", NEVER, {"format": "failed|unknown"},
        tbs={"time_info": d.integer(a.when)})
    for s, word in ((w.suspended, "suspension"), (w.revoked, "revocation"),
                    (w.lost, "loss"), (w.cancelled, "cancellation")):
        put("before its " + word, GOOD, dict(
            WHOLE, registry_status="passed"), "timeInfo before the event",
            s=s)
        put("after its " + word, BAD, dict(registry_status="failed"),
            "timeInfo after the event", s=s, when=s.changed + 1)
    r = w.resumed
    put("before suspension and resumption", GOOD, {
        "registry_status": "passed"}, s=r)
    put("while suspended", BAD, {"registry_status": "failed"}, s=r,
        when=r.changed)
    put("after resumption", GOOD, {"registry_status": "passed"}, s=r,
        when=r.resumed + 1)


def signers(put, w):
    a, b, day = w.active, w.other, 86400
    put("signed by another key", BAD, {"stamp_signature": "failed"},
        "certificate right, key wrong", key=b.key)
    put("signed by another signer", BAD, {"signer_in_seal": "failed"},
        "key and certificate of another seal", key=b.key, cert=b.cert)
    k, root = x509.Key("stranger"), w.foreign.root
    cn = x509.name(a.code, "Organ")
    put("signer that nobody lists", BAD, {"signer_in_seal": "failed"}, key=k,
        cert=x509.certificate(root, k.point, cn, w.now - day, w.now + day))
    put("signer certified anew with the same key", BAD, {
        "signer_in_seal": "failed"}, "renewed certificate: the seal must be "
        "made again", cert=x509.certificate(root, a.key.point, cn,
                                            w.now - day, w.now + day))
    put("signer's certificate cut", NEVER, {}, cert=a.cert[:-1])
    put("signer's certificate changed", BAD, {}, cert=flip(a.cert, 60))
    put("signer's certificate empty", NEVER, {}, cert=b"")


def values(put, w):
    a, sig = w.active, d.signature
    for name, v in (("r = 0", sig(0, 5)), ("s = n", sig(5, N)),
                    ("r beyond n", sig(N + 5, 5)), ("empty", b""),
                    ("64 zeros", bytes(64)), ("65 octets", b"\1" * 65),
                    ("negative s", sig(5, -5)), ("of text", b"signed"),
                    ("with octets behind", sig(5, 5) + b"\0"),
                    ("of 100,000 octets", b"\1" * 100000)):
        put("value " + name, BAD, {"stamp_signature": "failed|unknown"},
            value=v)
    good = a.key.sign(b"something else")
    put("value over something else", BAD, {"stamp_signature": "failed"},
        value=good)
    put("signed over its value only", BAD, {"stamp_signature": "failed"},
        over=b"x")
    for name, o in (("RSA", d.RSA_SHA256), ("SM3 alone", d.SM3),
                    ("SM2 key", d.SM2_CURVE)):
        put("algorithm " + name, NEVER, {
            "stamp_signature": "failed|unknown"}, alg=o)
    put("algorithm 1.301.1", VALID | NEVER, {}, "the signing algorithm's "
        "other OID", alg=d.SM2_SIGN)
    for v in (0, 1, 5, 99):
        put("version %d" % v, NEVER | VALID, {}, "TBS version is not the "
            "seal's: tolerated only if named", tbs={"version": v},
            says="version")
    for name, change in (
            ("hash", lambda x: x.replace(HASH, sm3(b"another"))),
            ("property", lambda x: x.replace(b"Sign_0", b"Sign_1")),
            ("time", lambda x: flip(x, x.index(b"Z\x03\x21") - 1))):
        put("%s changed" % name, BAD, {"stamp_signature": "failed"},
            "one member changed after signing", change=change)


def tokens(t, put, w):
    a, f = w.active, w.foreign
    tsa, cert = f.tsa

    def tok(**kw):
        args = dict(when=a.when + 1)
        over = kw.pop("over", None)
        args.update(kw)
        return lambda v: stamp.token(tsa, cert, sm3(over or v), **args)

    def answer(over=None, **kw):
        return lambda v: stamp.answer(tok(over=over)(v), **kw)

    def with_z(o, key=tsa):
        return digest(key.point, o)
    put("token of an unknown authority", GOOD, dict(
        WHOLE, time_stamp="passed|unknown"), token=tok())
    put("token about other octets", BAD, {"time_stamp": "failed"},
        token=tok(over=b"other"))
    put("token about the TBS", BAD, {"time_stamp": "failed"},
        "as some vendors do", token=tok(over=a.eseal))
    put("token with a bent signature", BAD, {"time_stamp": "failed"},
        token=tok(bent=True))
    put("token without a certificate", GOOD, {
        "time_stamp": "failed|unknown"}, token=tok(with_cert=False))
    put("token of another key", BAD, {"time_stamp": "failed"},
        token=lambda v: stamp.token(x509.Key("nobody"), cert, sm3(v),
                                    a.when + 1))
    put("token that is no token", NEVER, {"time_stamp": "failed|unknown"},
        token=lambda v: b"\x30\3\2\1\1")
    put("token that is empty", NEVER, {"time_stamp": "failed|unknown"},
        token=lambda v: b"")
    put("token of another content", NEVER, {"time_stamp": "failed|unknown"},
        token=tok(info_type=d.CMS_DATA))
    put("token a day before the signature", NEVER, {}, "what was signed is "
        "older than it says", token=tok(when=a.when - 86400))
    put("token with SHA-256 named", NEVER, {"time_stamp": "failed|unknown"},
        token=tok(hash_alg=d.SHA256))
    put("token in the authority's answer", GOOD, dict(
        WHOLE, time_stamp="passed|unknown"), token=answer(),
        says="time-stamp-answer")
    put("token in an answer with modifications", GOOD, dict(
        WHOLE, time_stamp="passed|unknown"), token=answer(status=1))
    put("token in an answer, about other octets", BAD, {
        "time_stamp": "failed"}, token=answer(over=b"other"))
    put("an answer that grants none", BAD, {"time_stamp": "failed"},
        token=lambda v: stamp.answer(status=2), says="status 2")
    put("an answer that grants none, with a token", BAD, {
        "time_stamp": "failed"}, token=answer(status=2))
    put("an answer in an answer", BAD, {"time_stamp": "failed"},
        token=lambda v: stamp.answer(answer()(v)))
    put("token whose digest has Z", GOOD, dict(
        WHOLE, time_stamp="passed|unknown"), "Guizhou CA writes it",
        token=tok(told=with_z), says="digest-with-z")
    put("token whose digest has Z of another key", BAD, {
        "time_stamp": "failed"}, token=tok(
            told=lambda o: with_z(o, a.key)))
    put("token whose digest is named by 501", GOOD, dict(
        WHOLE, time_stamp="passed|unknown"), "Guizhou CA writes it",
        token=tok(named=d.SM2_SM3), says="digest-algorithm-501")
    for name, made, says in (
            ("in the authority's answer", lambda v: stamp.answer(stamp.token(
                tsa, cert, sm3(v), a.when)), "time-stamp-answer"),
            ("whose digest has Z", lambda v: stamp.token(
                tsa, cert, sm3(v), a.when, told=with_z), "digest-with-z")):
        put("V5 seal with a token " + name, DOUBT | BAD, {
            "seal_signature": "passed"}, "of an authority that nobody knows",
            s=w.foreign.seal("V5", "81000000000007", sealkw={"token": made}),
            says=says)
    for name, octets, rules, says in (
            ("alone", tok()(HASH), {"time_stamp": "unknown"},
             "it holds, and says"),
            ("alone, in an answer", answer()(HASH), {
                "time_stamp": "unknown"}, "it holds, and says"),
            ("alone, bent", tok(bent=True)(HASH), {"time_stamp": "failed"},
             None),
            ("alone, refused", stamp.answer(status=2), {
                "format": "failed"}, "status 2")):
        t.add("stamp: a time-stamp " + name, "it says when, and not who",
              BAD if "failed" in rules.values() else DOUBT, octets, rules,
              says=says)
    put("token cut", NEVER, {"time_stamp": "failed|unknown"},
        token=lambda v: stamp.token(tsa, cert, sm3(v), a.when)[:-5])


def built(t, w):
    a = w.active
    raw = a.ses(HASH, "/x")
    m = members(raw)

    def put(name, octets, expected=FORGED | DOUBT, rules=None):
        t.add("stamp: " + name, "cut, re-tagged or re-built", expected,
              octets, rules)
    bad = {"format": "failed|unknown"}
    for n in (6, 60, len(raw) // 3, len(raw) - 200, len(raw) - 1):
        put("cut at " + place(n, raw), raw[:n], rules=bad)
    put("followed by a zero", raw + b"\0")
    put("followed by 1,000 zeros", raw + bytes(1000))
    put("followed by itself", raw + raw)
    put("in an OCTET STRING", d.octets(raw))
    put("SET", b"\x31" + raw[1:], rules=bad)
    put("without a certificate", d.seq(m[0], *m[2:]), rules=bad)
    put("without a value", d.seq(*m[:3]), rules=bad)
    put("with a member more", d.seq(*m, d.integer(1)), rules=bad)
    put("with [1]", d.seq(*m, d.ctx(1, d.bits(b"x"))), rules=bad)
    put("with [0] twice", d.seq(*m, d.ctx(0, d.bits(b"x")),
                                d.ctx(0, d.bits(b"x"))), rules=bad)
    put("the value in an OCTET STRING", d.seq(*m[:3], b"\x04" + m[3][1:]))
    put("the certificate in a BIT STRING", d.seq(
        m[0], b"\x03" + m[1][1:], *m[2:]), rules=bad)
    inner = members(m[0])
    put("TBS without its seal", d.seq(d.seq(inner[0], *inner[2:]), *m[1:]))
    put("TBS without a time", d.seq(d.seq(*inner[:2], *inner[3:]), *m[1:]),
        rules=bad)
    put("a hash of 31 octets", a.ses(HASH[:31], "/x"), VALID | NEVER)
    put("no hash", a.ses(b"", "/x"), VALID | NEVER)
    put("a property of 100,000 octets", a.ses(HASH, "/x" * 50000),
        VALID | NEVER)
    put("a property that turns round", a.ses(HASH, b"/\x1b[2J\xe2\x80\xae"),
        VALID | NEVER)
    step = len(raw) // 16
    for i in range(step // 3, len(raw), step):
        put("bit flipped at %d/16" % (i // step), flip(raw, i, 8),
            FORGED | DOUBT | ABSENT)
    put("a seal within a seal's place", a.ses(HASH, "/x", eseal=raw))


def foreign(t, w):
    f = w.foreign
    for gen in ("V1", "V4", "V5"):
        s = f.seal(gen, "81000000000001")
        t.add("stamp: %s of an unknown authority" % gen, "whole, of a code "
              "that nobody owns", DOUBT, s.ses(HASH, "/x"), dict(
                  WHOLE, seal_validity="passed", maker_chain="unknown",
                  registry_status="unknown"), says='"%s"' % gen)
        t.add("stamp: %s under a filed code" % gen, "whole, and forged",
              FORGED, f.seal(gen, w.active.code).ses(HASH, "/x"),
              dict(WHOLE, registry_status="failed"))
        t.add("stamp: %s with its value bent" % gen, "one bit", BAD, s.ses(
            HASH, "/x", value=s.key.sign(b"no")), {
                "stamp_signature": "failed"})
    two = f.seal("V4", "81000000000002", list_kind=2)
    t.add("stamp: the signer by digest", "certListType 2", DOUBT, two.ses(
        HASH, "/x"), WHOLE)
    k = x509.Key("second")
    c = x509.certificate(f.root, k.point, x509.name("second"),
                         w.now - 99999, w.now + 99999)
    t.add("stamp: another signer, by digest", "certListType 2, not in it",
          BAD, two.ses(HASH, "/x", key=k, cert=c),
          {"signer_in_seal": "failed"})
    many = f.seal("V4", "81000000000003", more=[c])
    t.add("stamp: the second of two signers", "certListType 1", DOUBT,
          many.ses(HASH, "/x", key=k, cert=c), WHOLE)
    odd = f.seal("V4", "81000000000004", list_kind=2,
                 digest_type="1.2.156.10197.1.401.1")
    t.add("stamp: the digest's type an odd OID", "free text by the standard",
          DOUBT | BAD, odd.ses(HASH, "/x"), {"stamp_signature": "passed"})
    none = f.seal("V4", "81000000000005", listed=d.integer(2) + d.seq(
        d.seq(d.printable("SM3"), d.octets(sm3(b"")))))
    t.add("stamp: a list of another digest", "certListType 2", BAD,
          none.ses(HASH, "/x"), {"signer_in_seal": "failed"})
    v1 = f.seal("V1", "81000000000006")
    for name, time_info in (
            ("ISO 8601 text", d.bits(b"2026-01-02T03:04:05Z")),
            ("text with a blank", d.bits(b"2026-01-02 03:04:05")),
            ("bare UTCTime octets", d.bits(b"260102030405Z"))):
        t.add("stamp: V1 with " + name, "seen in the field", DOUBT | BAD,
              v1.ses(HASH, "/x", tbs={"time_info": time_info}),
              {"stamp_signature": "passed"})
    t.add("stamp: V1 with a time that is none", "BIT STRING of letters",
          NEVER, v1.ses(HASH, "/x", tbs={"time_info": d.bits(b"yesterday")}))
    t.add("stamp: V4 around a V1 seal", "generations mixed", NEVER,
          v1.ses(HASH, "/x", gen="V4"))
    sd = stamp.signed_data(f.signer[0], f.signer[1], HASH)
    t.add("stamp: SignedData alone", "GB/T 35275, whose signer nobody knows",
          NEVER, sd)
    for name, octets, says in (
            ("certificates alone", stamp.signed_data(
                *f.signer, HASH, signers=0), "nobody has signed it"),
            ("a certificate", f.signer[1], "a certificate"),
            ("a revocation list", x509.crl(f.root, w.now, w.now + 86400),
             "a certificate revocation list")):
        t.add("stamp: " + name, "brought for what it belongs to", BAD,
              octets, {"format": "failed"}, says=says)
    t.add("stamp: r and s alone", "nobody says whose", NEVER,
          f.signer[0].sign(HASH))
    t.add("stamp: r and s alone, raw", "64 octets", NEVER, f.signer[0].sign(
        HASH, d.raw_signature))
