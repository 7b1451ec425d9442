"""A province of our own, which proves: a log, its map and its checkpoint, a
trust list, certificates and CRLs, and an HTTP server that answers lookups
with proofs.  From design sections 5, 6 and 8."""
import base64
import calendar
import http.server
import json
import threading
import time
import urllib.parse

import formats as f
from sm2 import sm3
from x509 import Key

KINDS = {"filed": 1, "suspended": 2, "resumed": 3, "lost": 4, "recovered": 5,
         "revoked": 6, "cancelled": 7, "destroyed": 8}
AFTER = {"filed": 1, "suspended": 2, "resumed": 1, "lost": 3, "recovered": 1,
         "revoked": 4, "cancelled": 5, "destroyed": 6}
DEPTH = 8


def b64(v):
    return base64.b64encode(v).decode()


def rfc3339(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


# ---- protobuf, canonical: ascending, zero and empty left out

def varint(v):
    out = bytearray()
    while v > 127:
        out.append(v & 127 | 128)
        v >>= 7
    return bytes(out + bytes([v]))


def field(n, v, always=False):
    if isinstance(v, list):
        return b"".join(field(n, x, True) for x in v)
    if isinstance(v, str):
        v = v.encode()
    if not v and not always:
        return b""
    if isinstance(v, bytes):
        return varint(n << 3 | 2) + varint(len(v)) + v
    return varint(n << 3) + varint(v)


NUMBER = {name: n for n, name in f.RECORD.items()}


def encode_record(rec):
    return b"".join(field(NUMBER[k], rec[k]) for k in
                    sorted(rec, key=NUMBER.get))


def encode_event(record, kind, reason, previous):
    return field(1, field(1, record) + field(2, kind) + field(3, reason) + (
        b"" if previous is None else field(4, previous, True)))


def encode_epoch(covered, root, count, t, previous):
    return field(15, field(1, covered) + field(2, root) + field(3, count) +
                 field(4, DEPTH) + field(5, t) + (
                     b"" if previous is None else field(6, previous, True)))


# ---- notes

KEY_TYPE = b"\xffsealreg.sm2/v1\x00"


class NoteKey:
    def __init__(self, name):
        self.name, self.key = name, Key(name)
        raw = KEY_TYPE + self.key.point
        self.id = sm3(name.encode() + b"\n" + raw)[:4]
        self.vkey = "%s+%s+%s" % (name, self.id.hex(), b64(raw))

    def note(self, body, t):
        message = b"cosignature/v1\ntime %d\n" % t + body
        sig = self.key.sign(message, lambda r, s: r.to_bytes(32, "big") +
                            s.to_bytes(32, "big"))
        return body.decode() + "\n— %s %s\n" % (
            self.name, b64(self.id + t.to_bytes(8, "big") + sig))


def inclusion_path(leaves, i):
    """RFC 9162, 2.1.3.1."""
    n = len(leaves)
    if n == 1:
        return []
    k = 1
    while k * 2 < n:
        k *= 2
    if i < k:
        return inclusion_path(leaves[:k], i) + [f.mth(leaves[k:])]
    return inclusion_path(leaves[k:], i - k) + [f.mth(leaves[:k])]


class Province:
    def __init__(self, number, ca, start):
        self.number, self.ca, self.start = number, ca, start
        self.origin = number + ".sealreg.example/log"
        self.key = NoteKey(self.origin)
        self.entries, self.records, self.last = [], {}, {}
        self.clock, self.epoch = start, None
        self.files = {}         # path -> octets: certificates and CRLs
        self.close()

    def close(self):
        """An epoch over what there is."""
        rows = {f.map_key(c): sm3(r) for c, r in self.records.items()}
        i = len(self.entries)
        self.entries.append(encode_epoch(i, f.map_root(rows, DEPTH),
                                         len(rows), self.clock, self.epoch))
        self.epoch = i

    def event(self, code, kind, t, reason=0, **change):
        """A seal's new record and why; the clock goes on to t."""
        self.clock = max(self.clock, t)
        rec = f.record(self.records[code]) if code in self.records else {
            "seal_code": code, "carrier": 2, "version": 1}
        rec.update(change, status=AFTER[kind], status_effective_at=t,
                   recorded_at=t, status_reason=reason, salt=sm3(
                       code.encode(), b"%d" % len(self.entries))[:16])
        raw = encode_record(rec)
        self.entries.append(encode_event(raw, KINDS[kind], reason,
                                         self.last.get(code)))
        self.last[code] = len(self.entries) - 1
        self.records[code] = raw
        self.close()

    def file(self, code, eseal, cert, picture, t, start, end, **more):
        self.event(code, "filed", t, **dict({
            "seal_type": 1, "seal_name": "测试印章",
            "owner_name": "测试印章", "owner_id": "91440101MA5AKH6A1U",
            "valid_from": start, "valid_until": end, "seal_digest": sm3(eseal),
            "certificate_digest": [sm3(cert)], "picture_digest": sm3(picture),
            "filing_office": code[:6], "maker_id": code[:6] + "000001"},
            **more))

    # ---- proving

    def checkpoint(self, now):
        leaves = [f.leaf(e) for e in self.entries]
        body = "%s\n%d\n%s\n" % (self.origin, len(leaves),
                                 b64(f.mth(leaves)))
        return self.key.note(body.encode(), now)

    def proof(self, code, now):
        leaves = [f.leaf(e) for e in self.entries]
        rows = {f.map_key(c): sm3(r) for c, r in self.records.items()}
        buckets = [[] for _ in range(1 << DEPTH)]
        for k in sorted(rows):
            buckets[k[0] >> 8 - DEPTH].append(k + rows[k])
        index = f.map_key(code)[0] >> 8 - DEPTH
        level = [f.bucket_root(b"".join(b)) for b in buckets]
        siblings, i = [], index
        while len(level) > 1:
            siblings.append(level[i ^ 1])
            level = [f.node(level[j], level[j + 1])
                     for j in range(0, len(level), 2)]
            i >>= 1
        n = len(leaves) - 1
        rec = self.records.get(code)
        return {"origin": self.origin, "checkpoint": self.checkpoint(now),
                "epoch": {"index": n, "entry": b64(self.entries[n]),
                          "path": [b64(h) for h in inclusion_path(leaves,
                                                                  n)]},
                "bucket": {"index": index, "rows": b64(b"".join(
                    buckets[index])), "siblings": [b64(h) for h in siblings]},
                "record": b64(rec) if rec else None}

    def shown(self, raw):
        rec, out = f.record(raw), {}
        for n, name in f.RECORD.items():
            v = rec.get(name)
            if name == "status":
                v = f.STATUS[v]
            elif name in ("status_effective_at", "recorded_at", "valid_from",
                          "valid_until"):
                v = rfc3339(v) if v else None
            elif name == "certificate_digest":
                v = [b64(x) for x in v or []]
            elif isinstance(v, bytes):
                v = b64(v)
            elif v is None:
                v = 0 if n in (2, 8, 20, 22) else ""
            out[name] = v
        return out

    def verdict(self, code, digest, now, at):
        if code not in self.records:
            return "not_filed"
        rec = f.record(self.records[code])
        if digest and digest != rec["seal_digest"].hex():
            return "mismatch"
        t = now if at is None else at
        good = rec["status"] == 1 and rec["valid_from"] <= t and (
            not rec.get("valid_until") or t < rec["valid_until"])
        return "valid" if good else "not_valid"

    def lookup(self, code, digest, at, now):
        raw = self.records.get(code)
        return {"code": code, "verdict": self.verdict(code, digest, now, at),
                "basis": "proven",
                "status": f.STATUS[f.record(raw)["status"]] if raw else None,
                "as_of": rfc3339(now),
                "record": self.shown(raw) if raw else None,
                "proof": self.proof(code, now)}

    def history(self, code, now):
        if code not in self.records:
            return {"code": code, "as_of": rfc3339(now), "size": None,
                    "proof": None, "events": [], "earlier": None}
        leaves = [f.leaf(e) for e in self.entries]
        events, i = [], self.last[code]
        words = {v: k for k, v in KINDS.items()}
        while i is not None:
            _, e = f.entry(self.entries[i])
            events.append({
                "index": i, "kind": words[e["kind"]], "reason": e["reason"],
                "entry": b64(self.entries[i]), "path": [
                    b64(h) for h in inclusion_path(leaves, i)],
                "record": self.shown(e["record"])})
            i = e["previous"]
        return {"code": code, "as_of": rfc3339(now), "size": len(leaves),
                "proof": self.proof(code, now), "events": events,
                "earlier": None}

    def serve(self):
        """On a port of its own, in a thread; the URL."""
        me = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                u = urllib.parse.urlsplit(self.path)
                q = dict(urllib.parse.parse_qsl(u.query))
                parts = u.path.split("/")
                now = int(time.time())
                if u.path in me.files:
                    return self.reply(me.files[u.path], "application/der")
                if parts[1:3] != ["v1", "seals"]:
                    return self.send_error(404)
                if parts[4:] == ["history"]:
                    a = me.history(parts[3], now)
                else:
                    at = q.get("at")
                    a = me.lookup(parts[3], q.get("digest"), at and int(
                        moment(at)), now)
                self.reply(json.dumps(a).encode(), "application/json")

            def reply(self, raw, kind):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        return self.url


def moment(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def trust_list(national, provinces, t):
    """A trust list of our own provinces, signed by our own nation."""
    body = ['sealreg-trust/v1', 'version: 1', 'issued: "%s"' % rfc3339(t),
            'expires: "%s"' % rfc3339(t + 86400), 'max_age: 600',
            'provinces:']
    for p in provinces:
        body += ['- province: "%s"' % p.number, '  origin: "%s"' % p.origin,
                 '  urls: ["%s"]' % p.url, '  prefixes: ["%s"]' % p.number,
                 '  complete_since:', '    electronic: "%s"' % rfc3339(
                     p.start), '  keys:', '  - vkey: "%s"' % p.key.vkey,
                 '    from: 0', '  ca:']
        body += ['  - "%s"' % b64(c) for c in p.ca]
    return national.note(("\n".join(body) + "\n").encode(), t)
