"""Writing OFD packages (GB/T 33190-2016) and stamping them.

A package is a list of (name, octets) in order: ZIP names twice, names that
climb and the like can be written.  A signature is described by Sign."""
import base64
import hashlib
import io
import struct
import time
import warnings
import zipfile

from sm2 import sm3

NS = "http://www.ofdspec.org/2016"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

# CheckMethod as written in the field -> the digest.
METHODS = {"1.2.156.10197.1.401": "sm3", "SM3": "sm3",
           "1.2.156.10197.1.401.2": "sm3", "MD5": "md5", None: "md5",
           "SHA1": "sha1", "SHA256": "sha256"}


def xml(body, ns=NS):
    return (HEAD + body.replace(
        ">", ' xmlns:ofd="%s">' % ns, 1)).encode()


def document(pages=1, text="The parties agree.", doc="Doc_0", ns=NS):
    """The entries of a document without a signature, OFD.xml first."""
    rows = [("OFD.xml", xml(
        "<ofd:OFD><ofd:DocBody><ofd:DocInfo><ofd:DocID>"
        "0123456789abcdef0123456789abcdef</ofd:DocID><ofd:Creator>writer"
        "</ofd:Creator></ofd:DocInfo><ofd:DocRoot>%s/Document.xml"
        "</ofd:DocRoot></ofd:DocBody></ofd:OFD>" % doc, ns).replace(
            b"<ofd:OFD ", b'<ofd:OFD Version="1.0" DocType="OFD" '))]
    rows.append(("%s/Document.xml" % doc, xml(
        "<ofd:Document><ofd:CommonData><ofd:MaxUnitID>%d</ofd:MaxUnitID>"
        "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
        "</ofd:PageArea></ofd:CommonData><ofd:Pages>%s</ofd:Pages>"
        "</ofd:Document>" % (99, "".join(
            '<ofd:Page ID="%d" BaseLoc="Pages/Page_%d/Content.xml"/>' % (
                i + 1, i) for i in range(pages))), ns)))
    for i in range(pages):
        rows.append(("%s/Pages/Page_%d/Content.xml" % (doc, i), page(
            "%s Page %d." % (text, i + 1), ns)))
    return rows


def page(text, ns=NS):
    return xml(
        '<ofd:Page><ofd:Content><ofd:Layer ID="50"><ofd:TextObject ID="51" '
        'Boundary="20 20 150 10" Font="3" Size="5"><ofd:TextCode X="0" '
        'Y="5">%s</ofd:TextCode></ofd:TextObject></ofd:Layer></ofd:Content>'
        '</ofd:Page>' % text, ns)


def at(rows, name):
    return next(v for n, v in rows if n.lstrip("/") == name.lstrip("/"))


def put(rows, name, value):
    """Replace an entry, or append it."""
    rows = list(rows)
    for i, (n, _) in enumerate(rows):
        if n == name:
            rows[i] = (name, value)
            return rows
    return rows + [(name, value)]


def drop(rows, name):
    return [r for r in rows if r[0] != name]


def digest(method, value):
    kind = METHODS.get(method, "sm3")
    return sm3(value) if kind == "sm3" else hashlib.new(kind, value).digest()


class Sign:
    """What one signature says.  value: made of the octets of Signature.xml
    and its path, gives SignedValue.dat."""

    def __init__(self, value, seal=None, number=0, kind="Seal", pages=(1,),
                 edge=False, method="1.2.156.10197.1.401", whole=False,
                 cover=lambda name: True, doc="Doc_0", when=None,
                 bad_refs=None, missing=(), signed_method="1.2.156.10197.1.501",
                 loc=None, ns=NS, esl=None, relative=False, annots=None,
                 spell=None, value_loc=None, folder=None):
        self.__dict__.update(locals())

    def dir(self):
        return "%s/Signs/%s" % (self.doc, self.folder or
                                "Sign_%d" % self.number)

    def annotations(self):
        if self.annots is not None:
            return self.annots
        if self.kind != "Seal":
            return ""
        n = len(self.pages)
        out = ""
        for i, p in enumerate(self.pages):
            if self.edge:   # one slice a page, the whole shifted off it
                w = 40 / n
                box = "%g 40 40 40" % (210 - w * (i + 1))
                clip = ' Clip="%g 0 %g 40"' % (w * i, w)
            else:
                box, clip = "120 200 40 40", ""
            out += '<ofd:StampAnnot ID="s%03d" PageRef="%d" ' \
                'Boundary="%s"%s/>' % (self.number * 50 + i + 2, p, box, clip)
        return out

    def signature_xml(self, rows):
        d = self.dir()
        refs = ""
        own = ("%s/Signature.xml" % d, "%s/SignedValue.dat" % d)
        seen = set()
        for name, v in rows:
            if name in own or name in self.missing or not self.cover(name) \
                    or name in seen:
                continue
            if name.endswith("Signatures.xml") and not self.whole:
                continue
            seen.add(name)
            check = base64.b64encode(digest(self.method, v)).decode()
            if self.bad_refs and name in self.bad_refs:
                check = self.bad_refs[name]
            where = (self.spell or (lambda n: "/" + n))(name)
            refs += '<ofd:Reference FileRef="%s"><ofd:CheckValue>%s' \
                '</ofd:CheckValue></ofd:Reference>' % (where, check)
        head = "" if self.method is None else ' CheckMethod="%s"' % self.method
        t = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(self.when))
        seal = '<ofd:Seal><ofd:BaseLoc>/%s/Seal.esl</ofd:BaseLoc></ofd:Seal>' \
            % d if self.esl or self.seal and self.esl is not False else ""
        return xml(
            '<ofd:Signature><ofd:SignedInfo><ofd:Provider ProviderName='
            '"writer" Version="1.0" Company="writer"/><ofd:SignatureMethod>'
            '%s</ofd:SignatureMethod><ofd:SignatureDateTime>%s'
            '</ofd:SignatureDateTime><ofd:References%s>%s</ofd:References>'
            '%s%s</ofd:SignedInfo><ofd:SignedValue>%s'
            '</ofd:SignedValue></ofd:Signature>' % (
                self.signed_method, t, head, refs, self.annotations(), seal,
                self.value_loc or "/%s/SignedValue.dat" % d), self.ns)


def signatures_xml(signs, ns=NS, loc=None):
    rows = "".join('<ofd:Signature ID="s%03d" Type="%s" BaseLoc="/%s"/>' % (
        s.number * 50 + 1, s.kind, s.loc or s.dir() + "/Signature.xml")
        for s in signs)
    return xml("<ofd:Signatures><ofd:MaxSignId>s%03d</ofd:MaxSignId>%s"
               "</ofd:Signatures>" % (len(signs) * 50 + 9, rows), ns)


def point_to_signatures(rows, doc="Doc_0"):
    """OFD.xml, told where the signatures are."""
    raw = at(rows, "OFD.xml")
    if b"<ofd:Signatures>" in raw:
        return rows
    return put(rows, "OFD.xml", raw.replace(
        b"</ofd:DocBody>", b"<ofd:Signatures>/%s/Signs/Signatures.xml"
        b"</ofd:Signatures></ofd:DocBody>" % doc.encode()))


def stamp(rows, *signs):
    """Add signatures, one after the other, as readers do."""
    rows = point_to_signatures(rows, signs[0].doc)
    done = []
    for s in signs:
        listing = "%s/Signs/Signatures.xml" % s.doc
        done.append(s)
        d = s.dir()
        rows = put(rows, listing, signatures_xml(done, s.ns))
        if s.seal and s.esl is not False:
            rows = put(rows, d + "/Seal.esl", s.esl or s.seal)
        x = s.signature_xml(rows)
        rows = put(rows, d + "/Signature.xml", x)
        rows = put(rows, d + "/SignedValue.dat",
                   s.value(x, "/%s/Signature.xml" % d))
    return rows


def pack(rows, level=zipfile.ZIP_DEFLATED, comment=b""):
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", level) as z:
        warnings.simplefilter("ignore")     # a name twice is meant
        z.comment = comment
        for name, v in rows:
            i = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            i.compress_type = level
            i.external_attr = 0o644 << 16
            z.writestr(i, v)
    return out.getvalue()


def unpack(raw):
    with zipfile.ZipFile(io.BytesIO(raw)) as z:
        return [(i.filename, z.read(i)) for i in z.infolist()]


def patch_size(raw, name, size):
    """The central directory tells another size of an entry."""
    raw = bytearray(raw)
    i = 0
    while (i := raw.find(b"PK\x01\x02", i)) >= 0:
        n = struct.unpack_from("<H", raw, i + 28)[0]
        if raw[i + 46:i + 46 + n] == name.encode():
            struct.pack_into("<I", raw, i + 24, size)
        i += 4
    return bytes(raw)


def local_differs(raw, name, other):
    """The local header names another entry than the central one."""
    i = raw.index(b"PK\x03\x04")
    raw = bytearray(raw)
    while i >= 0:
        n = struct.unpack_from("<H", raw, i + 26)[0]
        if raw[i + 30:i + 30 + n] == name.encode():
            raw[i + 30:i + 30 + n] = other.encode()[:n].ljust(n, b"_")
            break
        i = raw.find(b"PK\x03\x04", i + 4)
    return bytes(raw)
