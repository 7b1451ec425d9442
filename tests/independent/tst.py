"""Time-stamp requests, answers and tokens (RFC 3161, RFC 5652, RFC 5816,
GB/T 20520) with SM2 and SM3, read and verified from the standards' formulas.

Shares no code with the project.  A token is judged as a whole: Bad says what
is wrong with it.
"""
import calendar
import time

import der as d
import formats as f
from sm2 import sm3, verify

SIGNED_DATA = d.oid("1.2.840.113549.1.7.2")
TST_INFO = d.oid("1.2.840.113549.1.9.16.1.4")
CONTENT_TYPE = d.oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = d.oid("1.2.840.113549.1.9.4")
CERTIFICATE_V2 = d.oid("1.2.840.113549.1.9.16.2.47")
EXT_USAGE = d.oid("2.5.29.37")
STAMPING = d.seq(d.oid("1.3.6.1.5.5.7.3.8"))
SM3 = d.seq(d.oid("1.2.156.10197.1.401"))
SM2_SM3 = d.seq(d.oid("1.2.156.10197.1.501"))
FAILURES = {0: "badAlg", 2: "badRequest", 5: "badDataFormat",
            14: "timeNotAvailable", 15: "unacceptedPolicy",
            16: "unacceptedExtension", 25: "systemFailure"}


def query(imprint, alg=SM3, policy=None, nonce=None, cert=False, version=1,
          extra=b""):
    """A TimeStampReq."""
    return d.seq(d.integer(version), d.seq(alg, d.octets(imprint)),
                 d.oid(policy) if policy else b"",
                 d.integer(nonce) if nonce is not None else b"",
                 d.boolean(True) if cert else b"", extra)


def moment(text):
    return calendar.timegm(time.strptime(text.decode(), "%Y%m%d%H%M%SZ"))


def reply(raw):
    """{status, text, failure, token} of a TimeStampResp."""
    members = f.seq(f.one(raw)[2])
    info = f.seq(members[0][2])
    out = {"status": int.from_bytes(info[0][2], "big"), "text": "",
           "failure": None,
           "token": members[1][1] if len(members) > 1 else None}
    for tag, _, value in info[1:]:
        if tag == 0x30:
            out["text"] = f.seq(value)[0][2].decode()
        elif tag == 0x03:
            unused, octets = value[0], value[1:]
            on = [i for i in range(len(octets) * 8)
                  if octets[i // 8] >> (7 - i % 8) & 1]
            if len(on) != 1 or unused != 7 - on[0] % 8:
                raise f.Bad("failInfo: not one bit, or zeros behind it")
            out["failure"] = FAILURES[on[0]]
    return out


def info(raw):
    """TSTInfo."""
    m = f.seq(f.one(raw)[2])
    imprint = f.seq(m[2][2])
    out = {"version": m[0][2], "policy": m[1][1], "alg": imprint[0][1],
           "imprint": imprint[1][2], "serial": m[3][2],
           "time": moment(m[4][2]), "nonce": None, "accuracy": None,
           "tsa": None}
    for tag, _, value in m[5:]:
        if tag == 0x30:
            out["accuracy"] = int.from_bytes(f.seq(value)[0][2], "big")
        elif tag == 0x02:
            out["nonce"] = int.from_bytes(value, "big", signed=True)
        elif tag == 0xA0:
            out["tsa"] = f.seq(f.one(value)[2])[0][1]
        else:
            raise f.Bad("TSTInfo: a member of tag %02x" % tag)
    return out


def for_stamping(cert):
    """RFC 3161, 2.3: extKeyUsage is critical and says timeStamping alone."""
    tbs = f.seq(f.seq(f.one(cert)[2])[0][2])
    for ext in f.seq(f.one(tbs[-1][2])[2]):
        parts = f.seq(ext[2])
        if parts[0][1] == EXT_USAGE:
            return len(parts) == 3 and parts[1][2] == b"\xff" and \
                parts[2][2] == STAMPING
    return False


def signed_data(raw):
    """(version, digests, eContent, certificates, signerInfo's members)"""
    kind, wrapped = f.seq(f.one(raw)[2])
    if kind[1] != SIGNED_DATA:
        raise f.Bad("token: not SignedData")
    m = f.seq(f.one(wrapped[2])[2])
    content = f.seq(m[2][2])
    if content[0][1] != TST_INFO:
        raise f.Bad("token: eContentType is not TSTInfo")
    certs = [x[1] for x in f.seq(m[3][2])] if m[3][0] == 0xA0 else []
    signers = f.seq(m[-1][2])
    if len(signers) != 1:
        raise f.Bad("token: %d signers" % len(signers))
    return (m[0][2], [x[1] for x in f.seq(m[1][2])],
            f.one(content[1][2])[2], certs, f.seq(signers[0][2]))


def token(raw, issuer, cert=None):
    """What a token says, after every check; issuer is the certificate of the
    authority's issuer, cert the authority's where the token has none."""
    version, digests, content, certs, s = signed_data(raw)
    if version != b"\x03" or digests != [SM3] or s[0][2] != b"\x01":
        raise f.Bad("token: versions or digests")
    cert = certs[0] if certs else cert
    c = f.certificate(cert)
    f.certificate_signed_by(cert, issuer)
    if not for_stamping(cert):
        raise f.Bad("token: the certificate is not for time-stamps alone")
    sid = f.seq(s[1][2])
    if (sid[0][1], sid[1][2]) != (c["issuer"], c["serial"]):
        raise f.Bad("token: another certificate signed it")
    if s[2][1] != SM3 or s[3][0] != 0xA0 or s[4][1] != SM2_SM3:
        raise f.Bad("token: algorithms, or no signed attributes")
    attributes = [a[1] for a in f.seq(s[3][2])]
    if attributes != sorted(attributes):
        raise f.Bad("token: attributes not in the order of DER")
    found = {}
    for a in attributes:
        oid, values = f.seq(f.one(a)[2])
        found[oid[1]] = f.one(values[2])
    if set(found) != {CONTENT_TYPE, MESSAGE_DIGEST, CERTIFICATE_V2}:
        raise f.Bad("token: other signed attributes")
    if found[CONTENT_TYPE][1] != TST_INFO or \
            found[MESSAGE_DIGEST][2] != sm3(content):
        raise f.Bad("token: contentType or messageDigest")
    ids = f.seq(f.seq(found[CERTIFICATE_V2][2])[0][2])
    first = f.seq(ids[0][2])
    if (first[0][1], first[1][2]) != (SM3, sm3(cert)):
        raise f.Bad("token: signingCertificateV2")
    signed = d.tlv(0x31, s[3][2])
    if not verify(c["point"], signed, *f.der_sig(s[5][2])):
        raise f.Bad("token: the signature does not hold")
    out = info(content)
    if out["version"] != b"\x01" or out["tsa"] != c["subject"]:
        raise f.Bad("TSTInfo: version, or another authority's name")
    out["certificates"] = certs
    return out


def seal_v5(raw):
    """(signedValue's octets, token, createDate) of a V5 seal."""
    m = f.seq(f.one(raw)[2])
    if len(m) != 5 or m[4][0] != 0xA0:
        raise f.Bad("seal: no five members with a time-stamp")
    head, _, prop = f.seq(m[0][2])[:3]
    if f.seq(head[2])[1][2] != b"\x05":
        raise f.Bad("seal: header version is not 5")
    stamp = f.one(m[4][2])
    if stamp[0] != 0x03 or stamp[2][0] != 0 or m[3][2][0] != 0:
        raise f.Bad("seal: timeStamp is no whole BIT STRING")
    return m[3][2][1:], stamp[2][1:], moment(f.seq(prop[2])[4][2])
