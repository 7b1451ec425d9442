"""OFD packages: how stamps may sit in them, and what is done to them."""
import base64
import io
import re
import struct
import urllib.parse
import zipfile
import zlib

import der as d
import ofd
import stamp
import x509
from formats import certificate
from sm2 import digest, sm3

from .cases import (BAD, DOUBT, LONG_NUMBERS, NEVER, OTHER_IDENTITIES, VALID,
                    flip, place, swap)

GOOD = {"format": "passed", "seal_signature": "passed",
        "stamp_signature": "passed", "signer_in_seal": "passed",
        "data_hash": "passed", "references": "passed", "coverage": "passed",
        "maker_chain": "passed", "signer_chain": "passed",
        "seal_validity": "passed", "registry_status": "passed"}
DOC, PAGE = "Doc_0/Document.xml", "Doc_0/Pages/Page_0/Content.xml"
SIGN = "Doc_0/Signs/Sign_0/"
LIST = "Doc_0/Signs/Signatures.xml"


def cases(t, w):
    def put(name, expected, rows, rules=None, how=None, **kw):
        t.add("ofd: " + name, how or name, expected, rows if isinstance(
            rows, bytes) else ofd.pack(rows), rules, **kw)
    good(put, w)
    several(put, w)
    digital(put, w)
    covers(put, w)
    changed(put, w)
    redirected(put, w)
    places(put, w)
    structure(put, w)
    values(put, w)
    zips(put, w)
    bombs(put, w)


def good(put, w):
    a = w.active
    put("one stamp", VALID, a.ofd(), GOOD, "of a filed seal")
    put("one stamp, by the command", VALID, a.ofd(), GOOD, door="command")
    put("stamp of the second province", VALID, w.away.ofd(), GOOD)
    put("30 pages", VALID, a.ofd(pages=30), GOOD)
    put("page-edge stamp", VALID, ofd.stamp(ofd.document(5), a.sign(
        pages=(1, 2, 3, 4, 5), edge=True)), GOOD, "five slices")
    put("whole-document mode", VALID, a.ofd(whole=True), GOOD,
        "Signatures.xml is referenced too")
    put("old namespace", VALID, ofd.stamp(ofd.document(
        ns="http://www.ofdspec.org"), a.sign(ns="http://www.ofdspec.org")),
        GOOD)
    put("not compressed", VALID, ofd.pack(a.ofd(), zipfile.ZIP_STORED), GOOD)
    put("no Seal.esl", VALID, a.ofd(esl=False), GOOD, "which is legal")
    for name, identity, says in OTHER_IDENTITIES:
        put("stamped with " + name, BAD, a.ofd(ses={
            "key": x509.Otherwise(a.key, identity=identity)}),
            {"stamp_signature": "failed", "seal_signature": "passed"},
            says=says)
    put("raw r and s", VALID, a.ofd(ses={"form": d.raw_signature}), GOOD,
        says="raw")
    for name, want in LONG_NUMBERS:
        put(name + " without its zero octet", VALID, a.ofd(ses={
            "form": d.unsigned_signature,
            "key": x509.Otherwise(a.key, want=want)}), GOOD, says="raw")
    put("a number without its zero octet, of another key", BAD, a.ofd(ses={
        "form": d.unsigned_signature,
        "key": x509.Otherwise(w.other.key, want=LONG_NUMBERS[0][1])}),
        {"stamp_signature": "failed"})
    for name, write in (
            ("in hexadecimal", lambda v: base64.b64decode(v).hex().encode()),
            ("without =", lambda v: v.rstrip(b"="))):
        put("digests " + name, VALID, told(a, lambda x, write=write: re.sub(
            b"(?<=<ofd:CheckValue>)[^<]*", lambda m: write(m[0]), x)), GOOD,
            says="digests ")
    put("digests of SM3 that are called SHA-256", BAD, told(a, lambda x: swap(
        x, b'"1.2.156.10197.1.401"', b'"SHA256"')), {"references": "failed"})
    for method, expected in (("SM3", VALID), ("1.2.156.10197.1.401.2", VALID),
                             ("SHA256", VALID | DOUBT), ("SHA1", NEVER),
                             ("MD5", NEVER), (None, NEVER),
                             ("CRC32", NEVER), ("", NEVER)):
        put("CheckMethod %s" % ("absent" if method is None else
                                method or "empty"), expected,
            a.ofd(method=method), {"data_hash": "passed"} if expected ==
            VALID else {"references": "failed|unknown"} if expected == NEVER
            else {}, "digests of that kind; absent means MD5")
    put("CheckMethod SM3, digests of MD5", BAD, swap_in(
        a, a.ofd(method="MD5"), b'"MD5"', b'"SM3"'),
        {"references": "failed"})
    put("CheckMethod absent, digests of SM3", NEVER, swap_in(
        a, a.ofd(), b' CheckMethod="1.2.156.10197.1.401"', b""),
        {"references": "failed|unknown"}, "absent means MD5")
    day = 86400
    put("before the seal", BAD, a.ofd(ses={"when": w.filed_at - day}),
        {"seal_validity": "failed"})
    put("tomorrow", NEVER, a.ofd(ses={"when": w.now + day}), {})
    for s, word in ((w.suspended, "suspension"), (w.revoked, "revocation"),
                    (w.lost, "loss"), (w.cancelled, "cancellation")):
        put("before its " + word, VALID, s.ofd(), GOOD)
        put("after its " + word, BAD, s.ofd(ses={"when": s.changed + 1}),
            {"registry_status": "failed", "data_hash": "passed"})
    put("while suspended, resumed since", BAD, w.resumed.ofd(
        ses={"when": w.resumed.changed}), {"registry_status": "failed"})
    put("after resumption", VALID, w.resumed.ofd(
        ses={"when": w.resumed.resumed + 1}), GOOD)
    f = w.foreign
    for gen in ("V1", "V4", "V5"):
        put("%s of an unknown authority" % gen, DOUBT, f.seal(
            gen, "81000000000001").ofd(), {
                "stamp_signature": "passed", "data_hash": "passed",
                "references": "passed", "registry_status": "unknown"})
        put("%s under a filed code" % gen, BAD | {"mismatch"}, f.seal(
            gen, a.code).ofd(), {"registry_status": "failed",
                                 "data_hash": "passed"})
    put("code never filed", BAD | {"not_filed"}, f.seal(
        "V4", w.absent).ofd(), {"registry_status": "failed"})


def swap_in(a, rows, old, new):
    """Signature.xml with new for old, signed as it then is."""
    x = swap(ofd.at(rows, SIGN + "Signature.xml"), old, new)
    rows = ofd.put(rows, SIGN + "Signature.xml", x)
    return ofd.put(rows, SIGN + "SignedValue.dat", a.value()(
        x, "/" + SIGN + "Signature.xml"))


def told(a, write):
    """A stamped document whose Signature.xml is written otherwise."""
    class Other(ofd.Sign):
        def signature_xml(self, rows):
            return write(super().signature_xml(rows))
    sign = a.sign()
    sign.__class__ = Other
    return ofd.stamp(ofd.document(), sign)


def several(put, w):
    a, b = w.active, w.other
    two = ofd.stamp(ofd.document(2), a.sign(0), b.sign(1))
    put("two stamps", VALID, two, GOOD, "continue mode")
    put("three stamps", VALID, ofd.stamp(
        ofd.document(2), a.sign(0), b.sign(1), w.away.sign(2)), GOOD)
    put("forty stamps", VALID | DOUBT, ofd.stamp(
        ofd.document(1), *[a.sign(i) for i in range(40)]))
    put("a stamp after whole-document mode", BAD, ofd.stamp(
        ofd.document(), a.sign(0, whole=True), b.sign(1)),
        {"references": "failed"}, "the first forbids it")
    put("two stamps, the second suspended", BAD, ofd.stamp(
        ofd.document(), a.sign(0), w.suspended.sign(1, ses={
            "when": w.suspended.changed + 1})), {"registry_status": "failed"})
    put("two stamps, their values swapped", BAD, ofd.put(ofd.put(
        two, SIGN + "SignedValue.dat", ofd.at(
            two, "Doc_0/Signs/Sign_1/SignedValue.dat")),
        "Doc_0/Signs/Sign_1/SignedValue.dat", ofd.at(
            two, SIGN + "SignedValue.dat")), {"data_hash": "failed"})
    put("two stamps, the first taken away", BAD, ofd.drop(ofd.drop(ofd.drop(
        ofd.put(two, LIST, ofd.signatures_xml([b.sign(1)])),
        SIGN + "Signature.xml"), SIGN + "SignedValue.dat"),
        SIGN + "Seal.esl"), {"references": "failed"})
    put("two stamps, the second taken away", VALID, ofd.stamp(
        ofd.document(2), a.sign(0)), GOOD, "the second never was, to the "
        "first")
    put("the same stamp listed twice", VALID | NEVER, ofd.put(
        two, LIST, ofd.signatures_xml([a.sign(0), a.sign(0), b.sign(1)])))
    put("one stamp good, one forged", BAD | {"mismatch"}, ofd.stamp(
        ofd.document(), a.sign(0), w.foreign.seal("V4", b.code).sign(1)),
        {"registry_status": "failed"})
    put("one stamp good, one not to be known", DOUBT, ofd.stamp(
        ofd.document(), a.sign(0), w.foreign.seal(
            "V4", "81000000000001").sign(1)))


def digital(put, w):
    a = w.active

    def sd(**kw):
        return lambda x, path: stamp.signed_data(a.key, a.cert, sm3(x), **kw)

    def sign(value):
        return ofd.stamp(ofd.document(), ofd.Sign(
            value, None, kind="Sign", when=a.when))
    good = {"stamp_signature": "passed", "data_hash": "passed",
            "references": "passed"}
    choice = VALID | DOUBT      # no seal: the register says nothing of it
    put("Type Sign, digest as content", choice, sign(sd()), good,
        "GB/T 35275")
    put("Type Sign, attributes", choice, sign(sd(variant="attributes")),
        good, "GB/T 35275")
    put("Type Sign, algorithm 1.501", choice, sign(sd(alg=d.SM2_SM3)), good)
    put("Type Sign, raw r and s", choice, sign(sd(form=d.raw_signature)),
        good, says="raw")
    for use in (1, 2):
        put("Type Sign, SM3 named .401.%d" % use, choice, sign(sd(
            variant="attributes", hash_alg="%s.%d" % (d.SM3, use))), good,
            says="sm3-by-use")
    put("Type Sign, digest with Z", choice, sign(
        lambda x, path: stamp.signed_data(
            a.key, a.cert, digest(a.key.point, x), over=x)), good,
        "the digest that SM2 signs", says="digest-with-z")
    put("Type Sign, digest with Z, of something else", BAD, sign(
        lambda x, path: stamp.signed_data(
            a.key, a.cert, digest(a.key.point, b"x"), over=b"x")),
        {"stamp_signature": "failed"})
    put("Type Sign, digest with Z of another key", BAD, sign(
        lambda x, path: stamp.signed_data(
            a.key, a.cert, digest(w.other.key.point, x), over=x)),
        {"stamp_signature": "failed"})
    for name, value, expected, rules in (
            ("an offset", d.offset_time(a.when, 8), choice, good),
            ("another offset", d.offset_time(a.when, -5), choice, good),
            ("an offset of nowhere", d.offset_time(a.when, 8, "+2500"), BAD,
             {"format": "failed"})):
        put("Type Sign, signing time with " + name, expected, sign(sd(
            variant="attributes", more=[stamp.attribute(
                d.SIGNING_TIME, value)])), rules,
            says="time-with-offset" if expected is choice else None)
    put("Type Sign, messageDigest with Z", choice, sign(
        lambda x, path: stamp.signed_data(
            a.key, a.cert, digest(a.key.point, x), variant="attributes")),
        good, "the digest that SM2 signs", says="digest-with-z")
    put("Type Sign, messageDigest with Z of another key", BAD, sign(
        lambda x, path: stamp.signed_data(
            a.key, a.cert, digest(w.other.key.point, x),
            variant="attributes")), {"data_hash": "failed"})
    put("Type Sign, messageDigest with Z of something else", BAD, sign(
        lambda x, path: stamp.signed_data(
            a.key, a.cert, digest(a.key.point, b"x"),
            variant="attributes")), {"data_hash": "failed"})
    for name, oid in (("the key's", "1.2.840.10045.2.1"),
                      ("encryption", "1.2.156.10197.1.301.3")):
        put("Type Sign, signature named by %s algorithm" % name, choice,
            sign(sd(variant="attributes", alg=oid)), good,
            says="algorithm-of-key")
    put("Type Sign, signature named by key exchange", NEVER, sign(
        sd(variant="attributes", alg="1.2.156.10197.1.301.2")), {
            "stamp_signature": "unknown"}, says="SEALREG_NOT_SM2")
    put("Type Sign, digest named by 501", choice, sign(sd(
        variant="attributes", hash_alg=d.SM2_SM3)), good,
        says="digest-algorithm-501")
    put("Type Sign, content as base64 text", choice, sign(sd(text=True)),
        {"stamp_signature": "passed"})
    put("Type Sign, no certificate", NEVER, sign(sd(certs=[])),
        {"stamp_signature": "failed|unknown"}, says="number %s of " %
        certificate(a.cert)["serial"].hex())
    for name, identity, says in OTHER_IDENTITIES:
        put("Type Sign, signed with " + name, BAD, sign(
            lambda x, path, i=identity: stamp.signed_data(
                x509.Otherwise(a.key, identity=i), a.cert, sm3(x))),
            {"stamp_signature": "failed"}, says=says)
    by = x509.Authority("another", w.foreign.root.key)
    by.name = certificate(a.cert)["issuer"]
    twin = x509.certificate(
        by, w.other.key.point, x509.name("twin"), w.now - 99999,
        w.now + 99999, serial=int.from_bytes(certificate(a.cert)["serial"],
                                             "big"))
    none = sign(sd(certs=[]))
    for name, given, expected, rules, says in (
            ("given beside", [a.cert], choice, good,
             "signer-certificate-given"),
            ("given beside, among others", [w.foreign.signer[1],
                                            w.foreign.root.cert, a.cert],
             choice, good, "signer-certificate-given"),
            ("another's given beside", [w.other.cert], DOUBT,
             {"stamp_signature": "unknown"}, "did not come along"),
            ("of the same issuer and number given, another key",
             [twin], NEVER, {"stamp_signature": "failed"}, None)):
        put("Type Sign, no certificate, " + name, expected, none, rules,
            door="command", given=given, says=says)
    put("Type Sign, a certificate in it, another's given", choice, sign(sd()),
        good, door="command", given=[w.other.cert])
    put("Type Sign, another's certificate", BAD | DOUBT, sign(
        sd(certs=[w.other.cert])), {"stamp_signature": "failed|unknown"})
    put("Type Sign, another key", BAD, sign(
        lambda x, path: stamp.signed_data(w.other.key, a.cert, sm3(x))),
        {"stamp_signature": "failed"})
    for v in ("content", "attributes"):
        put("Type Sign, %s, of something else" % v, BAD, sign(
            sd(variant=v, said=sm3(b"x"))), {"data_hash": "failed"})
        put("Type Sign, %s, over something else" % v, BAD, sign(
            sd(variant=v, over=b"x")), {"stamp_signature": "failed"})
    again = stamp.attribute(d.MESSAGE_DIGEST, d.octets(sm3(b"x")))
    for name, expected, rules, kw in (
            ("two digests", NEVER, {}, {"more": [again]}),
            ("no digest", NEVER, {}, {"without": d.MESSAGE_DIGEST}),
            ("no content type", choice | BAD, {}, {
                "without": d.CONTENT_TYPE}),
            ("a content beside, another", NEVER, {}, {"content": b"x" * 32}),
            ("signed with their tag", BAD, {"stamp_signature": "failed"}, {
                "as_tagged": True}),
            ("a digest of 31 octets", BAD | DOUBT, {
                "data_hash": "failed|unknown"}, {"said": b"x" * 31}),
            ("a digest of no octets", BAD | DOUBT, {
                "data_hash": "failed|unknown"}, {"said": b""})):
        put("Type Sign, attributes, " + name, expected, sign(
            sd(variant="attributes", **kw)), rules)
    twin = x509.certificate(
        w.foreign.root, w.other.key.point, x509.name("twin"), w.now - 99999,
        w.now + 99999, serial=int.from_bytes(certificate(
            w.foreign.signer[1])["serial"], "big"))
    for name, certs, expected in (
            ("before", [twin, w.foreign.signer[1]], NEVER),
            ("behind", [w.foreign.signer[1], twin], NEVER)):
        put("Type Sign, a certificate of the same serial " + name, expected,
            ofd.stamp(ofd.document(), ofd.Sign(
                lambda x, p, certs=certs: stamp.signed_data(
                    *w.foreign.signer, sm3(x), certs=certs), None,
                kind="Sign", when=a.when)))
    put("Type Sign, no signer", NEVER, sign(sd(signers=0)))
    put("Type Sign, two signers", choice | BAD, sign(sd(signers=2)))
    put("Type Sign, SHA-256 named", NEVER, sign(sd(hash_alg=d.SHA256)))
    put("Type Sign, an unknown authority", DOUBT, ofd.stamp(
        ofd.document(), ofd.Sign(lambda x, p: stamp.signed_data(
            *w.foreign.signer, sm3(x)), None, kind="Sign", when=a.when)),
        good)
    put("Type Sign, r and s alone", DOUBT, sign(
        lambda x, p: a.key.sign(x)), {"references": "passed",
                                      "stamp_signature": "unknown"})
    put("Type Seal, SignedData in it", NEVER | VALID, ofd.stamp(
        ofd.document(), a.sign(value=sd())))
    put("Type Sign, a stamp in it", VALID | NEVER, sign(a.value()))
    put("Type unknown", NEVER | VALID, swap_list(a.ofd(), b'"Seal"',
                                                 b'"Steel"'))


def swap_list(rows, old, new):
    return ofd.put(rows, LIST, swap(ofd.at(rows, LIST), old, new))


def covers(put, w):
    a = w.active
    part = {"data_hash": "passed", "references": "passed"}
    put("OFD.xml not covered", VALID | DOUBT, a.ofd(missing=("OFD.xml",)),
        part, "as some production stamps", says="OFD.xml")
    put("Document.xml not covered", NEVER, a.ofd(missing=(DOC,)), dict(
        part, coverage="failed|unknown"))
    put("a page not covered", NEVER, a.ofd(pages=2, missing=(
        "Doc_0/Pages/Page_1/Content.xml",)), dict(
            part, coverage="failed|unknown"), "the second of two")
    put("nothing covered", NEVER, a.ofd(cover=lambda n: False), {
        "coverage": "failed|unknown"}, "no Reference at all")
    put("only Seal.esl covered", NEVER, a.ofd(
        cover=lambda n: n.endswith(".esl")), {"coverage": "failed|unknown"})
    put("Seal.esl not covered", VALID | DOUBT, a.ofd(
        missing=(SIGN + "Seal.esl",)), part)
    res = with_extra("PublicRes", "<ofd:Res BaseLoc=\"Res\"/>")
    put("resources covered", VALID, ofd.stamp(res, a.sign()), GOOD)
    put("resources not covered", NEVER, ofd.stamp(res, a.sign(
        missing=("Doc_0/PublicRes.xml",))), dict(
            part, coverage="failed|unknown"), "fonts make the text")
    notes = with_notes()
    put("annotations covered", VALID, ofd.stamp(notes, a.sign()), GOOD)
    put("annotations not covered", NEVER, ofd.stamp(notes, a.sign(
        cover=lambda n: "Annot" not in n)), dict(
            part, coverage="failed|unknown"), "they lie over the page")
    finer(put, a, part)
    put("a stray entry not covered", VALID | DOUBT, a.ofd() + [
        ("stray.txt", b"nobody refers to me")], part, says="stray.txt")
    put("signature list names another page tree", NEVER, ofd.stamp(
        ofd.document() + ofd.document(doc="Doc_1")[1:], a.sign(
            cover=lambda n: "Doc_1" in n)), {"coverage": "failed|unknown"},
        "the pages covered are not those shown")


def finer(put, a, part):
    """What a page draws on: each part covered, and then not."""
    def add(rows, old, new, name=DOC):
        return ofd.put(rows, name, swap(ofd.at(rows, name), old, new + old))
    res = '<ofd:Res BaseLoc="Res">%s</ofd:Res>'
    font = add(ofd.document(), b"<ofd:PageArea>",
               b"<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>") + [
        ("Doc_0/PublicRes.xml", ofd.xml(
            res % '<ofd:Fonts><ofd:Font ID="3" FontName="F"><ofd:FontFile>'
            "f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>")),
        ("Doc_0/Res/f.ttf", b"a font")]
    image = add(add(ofd.document(), b"<ofd:PageArea>", b"<ofd:DocumentRes>"
                    b"DocumentRes.xml</ofd:DocumentRes>"), b"</ofd:Layer>",
                b'<ofd:ImageObject ID="60" Boundary="9 9 40 40" '
                b'ResourceID="61" CTM="40 0 0 40 0 0"/>', PAGE) + [
        ("Doc_0/DocumentRes.xml", ofd.xml(
            res % '<ofd:MultiMedias><ofd:MultiMedia ID="61" Type="Image">'
            "<ofd:MediaFile>i.png</ofd:MediaFile></ofd:MultiMedia>"
            "</ofd:MultiMedias>")), ("Doc_0/Res/i.png", stamp.png())]
    template = add(add(ofd.document(), b"</ofd:CommonData>",
                       b'<ofd:TemplatePage ID="80" BaseLoc='
                       b'"Tpls/T/Content.xml"/>'), b"<ofd:Content>",
                   b'<ofd:Template TemplateID="80"/>', PAGE) + [
        ("Doc_0/Tpls/T/Content.xml", ofd.page("letter head"))]
    own = add(ofd.document(), b"<ofd:Content>", b"<ofd:PageRes>PageRes.xml"
              b"</ofd:PageRes>", PAGE) + [
        ("Doc_0/Pages/Page_0/PageRes.xml", ofd.xml(
            res % '<ofd:Fonts><ofd:Font ID="3" FontName="F"/></ofd:Fonts>'))]
    attach = add(ofd.document(), b"</ofd:Document>", b"<ofd:Attachments>"
                 b"Attachs/Attachments.xml</ofd:Attachments>") + [
        ("Doc_0/Attachs/Attachments.xml", ofd.xml(
            '<ofd:Attachments><ofd:Attachment ID="1" Name="a" '
            'Format="txt"><ofd:FileLoc>a.txt</ofd:FileLoc>'
            "</ofd:Attachment></ofd:Attachments>")),
        ("Doc_0/Attachs/a.txt", b"other terms")]
    for name, rows, out, expected in (
            ("a font", font, "f.ttf", NEVER),
            ("an image", image, "i.png", NEVER),
            ("a template", template, "T/Content.xml", NEVER),
            ("a page's resources", own, "PageRes.xml", NEVER),
            ("an attachment", attach, "a.txt", NEVER | VALID),
            ("the list of attachments", attach, "ments.xml", NEVER | VALID)):
        if name != "the list of attachments":
            put(name + " covered", VALID, ofd.stamp(rows, a.sign()), GOOD)
        put(name + " not covered", expected, ofd.stamp(rows, a.sign(
            cover=lambda n, out=out: not n.endswith(out))), dict(
                part, coverage="failed|unknown" if expected == NEVER else
                "passed|failed|unknown"), says=out)
        stamped = ofd.stamp(rows, a.sign())
        full = next(n for n, _ in rows if n.endswith(out))
        put(name + " replaced", BAD, ofd.put(stamped, full, ofd.at(
            stamped, full) + b" "), {"references": "failed"})


def with_extra(what, body):
    rows = ofd.document()
    return ofd.put(rows, DOC, swap(
        ofd.at(rows, DOC), b"<ofd:PageArea>", b"<ofd:%s>%s.xml</ofd:%s>"
        b"<ofd:PageArea>" % ((what.encode(),) * 3))) + [
            ("Doc_0/%s.xml" % what, ofd.xml(body.replace("/>", ">") +
                                            "</ofd:Res>"))]


def with_notes(text="approved"):
    rows = ofd.document()
    rows = ofd.put(rows, DOC, swap(
        ofd.at(rows, DOC), b"</ofd:Document>", b"<ofd:Annotations>"
        b"Annots/Annotations.xml</ofd:Annotations></ofd:Document>"))
    return rows + [
        ("Doc_0/Annots/Annotations.xml", ofd.xml(
            '<ofd:Annotations><ofd:Page PageID="1"><ofd:FileLoc>'
            "Page_0/Annotation.xml</ofd:FileLoc></ofd:Page>"
            "</ofd:Annotations>")),
        ("Doc_0/Annots/Page_0/Annotation.xml", ofd.xml(
            '<ofd:PageAnnot><ofd:Annot ID="70" Type="Stamp" Creator="x" '
            'LastModDate="2026-01-01"><ofd:Appearance Boundary='
            '"20 20 150 10"><ofd:TextObject ID="71" Boundary="0 0 150 10" '
            'Font="3" Size="5"><ofd:TextCode X="0" Y="5">%s</ofd:TextCode>'
            '</ofd:TextObject></ofd:Appearance></ofd:Annot></ofd:PageAnnot>'
            % text))]


def changed(put, w):
    a = w.active
    rows = a.ofd(pages=3)
    bad = {"references": "failed", "data_hash": "passed"}
    put("a page's words changed", BAD, ofd.put(rows, PAGE, ofd.page(
        "The parties do not agree.")), bad)
    put("a page's last octet dropped", BAD, ofd.put(
        rows, PAGE, ofd.at(rows, PAGE)[:-1]), bad)
    put("a blank behind a page", BAD, ofd.put(
        rows, PAGE, ofd.at(rows, PAGE) + b" "), bad, "XML is the same")
    put("a page emptied", BAD, ofd.put(rows, PAGE, b""), bad)
    put("two pages exchanged", BAD, ofd.put(ofd.put(
        rows, PAGE, ofd.at(rows, "Doc_0/Pages/Page_1/Content.xml")),
        "Doc_0/Pages/Page_1/Content.xml", ofd.at(rows, PAGE)), bad)
    put("a page taken out", BAD, ofd.drop(rows, PAGE), bad)
    put("a page added", BAD, ofd.put(rows, DOC, swap(
        ofd.at(rows, DOC), b"</ofd:Pages>", b'<ofd:Page ID="9" BaseLoc='
        b'"Pages/Page_9/Content.xml"/></ofd:Pages>')) + [
            ("Doc_0/Pages/Page_9/Content.xml", ofd.page("And more."))], bad)
    put("Document.xml points to another page", BAD, ofd.put(rows, DOC, swap(
        ofd.at(rows, DOC), b"Page_0/", b"Page_9/")) + [
            ("Doc_0/Pages/Page_9/Content.xml", ofd.page("Or else."))], bad)
    put("a page's size changed", BAD, ofd.put(rows, DOC, swap(
        ofd.at(rows, DOC), b"0 0 210 297", b"0 0 210 29")), bad)
    sig = ofd.at(rows, SIGN + "Signature.xml")

    def alter(name, old, new, rules=None):
        put("Signature.xml: " + name, BAD, ofd.put(
            rows, SIGN + "Signature.xml", swap(sig, old, new)),
            rules or {"data_hash": "failed"})
    alter("a stamp moved", b"120 200", b"20 200")
    alter("its page changed", b'PageRef="1"', b'PageRef="2"')
    alter("a blank more", b"<ofd:SignedInfo>", b"<ofd:SignedInfo> ")
    alter("its date changed", b"<ofd:SignatureDateTime>2",
          b"<ofd:SignatureDateTime>1")
    alter("its method changed", b"10197.1.501", b"10197.1.502")
    i = sig.index(b"<ofd:Reference ")
    j = sig.index(b"</ofd:Reference>") + 16
    alter("a reference taken out", sig[i:j], b"")
    new = ofd.page("The parties do not agree.")
    x = swap(sig, base64.b64encode(sm3(ofd.at(rows, PAGE))),
             base64.b64encode(sm3(new)))
    put("a page changed, and its digest too", BAD, ofd.put(ofd.put(
        rows, PAGE, new), SIGN + "Signature.xml", x),
        {"data_hash": "failed"})
    put("Signature.xml of another document", BAD, ofd.put(
        rows, SIGN + "Signature.xml", ofd.at(ofd.stamp(ofd.document(
            3, "Other terms."), a.sign()), SIGN + "Signature.xml")),
        {"data_hash": "failed"})
    put("all of Sign_0 of another document", BAD, [
            (n, v) for n, v in ofd.stamp(ofd.document(3, "Other terms."),
                                         a.sign()) if "Signs" not in n] + [
            (n, v) for n, v in rows if "Signs" in n],
        {"references": "failed", "data_hash": "passed"},
        "a stamp lifted from one document to another")


def redirected(put, w):
    a = w.active
    loose = a.ofd(missing=("OFD.xml",))
    evil = ofd.document(doc="Doc_1", text="Pay ten times as much.")[1:]
    put("OFD.xml points to another document", NEVER, ofd.put(
        loose, "OFD.xml", swap(ofd.at(loose, "OFD.xml"),
                               b"Doc_0/Document.xml",
                               b"Doc_1/Document.xml")) + evil,
        {"coverage": "failed|unknown"}, "OFD.xml was not covered")
    covered = a.ofd()
    put("OFD.xml points to another document, covered", BAD, ofd.put(
        covered, "OFD.xml", swap(ofd.at(covered, "OFD.xml"),
                                 b"Doc_0/Document.xml",
                                 b"Doc_1/Document.xml")) + evil,
        {"references": "failed"})
    body = b"<ofd:DocBody><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot>" \
        b"</ofd:DocBody>"
    put("a second DocBody before", NEVER, ofd.put(loose, "OFD.xml", swap(
        ofd.at(loose, "OFD.xml"), b"<ofd:DocBody>", body + b"<ofd:DocBody>"))
        + evil, {"coverage": "failed|unknown"},
        "readers show the first document")
    put("a second DocBody behind", NEVER, ofd.put(loose, "OFD.xml", swap(
        ofd.at(loose, "OFD.xml"), b"</ofd:DocBody>", b"</ofd:DocBody>" +
        body)) + evil, {"coverage": "failed|unknown"})
    put("two DocRoots", NEVER, ofd.put(loose, "OFD.xml", swap(
        ofd.at(loose, "OFD.xml"), b"<ofd:DocRoot>", b"<ofd:DocRoot>"
        b"Doc_1/Document.xml</ofd:DocRoot><ofd:DocRoot>")) + evil)
    put("a version of the document", NEVER | VALID, ofd.put(
        loose, "OFD.xml", swap(
            ofd.at(loose, "OFD.xml"), b"</ofd:DocBody>", b"<ofd:Versions>"
            b'<ofd:Version ID="1" Index="1" Current="true" '
            b'BaseLoc="Doc_1/V.xml"/></ofd:Versions></ofd:DocBody>')) + evil)
    put("Signatures of another name", NEVER, ofd.put(
        loose, "OFD.xml", swap(ofd.at(loose, "OFD.xml"),
                               b"Signatures.xml", b"Signaturen.xml")))
    put("Signatures left out of OFD.xml", NEVER, ofd.put(
        loose, "OFD.xml", swap(ofd.at(
            loose, "OFD.xml"), b"<ofd:Signatures>/Doc_0/Signs/"
            b"Signatures.xml</ofd:Signatures>", b"")), how="the stamp is "
        "there, and nobody points to it")


# Two characters whose octets in GB 18030 are also UTF-8, of other letters.
BOTH = "Doc_0/Res/\u5370\u6a21.png"


def with_field(rows, name, says, of=None):
    """A package of one of whose entries a field says the name in UTF-8."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for n, v in rows:
            i = zipfile.ZipInfo(n, (2026, 1, 1, 0, 0, 0))
            i.compress_type = zipfile.ZIP_DEFLATED
            if n == name:
                i.extra = struct.pack("<HHBI", 0x7075, 5 + len(
                    says.encode()), 1, zlib.crc32(of or n.encode())
                    ) + says.encode()
            z.writestr(i, v)
    return out.getvalue()


def as_gb18030(rows, also=(), field=None):
    """The package, with that name written as old archivers do."""
    old = BOTH.encode("gb18030")
    held = b"Doc_0/Res/____.png"
    assert len(held) == len(old) and old.decode()   # which is UTF-8, too
    rows = [(held.decode() if n == BOTH else n, v) for n, v in rows] + list(
        also)
    raw = ofd.pack(rows) if field is None else with_field(
        rows, held.decode(), field, old)
    return raw.replace(held, old)


def places(put, w):
    """Locations that are written otherwise than the standard has them."""
    a, near = w.active, "Sign_0/SignedValue.dat"
    rows = a.ofd(value_loc=near)
    put("SignedValue seen from Signs/", VALID, rows, GOOD,
        says="not relative to the file")
    put("SignedValue seen from Signs/, and another from Doc_0/", BAD,
        rows + [("Doc_0/" + near, b"x")], {"format": "failed"},
        says="two files")
    for t in range(a.when, a.when + 3000):      # until Signature.xml ends so
        x = a.sign()
        x.when = t
        rows = ofd.stamp(ofd.document(), x)
        if sm3(ofd.at(rows, SIGN + "Signature.xml"))[-1] == 0:
            break
    flat = a.sign(ses={"tbs": {"bits": d.flags}})
    flat.when = t
    put("a digest that ends in zero, which was left out", VALID, ofd.stamp(
        ofd.document(), flat), GOOD, says="unused-bits")
    flat = a.sign(ses={"tbs": {"bits": lambda v: d.bits(v[:-1])}})
    put("a digest without its last octet", BAD, ofd.stamp(
        ofd.document(), flat), {"data_hash": "failed|unknown"})
    named = ofd.stamp(ofd.document(), a.sign(folder="\u7b7e\u7ae0"))
    put("a signature in a folder with a Chinese name", VALID, named, GOOD,
        says="property-in-utf8")
    quoted = {"spell": lambda n: "/" + urllib.parse.quote(n)}
    shown = ofd.document() + [(BOTH, b"picture")]
    put("FileRef percent-encoded", VALID, a.ofd(shown, **quoted), GOOD,
        says="percent-encoded")
    put("FileRef percent-encoded in lower case", VALID, a.ofd(
        shown, spell=lambda n: quoted["spell"](n).lower() if n == BOTH else
        "/" + n), GOOD, says="percent-encoded")
    for name, bent in (("half an octet", "%e5%8"), ("no octet", "%zz"),
                       ("NUL", "%00"), ("no UTF-8", "%ff%fe")):
        put("FileRef percent-encoded, " + name, BAD, a.ofd(
            shown, spell=lambda n, b=bent: "/Doc_0/Res/%s.png" % b
            if n == BOTH else "/" + n), {"references": "failed"})
    put("FileRef that is a name, and decoded another", BAD, a.ofd(
        ofd.document() + [("Doc_0/Res/%61.png", b"one"),
                          ("Doc_0/Res/a.png", b"other")]), {
            "format": "failed"}, says="two files")
    put("FileRef percent-encoded out of the package", BAD, a.ofd(
        shown, spell=lambda n: "/%2e%2e/%2e%2e/etc/passwd"
        if n == BOTH else "/" + n), {"references": "failed"})
    put("a name in GB 18030 that is UTF-8, too", VALID, as_gb18030(
        a.ofd(shown)), GOOD, says="GB 18030")
    put("a name in GB 18030, said once more in UTF-8", VALID, as_gb18030(
        a.ofd(shown), field=BOTH), GOOD, "by Info-ZIP's field",
        says="GB 18030")
    put("a name in GB 18030, and another in UTF-8", NEVER, as_gb18030(
        a.ofd(shown), field=BOTH.replace("png", "jpg")), {
            "format": "failed"}, says="different names")
    put("a page's name, and another in UTF-8", NEVER, with_field(
        a.ofd(), PAGE, PAGE.replace("Content", "Contenu")), {
            "format": "failed"}, says="different names")
    put("another name, and a page's in UTF-8", NEVER, with_field(
        a.ofd() + [("x.xml", ofd.page("Pay ten times as much."))], "x.xml",
        PAGE), {"format": "failed"}, says="different names")
    put("SignedValue seen from beside it, and another above", BAD,
        a.ofd(value_loc="SignedValue.dat") + [
            ("Doc_0/Signs/SignedValue.dat", b"x")], {"format": "failed"},
        says="two files")
    inner = a.ofd(spell=lambda n: n[6:] if n == PAGE else "/" + n)
    put("a page seen from Doc_0/", VALID, inner, GOOD,
        says="not relative to the file")
    for where in ("", "Doc_0/Signs/", SIGN):
        put("a page seen from Doc_0/, and a copy in /" + where, BAD, ofd.put(
            inner, PAGE, ofd.page("Pay ten times as much.")) + [
                (where + PAGE[6:], ofd.at(inner, PAGE))], {
                    "format": "failed"}, "the copy is the one that was "
            "signed", says="two files")
    put("a name in GB 18030, and the same one in UTF-8", BAD, as_gb18030(
        a.ofd(shown), [(BOTH, b"other")]), {"format": "failed"},
        "which of the two is meant, depends on the reader",
        says="takes for one")


def structure(put, w):
    a = w.active
    rows = a.ofd()
    put("no signature", BAD, ofd.document(), {"format": "failed"},
        says="no electronic seal")
    put("a picture of a seal", BAD, picture(w), {"format": "failed"},
        "an image object, nothing signed", says="picture only")
    put("an empty list of signatures", BAD, ofd.put(
        rows, LIST, ofd.signatures_xml([])))
    for name in ("OFD.xml", DOC, LIST, SIGN + "Signature.xml",
                 SIGN + "SignedValue.dat"):
        put("without " + name.split("/")[-1], NEVER, ofd.drop(rows, name))
    put("without Seal.esl, which it names", BAD, ofd.drop(
        rows, SIGN + "Seal.esl"), {"references": "failed"})
    put("Seal.esl of another seal", NEVER, a.ofd(esl=w.other.eseal),
        how="referenced, but not the seal in the stamp")
    put("Seal.esl changed", BAD, ofd.put(rows, SIGN + "Seal.esl",
                                         w.other.eseal),
        {"references": "failed"})
    for name in ("OFD.xml", DOC, LIST, SIGN + "Signature.xml", PAGE):
        short = name.split("/")[-1]
        for how, v in (("empty", b""), ("not XML", b"<ofd:OFD"),
                       ("of zeros", bytes(200))):
            put("%s %s" % (short, how), NEVER, ofd.put(rows, name, v))
    for name, spell in (
            ("climbs", lambda n: "/../" + n),
            ("climbs within", lambda n: "/Doc_0/../" + n),
            ("names a file of ours", lambda n: "/etc/passwd"),
            ("is empty", lambda n: ""), ("has a backslash",
                                         lambda n: n.replace("/", "\\")),
            ("is a URL", lambda n: "http://127.0.0.1:9/" + n),
            ("is very long", lambda n: "/" + "a/" * 5000 + n)):
        put("a reference that " + name, NEVER | (
            VALID if name in ("climbs within", "has a backslash") else
            set()), a.ofd(spell=spell), {}, "the name leads to the file it "
            "should, or nowhere")
    put("a reference to nothing", BAD, swap_in(
        a, rows, b"</ofd:References>", b'<ofd:Reference FileRef="/none.xml">'
        b"<ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference>"
        b"</ofd:References>"), {"references": "failed"})
    put("a reference twice, once wrong", BAD, swap_in(
        a, rows, b"</ofd:References>", b'<ofd:Reference FileRef="/OFD.xml">'
        b"<ofd:CheckValue>AAAA</ofd:CheckValue></ofd:Reference>"
        b"</ofd:References>"), {"references": "failed"})
    for name, v in (("empty", ""), ("not base64", "%%%"), ("short", "AAAA"),
                    ("long", "A" * 4000)):
        put("a digest %s" % name, BAD | DOUBT, a.ofd(bad_refs={PAGE: v}),
            {"references": "failed|unknown"})
    put("of 2,000 references", VALID | NEVER, ofd.stamp(
        ofd.document(1) + [("Doc_0/Res/r%d.txt" % i, b"x")
                           for i in range(2000)], a.sign()))
    put("BaseLoc that climbs", NEVER, swap_list(
        rows, b'"/Doc_0/Signs/Sign_0/', b'"/../../Doc_0/Signs/Sign_0/'))
    put("BaseLoc to nothing", NEVER, swap_list(rows, b"Sign_0", b"Sign_7"))
    put("SignedValue elsewhere", BAD | DOUBT, ofd.put(
        rows, SIGN + "Signature.xml", swap(ofd.at(
            rows, SIGN + "Signature.xml"), b"SignedValue.dat</",
            b"Signature.xml</")))
    put("with a byte order mark", VALID | DOUBT, ofd.put(
        rows, LIST, b"\xef\xbb\xbf" + ofd.at(rows, LIST)))
    put("a stamp on a page that is not there", VALID | NEVER, a.ofd(
        annots='<ofd:StampAnnot ID="s002" PageRef="77" '
        'Boundary="0 0 40 40"/>'))
    put("a stamp of no size", VALID | NEVER, a.ofd(
        annots='<ofd:StampAnnot ID="s002" PageRef="1" Boundary="0 0"/>'))
    put("a stamp with numbers that are none", VALID | NEVER, a.ofd(
        annots='<ofd:StampAnnot ID="s002" PageRef="1" '
        'Boundary="nan inf 1e999 -5"/>'))
    put("in UTF-16", VALID | NEVER, ofd.put(rows, LIST, ofd.at(
        rows, LIST).decode().replace("UTF-8", "UTF-16").encode("utf-16")))
    put("with a NUL behind", VALID, ofd.put(rows, LIST, ofd.at(
        rows, LIST) + b"\0"), GOOD, "as some writers leave it")
    for name in (LIST, "OFD.xml"):
        put("%s, hidden behind a NUL" % name.split("/")[-1], NEVER, ofd.put(
            a.ofd(missing=("OFD.xml",)), name, ofd.at(rows, name) +
            b"\0" + ofd.at(rows, name)), {"format": "failed"},
            says="behind a NUL")
    doc = ofd.at(ofd.document(), DOC).replace(
        b"<ofd:PageArea>", b"<ofd:DocumentRes>DocumentRes.xml"
        b"</ofd:DocumentRes><ofd:PageArea>")
    put("resources of no octets", VALID, a.ofd(ofd.put(
        ofd.document(), DOC, doc) + [("Doc_0/DocumentRes.xml", b"")]), GOOD,
        says="an empty file")
    put("encrypted in part", NEVER, ofd.drop(rows, DOC) + [
        ("Encryptions.xml", ofd.xml("<ofd:Encryptions/>"))],
        {"format": "failed"}, says="decrypted first")
    put("a signature that OFD.xml does not lead to", BAD, ofd.put(
        a.ofd(missing=("OFD.xml",)), "OFD.xml", ofd.at(
            ofd.document(), "OFD.xml")), {"format": "failed"},
        says="leads to no list")
    put("with octets that are not UTF-8", NEVER, ofd.put(rows, LIST, swap(
        ofd.at(rows, LIST), b"Seal", b"Se\xff\xfel")))
    put("property of another signature", VALID | NEVER, ofd.stamp(
        ofd.document(), a.sign(value=lambda x, p: a.ses(
            sm3(x), "/Doc_0/Signs/Sign_9/Signature.xml"))))
    put("property empty", VALID | NEVER, ofd.stamp(
        ofd.document(), a.sign(value=lambda x, p: a.ses(sm3(x), ""))))


def picture(w):
    rows = ofd.document()
    return ofd.put(rows, PAGE, swap(
        ofd.at(rows, PAGE), b"</ofd:Layer>", b'<ofd:ImageObject ID="60" '
        b'Boundary="120 200 40 40" CTM="40 0 0 40 0 0" ResourceID="61"/>'
        b"</ofd:Layer>")) + [("Doc_0/Res/seal.png", w.picture)]


def values(put, w):
    a = w.active
    rows = a.ofd()
    sv = ofd.at(rows, SIGN + "SignedValue.dat")
    for name, v in (("empty", b""), ("cut", sv[:-9]), ("of zeros",
                    bytes(500)), ("a seal", a.eseal), ("text", b"signed")):
        put("SignedValue.dat " + name, BAD | DOUBT | (
            {"mismatch"} if name == "a seal" else set()), ofd.put(
            rows, SIGN + "SignedValue.dat", v))
    put("SignedValue.dat with a zero behind", VALID | NEVER, ofd.put(
        rows, SIGN + "SignedValue.dat", sv + b"\0"))
    for name, tail in (("a line feed", b"\n"), ("words", b"KGTail" * 9),
                       ("another value", sv)):
        put("SignedValue.dat, and %s behind it" % name, DOUBT, ofd.put(
            rows, SIGN + "SignedValue.dat", sv + tail), {
                "format": "unknown|passed", "stamp_signature": "passed",
                "data_hash": "passed"}, "some makers append to it",
            says="%d octets stand behind" % len(tail))

    def stamped(name, expected, rules, **ses):
        put(name, expected, a.ofd(ses=ses), rules)
    stamped("signed by another key", BAD, {"stamp_signature": "failed"},
            key=w.other.key)
    stamped("signed by another signer", BAD, {"signer_in_seal": "failed"},
            key=w.other.key, cert=w.other.cert)
    stamped("with the seal of another", BAD | {"mismatch"}, {
        "signer_in_seal": "failed"}, eseal=w.other.eseal)
    stamped("algorithm RSA", NEVER, {}, alg=d.RSA_SHA256)
    stamped("value over something else", BAD, {"stamp_signature": "failed"},
            over=b"x")
    put("dataHash of something else", BAD, ofd.stamp(
        ofd.document(), a.sign(value=lambda x, p: a.ses(sm3(b"x"), p))),
        {"data_hash": "failed", "stamp_signature": "passed"})
    put("dataHash cut to 16 octets", BAD | DOUBT, ofd.stamp(
        ofd.document(), a.sign(value=lambda x, p: a.ses(sm3(x)[:16], p))),
        {"data_hash": "failed|unknown"})
    put("dataHash of no octets", BAD | DOUBT, ofd.stamp(
        ofd.document(), a.sign(value=lambda x, p: a.ses(b"", p))),
        {"data_hash": "failed|unknown"})
    tsa, cert = w.foreign.tsa
    put("a token about other octets", BAD, a.ofd(ses={
        "token": lambda v: stamp.token(tsa, cert, sm3(b"x"), a.when)}),
        {"time_stamp": "failed"})
    step = len(sv) // 8
    for i in range(step // 2, len(sv), step):
        put("SignedValue.dat, bit at %d/8" % (i // step),
            BAD | DOUBT | {"mismatch", "not_filed"}, ofd.put(
                rows, SIGN + "SignedValue.dat", flip(sv, i, 2)))


def zips(put, w):
    a = w.active
    rows = a.ofd()
    raw = ofd.pack(rows)
    other = ofd.page("Pay ten times as much.")
    for name, octets in ((PAGE, other), (
            SIGN + "Signature.xml", ofd.at(ofd.stamp(ofd.document(
                1, "Other."), a.sign()), SIGN + "Signature.xml")),
            ("OFD.xml", swap(ofd.at(rows, "OFD.xml"), b"Doc_0/Document",
                             b"Doc_1/Document")),
            (SIGN + "SignedValue.dat", b"x"), (LIST, ofd.signatures_xml([]))):
        short = name.split("/")[-1]
        put("%s twice, the other behind" % short, NEVER, rows + [
            (name, octets)])
        put("%s twice, the other before" % short, NEVER, [
            (name, octets)] + rows)
    put("a page twice, the same", NEVER | VALID, rows + [
        (PAGE, ofd.at(rows, PAGE))])
    put("a page twice, by case", NEVER | VALID, rows + [
        (PAGE.replace("Content", "CONTENT"), other)])
    put("a page twice, with a slash", NEVER | VALID, rows + [
        ("/" + PAGE, other)])
    put("a page twice, with a dot", NEVER | VALID, rows + [
        ("./" + PAGE, other)])
    for name in ("../../etc/cron.d/x", "/etc/passwd", "..\\..\\x", "C:/x",
                 "Doc_0/../../x", "a" * 60000):
        put("an entry named " + name[:20], NEVER | VALID, rows + [
            (name, b"x")])
    put("an entry with a zero in its name", NEVER | VALID, raw.replace(
        b"Doc_0/Document.xml", b"Doc_0/Document\0xml"))
    put("local header of another name", NEVER | VALID, ofd.local_differs(
        raw, PAGE, "Doc_0/Pages/Page_0/Contenu.xml"))
    for n in (40, len(raw) // 2, len(raw) - 30, len(raw) - 1):
        put("cut at " + place(n, raw), NEVER, raw[:n])
    put("octets before", NEVER | VALID, b"junk" * 9 + raw,
        how="as one vendor writes")
    put("a comment behind", VALID | DOUBT, ofd.pack(rows, comment=b"hello"))
    put("octets behind", VALID | NEVER, raw + b"junk" * 9)
    put("two packages, one behind the other", NEVER, raw + ofd.pack(
        ofd.document(1, "Pay ten times as much.")), how="which is read?")
    put("a PDF behind", NEVER | VALID, raw + b"%PDF-1.7\n%%EOF\n")
    put("an entry that is encrypted", NEVER, flag(raw, PAGE, 1))
    put("an entry of an unknown method", NEVER, method(raw, PAGE, 99))
    put("a checksum that is wrong", NEVER, crc(raw, PAGE))
    i = raw.index(PAGE.encode()) + len(PAGE)
    put("compressed octets changed", NEVER, flip(raw, i + 9, 16))
    put("empty package", NEVER, ofd.pack([]))
    put("only directories", NEVER, ofd.pack([("Doc_0/", b"")]))
    put("with data descriptors", VALID, streamed(rows), GOOD)
    for name, both, local in (
            ("no checksum in front", (), (14, "<I", 0)),
            ("another checksum in front", (), (14, "<I", 0x12345678)),
            ("sizes behind, says the directory alone", (8, "<H", 8), ())):
        put(name, VALID, headers(raw, both, local), GOOD,
            says="not as the directory")
    put("sizes behind, says the header alone", VALID, headers(
        streamed(rows), (8, "<H", 0), ()), GOOD, says="not as the directory")
    put("sizes behind, says the header, which has them", NEVER, headers(
        raw, (), (6, "<H", 8)), {"format": "failed"})
    put("no sizes in front", NEVER, headers(raw, (), (18, "<Q", 0)),
        {"format": "failed"}, "a reader that goes by these sees empty files")
    put("with ZIP64 sizes", VALID, zip64(rows), GOOD)
    put("a Chinese name", VALID, a.ofd(ofd.document() + [
        ("Doc_0/Res/附件.txt", b"x")]), {"data_hash": "passed",
                                       "references": "passed"})
    put("directories too", VALID, [("Doc_0/", b""), (
        "Doc_0/Pages/", b"")] + rows, {"data_hash": "passed",
                                      "references": "passed"})


def headers(raw, directory, front):
    """All headers of a kind, with (offset, format, value) in them."""
    raw = bytearray(raw)
    for mark, bend, names in ((b"PK\3\4", front, 26),
                              (b"PK\1\2", directory, 28)):
        i = raw.find(mark)
        while bend and i >= 0:
            struct.pack_into(bend[1], raw, i + bend[0], bend[2])
            i = raw.find(mark, i + 4 + struct.unpack_from(
                "<H", raw, i + names)[0])
    return bytes(raw)


def streamed(rows):
    """As written where one cannot go back: sizes behind the octets."""
    class Pipe(io.RawIOBase):
        out = b""

        def writable(self):
            return True

        def write(self, v):
            self.out += bytes(v)
            return len(v)
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as z:
        for n, v in rows:
            z.writestr(n, v)
    return pipe.out


def zip64(rows):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for n, v in rows:
            with z.open(n, "w", force_zip64=True) as fp:
                fp.write(v)
    return out.getvalue()


def central(raw, name):
    """Where an entry stands in the central directory."""
    i = 0
    while True:
        i = raw.index(b"PK\1\2", i)
        n = struct.unpack_from("<H", raw, i + 28)[0]
        if raw[i + 46:i + 46 + n] == name.encode():
            return i
        i += 4


def local(raw, name):
    return struct.unpack_from("<I", raw, central(raw, name) + 42)[0]


def poke(raw, name, fmt, off_local, off_central, v):
    raw = bytearray(raw)
    i, j = local(raw, name), central(raw, name)
    struct.pack_into(fmt, raw, i + off_local, v)
    struct.pack_into(fmt, raw, j + off_central, v)
    return bytes(raw)


def flag(raw, name, v):
    return poke(raw, name, "<H", 6, 8, v)


def method(raw, name, v):
    return poke(raw, name, "<H", 8, 10, v)


def crc(raw, name):
    return poke(raw, name, "<I", 14, 16, 0x12345678)


def bombs(put, w):
    a = w.active
    rows = a.ofd()
    zeros = bytes(64 << 20)
    put("an entry of 64 MB of zeros", NEVER | VALID, rows + [
        ("Doc_0/Res/zeros", zeros)], how="1,000 times smaller packed")
    put("a page of 64 MB of blanks", NEVER, ofd.put(
        rows, PAGE, zeros.replace(b"\0", b" ")))
    put("Signature.xml of 64 MB", NEVER, ofd.put(
        rows, SIGN + "Signature.xml", zeros))
    raw = ofd.pack(rows)
    put("an entry that says 4 GB", NEVER, ofd.patch_size(
        raw, PAGE, 0xfffffff0))
    put("an entry that says 1 octet", NEVER, ofd.patch_size(raw, PAGE, 1))
    put("3,000 entries over one another", NEVER, overlapping(rows))
    put("8,000 entries", NEVER | VALID, rows + [
        ("x/%d" % i, b"") for i in range(8000)])
    laughs = ['<!ENTITY a0 "ha">'] + [
        '<!ENTITY a%d "%s">' % (i, "&a%d;" % (i - 1) * 10)
        for i in range(1, 10)]
    dtd = "<!DOCTYPE x [%s]>" % "".join(laughs)

    def inject(v, dtd, text):
        v = v.decode()
        i = v.index("?>") + 3
        j = v.index(">", v.index("<ofd:", i)) + 1
        return (v[:i] + dtd + v[i:j] + text + v[j:]).encode()
    outside = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    for name in ("OFD.xml", LIST, SIGN + "Signature.xml", DOC):
        short = name.split("/")[-1]
        put("%s: a billion laughs" % short, NEVER, ofd.put(
            rows, name, inject(ofd.at(rows, name), dtd, "&a9;")))
        put("%s: an external entity" % short, NEVER, ofd.put(
            rows, name, inject(ofd.at(rows, name), outside, "&e;")))
    put("Signatures.xml: nested 100,000 deep", NEVER, ofd.put(
        rows, LIST, ofd.xml("<ofd:Signatures>" + "<a>" * 100000 +
                            "</a>" * 100000 + "</ofd:Signatures>")))
    put("Signatures.xml: an attribute of 10 MB", NEVER, ofd.put(
        rows, LIST, ofd.xml('<ofd:Signatures x="%s"/>' % ("a" * 10485760))))
    put("Signatures.xml: 100,000 signatures", NEVER, ofd.put(
        rows, LIST, ofd.xml("<ofd:Signatures>" + '<ofd:Signature ID="1" '
                            'BaseLoc="/%sSignature.xml"/>' % SIGN * 100000 +
                            "</ofd:Signatures>")))
    put("Document.xml: 50,000 pages", NEVER, ofd.put(rows, DOC, ofd.xml(
        "<ofd:Document><ofd:Pages>" + "".join(
            '<ofd:Page ID="%d" BaseLoc="Pages/Page_0/Content.xml"/>' % i
            for i in range(50000)) + "</ofd:Pages></ofd:Document>")))
    put("Document.xml: its page is itself", NEVER, ofd.put(rows, DOC, swap(
        ofd.at(rows, DOC), b"Pages/Page_0/Content.xml", b"Document.xml")))


def overlapping(rows):
    """Central entries that all point to one local entry, which is large."""
    raw = bytearray(ofd.pack(rows))
    end = raw.rindex(b"PK\5\6")
    start, = struct.unpack_from("<I", raw, end + 16)
    body, directory = bytes(raw[:start]), bytes(raw[start:end])
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = c.compress(bytes(10 << 20)) + c.flush()
    check = zlib.crc32(bytes(10 << 20))
    at = len(body)
    body += b"PK\3\4" + struct.pack(
        "<HHHHHIIIHH", 20, 0, 8, 0, 33, check, len(data), 10 << 20, 5, 0) + \
        b"big/0" + data
    n = struct.unpack_from("<H", raw, end + 10)[0]
    for i in range(3000):
        name = b"big/%d" % i
        directory += b"PK\1\2" + struct.pack(
            "<HHHHHHIIIHHHHHII", 20, 20, 0, 8, 0, 33, check, len(data),
            10 << 20, len(name), 0, 0, 0, 0, 0, at) + name
    return body + directory + b"PK\5\6" + struct.pack(
        "<HHHHIIH", 0, 0, n + 3000, n + 3000, len(directory), len(body), 0)
