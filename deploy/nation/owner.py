"""An owner's own software: a key that never leaves it, and a stamped OFD.

SM2 is openssl's; the stamp is GB/T 38540-2020, the package GB/T 33190-2016.
"""
import base64
import datetime
import os
import subprocess
import zipfile

ID = ("-sigopt", "distid:1234567812345678")
SM3 = "1.2.156.10197.1.401"
SM2_SM3 = bytes.fromhex("06082a811ccf55018375")
NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def openssl(*args, data=None):
    return subprocess.run(("openssl",) + args, input=data, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


class Key:
    """An SM2 key in a file of the owner's."""

    def __init__(self, path):
        self.path = path
        if not os.path.exists(path):
            openssl("genpkey", "-algorithm", "SM2", "-out", path)
            os.chmod(path, 0o600)

    def request(self):
        """PKCS#10, DER: proves that we hold the key."""
        return openssl("req", "-new", "-key", self.path, "-subj",
                       "/C=CN/O=owner/CN=seal", "-sm3", *ID, "-outform",
                       "DER")

    def sign(self, data):
        return openssl("dgst", "-sm3", "-sign", self.path, *ID, data=data)


def sm3(data):
    return openssl("dgst", "-sm3", "-binary", data=data)


def der(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        return bytes((tag, n)) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes((tag, 128 + len(size))) + size + body


def stamp(seal, cert, key, covered, name):
    """SES_Signature over the octets of name, made now."""
    now = datetime.datetime.now(datetime.timezone.utc)
    tbs = der(0x30, der(2, b"\x04"), seal,
              der(0x18, now.strftime("%Y%m%d%H%M%SZ").encode()),
              der(3, b"\0", sm3(covered)), der(0x16, name.encode()))
    return der(0x30, tbs, der(4, cert), SM2_SM3,
               der(3, b"\0", key.sign(tbs)))


def first_certificate(pem):
    """DER of the first one in a PEM chain."""
    lines = pem.decode().split("-----END")[0].split("\n")[1:]
    return base64.b64decode("".join(lines))


def contract(title, lines):
    """The entries of a one-page document that is not stamped yet."""
    text = "".join(
        '<ofd:TextObject ID="%d" Boundary="20 %d 170 10" Font="2" Size="%d">'
        '<ofd:TextCode X="0" Y="7">%s</ofd:TextCode></ofd:TextObject>' % (
            10 + i, 25 + 14 * i, 7 if i == 0 else 5, line)
        for i, line in enumerate([title] + lines))
    return {
        "OFD.xml": '<ofd:OFD %s DocType="OFD" Version="1.0"><ofd:DocBody>'
        "<ofd:DocInfo><ofd:DocID>0</ofd:DocID></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
        "<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"
        "</ofd:DocBody></ofd:OFD>" % NS,
        "Doc_0/Document.xml": "<ofd:Document %s><ofd:CommonData>"
        "<ofd:MaxUnitID>40</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>"
        "0 0 210 297</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>"
        "PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages>"
        '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>'
        "</ofd:Document>" % NS,
        "Doc_0/PublicRes.xml": '<ofd:Res %s BaseLoc="Res"><ofd:Fonts>'
        '<ofd:Font ID="2" FontName="SimSun" FamilyName="SimSun"/>'
        "</ofd:Fonts></ofd:Res>" % NS,
        "Doc_0/Pages/Page_0/Content.xml": "<ofd:Page %s><ofd:Content>"
        '<ofd:Layer ID="3">%s</ofd:Layer></ofd:Content></ofd:Page>' % (
            NS, text),
    }


def stamped(entries, seal, cert, key):
    """The same with a stamp of 40 mm on its page; all entries covered."""
    entries = {n: t.encode() for n, t in entries.items()}
    folder = "Doc_0/Signs/Sign_0/"
    entries["Doc_0/Signs/Signatures.xml"] = (
        "<ofd:Signatures %s><ofd:MaxSignId>1</ofd:MaxSignId><ofd:Signature "
        'ID="1" Type="Seal" BaseLoc="/%sSignature.xml"/></ofd:Signatures>' % (
            NS, folder)).encode()
    entries[folder + "Seal.esl"] = seal
    listed = "".join(
        '<ofd:Reference FileRef="/%s"><ofd:CheckValue>%s</ofd:CheckValue>'
        "</ofd:Reference>" % (n, base64.b64encode(sm3(d)).decode())
        for n, d in entries.items() if not n.endswith("Signatures.xml"))
    entries[folder + "Signature.xml"] = (
        "<ofd:Signature %s><ofd:SignedInfo><ofd:Provider ProviderName="
        '"demonstration" Version="1"/><ofd:SignatureMethod>1.2.156.10197.1.'
        '501</ofd:SignatureMethod><ofd:References CheckMethod="%s">%s'
        '</ofd:References><ofd:StampAnnot ID="2" PageRef="1" Boundary='
        '"140 230 40 40"/><ofd:Seal><ofd:BaseLoc>/%sSeal.esl</ofd:BaseLoc>'
        "</ofd:Seal></ofd:SignedInfo><ofd:SignedValue>/%sSignedValue.dat"
        "</ofd:SignedValue></ofd:Signature>" % (
            NS, SM3, listed, folder, folder)).encode()
    entries[folder + "SignedValue.dat"] = stamp(
        seal, cert, key, entries[folder + "Signature.xml"],
        "/" + folder + "Signature.xml")
    return entries


def write(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in entries.items():
            z.writestr(name, data)


def read(path):
    with zipfile.ZipFile(path) as z:
        return {i.filename: z.read(i) for i in z.infolist()}
