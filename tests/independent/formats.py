"""Notes, trees, maps, entries and DER, as design sections 5 and 6 fix them."""
import base64
import struct

from sm2 import sm3, verify


class Bad(Exception):
    pass


def b64(s):
    return base64.b64decode(s, validate=True)


# ---- notes

class Vkey:
    def __init__(self, text):
        self.name, kid, key = text.split("+", 2)
        raw = b64(key)
        kind = b"\xffsealreg.sm2/v1\x00"
        if not raw.startswith(kind) or len(raw) != len(kind) + 65:
            raise Bad("verifier key of another type")
        self.point = raw[len(kind):]
        self.id = sm3(self.name.encode() + b"\n" + raw)[:4]
        if self.id.hex() != kid:
            raise Bad("verifier key: id differs")


def open_note(text, vkey):
    """(body, time) of a note that vkey has signed."""
    raw = text.encode()
    cut = raw.rfind(b"\n\n")
    if cut < 0:
        raise Bad("note without a blank line")
    body, lines = raw[:cut + 1], raw[cut + 2:]
    if not lines.endswith(b"\n"):
        raise Bad("note: last line is cut")
    for line in lines[:-1].split(b"\n"):
        lead = "— ".encode()
        if not line.startswith(lead):
            raise Bad("note: not a signature line")
        name, sig = line[len(lead):].decode().rsplit(" ", 1)
        sig = b64(sig)
        if name != vkey.name or sig[:4] != vkey.id:
            continue
        if len(sig) != 4 + 8 + 64:
            raise Bad("note: length of signature")
        when = struct.unpack(">Q", sig[4:12])[0]
        msg = b"cosignature/v1\ntime %d\n" % when + body
        r, s = (int.from_bytes(sig[i:i + 32], "big") for i in (12, 44))
        if not verify(vkey.point, msg, r, s):
            raise Bad("note: signature does not hold")
        return body, when
    raise Bad("note: no signature by the key")


def open_checkpoint(text, vkey):
    """(size, root, time)."""
    body, when = open_note(text, vkey)
    lines = body.decode().split("\n")
    if len(lines) != 4 or lines[3] != "":
        raise Bad("checkpoint: lines")
    if lines[0] != vkey.name:
        raise Bad("checkpoint: origin")
    if str(int(lines[1])) != lines[1]:
        raise Bad("checkpoint: size")
    root = b64(lines[2])
    if len(root) != 32:
        raise Bad("checkpoint: root")
    return int(lines[1]), root, when


# ---- trees

def leaf(entry):
    return sm3(b"\x00", entry)


def node(l, r):
    return sm3(b"\x01", l, r)


def mth(hashes):
    """Root over leaf hashes (RFC 9162, 2.1.1)."""
    if not hashes:
        return sm3(b"")
    while len(hashes) > 1:
        # Pairing neighbours and lifting an odd last one gives the same tree.
        nxt = [node(hashes[i], hashes[i + 1])
               for i in range(0, len(hashes) - 1, 2)]
        if len(hashes) % 2:
            nxt.append(hashes[-1])
        hashes = nxt
    return hashes[0]


def inclusion_root(index, size, h, path):
    """RFC 9162, 2.1.3.2: the root that the path leads to."""
    if index >= size:
        raise Bad("inclusion: index beyond size")
    fn, sn = index, size - 1
    for p in path:
        if sn == 0:
            raise Bad("inclusion: path too long")
        if fn & 1 or fn == sn:
            h = node(p, h)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            h = node(h, p)
        fn >>= 1
        sn >>= 1
    if sn:
        raise Bad("inclusion: path too short")
    return h


def tile_path(level, n, width=256):
    s = "%03d" % (n % 1000)
    n //= 1000
    while n:
        s = "x%03d/" % (n % 1000) + s
        n //= 1000
    lv = "entries" if level < 0 else str(level)
    return "tile/%s/%s%s" % (lv, s, "" if width == 256 else ".p/%d" % width)


def split_bundle(raw):
    out, i = [], 0
    while i < len(raw):
        n = struct.unpack(">H", raw[i:i + 2])[0]
        out.append(raw[i + 2:i + 2 + n])
        if len(out[-1]) != n:
            raise Bad("bundle: cut")
        i += 2 + n
    return out


# ---- the map

def map_key(code):
    return sm3(code.encode())


def bucket_root(rows):
    hashes = [leaf(rows[i:i + 64]) for i in range(0, len(rows), 64)]
    return sm3(b"\x02", struct.pack(">I", len(hashes)), mth(hashes))


def map_root(rows, depth):
    """Of all rows, a dict key -> value."""
    buckets = {}
    for k in sorted(rows):
        i = int.from_bytes(k, "big") >> (256 - depth)
        buckets.setdefault(i, []).append(k + rows[k])
    level = {i: bucket_root(b"".join(r)) for i, r in buckets.items()}
    empty = bucket_root(b"")
    for _ in range(depth):
        up = {}
        for i in {i >> 1 for i in level}:
            up[i] = node(level.get(2 * i, empty), level.get(2 * i + 1, empty))
        empty = node(empty, empty)
        level = up
    return level.get(0, empty)


def climb(bucket, i, siblings):
    for s in siblings:
        bucket = node(s, bucket) if i & 1 else node(bucket, s)
        i >>= 1
    return bucket


# ---- entries (protobuf)

def fields(raw):
    """[(number, value)]; canonical varints asked for."""
    out, i = [], 0

    def varint():
        nonlocal i
        v = shift = 0
        while True:
            c = raw[i]
            i += 1
            v |= (c & 127) << shift
            shift += 7
            if c < 128:
                if c == 0 and shift > 7:
                    raise Bad("entry: varint not minimal")
                return v
    while i < len(raw):
        tag = varint()
        if tag & 7 == 0:
            out.append((tag >> 3, varint()))
        elif tag & 7 == 2:
            n = varint()
            out.append((tag >> 3, raw[i:i + n]))
            if len(out[-1][1]) != n:
                raise Bad("entry: cut")
            i += n
        else:
            raise Bad("entry: wire type")
    return out


RECORD = {1: "seal_code", 2: "seal_type", 3: "seal_name", 4: "owner_name",
          5: "owner_id", 6: "owner_commitment", 7: "status",
          8: "status_reason", 9: "status_effective_at", 10: "recorded_at",
          11: "valid_from", 12: "valid_until", 13: "seal_digest",
          14: "certificate_digest", 15: "picture_digest", 16: "filing_office",
          17: "maker_id", 18: "replaces", 19: "replaced_by", 20: "carrier",
          21: "paired_code", 22: "version", 23: "seal_name_other", 31: "salt"}
TEXT = {1, 3, 4, 5, 16, 17, 18, 19, 21, 23}
STATUS = ["", "active", "suspended", "lost", "revoked", "cancelled",
          "destroyed", "impounded", "surrendered"]


def record(raw):
    out = {}
    for n, v in fields(raw):
        if n not in RECORD:
            raise Bad("record: unknown field %d" % n)
        if n == 14:
            out.setdefault("certificate_digest", []).append(v)
        else:
            out[RECORD[n]] = v.decode() if n in TEXT else v
    return out


def entry(raw):
    """("seal", {...}) or ("epoch", {...})."""
    top = fields(raw)
    if len(top) != 1:
        raise Bad("entry: members")
    n, body = top[0]
    f = dict(fields(body))
    if n == 1:
        return "seal", {"record": f[1], "kind": f.get(2, 0),
                        "reason": f.get(3, 0), "previous": f.get(4)}
    if n == 15:
        return "epoch", {"covered": f.get(1, 0), "map_root": f[2],
                         "map_count": f.get(3, 0), "map_depth": f.get(4, 0),
                         "time": f.get(5, 0), "previous": f.get(6),
                         "audit_head": f.get(7, b"")}
    return "opaque", {}


# ---- DER

def der(raw, i=0):
    """(tag, tlv, value, next index)."""
    tag, n, j = raw[i], raw[i + 1], i + 2
    if n & 128:
        k = n & 127
        n = int.from_bytes(raw[j:j + k], "big")
        if k == 0 or n < 128 or raw[j] == 0:
            raise Bad("DER: length")
        j += k
    if j + n > len(raw):
        raise Bad("DER: cut")
    return tag, raw[i:j + n], raw[j:j + n], j + n


def seq(raw):
    """The elements inside a constructed value."""
    out, i = [], 0
    while i < len(raw):
        tag, tlv, val, i = der(raw, i)
        out.append((tag, tlv, val))
    return out


def one(raw):
    tag, tlv, val, end = der(raw)
    if end != len(raw):
        raise Bad("DER: trailing octets")
    return tag, tlv, val


def der_sig(raw):
    _, _, v = one(raw)
    r, s = seq(v)
    return int.from_bytes(r[2], "big"), int.from_bytes(s[2], "big")


SM2_SM3 = bytes.fromhex("06082a811ccf55018375")


def certificate(raw):
    """{tbs, alg, sig, point, issuer, subject, serial, not_before, not_after}"""
    _, _, v = one(raw)
    tbs, alg, sig = seq(v)
    t = seq(tbs[2])
    if t[0][0] == 0xA0:
        t = t[1:]
    spki = seq(t[5][2])
    times = [x[2].decode() for x in seq(t[3][2])]
    if alg[1] != t[1][1]:
        raise Bad("certificate: the two algorithms differ")
    return {"tbs": tbs[1], "alg": alg, "sig": sig[2][1:],
            "point": spki[1][2][1:], "serial": t[0][2], "issuer": t[2][1],
            "subject": t[4][1], "not_before": times[0], "not_after": times[1]}


def certificate_signed_by(cert, issuer):
    c, i = certificate(cert), certificate(issuer)
    if c["alg"][2] != SM2_SM3:
        raise Bad("certificate: algorithm is not SM2 with SM3, no parameters")
    if c["issuer"] != i["subject"]:
        raise Bad("certificate: issuer's name")
    if not verify(i["point"], c["tbs"], *der_sig(c["sig"])):
        raise Bad("certificate: signature")


def seal(raw):
    """A V4 SESeal, its signature checked."""
    _, _, v = one(raw)
    info, maker, alg, sig = seq(v)
    if alg[1] != SM2_SM3:
        raise Bad("seal: algorithm")
    header, es_id, prop, picture = seq(info[2])[:4]
    h = seq(header[2])
    p = seq(prop[2])
    m = certificate(maker[2])
    if not verify(m["point"], info[1], *der_sig(sig[2][1:])):
        raise Bad("seal: signature")
    pic = seq(picture[2])
    return {"id": h[0][2], "version": h[1][2][0], "code": es_id[2].decode(),
            "type": p[0][2][0], "name": p[1][2].decode(),
            "list_type": p[2][2][0],
            "certs": [c[2] for c in seq(p[3][2])], "maker": maker[2],
            "start": p[5][2].decode(), "end": p[6][2].decode(),
            "picture_type": pic[0][2].decode(), "picture": pic[1][2],
            "width": pic[2][2][-1], "height": pic[3][2][-1]}
