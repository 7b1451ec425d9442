"""Seals that a running nation has filed, for keys that are ours: applied for
over HTTP with a request made here, decided by two officers."""
import base64
import time

import x509
from formats import certificate, seal, seq

from .cases import Seal
from .world import DAY, Foreign

YES = {"decision": "approve", "reason": "documents are in order"}


class Trouble(Exception):
    pass


def until(what, fn, seconds=20):
    end = time.monotonic() + seconds
    while not (v := fn()):
        if time.monotonic() > end:
            raise Trouble("%s: not within %d s" % (what, seconds))
        time.sleep(0.02)
    return v


def moment(text):
    """Seconds of a certificate's or seal's time."""
    import calendar
    form = "%y%m%d%H%M%SZ" if len(text) == 13 else "%Y%m%d%H%M%SZ"
    return calendar.timegm(time.strptime(text, form))


def file(node, owner, kind, word):
    """A Seal; owner as of deploy/nation/people.py."""
    key = x509.Key(word)
    body = dict(owner.wants(kind), csr=base64.b64encode(x509.request(
        key, x509.name("applicant", owner.name))).decode())
    a = node.need("/v1/applications", body, "applicant")
    path = "/v1/applications/%d" % a["id"]
    for who in ("clerk", "reviewer"):
        node.need(path + "/decisions", YES, who)
    code = until("seal filed", lambda: node.need(path, who="clerk").get(
        "seal_code"))
    raw = until("seal data", lambda: got(node.ask(
        "/v1/seals/%s/seal" % code, who="applicant")))
    s = seal(raw)
    if certificate(s["certs"][0])["point"] != key.point:
        raise Trouble("the certificate is for another key")
    out = Seal("V4", code, raw, key, s["certs"][0], 0)
    out.start, out.node = moment(s["start"]), node
    out.when = max(out.start, moment(
        certificate(out.cert)["not_before"])) + 1
    out.picture = s["picture"]
    return out


def got(answer):
    return answer[1] if answer[0] == 200 else None


def change(s, kind, reason):
    status, a = s.node.ask("/v1/seals/%s/events" % s.code, {
        "kind": kind, "reason": reason}, "clerk")
    if status != 200:
        raise Trouble("%s answers %d: %s" % (kind, status, a))
    rec = s.node.need("/v1/seals/" + s.code)["record"]
    t = rec["status_effective_at"]
    import calendar
    return calendar.timegm(time.strptime(t, "%Y-%m-%dT%H:%M:%SZ"))


class World:
    """Everything that cases ask for.  home, away: nodes; owners: made-up
    owners of home, then one of away."""

    def __init__(self, home, away, owners, other):
        self.active = file(home, owners[0], 1, "active")
        self.other = file(home, owners[0], 4, "other")
        self.suspended = file(home, owners[0], 2, "suspended")
        self.revoked = file(home, owners[0], 6, "revoked")
        self.lost = file(home, owners[1], 1, "lost")
        self.cancelled = file(home, owners[1], 4, "cancelled")
        self.resumed = file(home, owners[1], 2, "resumed")
        self.away = file(away, other, 1, "away")
        self.filed_at = self.active.start
        last = max(s.when for s in self.ours())
        # What is to lie before an event must be over when it happens.
        self.wait(last + 1)
        for s, kind, reason in (
                (self.suspended, "suspended", "owner-request"),
                (self.revoked, "revoked", "licence-revoked"),
                (self.lost, "lost", "reported-lost"),
                (self.cancelled, "cancelled", "owner-request"),
                (self.resumed, "suspended", "owner-request")):
            s.changed = change(s, kind, reason)
        self.wait(self.resumed.changed + 1)
        self.resumed.resumed = change(self.resumed, "resumed",
                                      "owner-request")
        self.wait(self.resumed.resumed + 2)
        until("the nodes know each other's seals", lambda: away.need(
            "/v1/seals/" + self.resumed.code)["verdict"] == "valid" and
            home.need("/v1/seals/" + self.away.code)["verdict"] == "valid")
        self.now = int(time.time())
        self.picture = self.active.picture
        self.foreign = Foreign(self.now)
        # Before the register was complete it could not tell.
        self.foreign.when = self.active.when
        self.absent = home.province + "0106" + "99999999"

    def ours(self):
        return (self.active, self.other, self.suspended, self.revoked,
                self.lost, self.cancelled, self.resumed, self.away)

    def wait(self, t):
        until("the clock", lambda: time.time() >= t)
