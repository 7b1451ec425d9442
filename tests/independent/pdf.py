"""Writing small PDFs (ISO 32000-1), signing them, and attacking what was
signed.  Each update is incremental, with an xref table of its own."""
import hashlib
import re
import struct
import zlib

from sm2 import sm3

SES = ("Gomain.GMPkiLite", "GM.sm2seal")
CMS = ("DJ.GMPkiLite", "GM.sm2cms.detached")
ADOBE = ("Adobe.PPKLite", "adbe.pkcs7.detached")
PADES = ("Adobe.PPKLite", "ETSI.CAdES.detached")

CATALOG, PAGES, FONT, INFO = 1, 2, 3, 4


def stream(body, extra="", flate=False):
    if flate:
        body, extra = zlib.compress(body), extra + " /Filter /FlateDecode"
    return b"<< /Length %d%s >>\nstream\n%s\nendstream" % (
        len(body), (" " + extra).encode() if extra else b"", body)


PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e80"
                    "2f0ca9fe6453697a")


def rc4(key, o):
    box, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) & 255
        box[i], box[j] = box[j], box[i]
    i = j = 0
    for c in o:
        i = (i + 1) & 255
        j = (j + box[i]) & 255
        box[i], box[j] = box[j], box[i]
        out.append(c ^ box[(box[i] + box[j]) & 255])
    return bytes(out)


class Lock:
    """Encryption by RC4 with 128 bits (ISO 32000-1, 7.6.2): what an owner
    forbids.  user: the password that opens it, mostly none."""
    ID = bytes(range(16))

    def __init__(self, owner=b"owner", user=b"", allowed=-1852):
        def md5(o):
            return hashlib.md5(o).digest()

        def turns(key, o, order):
            for i in order:
                o = rc4(bytes(c ^ i for c in key), o)
            return o

        def padded(o):
            return (o + PAD)[:32]
        key = padded(owner)
        for _ in range(51):
            key = md5(key)
        self.owner = turns(key, padded(user), range(20))
        self.allowed = allowed
        key = padded(user) + self.owner + struct.pack("<i", allowed) + self.ID
        for _ in range(51):
            key = md5(key)
        self.key = key
        self.user = turns(key, md5(PAD + self.ID), range(20)) + bytes(16)

    def trailer(self):
        return b" /ID [<%s> <%s>] /Encrypt << /Filter /Standard /V 2 /R 3 " \
            b"/Length 128 /P %d /O <%s> /U <%s> >>" % (
                self.ID.hex().encode(), self.ID.hex().encode(), self.allowed,
                self.owner.hex().encode(), self.user.hex().encode())

    def object(self, n, v):
        """Its strings and its stream, under the key of the object."""
        key = hashlib.md5(self.key + struct.pack("<I", n)[:3] +
                          b"\0\0").digest()
        at = v.find(b"stream\n")
        head, body = (v, b"") if at < 0 else (v[:at], v[at:])
        head = re.sub(rb"\(([^()]*)\)", lambda m: b"<%s>" % rc4(
            key, m.group(1)).hex().encode(), head)
        if body:
            end = body.rindex(b"\nendstream")
            body = b"stream\n" + rc4(key, body[7:end]) + body[end:]
        return head + body


EDGE = (560, 300, 595, 400)


def field_of(sig, page, look, name, rect=EDGE):
    """A field on this page, of a signature that is there."""
    return b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s) /V %d 0 R " \
        b"/P %d 0 R /F 132 /Rect [%d %d %d %d] /AP << /N %d 0 R >> >>" % (
            name.encode(), sig, page, *rect, look)


def words(text, y=700, size=18):
    return b"BT /F1 %d Tf 60 %d Td (%s) Tj ET" % (size, y, text.encode())


class Pdf:
    """raw, and each object's newest octets."""

    def __init__(self, texts=("The price is 100.",), version="1.7",
                 more=None, packed=False, lock=None):
        self.lock = lock
        self.raw = b"%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n" % version.encode()
        self.now, self.prev, self.signatures = {}, None, []
        n = len(texts)
        self.page = [10 + 2 * i for i in range(n)]
        objs = {
            CATALOG: b"<< /Type /Catalog /Pages 2 0 R >>",
            PAGES: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (
                b" ".join(b"%d 0 R" % p for p in self.page), n),
            FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            INFO: b"<< /Producer (writer) >>"}
        for p, text in zip(self.page, texts):
            objs[p] = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]" \
                b" /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R " \
                b">>" % (p + 1)
            objs[p + 1] = stream(words(text))
        self.next = 10 + 2 * n
        objs.update(more or {})
        self.next = max([self.next] + [k + 1 for k in objs])
        if packed:      # streams cannot be, all else is in one stream
            self.update_packed(
                {n: v for n, v in objs.items() if b"stream" in v},
                {n: v for n, v in objs.items() if b"stream" not in v})
        else:
            self.update(objs)

    def copy(self):
        new = Pdf.__new__(Pdf)
        new.__dict__.update(self.__dict__, now=dict(self.now),
                            signatures=list(self.signatures))
        return new

    def new(self):
        self.next += 1
        return self.next - 1

    def update(self, objs, root=CATALOG, table=True, trailer=b"", free=(),
               prev=True, hidden=None):
        """Append.  hidden: objects that the xref table places elsewhere;
        table False: no xref and no trailer at all."""
        where, out = {}, self.raw
        if self.lock:
            trailer = self.lock.trailer() + trailer
        for n, v in objs.items():
            where[n] = len(out)
            out += b"%d 0 obj\n%s\nendobj\n" % (
                n, self.lock.object(n, v) if self.lock else v)
        where.update(hidden or {})
        if table:
            start = len(out)
            rows = dict(where)
            if self.prev is None:
                rows[0] = None
            for n in free:
                rows[n] = None
            if not rows:
                rows[0] = None
            out += b"xref\n"
            for n in sorted(rows):
                out += b"%d 1\n" % n
                out += b"0000000000 65535 f \n" if rows[n] is None else \
                    b"%010d 00000 n \n" % rows[n]
            size = max([self.next] + [n + 1 for n in rows])
            out += b"trailer\n<< /Size %d /Root %d 0 R /Info 4 0 R%s%s >>\n" \
                b"startxref\n%d\n%%%%EOF\n" % (
                    size, root, b" /Prev %d" % self.prev
                    if prev and self.prev is not None else b"",
                    trailer, start)
            self.prev = start
        self.raw = out
        self.now.update(objs)
        return self

    def update_packed(self, objs, packed=None, root=CATALOG, hybrid=None):
        """Append with a cross-reference stream (ISO 32000-1, 7.5.8); packed:
        objects inside an object stream.  hybrid: a table whose trailer
        points to the stream by /XRefStm, with these other objects in it."""
        where, out = {}, self.raw
        for n, v in objs.items():
            where[n] = (1, len(out), 0)
            out += b"%d 0 obj\n%s\nendobj\n" % (n, v)
        if packed:
            holder = self.new()
            head, body = b"", b""
            for i, (n, v) in enumerate(packed.items()):
                head += b"%d %d " % (n, len(body))
                body += v + b" "
                where[n] = (2, holder, i)
            where[holder] = (1, len(out), 0)
            out += b"%d 0 obj\n%s\nendobj\n" % (holder, stream(
                head + body, "/Type /ObjStm /N %d /First %d" % (
                    len(packed), len(head)), flate=True))
        x = self.new()
        where[x] = (1, len(out), 0)
        if self.prev is None:
            where[0] = (0, 0, 255)
        start, rows = len(out), b""
        for n in sorted(where):
            kind, a, b = where[n]
            rows += bytes([kind]) + a.to_bytes(4, "big") + bytes([b])
        index = b" ".join(b"%d 1" % n for n in sorted(where))
        more = "/Type /XRef /W [1 4 1] /Index [%s] /Size %d /Root %d 0 R" % (
            index.decode(), max([self.next] + [n + 1 for n in where]), root)
        if self.prev is not None:
            more += " /Prev %d" % self.prev
        out += b"%d 0 obj\n%s\nendobj\n" % (x, stream(rows, more, True))
        if hybrid is None:
            self.raw = out + b"startxref\n%d\n%%%%EOF\n" % start
            self.prev = start
        else:
            self.raw = out
            self.update(hybrid, trailer=b" /XRefStm %d" % start)
        self.now.update(objs)
        self.now.update(packed or {})
        return self

    def set(self, n, key, value):
        """Object n with /key value in its dictionary."""
        v = self.now[n]
        found = re.search(rb" /%s (\[[^\]]*\]|<<.*?>>|\d+ 0 R|/\w+)" %
                          key.encode(), v)
        if found:
            v = v[:found.start()] + v[found.end():]
        return v.replace(b" >>", b" /%s %s >>" % (key.encode(), value), 1) \
            if v.count(b" >>") == 1 else v[:v.rindex(b" >>")] + \
            b" /%s %s >>" % (key.encode(), value)

    def listed(self, n, key):
        m = re.search(rb" /%s \[([^\]]*)\]" % key.encode(), self.now[n])
        return m.group(1) if m else b""

    # ---- signing

    def sign(self, value, kind=SES, page=0, rect=None,
             name=None, when=None, appearance=None, also=None, size=None,
             between=None, extra=b"", docmdp=None, leave_out=0, lock=b""):
        """One signature more.  value(octets): the /Contents.

        also: objects changed in the same update; leave_out: octets at the
        end that the ByteRange does not reach; between(raw): a stranger's
        octets beside /Contents, inside the gap."""
        sig, field, ap = self.new(), self.new(), self.new()
        if rect is None:    # side by side
            n = len(self.signatures)
            x, y = 350 - 110 * (n % 4), 100 + 110 * (n // 4)
            rect = (x, y, x + 100, y + 100)
        name = name or "Signature%d" % (len(self.signatures) + 1)
        body = b"0.9 0.2 0.2 rg 0 0 100 100 re f" if appearance is None \
            else appearance
        w, h = rect[2] - rect[0], rect[3] - rect[1]
        size = size or len(value(self.raw)) + 80
        hole = b"<" + b"0" * (2 * size) + b">"
        rng = b"[0 %010d %010d %010d]" % (0, 0, 0)
        sd = b"<< /Type /Sig /Filter /%s /SubFilter /%s%s /ByteRange %s " \
            b"/Contents %s >>" % (kind[0].encode(), kind[1].encode(), extra +
                                  (b" /M (D:%s)" % when.encode() if when
                                   else b""), rng, hole)
        p = self.page[page]
        objs = {
            sig: sd,
            field: b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s) /V "
            b"%d 0 R /P %d 0 R /F 132 /Rect [%d %d %d %d] /AP << /N %d 0 R "
            b">>%s >>" % (name.encode(), sig, p, *rect, ap, lock),
            ap: stream(body, "/Type /XObject /Subtype /Form /BBox "
                       "[0 0 %d %d]" % (w, h)),
            p: self.set(p, "Annots", b"[%s %d 0 R]" % (
                self.listed(p, "Annots"), field))}
        fields = b" ".join(b"%d 0 R" % f for f in
                           self.signatures + [field])
        other = getattr(self, "fields", b"")
        objs[CATALOG] = self.set(
            CATALOG, "AcroForm", b"%d 0 R" % self.form())
        objs[self.form()] = b"<< /Fields [%s %s] /SigFlags 3%s >>" % (
            other, fields, b" /DR << /Font << /F1 3 0 R >> >>" if other
            else b"")
        if docmdp:
            objs[CATALOG] = objs[CATALOG][:-3] + b" /Perms << /DocMDP %d " \
                b"0 R >> >>" % sig
            objs[sig] = sd.replace(
                b" /ByteRange", b" /Reference [<< /Type /SigRef "
                b"/TransformMethod /DocMDP /TransformParams << /Type "
                b"/TransformParams /P %d /V /1.2 >> >>] /ByteRange" % docmdp)
        objs.update(also or {})
        self.update(objs)
        self.signatures.append(field)
        return self.fill(value, rng, hole, leave_out, between)

    def edge(self, value, rect=EDGE, **kw):
        """A stamp over the edges of all pages: one signature, a field of its
        own on each."""
        sig = self.next
        look = sig + 2
        pages = self.page[1:]
        first = sig + 20
        also = {}
        for i, p in enumerate(pages):
            f = first + i
            also[f] = field_of(sig, p, look, "%s_%d" % (
                kw.get("name", "Edge"), i), rect)
            also[p] = self.set(p, "Annots", b"[%s %d 0 R]" % (
                self.listed(p, "Annots"), f))
        self.fields = getattr(self, "fields", b"") + b" ".join(
            b" %d 0 R" % f for f in also if f >= first)
        self.next = sig
        out = self.sign(value, rect=rect, also=also, **kw)
        self.next = max(self.next, first + len(pages))
        return out

    def form(self):
        if not hasattr(self, "_form"):
            self._form = self.new()
        return self._form

    def fill(self, value, rng, hole, leave_out=0, between=None):
        raw = self.raw
        i = raw.rindex(hole)
        j = i + len(hole)
        if between:
            more = between
            raw = raw[:j] + more + raw[j:]
            self.raw = raw
        ends = j + len(between or b"")
        numbers = (0, i, ends, len(raw) - ends - leave_out)
        r = raw.rindex(rng, 0, i)
        raw = raw[:r] + b"[%d %010d %010d %010d]" % numbers + \
            raw[r + len(rng):]
        signed = raw[:i] + raw[ends:ends + numbers[3]]
        v = value(signed).hex().encode()
        assert len(v) <= len(hole) - 2
        self.raw = raw[:i + 1] + v + raw[i + 1 + len(v):]
        return self


def signed_octets(raw, which=0):
    """What signature number which covers, and its /Contents."""
    spots = list(re.finditer(
        rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]", raw))
    a, b, c, n = (int(x) for x in spots[which].groups())
    inside = raw[a + b:c]
    hexed = re.match(rb"<([0-9A-Fa-f]*)>", inside).group(1)
    return raw[a:a + b] + raw[c:c + n], bytes.fromhex(hexed.decode())


def digest(signed):
    return sm3(signed)
