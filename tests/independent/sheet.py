"""Pictures of seals that are OFD packages (GB/T 33190-2016), written by hand."""
import io
import math
import zipfile

NS = ' xmlns:ofd="http://www.ofdspec.org/2016"'
RED = '<ofd:FillColor Value="230 0 18"/><ofd:StrokeColor Value="230 0 18"/>'


def path(data, box="0 0 40 40", attributes="", inside=RED):
    return ('<ofd:PathObject Boundary="%s" %s>%s<ofd:AbbreviatedData>%s'
            '</ofd:AbbreviatedData></ofd:PathObject>' %
            (box, attributes, inside, data))


def text(codes, size=5, box="0 0 40 40", attributes="", font=3, inside=RED):
    """codes: the TextCode elements, and what stands between them."""
    return ('<ofd:TextObject Boundary="%s" Font="%d" Size="%s" %s>%s%s'
            '</ofd:TextObject>' % (box, font, size, attributes, inside,
                                   codes))


def code(x, y, what, deltas=""):
    return '<ofd:TextCode X="%s" Y="%s" %s>%s</ofd:TextCode>' % (
        x, y, deltas, what)


def ring(middle, radius, width):
    """A circle of two arcs."""
    return path("M %g %g A %g %g 0 0 1 %g %g A %g %g 0 0 1 %g %g C" % (
        middle - radius, middle, radius, radius, middle + radius, middle,
        radius, radius, middle - radius, middle),
        attributes='LineWidth="%g"' % width)


def star(middle, radius):
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    at = []
    for i in range(10):
        r, a = (radius, inner)[i % 2], math.radians(36 * i)
        at.append("%.3f %.3f" % (middle + r * math.sin(a),
                                 middle - r * math.cos(a)))
    return path("M " + " L ".join(at) + " C",
                attributes='Fill="true" Stroke="false"')


def on_a_curve(what, middle, radius, size, step):
    """Each character upright to the middle, by a CTM of its own."""
    out = ""
    for i, c in enumerate(what):
        a = math.radians(step * (i - (len(what) - 1) / 2))
        x, y = middle + radius * math.sin(a), middle - radius * math.cos(a)
        out += text(code(-size / 2, size * .38, c), size, attributes=(
            'CTM="%.5f %.5f %.5f %.5f %.4f %.4f"' % (
                math.cos(a), math.sin(a), -math.sin(a), math.cos(a), x, y)))
    return out


def package(content, res="", files=(), box="0 0 40 40", common="", page="",
            inside="", body=""):
    """A package with one page: content in a layer, res in PublicRes.xml."""
    rows = {
        "OFD.xml": '<ofd:OFD%s Version="1.0" DocType="OFD"><ofd:DocBody>'
        '<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>%s</ofd:DocBody>'
        '</ofd:OFD>' % (NS, body),
        "Doc_0/Document.xml": '<ofd:Document%s><ofd:CommonData>'
        '<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>'
        '</ofd:PageArea><ofd:PublicRes>PublicRes.xml</ofd:PublicRes>%s'
        '</ofd:CommonData><ofd:Pages><ofd:Page ID="1" '
        'BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>%s</ofd:Document>' %
        (NS, common, inside),
        "Doc_0/PublicRes.xml": '<ofd:Res%s BaseLoc="Res"><ofd:Fonts><ofd:Font '
        'ID="3" FontName="宋体"/></ofd:Fonts>%s</ofd:Res>' % (NS, res),
        "Doc_0/Pages/Page_0/Content.xml": '<ofd:Page%s><ofd:Area>'
        '<ofd:PhysicalBox>%s</ofd:PhysicalBox></ofd:Area>%s<ofd:Content>'
        '<ofd:Layer ID="2">%s</ofd:Layer></ofd:Content></ofd:Page>' %
        (NS, box, page, content),
    }
    rows.update(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, octets in rows.items():
            if octets is not None:
                z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)),
                           octets, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def round_seal(what="测试专用章有限公司", more=""):
    """A ring, a star, and a name along the ring."""
    return package(ring(20, 19, 1.2) + star(20, 7) + on_a_curve(
        what, 20, 14.5, 5, 26) + more)
