"""Writing seals and stamps: GM/T 0031-2014 (V1), GB/T 38540-2020 (V4), GM/T
0031-2025 (V5), SignedData of GB/T 35275 and CMS, and time-stamp tokens.

Member order, tags and what is signed are those of the standards; keyword
arguments bend one thing each, for hostile objects."""
import base64
import zlib

import der as d
from formats import certificate, der, one, seq
from sm2 import sm3
from x509 import algorithm

VERSION = {"V1": 1, "V4": 4, "V5": 5}


def png(size=8, colour=(200, 0, 0)):
    """A plain picture."""
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(
            kind + data).to_bytes(4, "big")
    head = size.to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    rows = (b"\x00" + bytes(colour) * size) * size
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(
        b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def extensions(rows, default=False):
    """rows: (OID, critical, value); default: write a critical FALSE out."""
    return d.seq(*[d.seq(d.oid(o), *([d.boolean(c)] if c or default else []),
                         d.octets(v)) for o, c, v in rows])


# ---- seals

def cert_list(gen, certs, kind=1, digest_type=d.SM3):
    """Members certListType (none in V1) and certList."""
    if gen == "V1":
        return d.seq(*[d.octets(c) for c in certs])
    if kind == 2:
        return d.integer(2) + d.seq(*[d.seq(
            d.printable(digest_type), d.octets(sm3(c))) for c in certs])
    return d.integer(kind) + d.seq(*[d.octets(c) for c in certs])


def seal_info(gen, code, certs, start, end, created=None, name="测试印章",
              kind=1, list_kind=1, version=None, head="ES", vid="WRITER",
              picture=None, picture_type="PNG", ext=None, default=False,
              listed=None, width=40, height=40, time=None, digest_type=d.SM3):
    """eSealInfo.  listed: the members of the list, if not of certs."""
    t = time or (d.utctime if gen == "V1" else d.gentime)
    if version is None:
        version = VERSION[gen]
    prop = d.seq(d.integer(kind), d.utf8(name), listed or cert_list(
        gen, certs, list_kind, digest_type),
        t(start if created is None else created), t(start), t(end))
    pic = d.seq(d.ia5(picture_type), d.octets(picture or png()),
                d.integer(width), d.integer(height))
    return d.seq(d.seq(d.ia5(head), d.integer(version), d.ia5(vid)),
                 d.ia5(code), prop, pic,
                 *([extensions(ext, default)] if ext is not None else []))


def seal(gen, maker, info, alg=d.SM2_SM3, form=d.signature, over=None,
         token=None, cert=None, bits=d.bits):
    """SESeal.  maker: (key, certificate).  over: signed octets, if not the
    right ones; token: makes a time-stamp of the signature (V5)."""
    key, mcert = maker
    mcert = cert or mcert
    if gen == "V1":
        message = d.seq(info, d.octets(mcert), d.oid(alg))
        return d.seq(info, d.seq(d.octets(mcert), d.oid(alg), bits(
            key.sign(over or message, form))))
    value = key.sign(over or info, form)
    return d.seq(info, d.octets(mcert), d.oid(alg), bits(value),
                 *([d.ctx(0, d.bits(token(value)))] if token else []))


def seal_generation(raw):
    """As written in the seal: by its members, then by its version."""
    members = seq(one(raw)[2])
    if len(members) == 2:
        return "V1"
    header = seq(seq(members[0][2])[0][2])
    return "V5" if header[1][2] == b"\x05" else "V4"


# ---- stamps

def to_sign(gen, eseal, cert, when, data_hash, prop, version=None, ext=None,
            alg=d.SM2_SM3, time_info=None, default=False, bits=d.bits):
    if version is None:
        version = VERSION[gen]
    if gen == "V1":
        t = time_info or d.bits(d.utctime(when))
        return d.seq(d.integer(version), eseal, t, bits(data_hash),
                     d.ia5(prop), d.octets(cert), d.oid(alg))
    return d.seq(d.integer(version), eseal, time_info or d.gentime(when),
                 bits(data_hash), d.ia5(prop),
                 *([d.ctx(0, extensions(ext, default))]
                   if ext is not None else []))


def stamp(gen, key, cert, tbs, alg=d.SM2_SM3, form=d.signature, over=None,
          token=None, value=None, bits=d.bits):
    """SES_Signature.  over: other octets are signed; value: another value;
    bits: how a BIT STRING is written."""
    if value is None:
        value = key.sign(over or tbs, form)
    if gen == "V1":
        return d.seq(tbs, bits(value))
    return d.seq(tbs, d.octets(cert), d.oid(alg), bits(value),
                 *([d.ctx(0, d.bits(token(value)))] if token else []))


# ---- SignedData

def issuer_and_serial(cert):
    c = certificate(cert)
    return d.seq(c["issuer"], d.integer(int.from_bytes(c["serial"], "big")))


def attribute(o, *values):
    return d.seq(d.oid(o), d.tlv(0x31, *values))


def signer_info(cert, attributes, value, alg=d.SM2_SIGN, hash_alg=d.SM3,
                unsigned=None, version=1):
    return d.seq(d.integer(version), issuer_and_serial(cert),
                 algorithm(hash_alg),
                 *([d.ctx(0, attributes)] if attributes else []),
                 algorithm(alg), d.octets(value),
                 *([d.ctx(1, unsigned)] if unsigned else []))


def content_info(kind, content):
    return d.seq(d.oid(kind), d.ctx(0, content))


def signed_data(key, cert, digest, variant="content", alg=d.SM2_SIGN,
                form=d.signature, outer=d.GM_SIGNED, inner=None, certs=None,
                when=None, text=False, over=None, said=None, more=(),
                unsigned=None, hash_alg=d.SM3, signers=1, version=1,
                without=None, content=None, as_tagged=False):
    """GB/T 35275.  variant content: the digest is the content, and signed;
    attributes: the digest is an attribute, the attributes are signed;
    detached: as attributes, content type of CMS, for PDF.  said: the digest
    told, if not digest.  without: an attribute left out; content: octets as
    content beside attributes; as_tagged: signed with [0], not as a SET."""
    told = digest if said is None else said
    attributes = b""
    if variant == "content":
        body = base64.b64encode(told) if text else told
        content = d.seq(d.oid(inner or d.GM_DATA), d.ctx(0, d.octets(body)))
        message = body
    else:
        rows = [attribute(d.CONTENT_TYPE, d.oid(inner or d.CMS_DATA)),
                attribute(d.MESSAGE_DIGEST, d.octets(told))]
        if when is not None:
            rows.append(attribute(d.SIGNING_TIME, d.when(when)))
        rows = sorted(r for r in rows + list(more)
                      if not without or d.oid(without) not in r)
        attributes = b"".join(rows)
        content = d.seq(d.oid(inner or d.CMS_DATA), *(
            [d.ctx(0, d.octets(content))] if content is not None else []))
        message = d.tlv(0xA0 if as_tagged else 0x31, attributes)
    value = key.sign(over or message, form)
    si = signer_info(cert, attributes, value, alg, hash_alg,
                     unsigned(value) if unsigned else None)
    body = d.seq(d.integer(version), d.tlv(0x31, algorithm(hash_alg)), content,
                 *([d.ctx(0, *(certs if certs is not None else [cert]))]
                   if certs != [] else []),
                 d.tlv(0x31, *[si] * signers))
    return content_info(outer, body)


# ---- time-stamps (RFC 3161, GB/T 20520)

def token(key, cert, imprint, when, policy="1.2.3.4.1", hash_alg=d.SM3,
          bent=False, outer=d.CMS_SIGNED, with_cert=True, nonce=None,
          serial=7, alg=d.SM2_SM3, info_type=d.TST_INFO, told=sm3,
          named=d.SM3):
    """told: makes messageDigest; named: digestAlgorithm of the signer."""
    info = d.seq(d.integer(1), d.oid(policy),
                 d.seq(algorithm(hash_alg), d.octets(imprint)),
                 d.integer(serial), d.gentime(when),
                 *([d.integer(nonce)] if nonce else []))
    ess = d.seq(d.seq(d.seq(algorithm(d.SM3), d.octets(sm3(cert)))))
    attributes = b"".join(sorted([
        attribute(d.CONTENT_TYPE, d.oid(info_type)),
        attribute(d.MESSAGE_DIGEST, d.octets(told(info))),
        attribute(d.SIGNING_CERT_V2, ess)]))
    message = d.tlv(0x31, attributes)
    value = key.sign(message + (b"x" if bent else b""))
    body = d.seq(d.integer(3), d.tlv(0x31, algorithm(named)),
                 d.seq(d.oid(info_type), d.ctx(0, d.octets(info))),
                 *([d.ctx(0, cert)] if with_cert else []),
                 d.tlv(0x31, signer_info(cert, attributes, value, alg,
                                         named)))
    return content_info(outer, body)


def answer(token=b"", status=0):
    """TimeStampResp."""
    return d.seq(d.seq(d.integer(status)), token)


# ---- reading back, for the self-test

def read_stamp(raw):
    """{gen, tbs, seal, hash, property, cert, sig, token}; nothing checked."""
    m = seq(one(raw)[2])
    t = seq(m[0][2])
    out = {"tbs": m[0][1], "seal": t[1][1], "hash": t[3][2][1:],
           "property": t[4][2].decode(), "token": None,
           "gen": seal_generation(t[1][1])}
    if len(m) == 2:
        out.update(cert=t[5][2], sig=m[1][2][1:])
    else:
        out.update(cert=m[1][2], sig=m[3][2][1:])
        if len(m) == 5:
            out["token"] = der(m[4][2])[2][1:]
    return out
