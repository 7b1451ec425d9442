#!/usr/bin/env python3
"""Check a running demonstration nation from outside.

usage: nation.py DIR/demo.json

Reads every log of every node, recomputes trees and maps, checks every lookup
answer against them, and opens every seal and certificate.  One line a case.
"""
import base64
import calendar
import json
import os
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import crl  # noqa: E402
import der as d  # noqa: E402
import formats as f  # noqa: E402
import ocsp  # noqa: E402
import x509  # noqa: E402
from sm2 import sm3  # noqa: E402

passed = failed = 0


def case(name, fn):
    global passed, failed
    try:
        said = fn()
        if said is False:
            raise f.Bad("it is not so")
    except Exception as e:  # whatever breaks is a failed case, named
        failed += 1
        print("not ok %s: %s: %s" % (name, type(e).__name__, e))
        return None
    passed += 1
    print("ok %s" % name)
    return said


def get(url, token=None, post=None):
    """(status, body octets)"""
    req = urllib.request.Request(url)
    if token:
        req.add_header("Authorization", "Bearer " + token)
    if post is not None:
        req.data = json.dumps(post).encode()
        req.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(req, timeout=10) as r:
            return r.status, r.read()
    except urllib.error.HTTPError as e:
        return e.code, e.read()


def need(url, token=None, post=None):
    status, body = get(url, token, post)
    if status != 200:
        raise f.Bad("%s answers %d %s" % (url, status, body[:200]))
    return body


def when(t):
    return calendar.timegm(time.strptime(t, "%Y-%m-%dT%H:%M:%SZ"))


class Log:
    """One province's log as one node serves it, read whole and recomputed."""

    def __init__(self, node, owner):
        base = "%s/log/%s/" % (node["url"], owner["province"])
        self.vkey = f.Vkey(owner["vkey"])
        self.note = need(base + "checkpoint").decode()
        self.size, self.root, self.time = f.open_checkpoint(self.note,
                                                            self.vkey)
        self.base, self.token = base, node["peer_token"]
        self.entries = []
        for n in range((self.size + 255) // 256):
            width = min(256, self.size - 256 * n)
            raw = need(base + f.tile_path(-1, n, width), self.token)
            got = f.split_bundle(raw)
            if len(got) != width:
                raise f.Bad("bundle of another width")
            self.entries += got
        self.leaves = [f.leaf(e) for e in self.entries]

    def check_tiles(self):
        """Every level, and a narrower width of the first tile."""
        level, hashes = 0, self.leaves
        while hashes:
            for n in range((len(hashes) + 255) // 256):
                want = hashes[256 * n:256 * n + 256]
                raw = need(self.base + f.tile_path(level, n, len(want)))
                if raw != b"".join(want):
                    raise f.Bad("tile %d/%d differs" % (level, n))
            raw = need(self.base + f.tile_path(level, 0, 1))
            if raw != hashes[0]:
                raise f.Bad("tile of width 1 is not a prefix")
            hashes = [f.mth(hashes[i:i + 256])
                      for i in range(0, len(hashes) - 255, 256)]
            level += 1
        n, width = divmod(self.size, 256)
        for beyond in (f.tile_path(0, n, width + 1),
                       f.tile_path(0, n + 1, 1), f.tile_path(7, 0, 1)):
            if get(self.base + beyond)[0] != 404:
                raise f.Bad(beyond + " is beyond the size and not 404")

    def replay(self):
        """Every epoch says the map that the entries make."""
        rows, self.last, prev, clock = {}, {}, None, 0
        self.codes = {}
        for i, raw in enumerate(self.entries):
            kind, e = f.entry(raw)
            if kind == "seal":
                rec = f.record(e["record"])
                code = rec["seal_code"]
                if e["previous"] != self.last.get(code):
                    raise f.Bad("entry %d: previous" % i)
                self.last[code] = i
                self.codes[code] = e["record"]
                rows[f.map_key(code)] = sm3(e["record"])
            elif kind == "epoch":
                if e["covered"] != i or e["previous"] != prev:
                    raise f.Bad("epoch %d: covered or previous" % i)
                if e["time"] < clock or e["map_count"] != len(rows):
                    raise f.Bad("epoch %d: time or count" % i)
                if i < 2 or i + 1 == self.size or i % 16 == 0:
                    if e["map_root"] != f.map_root(rows, e["map_depth"]):
                        raise f.Bad("epoch %d: map root" % i)
                clock, prev = e["time"], i
        if prev != self.size - 1:
            raise f.Bad("the last leaf is no epoch")
        if f.entry(self.entries[0])[0] != "epoch":
            raise f.Bad("the first leaf is not the genesis epoch")
        if f.entry(self.entries[0])[1]["map_count"]:
            raise f.Bad("genesis epoch counts rows")


def lookup(node, owner, code, more=""):
    """Ask node, prove the answer against the owner's key, return it."""
    a = json.loads(need("%s/v1/seals/%s%s" % (node["url"], code, more)))
    if set(a) != {"code", "verdict", "basis", "status", "as_of", "record",
                  "proof"}:
        raise f.Bad("answer: members %s" % sorted(a))
    if a["code"] != code:
        raise f.Bad("answer: code")
    p = a["proof"]
    if p is None:
        return a
    size, root, signed = f.open_checkpoint(p["checkpoint"],
                                           f.Vkey(owner["vkey"]))
    if p["origin"] != owner["origin"] or when(a["as_of"]) != signed:
        raise f.Bad("answer: origin or as_of")
    raw = f.b64(p["epoch"]["entry"])
    index = p["epoch"]["index"]
    if index != size - 1 or f.inclusion_root(
            index, size, f.leaf(raw),
            [f.b64(x) for x in p["epoch"]["path"]]) != root:
        raise f.Bad("answer: epoch is not the last leaf")
    kind, ep = f.entry(raw)
    key = f.map_key(code)
    if kind != "epoch" or ep["covered"] != index:
        raise f.Bad("answer: not this epoch")
    rows = f.b64(p["bucket"]["rows"])
    i = p["bucket"]["index"]
    if i != int.from_bytes(key, "big") >> (256 - ep["map_depth"]):
        raise f.Bad("answer: bucket")
    sib = [f.b64(x) for x in p["bucket"]["siblings"]]
    if len(sib) != ep["map_depth"] or f.climb(
            f.bucket_root(rows), i, sib) != ep["map_root"]:
        raise f.Bad("answer: map root")
    found = {rows[j:j + 32]: rows[j + 32:j + 64]
             for j in range(0, len(rows), 64)}
    if list(found) != sorted(found):
        raise f.Bad("answer: rows are not ascending")
    if key in found:
        rec = f.b64(p["record"])
        if found[key] != sm3(rec):
            raise f.Bad("answer: record")
        compare_record(f.record(rec), a["record"])
        if a["status"] != f.STATUS[f.record(rec)["status"]]:
            raise f.Bad("answer: status")
    elif p["record"] is not None or a["record"] is not None:
        raise f.Bad("answer: a record without a row")
    return a


def history(node, owner, code):
    """Every event is in the tree, and each names the one before."""
    a = json.loads(need("%s/v1/seals/%s/history" % (node["url"], code)))
    size, root, _ = f.open_checkpoint(a["proof"]["checkpoint"],
                                      f.Vkey(owner["vkey"]))
    want = None
    for n, ev in enumerate(a["events"]):
        raw = f.b64(ev["entry"])
        if f.inclusion_root(ev["index"], size, f.leaf(raw),
                            [f.b64(x) for x in ev["path"]]) != root:
            raise f.Bad("history: event %d is not in the tree" % n)
        kind, e = f.entry(raw)
        rec = f.record(e["record"])
        if kind != "seal" or rec["seal_code"] != code:
            raise f.Bad("history: another seal's event")
        if n and ev["index"] != want:
            raise f.Bad("history: the chain is broken")
        compare_record(rec, ev["record"])
        want = e["previous"]
    if want is not None or not a["events"]:
        raise f.Bad("history: the first event is not its filing")
    return len(a["events"])


def past(node, owner, code):
    """?at= a moment before, between and after the events of a history says
    what held then, or that it is not known; never anything else."""
    a = json.loads(need("%s/v1/seals/%s/history" % (node["url"], code)))
    events = [f.record(f.entry(f.b64(e["entry"]))[1]["record"])
              for e in reversed(a["events"])]
    marks = [r["status_effective_at"] for r in events]
    held = 0
    for i, t in enumerate(marks):
        end = marks[i + 1] if i + 1 < len(marks) else int(time.time())
        for at in {t, (t + end) // 2, end - 1}:
            if at < t or at >= end:
                continue
            r = events[i]
            good = r["status"] == 1 and r["valid_from"] <= at and (
                not r.get("valid_until") or at < r["valid_until"])
            want = "valid" if good else "not_valid"
            got = lookup(node, owner, code, "?at=" + time.strftime(
                "%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)))["verdict"]
            allowed = {want} if i + 1 == len(marks) else {want, "unknown"}
            if got not in allowed:
                raise f.Bad("at %d: %s, was %s" % (at, got, want))
            held += got == want
    before = lookup(node, owner, code, "?at=" + time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(marks[0] - 1)))["verdict"]
    if before not in ("not_filed", "unknown", "not_valid"):
        raise f.Bad("before it was filed: " + before)
    return held > 0


def published(node):
    """The authority's lists: signed, of now, and by whom they should be."""
    now = time.strftime("%Y%m%d%H%M%SZ", time.gmtime())
    out = {}
    for name in ("root", "province"):
        cert = need("%s/ca/%s.crt" % (node["url"], name))
        out[name] = crl.read(need("%s/ca/%s.crl" % (node["url"], name)), cert,
                             now)
    return out


def ask_ocsp(node, issuer, serial, digest):
    req = urllib.request.Request(node["url"] + "/ocsp", ocsp.request(
        ocsp.cert_id(issuer, serial, digest)))
    req.add_header("Content-Type", "application/ocsp-request")
    with urllib.request.urlopen(req, timeout=10) as r:
        if r.headers["Content-Type"] != "application/ocsp-response":
            raise f.Bad("OCSP: content type")
        return r.read()


def certificate_status(node, owner, code, officer):
    """OCSP and CRL say of a signer's certificate what the seal's status
    means for it."""
    a = lookup(node, owner, code)
    raw = need("%s/v1/seals/%s/seal" % (node["url"], code), officer)
    serial = f.certificate(f.seal(raw)["certs"][0])["serial"]
    province = need(node["url"] + "/ca/province.crt")
    want = crl.MEANS[a["status"]].split("|")
    now = time.strftime("%Y%m%d%H%M%SZ", time.gmtime())
    for digest in ocsp.DIGESTS.values():
        s = ocsp.answer(ask_ocsp(node, province, serial, digest), province,
                        serial)[digest]
        if not s["this"] <= now < s["next"]:
            raise f.Bad("OCSP: not of now")
        got = "hold" if s["reason"] == crl.HOLD else s["status"]
        if got not in want:
            raise f.Bad("OCSP, %s: %s, the seal is %s" % (digest, got,
                                                          a["status"]))
    listed = published(node)["province"]
    got = "good" if serial not in listed else "hold" \
        if listed[serial] == crl.HOLD else "revoked"
    if got not in want:
        raise f.Bad("CRL: %s, the seal is %s" % (got, a["status"]))
    return True


def compare_record(rec, said):
    for name in f.RECORD.values():
        if name not in said:
            raise f.Bad("record: %s is not told" % name)
        have, told = rec.get(name), said[name]
        if isinstance(have, list):
            good = [f.b64(x) for x in told] == have
        elif name in ("status_effective_at", "recorded_at", "valid_from",
                      "valid_until"):
            good = (when(told) == have) if told else not have
        elif name == "status":
            good = told == f.STATUS[have]
        elif isinstance(have, bytes):
            good = f.b64(told) == have
        else:
            good = (told or None) == (have or None)
        if not good:
            raise f.Bad("record: %s is told as %r, is %r" % (name, told, have))


def seal_files(node, owner, code, officer):
    """DER, picture and certificates agree with the record."""
    a = lookup(node, owner, code)
    url = "%s/v1/seals/%s/" % (node["url"], code)
    if get(url + "seal")[0] != 403 or get(url + "picture")[0] != 403:
        raise f.Bad("a stranger is given the seal")
    raw = need(url + "seal", officer)
    digest = sm3(raw)
    if base64.b64encode(digest).decode() != a["record"]["seal_digest"]:
        raise f.Bad("seal digest")
    s = f.seal(raw)
    holds = "?holds=" + sm3(b"\x03", raw).hex()
    picture = need(url + "picture" + holds)
    if picture != s["picture"] or base64.b64encode(
            sm3(picture)).decode() != a["record"]["picture_digest"]:
        raise f.Bad("picture")
    if (s["id"], s["version"], s["code"], s["list_type"]) != (
            b"ES", 4, code, 1):
        raise f.Bad("seal: header, code or list type")
    if s["type"] != a["record"]["seal_type"]:
        raise f.Bad("seal: type")
    pem = need(url + "certificate" + holds).decode()
    chain = [base64.b64decode(x.split("-----END")[0])
             for x in pem.split("-----BEGIN CERTIFICATE-----")[1:]]
    if chain[0] != s["certs"][0] or len(chain) < 2:
        raise f.Bad("certificate: not the seal's first")
    if base64.b64encode(sm3(chain[0])).decode() not in \
            a["record"]["certificate_digest"]:
        raise f.Bad("certificate digest")
    for lower, upper in zip(chain, chain[1:]):
        f.certificate_signed_by(lower, upper)
    f.certificate_signed_by(chain[-1], chain[-1])
    root = need(node["url"] + "/ca/root.crt")
    province = need(node["url"] + "/ca/province.crt")
    if chain[-1] != root:
        raise f.Bad("certificate: last is not the root")
    f.certificate_signed_by(province, root)
    f.certificate_signed_by(need(node["url"] + "/ca/maker.crt"), province)
    f.certificate_signed_by(s["maker"], province)
    marks = [d.oid(x) for x in (x509.EKU_MAKER, x509.EKU_SIGNER)]
    if [m in s["maker"] for m in marks] != [True, False] or \
            [m in chain[0] for m in marks] != [False, True]:
        raise f.Bad("extKeyUsage: maker and signer are not told apart")
    good = lookup(node, owner, code, "?digest=" + digest.hex())
    other = lookup(node, owner, code, "?digest=" + "00" * 32)
    if good["verdict"] == "mismatch" or other["verdict"] != "mismatch":
        raise f.Bad("digest is not compared")


def main():
    with open(sys.argv[1], encoding="utf-8") as fp:
        demo = json.load(fp)
    nodes = demo["nodes"]
    with open(demo["trust"], encoding="utf-8") as fp:
        trust = fp.read()
    case("trust list signed by the national key",
         lambda: f.open_note(trust, f.Vkey(demo["national_vkey"])) and True)
    for node in nodes:
        p = node["province"]
        case(p + " serves the trust list",
             lambda: need(node["url"] + "/trust").decode() == trust)
        logs = {}
        for owner in nodes:
            name = "%s serves the log of %s" % (p, owner["province"])
            log = case(name, lambda: Log(node, owner))
            if not log:
                continue
            logs[owner["province"]] = log
            case(name + ": root", lambda: f.mth(log.leaves) == log.root)
            case(name + ": tiles", log.check_tiles)
            case(name + ": epochs and map", log.replay)
            case(name + ": entries not for strangers", lambda: get(
                log.base + f.tile_path(-1, 0, 1))[0] in (401, 403))
            codes = sorted(getattr(log, "codes", {}))
            for code in codes[:4] + codes[-2:]:
                case("%s proves %s" % (p, code),
                     lambda: lookup(node, owner, code)["record"] is not None)
            for code in codes[:2] + codes[-2:]:
                case("%s proves the history of %s" % (p, code),
                     lambda: history(node, owner, code) > 0)
            absent = owner["province"] + "010699999999"
            case("%s proves the absence of %s" % (p, absent), lambda: lookup(
                node, owner, absent)["verdict"] == "not_filed")
        own = logs.get(p)
        token = json.loads(need(node["url"] + "/v1/login", None, dict(
            name=node["accounts"]["clerk"]["name"],
            password=node["accounts"]["clerk"]["password"])))["token"]
        for code in sorted(own.codes if own else {})[:6]:
            case("%s gives the seal of %s to its officer" % (p, code),
                 lambda: seal_files(node, node, code, token))
            case("%s answers for moments past of %s" % (p, code),
                 lambda: past(node, node, code))
            case("%s: certificate status of %s" % (p, code),
                 lambda: certificate_status(node, node, code, token))
        case(p + " publishes its lists", lambda: published(node) is not None)
        case(p + " does not answer for a certificate it has not issued",
             lambda: ocsp.status(ask_ocsp(node, need(
                 node["url"] + "/ca/root.crt"), b"\x05", "sha1")) ==
             "unauthorized")
        case(p + " refuses digits that are no code", lambda: get(
            node["url"] + "/v1/seals/12345")[0] == 400)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
