#!/usr/bin/env python3
"""The writer's own check: what it writes parses back and verifies, by the
readers here (formats.py, nation.py), which know nothing of the writer."""
import base64
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import der as d  # noqa: E402
import formats as f  # noqa: E402
import nation  # noqa: E402
import ofd  # noqa: E402
import pdf  # noqa: E402
import province as pv  # noqa: E402
import stamp  # noqa: E402
import x509  # noqa: E402
from sm2 import public, sign, sm3, verify  # noqa: E402

failed = passed = 0
NOW = int(time.time())
YEAR = 365 * 86400


def case(name, good):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("ok" if good else "not ok", name)


def refused(fn, *args):
    try:
        return fn(*args) is False
    except (f.Bad, ValueError, IndexError, KeyError):
        return True


def holds(cert, message, sig):
    return verify(f.certificate(cert)["point"], message, *f.der_sig(sig))


# ---- SM2: the example of GB/T 32918.5-2017, A.2

D = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
case("SM2: public key of the standard's example", public(D).hex().startswith(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"))
case("SM2: the standard's signature holds", verify(
    public(D), b"message digest", R, S))
case("SM2: and not over other octets", not verify(
    public(D), b"message digesT", R, S))
case("SM2: ours hold", all(verify(public(D), m, *sign(D, m)) for m in (
    b"", b"x", b"y" * 1000)))

# ---- certificates

root = x509.root("Root", NOW - YEAR, NOW + YEAR)
ca = x509.under(root, "Middle", NOW - YEAR, NOW + YEAR)
mk, sk, tk = (x509.Key(w) for w in ("maker", "signer", "tsa"))
mc, sc, tc = (x509.certificate(ca, k.point, x509.name(n, "Organ"),
                               NOW - YEAR, NOW + YEAR)
              for k, n in ((mk, "m"), (sk, "31010100000001"), (tk, "t")))
case("root signs itself", f.certificate_signed_by(root.cert, root.cert)
     is None)
case("chain of three", f.certificate_signed_by(sc, ca.cert) is None and
     f.certificate_signed_by(ca.cert, root.cert) is None)
case("a bent certificate is refused", refused(
    f.certificate_signed_by, x509.certificate(
        ca, sk.point, x509.name("x"), NOW, NOW + 9, bent=True), ca.cert))
req = x509.request(sk, x509.name("x", "y"))
info, _, sig = f.seq(f.one(req)[2])
case("a request proves its key", verify(sk.point, info[1],
                                        *f.der_sig(sig[2][1:])))

# ---- seals and stamps

hash_of = sm3(b"document")
for gen in ("V1", "V4", "V5"):
    info = stamp.seal_info(gen, "31010100000001", [sc], NOW, NOW + YEAR)
    s = stamp.seal(gen, (mk, mc), info)
    case(gen + " is told by its members", stamp.seal_generation(s) == gen)
    m = f.seq(f.one(s)[2])
    if gen == "V1":
        i = f.seq(m[1][2])
        over, sig = d.seq(m[0][1], i[0][1], i[1][1]), i[2][2][1:]
    else:
        over, sig = m[0][1], m[3][2][1:]
    case(gen + " seal: signature", holds(mc, over, sig))
    case(gen + " seal: not over less", not holds(mc, over[:-1], sig))
    tbs = stamp.to_sign(gen, s, sc, NOW, hash_of, "/x")
    st = stamp.read_stamp(stamp.stamp(
        gen, sk, sc, tbs, token=(lambda v: stamp.token(tk, tc, sm3(v), NOW))
        if gen != "V1" else None))
    case(gen + " stamp reads back", (
        st["gen"], st["seal"], st["hash"], st["property"], st["cert"]) == (
            gen, s, hash_of, "/x", sc))
    case(gen + " stamp: signature", holds(sc, st["tbs"], st["sig"]))
    if st["token"]:
        t = f.seq(f.seq(f.one(st["token"])[2])[1][2])[0]
        inner = f.seq(t[2])
        told = f.seq(f.one(f.seq(inner[2][2])[1][2])[2])[0]
        case(gen + " token: about the signature value", sm3(
            st["sig"]) in told[2])
        si = f.seq(f.seq(inner[4][2])[0][2])
        case(gen + " token: signature", holds(
            tc, b"\x31" + si[3][1][1:], si[5][2]))
case("the reader of seals reads ours", f.seal(stamp.seal(
    "V4", (mk, mc), stamp.seal_info("V4", "31010100000001", [sc], NOW,
                                    NOW + YEAR)))["certs"] == [sc])
two = stamp.seal_info("V4", "31010100000001", [sc], NOW, NOW + 9, list_kind=2)
case("a list of digests", sm3(sc) in two and sc not in two)
for variant in ("content", "attributes"):
    sd = f.seq(f.seq(f.seq(f.one(stamp.signed_data(
        sk, sc, hash_of, variant))[2])[1][2])[0][2])
    si = f.seq(f.seq(sd[-1][2])[0][2])
    if variant == "content":
        content = f.one(f.seq(sd[2][2])[1][2])[2]
        case("SignedData, content", content == hash_of and
             holds(sc, content, si[4][2]))
    else:
        case("SignedData, attributes", hash_of in si[3][1] and
             holds(sc, b"\x31" + si[3][1][1:], si[5][2]))

# ---- OFD

E4 = stamp.seal("V4", (mk, mc), stamp.seal_info(
    "V4", "31010100000001", [sc], NOW, NOW + YEAR))


def value(x, path):
    return stamp.stamp("V4", sk, sc, stamp.to_sign(
        "V4", E4, sc, NOW, sm3(x), path))


rows = ofd.stamp(ofd.document(3), ofd.Sign(value, E4, 0, pages=(1, 2, 3),
                                           edge=True), ofd.Sign(value, E4, 1))
back = ofd.unpack(ofd.pack(rows))
case("OFD: packed and unpacked", back == rows)
for n in (0, 1):
    where = "Doc_0/Signs/Sign_%d/" % n
    x = ofd.at(back, where + "Signature.xml")
    st = stamp.read_stamp(ofd.at(back, where + "SignedValue.dat"))
    case("OFD %d: dataHash" % n, st["hash"] == sm3(x))
    refs = x.decode().split('FileRef="/')[1:]
    case("OFD %d: references" % n, len(refs) > 5 and all(
        base64.b64decode(r.split("CheckValue>")[1].split("<")[0]) ==
        sm3(ofd.at(back, r.split('"')[0])) for r in refs))
case("OFD: the second covers the first", "Sign_0/SignedValue.dat" in
     ofd.at(back, "Doc_0/Signs/Sign_1/Signature.xml").decode())

# ---- PDF

p = pdf.Pdf(("one", "two"))
for kind in (pdf.SES, pdf.CMS):
    p.sign(lambda o: value(o, "/x") if kind == pdf.SES else
           stamp.signed_data(sk, sc, sm3(o)), kind)
for n in (0, 1):
    octets, contents = pdf.signed_octets(p.raw, n)
    case("PDF %d: the digest of its ranges is in it" % n,
         sm3(octets) in contents)
case("PDF: the last range goes to the end", len(
    pdf.signed_octets(p.raw, 1)[0]) + 2 * len(
    pdf.signed_octets(p.raw, 1)[1]) + 2 == len(p.raw))

# ---- a province that proves, held to the reader that checks nodes

prov = pv.Province("31", [ca.cert], NOW - YEAR)
prov.file("31010100000001", E4, sc, stamp.png(), NOW - 99, NOW - 99,
          NOW + YEAR)
prov.event("31010100000001", "suspended", NOW - 9, 1)
prov.serve()
owner = {"vkey": prov.key.vkey, "origin": prov.origin, "province": "31"}
node = {"url": prov.url}
case("province: a proof", nation.lookup(node, owner, "31010100000001")[
    "verdict"] == "not_valid")
case("province: absence", nation.lookup(node, owner, "31010100000009")[
    "verdict"] == "not_filed")
case("province: history", nation.history(node, owner, "31010100000001") == 2)
case("province: another's key is refused", refused(
    nation.lookup, node, dict(owner, vkey=pv.NoteKey(
        prov.origin + "x").vkey), "31010100000001"))
key = pv.NoteKey("writer.example/national")
case("trust list", f.open_note(pv.trust_list(key, [prov], NOW), f.Vkey(
    key.vkey))[0].startswith(b"sealreg-trust/v1\n"))
print("%d passed, %d failed" % (passed, failed))
sys.exit(1 if failed else 0)
