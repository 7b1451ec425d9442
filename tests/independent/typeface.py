"""TrueType typefaces of boxes, written from the OpenType specification."""
import struct


def box(x0, y0, x1, y1):
    """A glyph of one contour; units of a thousandth of the em, y up."""
    points = [(x0, y0), (x0, y1), (x1, y1), (x1, y0)]
    out = struct.pack(">hhhhh", 1, x0, y0, x1, y1)
    out += struct.pack(">HH", 3, 0) + b"\1" * 4     # last point, no program
    last = (0, 0)
    xs = ys = b""
    for p in points:
        xs += struct.pack(">h", p[0] - last[0])
        ys += struct.pack(">h", p[1] - last[1])
        last = p
    return out + xs + ys


def made_of(*glyphs):
    """A glyph that is put together from others, by their numbers."""
    out = struct.pack(">hhhhh", -1, 0, 0, 1000, 1000)
    for i, g in enumerate(glyphs):
        more = 0x20 if i < len(glyphs) - 1 else 0
        out += struct.pack(">HHbb", 0x2 | more, g, 0, 0)
    return out


def points(n):
    """A glyph of n points, which go up and down."""
    out = struct.pack(">hhhhh", 1, 0, 0, 1000, 1000)
    out += struct.pack(">HH", n - 1, 0) + b"\1" * n
    out += b"".join(struct.pack(">h", 1 if i else 0) for i in range(n))
    return out + b"".join(struct.pack(">h", (-900, 900)[i % 2] if i else 0)
                          for i in range(n))


def cmap(chars):
    """Format 4, one segment a character."""
    rows = [(c, c, (g - c) & 0xffff) for c, g in sorted(chars.items())]
    rows.append((0xffff, 0xffff, 1))
    n = len(rows)
    body = b"".join(struct.pack(">H", r[1]) for r in rows) + b"\0\0"
    body += b"".join(struct.pack(">H", r[0]) for r in rows)
    body += b"".join(struct.pack(">H", r[2]) for r in rows)
    body += b"\0\0" * n
    log = n.bit_length() - 1
    head = struct.pack(">HHHHHHH", 4, 14 + len(body), 0, 2 * n, 2 << log, log,
                       2 * n - (2 << log))
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + head + body


def typeface(glyphs, chars, em=1000, depth=1):
    """chars: which glyph a character is.  Glyph 0 is the missing one."""
    glyf, loca = b"", []
    for g in glyphs:
        loca.append(len(glyf))
        glyf += g + b"\0" * (-len(g) % 4)
    loca.append(len(glyf))
    n = len(glyphs)
    tables = {
        b"head": struct.pack(">IIIIHHQQhhhhHHhhh", 0x10000, 0x10000, 0,
                             0x5f0f3cf5, 0, em, 0, 0, 0, 0, 1000, 1000, 0, 8,
                             2, 1, 0),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, 800, -200, 0,
                             1000, 0, 0, 1000, 1, 0, 0, 0, 0, 0, 0, 0, n),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, n, 4000, 10, 60000,
                             1000, 1, 0, 0, 0, 0, 0, 0, 64, depth),
        b"hmtx": struct.pack(">Hh", 1000, 0) * n,
        b"cmap": cmap(chars),
        b"loca": b"".join(struct.pack(">I", x) for x in loca),
        b"glyf": glyf,
    }
    log = len(tables).bit_length() - 1
    out = struct.pack(">IHHHH", 0x10000, len(tables), 16 << log, log,
                      16 * len(tables) - (16 << log))
    at, body = 12 + 16 * len(tables), b""
    for tag in sorted(tables):
        t = tables[tag]
        out += struct.pack(">4sIII", tag, 0, at + len(body), len(t))
        body += t + b"\0" * (-len(t) % 4)
    return out + body
