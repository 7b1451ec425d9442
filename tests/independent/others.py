"""Seals, stamps and OFD of anybody, judged without a line of the program: what
each rule that octets alone decide must come to, and the verdict where nobody
vouches for the authority."""
import base64
import calendar
import hashlib
import io
import posixpath
import time
import xml.etree.ElementTree as ET
import zipfile

from formats import certificate, der, der_sig, one, seq
from sm2 import sm3, verify

SM2_SM3 = bytes.fromhex("2a811ccf55018375")
SM3_NAMES = ("SM3", "sm3", "1.2.156.10197.1.401", "1.2.156.10197.1.401.1",
             "1.2.156.10197.1.401.2")
SKEW, ZONE = 300, 8 * 3600


def moment(tag, val):
    """Seconds of a UTCTime or GeneralizedTime; None: it is neither."""
    text = val.decode("ascii", "replace")
    form = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}.get(tag)
    try:
        return calendar.timegm(time.strptime(text, form)) if form else None
    except ValueError:
        return None


def algorithm(element):
    """The OID of an OBJECT IDENTIFIER, or of an AlgorithmIdentifier."""
    tag, tlv, val = element
    return val if tag == 6 else seq(val)[0][2]


def check(cert, message, alg, sig):
    if alg != SM2_SM3:
        return "unknown"
    if len(sig) == 64:
        r, s = int.from_bytes(sig[:32], "big"), int.from_bytes(sig[32:], "big")
    else:
        r, s = der_sig(sig)
    good = verify(certificate(cert)["point"], message, r, s)
    return "passed" if good else "failed"


class Seal:
    """SESeal of any generation: V1 has two members, the later ones four."""

    def __init__(self, raw):
        m = seq(one(raw)[2])
        info = seq(m[0][2])
        prop = seq(info[2][2])
        if len(m) == 2:
            signed = seq(m[1][2])
            self.maker, alg, sig = signed[0][2], signed[1], signed[2][2][1:]
            body = m[0][1] + signed[0][1] + signed[1][1]
            over = b"\x30" + length(len(body)) + body
        else:
            self.maker, alg, sig = m[1][2], m[2], m[3][2][1:]
            over = m[0][1]
        self.signature = check(self.maker, over, algorithm(alg), sig)
        # property: type, name, [certListType], certList, three times
        n = 3 if prop[2][0] == 2 else 2
        kind = prop[2][2][0] if n == 3 else 1
        self.certs = [c[2] for c in seq(prop[n][2])] if kind == 1 else \
            [seq(c[2])[1][2] for c in seq(prop[n][2])]
        self.digests = kind != 1
        self.created, self.start, self.end = (
            moment(t, v) for t, _, v in prop[n + 1:n + 4])
        self.code = info[1][2].decode("ascii", "replace")

    def names(self, cert):
        return (sm3(cert) if self.digests else cert) in self.certs


def length(n):
    if n < 128:
        return bytes([n])
    b = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(b)]) + b


def verdict(rules):
    """Of somebody for whom no authority vouches: never valid."""
    return "not_valid" if "failed" in rules.values() else "unknown"


def dates(seal, at):
    return "passed" if seal.start <= at <= seal.end else "failed"


def judge_seal(raw, now):
    s = Seal(raw)
    return {"seal_signature": s.signature, "seal_validity": dates(s, now)}


def judge_stamp(raw, now, document=None):
    """document: what dataHash must be of, where it is at hand."""
    m = seq(one(raw)[2])
    if [e[0] for e in m] == [2, 2]:     # r and s alone: nobody's
        return {"stamp_signature": "unknown"}
    t = seq(m[0][2])
    s = Seal(t[1][1])
    if len(m) == 2:
        cert, alg, sig = t[5][2], t[6], m[1][2][1:]
    else:
        cert, alg, sig = m[1][2], m[2], m[3][2][1:]
    said = moment(t[2][0], t[2][2])
    if said is None and t[2][0] == 3:   # V1: a BIT STRING
        inner = der(t[2][2], 1)
        said = moment(inner[0], inner[2])
    out = {"seal_signature": s.signature,
           "stamp_signature": check(cert, m[0][1], algorithm(alg), sig),
           "signer_in_seal": "passed" if s.names(cert) else "failed",
           "seal_validity": dates(s, now if said is None else said)}
    if said is not None and (said > now + ZONE + SKEW or
                             s.created > said + ZONE + SKEW):
        out["signing_time"] = "failed"
    if document is not None:
        out["data_hash"] = "passed" if t[3][2][1:] == sm3(document) else \
            "failed"
    return out


# ---- OFD

def local(element):
    return element.tag.rsplit("}", 1)[-1]


def find(element, name):
    return [e for e in element.iter() if local(e) == name]


def text(element, name):
    found = find(element, name)
    return (found[0].text or "").strip() if found else ""


class Package:
    def __init__(self, raw):
        z = zipfile.ZipFile(io.BytesIO(raw))
        self.files = {n.lstrip("/"): z.read(n) for n in z.namelist()
                      if not n.endswith("/")}

    def path(self, loc, base):
        """A location beside the file that names it, or from the root."""
        tries = [loc.lstrip("/")] if loc.startswith("/") else [
            posixpath.normpath(posixpath.join(posixpath.dirname(base), loc)),
            posixpath.normpath(posixpath.join(base.split("/")[0], loc)),
            posixpath.normpath(loc)]
        return next((t for t in tries if t in self.files), None)


def references(p, xml, where):
    """The digests of what Signature.xml lists."""
    methods = {n: sm3 for n in SM3_NAMES}
    methods.update({n: lambda b: hashlib.sha256(b).digest() for n in (
        "SHA256", "SHA-256", "2.16.840.1.101.3.4.2.1")})
    lists = find(xml, "References")
    digest = methods.get(lists[0].get("CheckMethod", "")) if lists else None
    if digest is None:
        return "unknown"
    for r in find(xml, "Reference"):
        file = p.path(r.get("FileRef"), where)
        if file is None or base64.b64decode(text(r, "CheckValue")) != \
                digest(p.files[file]):
            return "failed"
    return "passed"


def judge_ofd(raw, now):
    """One set of rules a signature, in the order of the lists."""
    p = Package(raw)
    out = []
    root = ET.fromstring(p.files["OFD.xml"])
    for body in find(root, "DocBody"):
        loc = text(body, "Signatures")
        where = p.path(loc, "OFD.xml") if loc else None
        if where is None:
            continue
        for s in find(ET.fromstring(p.files[where]), "Signature"):
            at = p.path(s.get("BaseLoc"), where)
            xml = ET.fromstring(p.files[at])
            value = p.path(text(xml, "SignedValue") or "SignedValue.dat", at)
            rules = judge_stamp(p.files[value], now, p.files[at])
            rules["references"] = references(p, xml, at)
            out.append(rules)
    return out


def judge(raw, now, document=None):
    """[rules a signature], verdict."""
    if raw[:2] == b"PK":
        all_ = judge_ofd(raw, now)
    else:
        m = seq(one(raw)[2])
        # A stamp begins with a version, a seal with a header.
        first = seq(m[0][2])[0][0] if m[0][0] == 0x30 else 2
        all_ = [judge_stamp(raw, now, document) if first == 2 else
                judge_seal(raw, now)]
    verdicts = [verdict(r) for r in all_]
    return all_, "not_valid" if "not_valid" in verdicts else "unknown"
