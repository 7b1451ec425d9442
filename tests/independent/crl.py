"""Certificate revocation lists (RFC 5280, section 5), from the RFC."""
import der as d
import formats as f
from sm2 import verify

CRL_REASON = d.oid("2.5.29.21")
HOLD = 6
# What a seal's status means for its signer's certificate.
MEANS = {"active": "good", "suspended": "hold", "lost": "hold|revoked",
         "impounded": "hold|revoked", "revoked": "revoked",
         "cancelled": "revoked", "destroyed": "revoked",
         "surrendered": "revoked"}


def moment(tlv):
    tag, _, v = f.one(tlv)
    s = v.decode()
    return ("20" if s[0] < "5" else "19") + s if tag == 0x17 else s


def signed(raw, cert, what):
    """The members of a signed object, its signature checked."""
    m = f.seq(f.one(raw)[2])
    if m[1][2] != f.SM2_SM3:
        raise f.Bad(what + ": algorithm is not SM2 with SM3, no parameters")
    point = f.certificate(cert)["point"]
    if not verify(point, m[0][1], *f.der_sig(m[2][2][1:])):
        raise f.Bad(what + ": signature")
    return m


def read(raw, cert, now):
    """{serial: reason} of a list that cert's owner signed and that holds
    at now, YYYYMMDDHHMMSSZ."""
    t = f.seq(signed(raw, cert, "CRL")[0][2])
    if t[0][2] != b"\x01" or t[1][2] != f.SM2_SM3:
        raise f.Bad("CRL: version or algorithm")
    if t[2][1] != f.certificate(cert)["subject"]:
        raise f.Bad("CRL: issuer")
    if not moment(t[3][1]) <= now < moment(t[4][1]):
        raise f.Bad("CRL: not of now")
    out = {}
    rows = f.seq(t[5][2]) if t[5][0] == 0x30 else []
    for row in rows:
        m = f.seq(row[2])
        if moment(m[1][1]) > now:
            raise f.Bad("CRL: revoked in the future")
        reason = None
        for e in f.seq(m[2][2]) if len(m) > 2 else []:
            x = f.seq(e[2])
            if x[0][1] == CRL_REASON:
                reason = f.one(x[-1][2])[2][0]
        out[m[0][2]] = reason
    if list(out) != sorted(out, key=lambda s: int.from_bytes(s, "big")):
        raise f.Bad("CRL: serials do not ascend")
    return out
