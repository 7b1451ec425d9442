"""PDFs: how stamps may sit in them, and what is done to them afterwards.

The attacks are those of the literature: incremental saving, wrapping,
universal forgery, shadowing (hide, replace, hide and replace), and evil
annotations."""
import re
import zlib

import der as d
import pdf
import stamp
from sm2 import sm3

from .cases import BAD, DOUBT, NEVER, VALID, flip, place, swap

GOOD = {"format": "passed", "seal_signature": "passed",
        "stamp_signature": "passed", "signer_in_seal": "passed",
        "data_hash": "passed", "coverage": "passed",
        "maker_chain": "passed", "signer_chain": "passed",
        "seal_validity": "passed", "registry_status": "passed"}
SIGNED = {"stamp_signature": "passed", "data_hash": "passed",
          "coverage": "passed"}
TEN = b"The price is 1000."


def cases(t, w):
    def put(name, expected, p, rules=None, how=None, **kw):
        t.add("pdf: " + name, how or name, expected, p if isinstance(
            p, bytes) else p.raw, rules, **kw)
    good(put, w)
    cms(put, w)
    several(put, w)
    locked(put, w)
    edges(put, w)
    saved(put, w)
    finer(put, w)
    shadows(put, w)
    wrapped(put, w)
    forged(put, w)
    values(put, w)
    damaged(put, w)
    bombs(put, w)


def good(put, w):
    a = w.active
    put("one stamp", VALID, a.pdf(), GOOD, "GM.sm2seal of a filed seal")
    put("one stamp, by the command", VALID, a.pdf(), GOOD, door="command")
    put("stamp of the second province", VALID, w.away.pdf(), GOOD)
    put("20 pages", VALID, a.pdf(pdf.Pdf(["Page %d." % i
                                          for i in range(20)])), GOOD)
    put("/Contents with 8,000 zeros behind", VALID, a.pdf(size=len(
        a.ses(sm3(b""), "/ByteRange")) + 8000), GOOD)
    n = len(a.ses(sm3(b""), "/ByteRange")) * 2
    raw = a.pdf(size=n).raw
    i = raw.index(b"/Contents <") + 11
    j = raw.index(b">", i)
    put("/Contents filled up with other octets", DOUBT, raw[:i + n + 8] +
        b"5a" * ((j - i - n - 8) // 2) + raw[j:], {
            "stamp_signature": "passed", "data_hash": "passed",
            "format": "unknown|passed"}, says="octets stand behind")
    put("stamp on the second page", VALID, a.pdf(pdf.Pdf(
        ("one", "two")), page=1), GOOD)
    put("stamp that does not show", VALID | DOUBT, a.pdf(
        rect=(0, 0, 0, 0)), SIGNED)
    put("raw r and s", VALID, a.pdf(ses={"form": d.raw_signature}), GOOD,
        says="raw")
    put("with /M", VALID, a.pdf(when="20260101000000Z"), SIGNED)
    for name, octets in (("a byte order mark", b"\xef\xbb\xbf"),
                         ("a line", b"HTTP/1.1 200 OK\r\n\r\n"),
                         ("1,024 octets", b"\n" * 1024)):
        put("%s before %%PDF-" % name, DOUBT, octets + a.pdf().raw, {
            "coverage": "unknown", "data_hash": "passed"},
            says="%d octets stand before" % len(octets))
    put("1,025 octets before %PDF-", BAD, b"\n" * 1025 + a.pdf().raw)
    # Nothing in the value says when: the dictionary does.
    no_time = {"kind": pdf.CMS}
    for name, m, says in (
            ("with Beijing's", "20260101080000+08'00'",
             "2026-01-01T00:00:00Z"),
            ("without", "20260101080000", "time-without-zone"),
            ("without seconds", "202601010800+08'00", "2026-01-01T00:00:00Z"),
            ("that is none", "last year", "unreadable-date")):
        put("/M, zone: " + name, VALID | NEVER, a.pdf(when=m, **no_time), {
            "data_hash": "passed"}, says=says)
    day = 86400
    put("before the seal", BAD, a.pdf(ses={"when": w.filed_at - day}),
        {"seal_validity": "failed"})
    put("tomorrow", NEVER, a.pdf(ses={"when": w.now + day}))
    for s, word in ((w.suspended, "suspension"), (w.revoked, "revocation"),
                    (w.lost, "loss"), (w.cancelled, "cancellation")):
        put("before its " + word, VALID, s.pdf(), GOOD)
        put("after its " + word, BAD, s.pdf(ses={"when": s.changed + 1}),
            {"registry_status": "failed", "data_hash": "passed"})
    for gen in ("V1", "V4", "V5"):
        put("%s of an unknown authority" % gen, DOUBT, w.foreign.seal(
            gen, "81000000000001").pdf(), dict(
                SIGNED, registry_status="unknown"))
        put("%s under a filed code" % gen, BAD | {"mismatch"},
            w.foreign.seal(gen, a.code).pdf(), dict(
                SIGNED, registry_status="failed"))
    put("code never filed", BAD | {"not_filed"}, w.foreign.seal(
        "V4", w.absent).pdf(), {"registry_status": "failed"})
    put("no signature", BAD, pdf.Pdf(), {"format": "failed"},
        says="no electronic seal")
    put("a picture of a seal", BAD, picture(), {"format": "failed"},
        "an image on the page, nothing signed", says="picture only")
    put("a field that is not signed", BAD, unsigned(), {
        "format": "failed|unknown"})


def picture():
    return pdf.Pdf(more={90: pdf.stream(
        zlib.compress(bytes([200, 0, 0]) * 1600), "/Type /XObject /Subtype "
        "/Image /Width 40 /Height 40 /ColorSpace /DeviceRGB "
        "/BitsPerComponent 8 /Filter /FlateDecode")}).update({
            10: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> /XObject << /I 90 0 R >> "
            b">> /Contents 11 0 R >>", 11: pdf.stream(
                pdf.words("The price is 100.") +
                b" q 120 0 0 120 350 100 cm /I Do Q")})


def unsigned():
    p = pdf.Pdf()
    f, a = p.new(), p.new()
    return p.update({
        f: b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (S) /P 10 0 R /F 4"
        b" /Rect [0 0 9 9] >>", a: b"<< /Fields [%d 0 R] /SigFlags 1 >>" % f,
        10: p.set(10, "Annots", b"[%d 0 R]" % f),
        1: p.set(1, "AcroForm", b"%d 0 R" % a)})


def cms(put, w):
    a = w.active
    choice = VALID | DOUBT      # no seal: the register says nothing of it
    put("GM.sm2cms.detached", choice, a.pdf(kind=pdf.CMS), SIGNED,
        "GB/T 35275 whose content is the digest")
    put("GM.sm2cms.detached, attributes", choice, a.pdf(
        kind=pdf.CMS, cms={"variant": "attributes"}), SIGNED)
    put("adbe.pkcs7.detached with SM2", choice, a.pdf(kind=pdf.ADOBE),
        SIGNED, "CMS")
    put("ETSI.CAdES.detached with SM2", choice, a.pdf(kind=pdf.PADES),
        SIGNED, "CMS")
    put("adbe.pkcs7.detached, GM OIDs", choice, a.pdf(kind=pdf.ADOBE, cms={
        "outer": d.GM_SIGNED, "inner": d.GM_DATA, "alg": d.SM2_SIGN}),
        SIGNED)
    for kind, name in ((pdf.CMS, "sm2cms"), (pdf.ADOBE, "pkcs7"),
                       (pdf.PADES, "CAdES")):
        put(name + ", digest of something else", BAD, a.pdf(
            kind=kind, cms={"said": sm3(b"x")}), {"data_hash": "failed"})
        put(name + ", another key", BAD, a.pdf(
            kind=kind, cms={"over": b"x"}), {"stamp_signature": "failed"})
        put(name + ", no certificate", NEVER, a.pdf(
            kind=kind, cms={"certs": []}), {
                "stamp_signature": "failed|unknown"})
        put(name + ", another's certificate", NEVER, a.pdf(
            kind=kind, cms={"certs": [w.other.cert]}), {
                "stamp_signature": "failed|unknown"})
        put(name + ", of an unknown authority", DOUBT, w.foreign.seal(
            "V4", "81000000000001").pdf(kind=kind), SIGNED)
        p = a.pdf(kind=kind)
        put(name + ", price changed in place", BAD, swap(
            p.raw, b"is 100.", b"is 999."), {"data_hash": "failed"})
    def rsa(o):
        si = stamp.signer_info(a.cert, b"", b"\x5a" * 256,
                               "1.2.840.113549.1.1.1", "1.3.14.3.2.26")
        return stamp.content_info(d.CMS_SIGNED, d.seq(
            d.integer(1), d.tlv(0x31, stamp.algorithm("1.3.14.3.2.26")),
            d.seq(d.oid(d.CMS_DATA), d.ctx(0, d.octets(b"x" * 20))),
            d.ctx(0, a.cert), d.tlv(0x31, si)))
    put("RSA, adbe.pkcs7.sha1", DOUBT, pdf.Pdf().sign(rsa, (
        "Adobe.PPKLite", "adbe.pkcs7.sha1")), {"stamp_signature": "unknown"},
        "of another country's, or of old times", says="SEALREG_NOT_SM2")
    put("RSA, adbe.x509.rsa_sha1", DOUBT, pdf.Pdf().sign(
        lambda o: d.octets(b"\x5a" * 128), (
            "Adobe.PPKLite", "adbe.x509.rsa_sha1"), extra=b" /Cert <3000>"),
        {"format": "passed|unknown"}, says="SEALREG_NOT_SM2")
    put("a stamp, adbe.x509.rsa_sha1", VALID, pdf.Pdf().sign(
        a.contents(pdf.SES), ("Adobe.PPKLite", "adbe.x509.rsa_sha1")), GOOD,
        "what a value is, it says itself", says="subfilter-of-another-form")
    put("GM.SM2 of GM.PKILite", VALID | DOUBT, pdf.Pdf().sign(
        a.contents(pdf.ADOBE), ("GM.PKILite", "GM.SM2")), SIGNED)
    put("CMS with SHA-256 and RSA named", NEVER, a.pdf(
        kind=pdf.ADOBE, cms={"hash_alg": d.SHA256, "alg": d.RSA_SHA256}))


def several(put, w):
    a, b = w.active, w.other
    p = a.pdf()
    two = b.pdf(p)
    put("two stamps", VALID, two, GOOD, "the second in an update")
    put("three stamps", VALID, w.away.pdf(two), GOOD)
    put("a stamp and a CMS signature", VALID | DOUBT, a.pdf(
        b.pdf(), kind=pdf.CMS), SIGNED)
    put("two stamps, the second suspended", BAD, w.suspended.pdf(p, ses={
        "when": w.suspended.changed + 1}), {"registry_status": "failed"})
    # Seals lie over words by custom, so that this cannot be refused.
    put("two stamps, the second over the words", VALID | NEVER, b.pdf(
        p, rect=(50, 690, 300, 730), appearance=b"1 g 0 0 250 40 re f 0 g " +
        pdf.words("The price is 1000.", 10).replace(b"60 10", b"10 10")),
        how="a second signer's stamp shows other words", says="Signature2")
    put("two stamps, the price changed by the second", NEVER, b.pdf(
        p, also={11: pdf.stream(pdf.words(TEN.decode()))}), {
            "coverage": "failed|unknown"}, "the second signed what the first "
        "did not")
    put("two stamps, cut back to the first", VALID, p, GOOD)
    put("one stamp good, one not to be known", DOUBT, w.foreign.seal(
        "V4", "81000000000001").pdf(p), {"registry_status": "unknown"})
    many = p
    for i in range(12):
        many = b.pdf(many)
    put("thirteen stamps", VALID, many, GOOD)
    put("two stamps, one over the other", VALID | DOUBT, b.pdf(
        p, rect=(350, 100, 450, 200)), {"data_hash": "passed"})


CHANGED = {"data_hash": "passed", "coverage": "failed|unknown"}


def locked(put, w):
    """Encrypted by the empty password, as statements of banks are: it only
    forbids printing and changes."""
    a, b = w.active, w.other

    def new():
        return pdf.Pdf(lock=pdf.Lock())
    empty = "encrypted-by-empty-password"
    p = a.pdf(new())
    put("encrypted by the empty password", VALID, p, GOOD, says=empty)
    put("encrypted, CMS", VALID | DOUBT, a.pdf(new(), kind=pdf.CMS), SIGNED,
        says=empty)
    put("encrypted, two stamps", VALID, b.pdf(p), GOOD, says=empty)
    put("encrypted, a page edge", VALID, pdf.Pdf(
        ("one", "two"), lock=pdf.Lock()).edge(a.contents(pdf.SES)), GOOD)
    put("encrypted by a password", DOUBT, a.pdf(pdf.Pdf(
        lock=pdf.Lock(user=b"secret"))), {"format": "unknown"},
        says="without a password")
    put("encrypted, the price changed later", NEVER, p.copy().update({
        11: pdf.stream(pdf.words(TEN.decode()))}), {
            "coverage": "failed|unknown"})
    q = p.copy()
    q.lock = pdf.Lock(allowed=-4)
    put("encrypted, other things forbidden later", NEVER, q.update({
        4: q.now[4]}), {"coverage": "failed"})
    q = p.copy()
    q.lock = None
    put("encrypted, and later not any more", NEVER, q.update({4: q.now[4]}),
        {"coverage": "failed|unknown"})
    q = a.pdf()
    q.lock = pdf.Lock()
    put("encrypted later", NEVER, q.update({4: q.now[4]}))
    put("encrypted, a stream changed in place", BAD, flip(
        p.raw, p.raw.index(b"stream\n") + 9), {"data_hash": "failed"})


SHARED = "one-signature-in-several-fields"


def edges(put, w):
    """One signature, and a field of it on every page, as some platforms stamp
    the edges of a document."""
    a, b = w.active, w.other

    low = (560, 100, 595, 200)

    def edge(n, s=a, p=None, **kw):
        p = p or pdf.Pdf(["Page %d" % i for i in range(n)])
        return p.edge(s.contents(pdf.SES), **kw)
    for n in (2, 65, 120):
        put("an edge of %d pages" % n, VALID, edge(n), GOOD, says=SHARED)
    p = edge(3)
    put("an edge and then a stamp", VALID, b.pdf(p), GOOD)
    put("an edge and then another", VALID, edge(0, b, p.copy(), name="Two", rect=low),
        GOOD)
    put("an edge of 70 pages and then another", VALID, edge(
        0, b, edge(70), name="Two", rect=low), GOOD)
    put("a stamp and then an edge of 100 pages", VALID, edge(0, b, a.pdf(
        pdf.Pdf(["Page %d" % i for i in range(100)])), name="Two", rect=low), GOOD)
    put("a stamp and then an edge that does not hold", BAD, edge(0, b, a.pdf(
        pdf.Pdf(["one", "two", "three"])), name="Two", rect=low).raw[:-200] + b"x",
        {"coverage": "failed"})
    for name, more in (
            ("a field more of its signature, later", b""),
            ("the same, not in the form", None)):
        p = edge(3)
        sig = int(re.findall(rb"/V (\d+) 0 R", p.raw)[0])
        f = p.new()
        page = p.page[0]
        objs = {
            f: pdf.field_of(sig, page, sig + 2, "More", (100, 100, 200, 200)),
            page: p.set(page, "Annots", b"[%s %d 0 R]" % (
                p.listed(page, "Annots"), f))}
        if more is not None:
            form = p.form()
            objs[form] = p.now[form].replace(
                b"/Fields [", b"/Fields [%d 0 R " % f)
        p.update(objs)
        put("an edge, and " + name, BAD, p, {"coverage": "failed"})
    p = edge(3)
    last = max(int(x) for x in re.findall(rb"(\d+) 0 obj\n<< /Type /Annot",
                                          p.raw))
    p.update({p.page[2]: p.set(p.page[2], "Annots", b"[]")})
    put("an edge, one of its fields taken off its page", BAD, p, {
        "coverage": "failed"})
    p = edge(3)
    p.update({last: p.now[last].replace(b"[560 300 595 400]",
                                        b"[100 100 200 200]")})
    put("an edge, one of its fields moved", BAD, p, {"coverage": "failed"})


def saved(put, w):
    """Incremental saving, after the stamp."""
    a = w.active
    p = a.pdf()
    other = {11: pdf.stream(pdf.words(TEN.decode()))}

    def after(name, expected, q, rules=CHANGED, how=None):
        put("after the stamp: " + name, expected, q, rules, how)
    after("words replaced", BAD, p.copy().update(other), {
        "data_hash": "passed", "coverage": "failed"})
    after("words replaced, no xref", NEVER, p.copy().update(
        other, table=False), {"data_hash": "passed"},
        "some readers mend the table, and show it")
    after("words replaced, startxref of before", NEVER | VALID, p.raw +
          b"11 0 obj\n" + other[11] + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" %
          p.prev, {"data_hash": "passed"})
    after("words replaced, no /Prev", NEVER, everything(p, other))
    n = p.next
    after("page's contents point elsewhere", BAD, p.copy().update({
        n: other[11], 10: swap(p.now[10], b"/Contents 11 0 R",
                               b"/Contents %d 0 R" % n)}))
    after("contents appended to the page", BAD, p.copy().update({
        n: pdf.stream(pdf.words("Not so.", 600)), 10: swap(
            p.now[10], b"/Contents 11 0 R", b"/Contents [11 0 R %d 0 R]" %
            n)}))
    after("a page added", BAD, p.copy().update({
        n: swap(p.now[10], b"/Contents 11 0 R", b"/Contents %d 0 R" % (
            n + 1)), n + 1: other[11], 2: swap(swap(
                p.now[2], b"10 0 R", b"10 0 R %d 0 R" % n), b"/Count 1",
                b"/Count 2")}))
    after("a page put before", BAD, p.copy().update({
        n: swap(p.now[10], b"/Contents 11 0 R", b"/Contents %d 0 R" % (
            n + 1)), n + 1: other[11], 2: swap(swap(
                p.now[2], b"10 0 R", b"%d 0 R 10 0 R" % n), b"/Count 1",
                b"/Count 2")}))
    two = a.pdf(pdf.Pdf(("one", "two")))
    after("a page taken out", BAD, two.copy().update({2: swap(swap(
        two.now[2], b"10 0 R 12 0 R", b"10 0 R"), b"/Count 2",
        b"/Count 1")}))
    after("the page tree replaced", BAD, p.copy().update({
        n: b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 1),
        n + 1: swap(swap(p.now[10], b"/Contents 11 0 R", b"/Contents %d 0 R"
                         % (n + 2)), b"2 0 R", b"%d 0 R" % n),
        n + 2: other[11], 1: swap(p.now[1], b"/Pages 2 0 R",
                                  b"/Pages %d 0 R" % n)}))
    after("another catalogue", BAD, p.copy().update({
        n: swap(p.now[1], b"/Pages 2 0 R", b"/Pages %d 0 R" % (n + 1)),
        n + 1: b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 2),
        n + 2: swap(swap(p.now[10], b"/Contents 11 0 R", b"/Contents %d 0 R"
                         % (n + 3)), b"2 0 R", b"%d 0 R" % (n + 1)),
        n + 3: other[11]}, root=n))
    after("the font replaced", BAD, p.copy().update({
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding "
        b"<< /Type /Encoding /Differences [49 /nine 48 /eight] >> >>"}),
        how="the same octets show other digits")
    after("the page cropped", BAD, p.copy().update({10: swap(
        p.now[10], b"/MediaBox [0 0 595 842]", b"/MediaBox [0 0 595 842] "
        b"/CropBox [0 0 595 650]")}))
    after("the page turned", BAD | VALID, p.copy().update({10: swap(
        p.now[10], b"/MediaBox", b"/Rotate 180 /MediaBox")}), {})
    look = int(re.search(rb"/N (\d+) 0 R", p.now[p.signatures[0]]).group(1))
    after("the stamp's look replaced", BAD, p.copy().update({look: pdf.stream(
        b"0 0 1 rg 0 0 100 100 re f", "/Type /XObject /Subtype /Form /BBox "
        "[0 0 100 100]")}))
    after("the stamp moved", BAD, moved(p))
    after("the producer changed", VALID | DOUBT, p.copy().update({
        4: b"<< /Producer (somebody else) >>"}), {"data_hash": "passed"},
        "document information shows on no page")
    after("an empty update", VALID | DOUBT, p.copy().update({}), {
        "data_hash": "passed"})
    after("a DSS", VALID | DOUBT, p.copy().update({
        n: b"<< /Certs [%d 0 R] >>" % (n + 1), n + 1: pdf.stream(a.cert),
        1: p.set(1, "DSS", b"%d 0 R" % n)}), {"data_hash": "passed"},
        "certificates for later, ISO 32000-2")
    after("white space", VALID | DOUBT, p.raw + b"\n\n", {
        "data_hash": "passed"})
    after("1,000 zeros", VALID | NEVER, p.raw + bytes(1000), {
        "data_hash": "passed"})
    after("a ZIP", VALID | NEVER, p.raw + b"PK\5\6" + bytes(18), {
        "data_hash": "passed"})
    after("JavaScript when opened", BAD, p.copy().update({
        n: b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>",
        1: p.set(1, "OpenAction", b"%d 0 R" % n)}), {"data_hash": "passed"})
    after("an attachment", BAD | VALID | DOUBT, p.copy().update({
        n: b"<< /Names [(a) %d 0 R] >>" % (n + 1), n + 1: b"<< /Type "
        b"/Filespec /F (a.txt) /EF << /F %d 0 R >> >>" % (n + 2),
        n + 2: pdf.stream(b"other terms", "/Type /EmbeddedFile"),
        1: p.set(1, "Names", b"<< /EmbeddedFiles %d 0 R >>" % n)}), {
            "data_hash": "passed"})
    annotations(after, p)


def moved(p):
    n = p.signatures[0]
    return p.copy().update({n: swap(p.now[n], b"/Rect [350 100",
                                    b"/Rect [50 100")})


def annotations(after, p):
    n = p.next

    def note(name, body, expected=BAD, more=None):
        q = p.copy()
        q.update({n: body, 10: q.set(10, "Annots", b"[%s %d 0 R]" % (
            q.listed(10, "Annots"), n))} | (more or {}))
        after("annotation: " + name, expected, q)
    look = {n + 1: pdf.stream(
        b"1 g 0 0 250 40 re f 0 g " + pdf.words("x", 10).replace(
            b"(x)", b"(" + TEN + b")").replace(b"60 10", b"10 10"),
        "/Type /XObject /Subtype /Form /BBox [0 0 250 40] /Resources "
        "<< /Font << /F1 3 0 R >> >>")}
    at = b"/Rect [50 690 300 730] /F 4"
    for kind in (b"FreeText", b"Stamp", b"Square", b"Widget", b"Redact"):
        note("%s over the words" % kind.decode(), b"<< /Type /Annot /Subtype "
             b"/%s %s /Contents (%s) /DA (/F1 18 Tf) /AP << /N %d 0 R >> >>" %
             (kind, at, TEN, n + 1), more=look)
    note("Text beside the words", b"<< /Type /Annot /Subtype /Text /Rect "
         b"[10 10 30 30] /Contents (read me) /F 4 >>", BAD | VALID | DOUBT)
    note("Link", b"<< /Type /Annot /Subtype /Link /Rect [50 690 300 730] "
         b"/A << /S /URI /URI (http://127.0.0.1:9/) >> >>",
         BAD | VALID | DOUBT)


def everything(p, change):
    """All objects once more, in one table without /Prev."""
    q = p.copy()
    objs = dict(q.now)
    for n in q.signatures:      # the signature itself stays where it is
        v = int(re.search(rb"/V (\d+) 0 R", q.now[n]).group(1))
        objs.pop(v, None)
        at = q.raw.rindex(b"\n%d 0 obj" % v) + 1
    objs.update(change)
    return q.update(objs, prev=False, hidden={v: at})


def finer(put, w):
    """After the stamp, again: what is less plain."""
    a = w.active
    p = a.pdf()
    n = p.next

    def after(name, expected, q, rules=CHANGED, how=None):
        put("after the stamp: " + name, expected, q, rules, how)
    packed = a.pdf(pdf.Pdf(packed=True))
    put("cross-reference and object streams", VALID, packed, GOOD)
    put("PDF 2.0", VALID, a.pdf(pdf.Pdf(version="2.0")), GOOD)
    other = pdf.stream(pdf.words(TEN.decode()))
    after("words replaced, by an xref stream", BAD, packed.copy()
          .update_packed({11: other}))
    after("a page replaced, in an object stream", BAD, packed.copy()
          .update_packed({n: other}, {10: swap(
              packed.now[10], b"/Contents 11 0 R", b"/Contents %d 0 R" %
              n)}))
    after("words replaced, by /XRefStm", NEVER, p.copy().update_packed(
        {11: other}, hybrid={}), how="a table for old readers, a stream for "
        "new ones")
    after("a harmless xref stream", VALID | DOUBT, packed.copy()
          .update_packed({4: b"<< /Producer (x) >>"}), {
              "data_hash": "passed"})
    two = a.pdf(pdf.Pdf(("one", "two")))
    after("two pages exchanged", BAD, two.copy().update({2: swap(
        two.now[2], b"10 0 R 12 0 R", b"12 0 R 10 0 R")}))
    after("a page shown twice", BAD, two.copy().update({2: swap(swap(
        two.now[2], b"10 0 R 12 0 R", b"10 0 R 12 0 R 10 0 R"),
        b"/Count 2", b"/Count 3")}))
    after("a size that pages inherit", BAD, p.copy().update({2: swap(
        p.now[2], b"/Type /Pages", b"/Type /Pages /CropBox [0 0 595 650]")}))
    inherit = pdf.Pdf(more={2: b"<< /Type /Pages /Kids [10 0 R] /Count 1 "
                            b"/Resources << /Font << /F1 3 0 R >> >> >>",
                            10: b"<< /Type /Page /Parent 2 0 R /MediaBox "
                            b"[0 0 595 842] /Contents 11 0 R >>"})
    q = a.pdf(inherit)
    after("fonts that pages inherit", BAD, q.copy().update({
        n: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>",
        2: swap(q.now[2], b"/F1 3 0 R", b"/F1 %d 0 R" % n)}))
    layers = {60: b"<< /Type /OCG /Name (a) >>", 61: pdf.stream(
        b"/OC /L BDC " + pdf.words(TEN.decode(), 600) + b" EMC"),
        10: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
        b"/Resources << /Font << /F1 3 0 R >> /Properties << /L 60 0 R >> >>"
        b" /Contents [11 0 R 61 0 R] >>", 1: b"<< /Type /Catalog /Pages 2 0 R"
        b" /OCProperties << /OCGs [60 0 R] /D << /OFF [60 0 R] >> >> >>"}
    q = a.pdf(pdf.Pdf(more=layers))
    after("a hidden layer shown", BAD, q.copy().update({1: swap(
        q.now[1], b"/OFF [60 0 R]", b"/ON [60 0 R]")}))
    f = p.signatures[0]
    after("the stamp hidden by a flag", BAD, p.copy().update({f: swap(
        p.now[f], b"/F 132", b"/F 2")}))
    after("the stamp's field taken off the page", BAD, p.copy().update({
        10: p.set(10, "Annots", b"[]")}))
    after("the field taken out of the form", NEVER, p.copy().update({
        p.form(): b"<< /Fields [] /SigFlags 3 >>"}), {})
    after("the field's value replaced", NEVER, p.copy().update({
        n: b"<< /Type /Sig /Filter /X /SubFilter /X >>", f: re.sub(
            rb"/V \d+ 0 R", b"/V %d 0 R" % n, p.now[f])}), {})
    after("the signature's object replaced", NEVER, p.copy().update({
        int(re.search(rb"/V (\d+) 0 R", p.now[f]).group(1)):
        b"<< /Type /Sig /Filter /X /SubFilter /X >>"}), {})
    after("the form dropped", NEVER, p.copy().update({
        1: b"<< /Type /Catalog /Pages 2 0 R >>"}), {})
    after("an XFA form", BAD | DOUBT, p.copy().update({
        n: pdf.stream(b"<xdp:xdp/>"), p.form(): swap(
            p.now[p.form()], b"/SigFlags", b"/XFA %d 0 R /SigFlags" % n)}),
        {})
    after("encrypted, it says", NEVER, p.copy().update(
        {4: p.now[4]}, trailer=b" /Encrypt << /Filter /Standard /V 1 /R 2 >>"),
        {})
    after("metadata", VALID | DOUBT, p.copy().update({
        n: pdf.stream(b"<x:xmpmeta/>", "/Type /Metadata /Subtype /XML"),
        1: p.set(1, "Metadata", b"%d 0 R" % n)}), {"data_hash": "passed"})
    after("an action for the page", BAD | DOUBT, p.copy().update({10: swap(
        p.now[10], b"/MediaBox", b"/AA << /O << /S /JavaScript /JS (1) >> >>"
        b" /MediaBox")}), {"data_hash": "passed"})
    after("a page's unit", BAD, p.copy().update({10: swap(
        p.now[10], b"/MediaBox", b"/UserUnit 10 /MediaBox")}))
    mine = w.other.pdf(p)
    put("two stamps, the first's look changed by the second", NEVER,
        w.other.pdf(p, also={int(re.search(
            rb"/N (\d+) 0 R", p.now[f]).group(1)): pdf.stream(
                b"0 0 1 rg 0 0 100 100 re f", "/Type /XObject /Subtype /Form "
                "/BBox [0 0 100 100]")}), {"coverage": "failed|unknown"})
    put("two stamps, the first's field dropped by the second", NEVER,
        mine.copy().update({mine.form(): b"<< /Fields [%d 0 R] /SigFlags 3 "
                            b">>" % mine.signatures[1]}))
    put("two stamps, both of one field name", VALID | NEVER, w.other.pdf(
        p, name="Signature1"))


def shadows(put, w):
    a = w.active
    n = 60
    # Hide: an overlay that is signed hides the words; an update removes it.
    over = {n: pdf.stream(b"1 g 50 690 300 40 re f"), 10: b"<< /Type /Page "
            b"/Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << "
            b"/F1 3 0 R >> >> /Contents [11 0 R %d 0 R] >>" % n}
    p = a.pdf(pdf.Pdf(more=over).update(over))
    put("shadow, hide: the overlay is freed", BAD, p.copy().update(
        {}, free=[n]), CHANGED)
    put("shadow, hide: the overlay is emptied", BAD, p.copy().update(
        {n: pdf.stream(b"")}), CHANGED)
    put("shadow, hide: the page leaves it out", BAD, p.copy().update({
        10: swap(p.now[10], b"[11 0 R %d 0 R]" % n, b"[11 0 R]")}), CHANGED)
    form = {n: pdf.stream(b"1 g 0 0 300 40 re f", "/Type /XObject /Subtype "
                          "/Form /BBox [0 0 300 40]"),
            10: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> /XObject << /O %d 0 R >> >>"
            b" /Contents 11 0 R >>" % n, 11: pdf.stream(
                pdf.words("The price is 100.") +
                b" q 1 0 0 1 50 690 cm /O Do Q")}
    p = a.pdf(pdf.Pdf(more=form).update(form))
    put("shadow, hide: the form becomes metadata", BAD, p.copy().update({
        n: pdf.stream(b"<x/>", "/Type /Metadata /Subtype /XML")}), CHANGED)
    put("shadow, hide: the form is moved off", BAD, p.copy().update({
        n: pdf.stream(b"1 g 0 0 300 40 re f", "/Type /XObject /Subtype /Form"
                      " /BBox [0 0 300 40] /Matrix [1 0 0 1 0 -2000]")}),
        CHANGED)
    # Replace: what a form field shows is changed by an update.
    q = pdf.Pdf()
    q.fields = b"%d 0 R" % n
    q.update({n: b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (price) /V "
              b"(100) /DA (/F1 12 Tf 0 g) /F 4 /P 10 0 R /Rect [60 600 200 "
              b"620] /AP << /N %d 0 R >> >>" % (n + 1), n + 1: pdf.stream(
                  pdf.words("100", 5), "/Type /XObject /Subtype /Form /BBox "
                  "[0 0 140 20] /Resources << /Font << /F1 3 0 R >> >>"),
              10: q.set(10, "Annots", b"[%d 0 R]" % n)})
    q.next = n + 2
    p = a.pdf(q)
    shown = pdf.stream(pdf.words("999", 5), "/Type /XObject /Subtype /Form "
                       "/BBox [0 0 140 20] /Resources << /Font << /F1 3 0 R "
                       ">> >>")
    put("shadow, replace: the field's value", BAD, p.copy().update({
        n: swap(p.now[n], b"(100)", b"(999)"), n + 1: shown}), CHANGED)
    put("shadow, replace: only the field's look", BAD, p.copy().update({
        n + 1: shown}), CHANGED)
    # Hide and replace: two objects of one number in the signed revision;
    # the update's table points to the other.
    base = pdf.Pdf()
    base.raw += b"11 0 obj\n" + pdf.stream(pdf.words(TEN.decode())) + \
        b"\nendobj\n"
    hid = len(pdf.Pdf().raw)
    p = a.pdf(base)
    put("shadow, hide and replace: the words", BAD, p.copy().update(
        {}, hidden={11: hid}), CHANGED, "both are signed; the table chooses")
    base = pdf.Pdf()
    hid = len(base.raw)
    base.raw += b"1 0 obj\n<< /Type /Catalog /Pages 70 0 R >>\nendobj\n"
    at70 = len(base.raw)
    base.raw += b"70 0 obj\n<< /Type /Pages /Kids [71 0 R] /Count 1 >>\n" \
        b"endobj\n"
    at71 = len(base.raw)
    base.raw += b"71 0 obj\n<< /Type /Page /Parent 70 0 R /MediaBox [0 0 595" \
        b" 842] /Resources << /Font << /F1 3 0 R >> >> /Contents 72 0 R >>\n" \
        b"endobj\n"
    at72 = len(base.raw)
    base.raw += b"72 0 obj\n" + pdf.stream(pdf.words(TEN.decode())) + \
        b"\nendobj\n"
    p = a.pdf(base)
    put("shadow, hide and replace: the catalogue", BAD, p.copy().update(
        {}, hidden={1: hid, 70: at70, 71: at71, 72: at72}),
        how="both are signed; the table chooses")
    # Certified, and then an annotation.
    p = a.pdf(docmdp=1)
    put("certified, no changes allowed", VALID, p, SIGNED)
    put("certified, then a stamp more", NEVER, w.other.pdf(p), {
        "coverage": "failed|unknown"}, "DocMDP 1 allows no change")
    put("certified for stamps, then a stamp more", VALID, w.other.pdf(
        a.pdf(docmdp=2)), SIGNED, "DocMDP 2 allows signing")
    put("certified, then words replaced", BAD, p.copy().update({
        11: pdf.stream(pdf.words(TEN.decode()))}), CHANGED)
    note = p.copy()
    n = note.next
    put("certified, then an annotation", BAD, note.update({
        n: b"<< /Type /Annot /Subtype /FreeText /Rect [50 690 300 730] /F 4 "
        b"/Contents (%s) /DA (/F1 18 Tf) >>" % TEN, 10: note.set(
            10, "Annots", b"[%s %d 0 R]" % (note.listed(10, "Annots"), n))}),
        CHANGED)


RANGE = re.compile(rb"/ByteRange \[[^\]]*\]")


def ranged(raw, text):
    m = RANGE.search(raw)
    text = b"/ByteRange " + text
    size = m.end() - m.start()
    assert len(text) <= size
    return raw[:m.start()] + text.ljust(size) + raw[m.end():]


def wrapped(put, w):
    a = w.active
    p = a.pdf()
    m = RANGE.search(p.raw)
    s1, e1, s2, n2 = (int(x) for x in m.group(0).split(b"[")[1][:-1].split())

    def put1(name, raw, expected=BAD, rules=None, how=None):
        put("ByteRange " + name, expected, raw, rules or {
            "coverage": "failed|unknown"}, how)
    for name, numbers in (
            ("of nothing", b"[0 0 0 0]"),
            ("missing its end", b"[0 %d %d]" % (e1, s2)),
            ("empty", b"[]"),
            ("of one span", b"[0 %d]" % e1),
            ("negative", b"[0 %d %d -1]" % (e1, s2)),
            ("beyond the file", b"[0 %d %d %d]" % (e1, s2, n2 + 100)),
            ("of 2^63", b"[0 %d %d %d]" % (e1, s2, (1 << 63) - 1)),
            ("overlapping", b"[0 %d %d %d]" % (e1 + 9, e1, n2)),
            ("backwards", b"[%d %d 0 %d]" % (s2, n2, e1)),
            ("starting at 1", b"[1 %d %d %d]" % (e1 - 1, s2, n2)),
            ("short of the end", b"[0 %d %d %d]" % (e1, s2, n2 - 10)),
            ("with a wider gap", b"[0 %d %d %d]" % (e1 - 40, s2, n2)),
            ("of names", b"[/a /b /c /d]"),
            ("null", b"null")):
        put("ByteRange " + name, NEVER, ranged(p.raw, numbers),
            how="the range was rewritten")
    # A stamper that left something out, and signed it so.
    put1("stops before the end, and signed so", a.pdf(leave_out=30).raw,
         NEVER, {"coverage": "failed|unknown"})
    gap = b" /Evil (x)\n"
    put1("with a stranger's octets in the gap, signed so",
         a.pdf(between=gap).raw, NEVER, {"coverage": "failed|unknown"})
    # Wrapping: the signed second part is moved to the end, and the range
    # with it; new objects stand between.
    raw = p.raw
    evil = b"11 0 obj\n" + pdf.stream(pdf.words(TEN.decode())) + \
        b"\nendobj\n"
    tail = raw[s2:s2 + n2]
    for name, filler in (("objects between", b" >>\nendobj\n" + evil),
                         ("a table of its own between", b" >>\nendobj\n" +
                          evil + b"xref\n0 1\n0000000000 65535 f \ntrailer\n"
                          b"<< /Root 1 0 R /Size 20 >>\nstartxref\n%d\n%%%%"
                          b"EOF\n" % (s2 + len(evil) + 11)),
                         ("white space between", b" " * 500)):
        bent = raw[:s2] + filler + tail
        bent = bent[:m.start()] + (b"/ByteRange [0 %010d %010d %010d]" % (
            e1, s2 + len(filler), n2)) + bent[m.end():]
        put("ByteRange moved, " + name, BAD | DOUBT, bent,
            how="wrapping")
    # The range's text lies in the signed part: written afterwards, /ByteRange
    # cannot be changed without the digest; a second /ByteRange could be.
    more = b" /ByteRange [0 %d %d %d]" % (e1, s2, n2)
    put("ByteRange twice, behind /Contents", NEVER, raw[:s2] + more +
        raw[s2:], how="two ranges, one signature")
    put("ByteRange twice, the other first", NEVER, raw[:m.start()] + more +
        b" " + raw[m.start():])


def forged(put, w):
    """Universal forgery: members missing, or nothing in them."""
    a = w.active
    raw = a.pdf().raw
    i = raw.index(b"/Contents <3")
    j = raw.index(b">", i)

    def put1(name, octets, how=None):
        put("/Contents " + name, NEVER, octets, {}, how)
    for name, v in (("null", b"null"), ("empty", b"<>"), ("of zeros",
                    b"<" + b"0" * (j - i - 11) + b">"), ("one octet",
                    b"<00>"), ("a name", b"/x"), ("a reference",
                    b"11 0 R"), ("a number", b"0"), ("a literal string",
                    b"(0)"), ("not hexadecimal", b"<zz>"),
                    ("of an odd number of digits", b"<308>")):
        put1(name, raw[:i + 10] + v.ljust(j + 1 - i - 10) + raw[j + 1:])
    put1("under another name", raw[:i] + b"/Kontents" + raw[i + 9:])
    put1("with one digit changed", flip(raw, i + 600, 1))
    put("/Contents in capitals", VALID, raw[:i + 11] +
        raw[i + 11:j].upper() + raw[j:], SIGNED)
    put("/ByteRange under another name", NEVER, raw.replace(
        b"/ByteRange", b"/BiteRange"))
    put("/Type left out of the signature", NEVER, raw.replace(
        b"/Type /Sig ", b""), how="the digest differs, too")
    for name, old, new in (("SubFilter unknown", b"GM.sm2seal",
                            b"XX.sm2seal"),
                           ("SubFilter of CMS", b"GM.sm2seal", b"adbe.pkcs7"),
                           ("Filter unknown", b"Gomain", b"Nobody"),
                           ("field of text", b"/FT /Sig", b"/FT /Txt")):
        put(name, NEVER, swap(raw, old, new))
    put("SubFilter unknown, and signed so", VALID | NEVER, sub(
        a, ("X", "X.unknown")))
    put("SubFilter of CMS, a stamp in it", VALID | NEVER, sub(a, pdf.ADOBE))
    put("no AcroForm, and signed so", VALID | NEVER, no_form(a))


def sub(a, kind):
    return pdf.Pdf().sign(a.contents(pdf.SES), kind).raw


def no_form(a):
    p = pdf.Pdf()
    return p.sign(a.contents(pdf.SES), also={1: p.now[1]}).raw


def values(put, w):
    a, b = w.active, w.other

    def put1(name, expected, rules, **ses):
        put(name, expected, a.pdf(ses=ses), rules)
    put1("signed by another key", BAD, {"stamp_signature": "failed"},
         key=b.key)
    put1("signed by another signer", BAD, {"signer_in_seal": "failed"},
         key=b.key, cert=b.cert)
    put1("with the seal of another", BAD | {"mismatch"}, {
        "signer_in_seal": "failed"}, eseal=b.eseal)
    put1("value over something else", BAD, {"stamp_signature": "failed"},
         over=b"x")
    put1("algorithm RSA", NEVER, {}, alg=d.RSA_SHA256)
    tsa, cert = w.foreign.tsa
    put1("a token about other octets", BAD, {"time_stamp": "failed"},
         token=lambda v: stamp.token(tsa, cert, sm3(b"x"), a.when))

    def with_hash(h):
        return pdf.Pdf().sign(lambda o: a.ses(h(o), "/ByteRange"))
    put("dataHash of something else", BAD, with_hash(lambda o: sm3(b"x")),
        {"data_hash": "failed", "stamp_signature": "passed"})
    put("dataHash cut", BAD | DOUBT, with_hash(lambda o: sm3(o)[:16]), {
        "data_hash": "failed|unknown"})
    put("dataHash empty", BAD | DOUBT, with_hash(lambda o: b""), {
        "data_hash": "failed|unknown"})
    put("a seal in /Contents", NEVER | {"mismatch"}, pdf.Pdf().sign(
        lambda o: a.eseal))
    put("text in /Contents", NEVER, pdf.Pdf().sign(lambda o: b"signed"))
    put("r and s alone in /Contents", DOUBT | BAD, pdf.Pdf().sign(
        lambda o: a.key.sign(o)), {"stamp_signature": "unknown|failed"})
    p, q = a.pdf(), a.pdf(pdf.Pdf(("The price is 999.",)))
    cut = re.compile(rb"/Contents <[0-9a-f]*>")
    put("/Contents of another document", BAD, cut.sub(
        cut.search(q.raw).group(0), p.raw, 1), {"data_hash": "failed"})


def damaged(put, w):
    a = w.active
    p = a.pdf()
    raw = p.raw
    put("price changed in place", BAD, swap(raw, b"is 100.", b"is 999."),
        {"data_hash": "failed"})
    put("header changed", BAD, swap(raw, b"%PDF-1.7", b"%PDF-1.6"), {
        "data_hash": "failed"})
    step = len(raw) // 14
    for i in range(step // 2, len(raw), step):
        put("bit flipped at %d/14" % (i // step),
            NEVER | {"mismatch", "not_filed"}, flip(raw, i, 1))
    for n in (20, len(raw) // 3, len(raw) - 400, len(raw) - 8):
        put("cut at " + place(n, raw), NEVER, raw[:n])
    put("octets before the header", VALID | NEVER, b"junk\n" + raw)
    put("line ends changed", NEVER, raw.replace(b"\n", b"\r\n"))
    put("startxref of 0", NEVER, re.sub(
        rb"startxref\n\d+\n%%EOF\n$", b"startxref\n0\n%%EOF\n", raw))
    put("startxref beyond the file", NEVER, re.sub(
        rb"startxref\n\d+\n%%EOF\n$", b"startxref\n99999999\n%%EOF\n", raw))
    put("/Prev to itself", NEVER | VALID, p.copy().update(
        {}, trailer=b" /Prev %d" % len(raw)))
    put("two documents, one behind the other", NEVER, raw + a.pdf(
        pdf.Pdf(("The price is 999.",))).raw)
    put("encrypted, it says", NEVER, swap(
        raw, b"/Root 1 0 R /Info", b"/Root 1 0 R /Encrypt 3 0 R /Info",
        raw.count(b"/Root 1 0 R /Info")))
    put("a ZIP in front", NEVER, b"PK\3\4" + bytes(26) + raw)


def bombs(put, w):
    a = w.active
    big = zlib.compress(b" " * (60 << 20), 9)
    put("a page of 60 MB of blanks", VALID | DOUBT | BAD, a.pdf(pdf.Pdf(
        more={11: pdf.stream(big, "/Filter /FlateDecode")})))
    twice = zlib.compress(zlib.compress(b" " * (200 << 20), 9), 9)
    put("a page of 200 MB, packed twice", VALID | DOUBT | BAD, a.pdf(
        pdf.Pdf(more={11: pdf.stream(
            twice, "/Filter [/FlateDecode /FlateDecode]")})))
    put("arrays nested 100,000 deep", NEVER | VALID, a.pdf(pdf.Pdf(more={
        80: b"[" * 100000 + b"]" * 100000})))
    put("a page tree that is its own child", NEVER | VALID, a.pdf().update({
        2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}), {
            "data_hash": "passed|failed|unknown"})
    put("fields that are their own kids", NEVER, pdf.Pdf(more={
        80: b"<< /T (a) /Kids [81 0 R] >>", 81: b"<< /T (b) /Kids [80 0 R] "
        b"/Parent 80 0 R >>", 82: b"<< /Fields [80 0 R] /SigFlags 3 >>",
        1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 82 0 R >>"}))
    put("a length that refers to itself", NEVER, pdf.Pdf(more={
        11: b"<< /Length 11 0 R >>\nstream\nx\nendstream"}))
    put("10,000 fields", NEVER, pdf.Pdf(more={
        80: b"<< /Fields [%s] >>" % b" ".join(
            b"%d 0 R" % i for i in range(100, 10100)),
        1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 80 0 R >>"} | {
            i: b"<< /FT /Sig /T (%d) >>" % i for i in range(100, 10100)}))
    p = pdf.Pdf()
    for i in range(1500):
        p.update({4: b"<< /Producer (%d) >>" % i})
    put("1,500 updates, then a stamp", VALID | DOUBT, a.pdf(p), {
        "data_hash": "passed"})
    put("an xref stream of nonsense", NEVER, re.sub(
        rb"startxref\n\d+\n%%EOF\n$", b"", a.pdf().raw) +
        b"90 0 obj\n<< /Type /XRef /Size 99999999 /W [8 8 8] /Index [0 "
        b"99999999] /Root 1 0 R /Length 3 >>\nstream\nabc\nendstream\nendobj"
        b"\nstartxref\n%d\n%%%%EOF\n" % len(a.pdf().raw))
