"""Found a nation in a folder, start its nodes, and end them."""
import fcntl
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SEALREG = os.environ.get("SEALREG") or os.path.join(
    TOP, "build", "release", "sealreg")
# Account name -> roles.  One person, one role, as in an office.
PEOPLE = ["clerk", "reviewer", "auditor", "operator", "applicant"]
START_S = 60
READY_S = 15
STOP_S = 8


class Trouble(Exception):
    """Said to the user as it is."""


def sealreg(*args, text=None):
    """Run a command of the program, or say why it failed."""
    p = subprocess.run([SEALREG, *args], input=text, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if p.returncode != 0:
        raise Trouble("sealreg %s: exit %d\n%s%s" % (
            " ".join(args[:4]), p.returncode, p.stdout, p.stderr))
    return p.stdout


def write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as fp:
        fp.write(text)
        fp.flush()
        os.fsync(fp.fileno())
    os.rename(path + ".new", path)


class Nation:
    def __init__(self, folder, provinces, port):
        self.dir = os.path.abspath(folder)
        self.json = os.path.join(self.dir, "demo.json")
        self.provinces = provinces.split(",")
        if not all(re.fullmatch("[1-9][0-9]", p) for p in self.provinces) \
                or len(set(self.provinces)) != len(self.provinces):
            raise Trouble("--provinces: two-digit codes, each once: 44,33,51")
        if not 1 <= port <= 65535 - len(self.provinces):
            raise Trouble("--port: no room for %d ports from %d" % (
                len(self.provinces), port))
        self.ports = {p: port + i for i, p in enumerate(self.provinces)}
        self.children = {}

    def path(self, *names):
        """Everything of ours but demo.json lies in one folder."""
        return os.path.join(self.dir, "nation", *names)

    def data(self, p):
        return self.path("node-" + p)

    def url(self, p):
        return "http://127.0.0.1:%d" % self.ports[p]

    # ---- founding

    def claim(self):
        """One nation runs in a folder; the kernel lets go when we end."""
        self.lock = os.open(self.dir, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble("a nation is running in %s; end it, or give another "
                          "--dir" % self.dir)

    def found(self):
        """Make what is not there yet; keep what is."""
        os.makedirs(self.dir, exist_ok=True)
        self.claim()
        if os.path.exists(self.json):
            os.unlink(self.json)
        kept, half = self.path("nation.json"), self.path("founding")
        plan = {"provinces": self.provinces, "ports": self.ports}
        if os.path.exists(kept):
            with open(kept, encoding="utf-8") as fp:
                self.state = json.load(fp)
            if {k: self.state[k] for k in plan} != plan:
                raise Trouble(
                    "%s holds a nation of other provinces or ports; give the "
                    "same ones, or another --dir" % self.dir)
            return
        if os.path.exists(half):
            shutil.rmtree(self.path())   # ours, and never finished
        elif os.path.exists(self.path()):
            raise Trouble("%s is there and is not of our making; give "
                          "another --dir" % self.path())
        os.mkdir(self.path())
        write(half, "this nation is not finished yet\n")
        national = self.path("national")
        sealreg("national", "--data", national, "init")
        self.state = dict(plan, tokens={}, passwords={})
        for p in self.provinces:
            sealreg("init", "--province", p, "--data", self.data(p),
                    "--national", national, "--listen",
                    "127.0.0.1:%d" % self.ports[p], "--url", self.url(p))
            self.state["tokens"][p] = secrets.token_hex(16)
            self.state["passwords"][p] = {}
            for who in PEOPLE:
                word = secrets.token_urlsafe(12)
                self.state["passwords"][p][who] = word
                sealreg("account", "--data", self.data(p), "add", who,
                        "--role", who, "--password-file", "-",
                        text=word + "\n")
        nodes = []
        for p in self.provinces:
            nodes += ["--node", self.data(p)]
            self.introduce(p)
        sealreg("national", "--data", national, "trust", *nodes,
                "--out", self.path("trust"))
        with open(self.path("trust"), encoding="utf-8") as fp:
            trust = fp.read()
        for p in self.provinces:
            write(os.path.join(self.data(p), "trust"), trust)
        write(kept, json.dumps(self.state, indent=1))
        os.chmod(kept, 0o600)
        os.unlink(half)

    def introduce(self, p):
        """Peers' tokens: what others show here, and what we show there."""
        path = os.path.join(self.data(p), "sealreg.yaml")
        with open(path, encoding="utf-8") as fp:
            lines = fp.read().split("\n")
        out, skip = [], False
        for line in lines:
            if re.match("(peer_tokens|peers):", line):
                skip = True
                continue
            if skip and re.match(r"[ \t-]", line):
                continue
            skip = False
            out.append(line)
        while out and not out[-1]:
            out.pop()
        out += ["peer_tokens:", "  - " + self.state["tokens"][p]]
        others = [q for q in self.provinces if q != p]
        out += ["peers:"] if others else []
        for q in others:
            out += ['  - province: "%s"' % q,
                    "    token: " + self.state["tokens"][q]]
        write(path, "\n".join(out) + "\n")
        os.chmod(path, 0o600)       # tokens stand in it

    # ---- running

    def check_ports(self):
        for p, port in self.ports.items():
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind(("127.0.0.1", port))
                except OSError as e:
                    raise Trouble("port %d, for province %s: %s; give "
                                  "another --port" % (port, p, e.strerror))

    def start(self):
        self.check_ports()
        for p in self.provinces:
            with open(self.data(p) + ".log", "ab") as log:
                self.children[p] = subprocess.Popen(
                    [SEALREG, "serve", "--data", self.data(p)],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def ended(self):
        for p, child in self.children.items():
            if child.poll() is not None:
                raise Trouble("the node of province %s ended with status %d; "
                              "see %s.log" % (p, child.returncode,
                                              self.data(p)))

    def wait_until_all_serve(self):
        end = time.monotonic() + START_S
        left = [(p, "/log/%s/checkpoint" % q) for p in self.provinces
                for q in self.provinces]
        while left:
            self.ended()
            if time.monotonic() > end:
                raise Trouble("after %d s, %s does not serve %s; see %s.log"
                              % (START_S, *left[0], self.data(left[0][0])))
            try:
                url = self.url(left[0][0]) + left[0][1]
                with urllib.request.urlopen(url, timeout=2):
                    left.pop(0)
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)

    def wait_until_all_record(self):
        """One that may not (its log is behind) is told of, and goes on."""
        end = time.monotonic() + READY_S
        for p in self.provinces:
            while True:
                self.ended()
                try:
                    with urllib.request.urlopen(self.url(p) + "/readyz",
                                                timeout=2):
                        break
                except (urllib.error.URLError, OSError) as e:
                    if time.monotonic() > end:
                        print("demo: province %s answers, but does not "
                              "record (%s); see %s.log" % (
                                  p, e, self.data(p)), flush=True)
                        break
                    time.sleep(0.05)

    def describe(self):
        def conf(p, key):
            with open(os.path.join(self.data(p), "sealreg.yaml"),
                      encoding="utf-8") as fp:
                m = re.search(r'(?m)^%s: *"?([^"\n]*)"?$' % key, fp.read())
            if not m:
                raise Trouble("%s/sealreg.yaml lacks %s" % (self.data(p), key))
            return m.group(1).strip()
        nodes = [{
            "province": p, "url": self.url(p), "origin": conf(p, "origin"),
            "vkey": conf(p, "vkey"), "data": self.data(p),
            "peer_token": self.state["tokens"][p],
            "accounts": {who: {"name": who, "password":
                               self.state["passwords"][p][who]}
                         for who in PEOPLE}} for p in self.provinces]
        write(self.json, json.dumps({
            "trust": self.path("trust"),
            "national_vkey": conf(self.provinces[0], "national_vkey"),
            "nodes": nodes}, indent=1, ensure_ascii=False) + "\n")

    def stop(self):
        """End every node; none is left running after this."""
        for child in self.children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        end = time.monotonic() + STOP_S
        for child in self.children.values():
            try:
                child.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def need_program():
    if not os.access(SEALREG, os.X_OK):
        raise Trouble("%s is not there; type \"make\" first" % SEALREG)


class Ended(Exception):
    pass


def ask_to_end(signo, frame):
    raise Ended


def run(folder, provinces, port):
    """Until SIGTERM."""
    need_program()
    nation = Nation(folder, provinces, port)
    signal.signal(signal.SIGTERM, ask_to_end)
    signal.signal(signal.SIGINT, ask_to_end)
    try:
        nation.found()
        nation.start()
        nation.wait_until_all_serve()
        nation.wait_until_all_record()
        nation.describe()
        print("demo: %d provinces are up; %s says where" % (
            len(nation.provinces), nation.json), flush=True)
        told = set()
        while True:
            time.sleep(0.5)
            for p, child in nation.children.items():
                if child.poll() is not None and p not in told:
                    told.add(p)
                    print("demo: the node of province %s ended with status "
                          "%d; see %s.log" % (p, child.returncode,
                                              nation.data(p)),
                          file=sys.stderr, flush=True)
    except Ended:
        return 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        nation.stop()


def around(folder, provinces, port, tell):
    """Start, tell the story, stop."""
    need_program()
    nation = Nation(folder, provinces, port)
    signal.signal(signal.SIGTERM, ask_to_end)
    try:
        nation.found()
        nation.start()
        nation.wait_until_all_serve()
        nation.wait_until_all_record()
        nation.describe()
        return tell()
    except (Ended, KeyboardInterrupt):
        return 1
    finally:
        nation.stop()
