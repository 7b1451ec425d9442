"""OCSP (RFC 6960), from the RFC: requests written, answers read and verified.

Shares no code with the project.
"""
import hashlib

import der as d
import formats as f
from sm2 import verify

DIGESTS = {"1.3.14.3.2.26": "sha1", "2.16.840.1.101.3.4.2.1": "sha256",
           "1.2.156.10197.1.401": "sm3"}
OIDS = {v: k for k, v in DIGESTS.items()}
BASIC = "1.3.6.1.5.5.7.48.1.1"
CUTOFF = "1.3.6.1.5.5.7.48.1.6"
STATUS = {0: "successful", 1: "malformedRequest", 2: "internalError",
          3: "tryLater", 5: "sigRequired", 6: "unauthorized"}


class Answer(dict):
    """digest -> {status, at, reason, this, next, cutoff}, all of a serial."""


def issuer_hashes(issuer, digest):
    c = f.certificate(issuer)
    return (hashlib.new(digest, c["subject"]).digest(),
            hashlib.new(digest, c["point"]).digest())


def cert_id(issuer, serial, digest="sha1", null=True):
    """serial: the octets of the INTEGER."""
    name, key = issuer_hashes(issuer, digest)
    alg = d.seq(d.oid(OIDS[digest]), b"\x05\x00" if null else b"")
    return d.seq(alg, d.octets(name), d.octets(key), d.tlv(2, serial))


def request(*ids, nonce=None, extensions=b""):
    body = d.seq(*[d.seq(i) for i in ids])
    if nonce is not None:
        extensions += d.seq(d.oid("1.3.6.1.5.5.7.48.1.2"),
                            d.octets(d.octets(nonce)))
    if extensions:
        body += d.ctx(2, d.seq(extensions))
    return d.seq(d.seq(body))


def status(raw):
    """The word of an OCSPResponse's status."""
    tag, _, v = f.one(raw)
    parts = f.seq(v)
    if tag != 0x30 or parts[0][0] != 0x0A or len(parts[0][2]) != 1:
        raise f.Bad("OCSP: responseStatus")
    return STATUS[parts[0][2][0]]


def single(raw, issuer, serial):
    parts = f.seq(raw)
    alg, name, key, number = f.seq(parts[0][2])
    oid = f.seq(alg[2])[0]
    digest = next(n for o, n in DIGESTS.items() if d.oid(o) == oid[1])
    if (name[2], key[2]) != issuer_hashes(issuer, digest):
        raise f.Bad("OCSP: another issuer")
    if number[2] != serial:
        raise f.Bad("OCSP: another serial")
    what = {"at": None, "reason": None, "cutoff": None}
    tag, _, v = parts[1]
    if tag == 0x80 and v == b"":
        what["status"] = "good"
    elif tag == 0xA1:
        inside = f.seq(v)
        what.update(status="revoked", at=inside[0][2].decode(), reason=0)
        if len(inside) == 2:
            what["reason"] = f.one(inside[1][2])[2][0]
    else:
        raise f.Bad("OCSP: certStatus")
    what["this"] = parts[2][2].decode()
    if parts[3][0] != 0xA0:
        raise f.Bad("OCSP: no nextUpdate")
    what["next"] = f.one(parts[3][2])[2].decode()
    for tag, _, v in parts[4:]:
        oid, value = f.seq(f.one(f.one(v)[2])[2])
        if tag != 0xA1 or oid[1] != d.oid(CUTOFF):
            raise f.Bad("OCSP: an extension")
        what["cutoff"] = f.one(value[2])[2].decode()
    return digest, what


def answer(raw, issuer, serial):
    """Verify a signed answer of the issuer itself about serial."""
    _, _, v = f.one(raw)
    parts = f.seq(v)
    if status(raw) != "successful" or len(parts) != 2 or parts[1][0] != 0xA0:
        raise f.Bad("OCSP: " + status(raw))
    oid, value = f.seq(f.one(parts[1][2])[2])
    if oid[1] != d.oid(BASIC):
        raise f.Bad("OCSP: not basic")
    data, alg, sig = f.seq(f.one(value[2])[2])
    c = f.certificate(issuer)
    if alg[2] != f.SM2_SM3:
        raise f.Bad("OCSP: not SM2 with SM3, parameters absent")
    if not verify(c["point"], data[1], *f.der_sig(sig[2][1:])):
        raise f.Bad("OCSP: signature")
    responder, produced, responses = f.seq(data[2])
    if responder[0] != 0xA2 or f.one(responder[2])[2] != \
            hashlib.sha1(c["point"]).digest() or produced[0] != 0x18:
        raise f.Bad("OCSP: responderID")
    out = Answer()
    for _, _, v in f.seq(responses[2]):
        digest, what = single(v, issuer, serial)
        out[digest] = what
    return out
