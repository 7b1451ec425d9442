"""Writing DER (X.690): each function returns octets.  Nothing is checked, so
that what is wrong can be written as easily as what is right."""
import time

from sm2 import N


def tlv(tag, *parts):
    v = b"".join(parts)
    n = len(v)
    if n < 128:
        return bytes([tag, n]) + v
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(size)]) + size + v


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *sorted(parts))


def octets(v):
    return tlv(4, v)


def bits(v, unused=0):
    return tlv(3, bytes([unused]), v)


def flags(v):
    """The same as a list of flags: zeros at the end are left out, or unused
    bits."""
    v = v.rstrip(b"\0")
    last = v[-1]
    return bits(v, (last & -last).bit_length() - 1)


def integer(v):
    return tlv(2, v.to_bytes(v.bit_length() // 8 + 1, "big", signed=True))


def boolean(v):
    return tlv(1, b"\xff" if v else b"\x00")


NULL = b"\x05\x00"


def oid(dotted):
    a = [int(x) for x in dotted.split(".")]
    out = b""
    for v in [a[0] * 40 + a[1]] + a[2:]:
        group = [v & 127]
        while v > 127:
            v >>= 7
            group.append(v & 127 | 128)
        out += bytes(reversed(group))
    return tlv(6, out)


def utf8(s):
    return tlv(12, s.encode())


def printable(s):
    return tlv(19, s.encode())


def ia5(s):
    return tlv(22, s if isinstance(s, bytes) else s.encode())


def gentime(t):
    return tlv(24, time.strftime("%Y%m%d%H%M%SZ", time.gmtime(t)).encode())


def utctime(t):
    return tlv(23, time.strftime("%y%m%d%H%M%SZ", time.gmtime(t)).encode())


def offset_time(t, hours, zone=None):
    """UTCTime with an offset, which BER has and DER has not."""
    local = time.strftime("%y%m%d%H%M%S", time.gmtime(t + hours * 3600))
    zone = zone or "%+03d00" % hours
    return tlv(23, (local + zone).encode())


def when(t):
    """Time of a certificate: UTCTime through 2049 (GM/T 0015)."""
    return utctime(t) if t < 2524608000 else gentime(t)


def ctx(n, *parts):
    """[n], constructed."""
    return tlv(0xA0 | n, *parts)


def signature(r, s):
    return seq(integer(r), integer(s))


def raw_signature(r, s):
    """r and s side by side, as some hardware gives them."""
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def unsigned_signature(r, s):
    """DER, but for the zero octet before a number of 256 bits, which some
    software leaves out."""
    return seq(*[tlv(2, v.to_bytes(32, "big")) if v >> 255 else integer(v)
                 for v in (r, s)])


def out_of_range(r, s):
    return seq(integer(r + N), integer(s))


SM2_SM3 = "1.2.156.10197.1.501"
SM2_SIGN = "1.2.156.10197.1.301.1"
SM2_CURVE = "1.2.156.10197.1.301"
SM3 = "1.2.156.10197.1.401"
EC_KEY = "1.2.840.10045.2.1"
GM_DATA = "1.2.156.10197.6.1.4.2.1"
GM_SIGNED = "1.2.156.10197.6.1.4.2.2"
CMS_DATA = "1.2.840.113549.1.7.1"
CMS_SIGNED = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERT_V2 = "1.2.840.113549.1.9.16.2.47"
TST_TOKEN = "1.2.840.113549.1.9.16.2.14"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
SHA256 = "2.16.840.1.101.3.4.2.1"
RSA_SHA256 = "1.2.840.113549.1.1.11"
