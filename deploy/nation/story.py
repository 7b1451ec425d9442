"""The whole story, over HTTP and the commands, in plain words."""
import base64
import html
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

import owner
import people
from up import SEALREG, Trouble

KIND = {1: "statutory name seal 法定名称章", 2: "finance seal 财务专用章",
        4: "contract seal 合同专用章",
        5: "legal representative's seal 法定代表人名章",
        6: "business-special seal 业务专用章"}
WAIT_S = 20


def near(path):
    """A path as somebody here would type it."""
    if not path.startswith("/"):
        return path
    return min(os.path.relpath(path), path, key=len)


class Node:
    """One node as a visitor sees it."""

    def __init__(self, d):
        self.__dict__.update(d)
        self.tokens = {}

    def ask(self, path, body=None, who=None, key=None):
        """(status, answer): JSON where it is JSON, octets otherwise."""
        req = urllib.request.Request(self.url + path)
        if body is not None:
            req.data = json.dumps(body, ensure_ascii=False).encode()
            req.add_header("Content-Type", "application/json")
        if who:
            req.add_header("Authorization", "Bearer " + self.token(who))
        if key:
            req.add_header("Idempotency-Key", key)
        try:
            with urllib.request.urlopen(req, timeout=15) as r:
                status, kind, raw = r.status, r.headers["Content-Type"], \
                    r.read()
        except urllib.error.HTTPError as e:
            status, kind, raw = e.code, e.headers["Content-Type"], e.read()
        except (urllib.error.URLError, OSError) as e:
            raise Trouble("%s does not answer: %s; is the nation up? "
                          "(deploy/demo up)" % (self.url, e))
        if kind and "json" in kind:
            return status, json.loads(raw)
        return status, raw

    def need(self, path, body=None, who=None, key=None):
        status, a = self.ask(path, body, who, key)
        if status not in (200, 201, 202):
            raise Trouble("%s%s answers %d: %s" % (self.url, path, status, a))
        return a

    def token(self, who):
        if who not in self.tokens:
            self.tokens[who] = self.need("/v1/login", self.accounts[who])[
                "token"]
        return self.tokens[who]

    def head(self, province):
        status, note = self.ask("/log/%s/checkpoint" % province)
        return note.split(b"\n\n")[0] if status == 200 else None


class Story:
    def __init__(self, folder, seed):
        self.dir = os.path.abspath(folder)
        try:
            with open(os.path.join(self.dir, "demo.json"),
                      encoding="utf-8") as fp:
                demo = json.load(fp)
        except OSError as e:
            raise Trouble("%s: %s; start the nation first: deploy/demo up "
                          "--dir %s" % (e.filename, e.strerror, folder))
        self.trust, self.seed = demo["trust"], seed
        self.nodes = [Node(n) for n in demo["nodes"]]
        self.home = self.nodes[0]
        self.away = self.nodes[1 % len(self.nodes)]
        self.out = os.path.join(self.dir, "story-%d" % seed)
        os.makedirs(self.out, exist_ok=True)
        self.wrong, self.chapter, self.page = 0, 0, []

    # ---- telling

    def tell(self, text):
        self.chapter += 1
        print("\n%d. %s" % (self.chapter, text), flush=True)
        self.page.append("<h2>%d. %s</h2>" % (self.chapter,
                                              html.escape(text)))

    def say(self, text):
        for line in text.rstrip("\n").split("\n"):
            print("   " + line, flush=True)
        self.page.append("<pre>%s</pre>" % html.escape(text.rstrip("\n")))

    def check(self, good, text):
        self.wrong += not good
        self.say(("[as it should be] " if good else "[WRONG] ") + text)

    def show(self, code):
        self.page.append('<img src="%s.png" alt="%s" height="180">' % (
            code, code))

    def command(self, expect, *args):
        """A command as a visitor types it, its output and exit status."""
        p = subprocess.run([SEALREG, *args], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        shown = ["sealreg"] + [near(a) for a in args]
        self.say("$ " + " ".join(shown) + "\n" + p.stdout)
        self.check(p.returncode == expect,
                   "exit status %d" % p.returncode + (
                       "" if p.returncode == expect
                       else ", expected %d" % expect))

    def until(self, what, fn):
        """Poll for a condition, with a deadline; seconds it took."""
        start = time.monotonic()
        while not fn():
            if time.monotonic() - start > WAIT_S:
                raise Trouble("%s: not within %d s" % (what, WAIT_S))
            time.sleep(0.02)
        return time.monotonic() - start

    def refused(self, what, answer, status, code):
        got, a = answer
        told = a.get("code") if isinstance(a, dict) else None
        self.check((got, told) == (status, code), "%s: %d %s: %s" % (
            what, got, told, a.get("detail", "") if isinstance(a, dict)
            else a))

    # ---- what happens

    def apply(self, body, key):
        """The application as it stands; told again, it may be decided."""
        a = self.home.need("/v1/applications", body, "applicant", key)
        return self.home.need("/v1/applications/%d" % a["id"],
                              who="applicant")

    def file(self, who, kind, csr=None):
        """One application to its filed seal; the seal's code."""
        home, body = self.home, who.wants(kind)
        if csr:
            body["csr"] = csr
        key = "story-%d-%s-%d" % (self.seed, who.code, kind)
        a = self.apply(body, key)
        path = "/v1/applications/%d/decisions" % a["id"]
        yes = {"decision": "approve", "reason": "documents are in order"}
        if a["state"] == "submitted":
            home.need(path, yes, "clerk")
        home.token("reviewer")
        start = time.monotonic()
        status, d = home.ask(path, yes, "reviewer")
        if status == 409:       # decided when this was told before
            d = home.need("/v1/applications/%d" % a["id"], who="clerk")
        while d.get("state") != "filed":
            if time.monotonic() - start > WAIT_S:
                raise Trouble("application %d stays %s" % (a["id"],
                                                           d.get("state")))
            time.sleep(0.02)
            d = home.need("/v1/applications/%d" % a["id"], who="clerk")
        ms = 1000 * (time.monotonic() - start)
        code = d["seal_code"]
        picture = home.need("/v1/seals/%s/picture" % code, who="clerk")
        with open(os.path.join(self.out, code + ".png"), "wb") as fp:
            fp.write(picture)
        self.say("%s  %s, decided twice, filed in %.0f ms" % (
            code, KIND[kind], ms))
        self.show(code)
        return code

    def verdict(self, node, code, more=""):
        status, a = node.ask("/v1/seals/%s%s" % (code, more))
        return a.get("verdict") if status == 200 else None

    def run(self):
        home, away = self.home, self.away
        one, two = people.two_owners(self.seed, home.province)

        self.tell("Two enterprises of province %s apply for seals; two "
                  "officers decide" % home.province)
        self.say("%s  %s" % (one.code, one.name))
        codes = {k: self.file(one, k) for k in (1, 2, 4, 5)}
        self.say("%s  %s" % (two.code, two.name))
        codes[6] = self.file(two, 6)
        other = self.file(two, 1)
        self.say("The pictures are in %s" % near(self.out))

        self.tell("What the office refuses")
        bad = dict(two.wants(2), credit_code=two.code[:-1] + (
            "0" if two.code[-1] != "0" else "1"))
        self.refused("a credit code with a wrong check character",
                     home.ask("/v1/applications", bad, "applicant"),
                     400, "bad-credit-code")
        self.refused("a second statutory seal for the same owner",
                     home.ask("/v1/applications", one.wants(1), "applicant"),
                     409, "already-has-seal")
        a = self.apply(two.wants(2), "story-%d-twice" % self.seed)
        path = "/v1/applications/%d/decisions" % a["id"]
        yes = {"decision": "approve", "reason": "documents are in order"}
        if a["state"] == "submitted":
            home.need(path, yes, "clerk")
            self.refused("one officer deciding twice",
                         home.ask(path, yes, "clerk"), 409, "same-officer")
            home.need(path, {"decision": "reject", "reason":
                             "the finance seal is not needed"}, "reviewer")
            self.say("The reviewer rejects that application, with a reason.")

        self.tell("A bank asks province %s about a seal of province %s, and "
                  "checks the answer on its own machine" % (
                      away.province, home.province))
        took = self.until("the seal is known in province " + away.province,
                          lambda: self.verdict(away, codes[1]) == "valid")
        self.say("Province %s had fetched and checked the filing %.1f s "
                 "after we asked." % (away.province, took))
        self.command(0, "lookup", codes[1], "--node", away.url, "--trust",
                     self.trust)

        self.tell("A seal data file is checked rule by rule")
        esl = os.path.join(self.out, codes[4] + ".esl")
        with open(esl, "wb") as fp:
            fp.write(home.need("/v1/seals/%s/seal" % codes[4], who="clerk"))
        self.until("the contract seal is known there",
                   lambda: self.verdict(away, codes[4]) == "valid")
        self.command(0, "verify", esl, "--trust", self.trust, "--node",
                     away.url)

        self.stamped(two)

        self.tell("The finance seal is suspended in province %s; province "
                  "%s answers \"not valid\", with proof" % (
                      home.province, away.province))
        status, a = home.ask("/v1/seals/%s/events" % codes[2], {
            "kind": "suspended", "reason": "owner-request"}, "clerk")
        if status not in (200, 409):    # 409: told before with this seed
            raise Trouble("suspension answers %d: %s" % (status, a))
        took = self.until("the suspension is known there", lambda:
                          self.verdict(away, codes[2]) == "not_valid")
        self.say("Seen there after %.1f s." % took)
        self.command(1, "lookup", codes[2], "--node", away.url, "--trust",
                     self.trust)

        self.tell("A code that was never filed: absence is proven, too")
        absent = one.division + "9" * 8
        self.command(1, "lookup", absent, "--node", away.url, "--trust",
                     self.trust)

        self.tell("A forger puts another picture under a real code")
        with open(esl, "rb") as fp:
            raw = bytearray(fp.read())
        at = raw.index(b"IDAT") + 200
        raw[at] ^= 1
        forged = os.path.join(self.out, codes[4] + "-forged.esl")
        with open(forged, "wb") as fp:
            fp.write(raw)
        self.command(1, "lookup", codes[4], "--node", away.url, "--trust",
                     self.trust, "--seal", forged)
        self.refused("a stranger asks for the seal data",
                     home.ask("/v1/seals/%s/seal" % codes[4]),
                     403, "not-holder")

        self.tell("All nodes hold the same heads; every node recomputes "
                  "everything from the entries")
        self.until("the same heads everywhere", self.same_heads)
        for n in self.nodes:
            self.command(0, "audit", "--data", n.data)
        self.until("the same heads everywhere", self.same_heads)
        self.say("%s is active, %s is suspended." % (other, codes[2]))
        self.write_page()
        print("\n%s" % ("The story went as it should." if not self.wrong
                        else "%d things went WRONG." % self.wrong))
        print("To look at it again, with the seals: %s" % near(
            os.path.join(self.out, "index.html")))
        return 1 if self.wrong else 0

    def stamped(self, who):
        """A document, its stamp, its forgery, and a report on each."""
        home, away = self.home, self.away
        self.tell("An owner keeps its own key, stamps a contract, and a "
                  "court in province %s checks it" % away.province)
        key = owner.Key(os.path.join(self.out, "owner.key"))
        request = os.path.join(self.out, "owner.csr")
        if not os.path.exists(request):     # the same when told again
            with open(request, "wb") as fp:
                fp.write(key.request())
        with open(request, "rb") as fp:
            csr = base64.b64encode(fp.read()).decode()
        code = self.file(who, 4, csr)
        seal = home.need("/v1/seals/%s/seal" % code, who="clerk")
        cert = owner.first_certificate(home.need(
            "/v1/seals/%s/certificate" % code, who="clerk"))
        page = owner.contract("采购合同", [
            "甲方：" + who.name, "乙方：另一公司", "金额：人民币壹拾万元整"])
        ofd = os.path.join(self.out, "contract.ofd")
        if not os.path.exists(ofd):
            owner.write(ofd, owner.stamped(page, seal, cert, key))
        entries = owner.read(ofd)
        done = time.time()
        # Told again, it is suspended already: the contract is older.
        self.until("the owner's seal is known there", lambda:
                   self.verdict(away, code) in ("valid", "not_valid"))
        self.command(0, "verify", ofd, "--trust", self.trust, "--node",
                     away.url)
        self.say("Somebody makes ten times as much of the amount:")
        content = "Doc_0/Pages/Page_0/Content.xml"
        forged = dict(entries)
        forged[content] = entries[content].replace("壹拾万".encode(),
                                                   "壹佰万".encode())
        path = os.path.join(self.out, "contract-altered.ofd")
        owner.write(path, forged)
        self.command(1, "verify", path, "--trust", self.trust, "--node",
                     away.url)

        self.tell("That seal is suspended: what was stamped before stays "
                  "good, what is stamped now is not")
        self.until("the next second", lambda: time.time() > done + 1)
        status, a = home.ask("/v1/seals/%s/events" % code, {
            "kind": "suspended", "reason": "owner-request"}, "clerk")
        if status not in (200, 409):
            raise Trouble("suspension answers %d: %s" % (status, a))
        self.until("the suspension is known there", lambda:
                   self.verdict(away, code) == "not_valid")
        late = os.path.join(self.out, "contract-late.ofd")
        owner.write(late, owner.stamped(page, seal, cert, key))
        for expect, path in ((0, ofd), (1, late)):
            self.command(expect, "verify", path, "--trust", self.trust,
                         "--node", away.url)

    def same_heads(self):
        for q in self.nodes:
            heads = {n.head(q.province) for n in self.nodes}
            if len(heads) != 1 or None in heads:
                return False
        return True

    def write_page(self):
        with open(os.path.join(self.out, "index.html"), "w",
                  encoding="utf-8") as fp:
            fp.write("<!doctype html><html lang=en><meta charset=utf-8>"
                     "<title>sealreg: the story of seed %d</title><style>"
                     "body{max-width:60em;margin:2em auto;padding:0 1em;"
                     "font-family:serif}pre{background:#f6f4ef;padding:.6em;"
                     "overflow-x:auto}img{margin:.5em}</style>"
                     "<h1>The story of seed %d</h1>%s</html>\n" % (
                         self.seed, self.seed, "\n".join(self.page)))


def run(folder, seed):
    return Story(folder, seed).run()
