"""SM2 signatures (GB/T 32918.2) and SM3, from the standard's formulas.

Shares no code with the project: only hashlib's SM3 and integer arithmetic.
"""
import hashlib

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
ID = b"1234567812345678"


def sm3(*parts):
    h = hashlib.new("sm3")
    for p in parts:
        h.update(p)
    return h.digest()


def _double(p):
    x, y, z = p
    if z == 0 or y == 0:
        return (0, 1, 0)
    s = 4 * x * y * y % P
    m = (3 * x * x + A * pow(z, 4, P)) % P
    x2 = (m * m - 2 * s) % P
    return x2, (m * (s - x2) - 8 * pow(y, 4, P)) % P, 2 * y * z % P


def _add(p, q):
    if p[2] == 0:
        return q
    if q[2] == 0:
        return p
    z1, z2 = p[2] * p[2] % P, q[2] * q[2] % P
    u1, u2 = p[0] * z2 % P, q[0] * z1 % P
    s1, s2 = p[1] * q[2] * z2 % P, q[1] * p[2] * z1 % P
    if u1 == u2:
        return _double(p) if s1 == s2 else (0, 1, 0)
    h, r = (u2 - u1) % P, (s2 - s1) % P
    h2 = h * h % P
    h3, v = h * h2 % P, u1 * h2 % P
    x = (r * r - h3 - 2 * v) % P
    return x, (r * (v - x) - s1 * h3) % P, h * p[2] * q[2] % P


def _combine(a, p, b, q):
    """a*p + b*q, both scalars at once."""
    both = _add(p, q)
    acc = (0, 1, 0)
    for i in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        acc = _double(acc)
        bits = (a >> i & 1, b >> i & 1)
        if bits == (1, 1):
            acc = _add(acc, both)
        elif bits[0]:
            acc = _add(acc, p)
        elif bits[1]:
            acc = _add(acc, q)
    return acc


def _digest(point, message, identity=ID):
    if identity is None:
        return int.from_bytes(sm3(message), "big")
    enc = [v.to_bytes(32, "big") for v in (A, B, GX, GY)]
    za = sm3((len(identity) * 8).to_bytes(2, "big"), identity, *enc, point[1:])
    return int.from_bytes(sm3(za, message), "big")


_powers = []


def _base(k):
    """(x, y) of k times G; multiples of G by powers of two are kept."""
    if not _powers:
        p = (GX, GY, 1)
        for _ in range(256):
            zi = pow(p[2], P - 2, P)
            p = (p[0] * zi * zi % P, p[1] * zi * zi * zi % P, 1)
            _powers.append(p)
            p = _double(p)
    acc = (0, 1, 0)
    for i in range(256):
        if k >> i & 1:
            acc = _add(acc, _powers[i])
    zi = pow(acc[2], P - 2, P)
    return acc[0] * zi * zi % P, acc[1] * zi * zi * zi % P


def public(d):
    """The public key of d, 65 octets."""
    x, y = _base(d)
    return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def digest(point, message):
    """What is signed of a message, 32 octets."""
    return _digest(point, message).to_bytes(32, "big")


def sign(d, message, point=None, identity=ID, want=None):
    """(r, s).  identity None: over the message alone; want: what r and s must
    be.  k comes from the key and the message: a test's signature is
    the same each time.  No protection against side channels: test keys."""
    e = _digest(point or public(d), message, identity)
    k, n = 0, 0
    while True:
        k = int.from_bytes(sm3(b"k%d" % n, d.to_bytes(32, "big"),
                               e.to_bytes(32, "big")), "big") % N
        n += 1
        if not k:
            continue
        r = (e + _base(k)[0]) % N
        s = pow(1 + d, N - 2, N) * (k - r * d) % N
        if r and s and r + k != N and (not want or want(r, s)):
            return r, s


def verify(point, message, r, s):
    """point: 65 octets uncompressed; r, s: integers."""
    if len(point) != 65 or point[0] != 4:
        return False
    x, y = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
    if x >= P or y >= P or (y * y - x * x * x - A * x - B) % P:
        return False
    if not (0 < r < N and 0 < s < N):
        return False
    e = _digest(point, message)
    t = (r + s) % N
    if t == 0:
        return False
    x1, _, z1 = _combine(s, (GX, GY, 1), t, (x, y, 1))
    if z1 == 0:
        return False
    zi = pow(z1, P - 2, P)
    return (e + x1 * zi * zi % P) % N == r
