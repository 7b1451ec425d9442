"""What the parts share: a node of one province, and what a machine does."""
import json
import os
import re
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
HERE = os.path.join(TOP, "tools", "bench")
BUILT = os.path.join(TOP, "build", "release")
SEALREG = os.path.join(BUILT, "sealreg")
DIVISION = "440106"
TICK = os.sysconf("SC_CLK_TCK")


def tool(name):
    return os.path.join(BUILT, "tools", "bench", name)


def fail(text):
    sys.exit("bench: " + text)


def command(*args, text=None):
    p = subprocess.run(args, text=True, input=text, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    if p.returncode != 0:
        fail("%s: exit %d\n%s" % (args, p.returncode, p.stdout))
    return p.stdout


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(url, seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as r:
                return r.read()
        except OSError:
            if time.monotonic() > end:
                fail("%s does not answer" % url)
            time.sleep(0.02)


def cpu(pids):
    """Seconds of processor time that these processes have used."""
    total = 0
    for p in pids:
        with open("/proc/%d/stat" % p, encoding="utf-8") as fp:
            f = fp.read().rsplit(")", 1)[1].split()
        total += int(f[11]) + int(f[12])
    return total / TICK


def children(pid):
    pids = [pid]
    for p in pids:
        with open("/proc/%d/task/%d/children" % (p, p),
                  encoding="ascii") as fp:
            pids += map(int, fp.read().split())
    return pids


def pss(pid):
    """PSS of a process and its children, MB."""
    total = 0
    for p in children(pid):
        with open("/proc/%d/smaps_rollup" % p, encoding="ascii") as fp:
            total += int(re.search(r"(?m)^Pss:\s+(\d+)", fp.read()).group(1))
    return total / 1024


def sm2_signs(seconds=2):
    """Signatures a second of one core, by openssl speed."""
    out = command("openssl", "speed", "-seconds", str(seconds), "sm2")
    return float(re.search(r"SM2 \(\S+\)\s+\S+\s+\S+\s+([0-9.]+)",
                           out).group(1))


def warm(*paths):
    """Read files once, so that nobody's first turn is the disk's."""
    for path in paths:
        names = [path] if os.path.isfile(path) else [
            os.path.join(path, n) for n in os.listdir(path)]
        for name in filter(os.path.isfile, names):
            with open(name, "rb") as fp:
                while fp.read(1 << 20):
                    pass


def wrk(port, seconds, *args, script="random.lua"):
    """(requests a second, p99 in ms, requests); any error ends the run."""
    out = command("wrk", "-t2", "-c64", "-d%ds" % seconds, "--latency", "-s",
                  os.path.join(HERE, script),
                  "http://127.0.0.1:%d" % port, "--", *map(str, args))
    if "Non-2xx" in out or "Socket errors" in out:
        fail("answers that are no answers:\n" + out)
    rate = float(re.search(r"Requests/sec:\s+([0-9.]+)", out).group(1))
    p99 = re.search(r"99%\s+([0-9.]+)(us|ms|s)", out)
    ms = float(p99.group(1)) * {"us": 1e-3, "ms": 1, "s": 1e3}[p99.group(2)]
    return rate, ms, int(re.search(r"(\d+) requests in", out).group(1))


def median(values, form="%.0f"):
    """The median and, in brackets, every value."""
    return "%s (%s)" % (form % statistics.median(values),
                        " ".join(form % v for v in values))


class Node:
    """One province in a folder, with an account of each kind; one that is
    there already is taken as it was left."""

    def __init__(self, folder):
        self.folder, self.log = folder, os.path.join(folder, "log")
        self.data = os.path.join(folder, "node")
        self.trust = os.path.join(self.data, "trust")
        self.proc, self.tokens = None, {}
        kept = os.path.join(folder, "bench.json")
        if os.path.exists(kept):
            with open(kept, encoding="utf-8") as fp:
                self.port, self.words = json.load(fp)
        else:
            self.port, self.words = free_port(), {}
        self.url = "http://127.0.0.1:%d" % self.port
        if not self.words:
            self.found()
            with open(kept, "w", encoding="utf-8") as fp:
                json.dump([self.port, self.words], fp)

    def found(self):
        nat = os.path.join(self.folder, "nat")
        command(SEALREG, "national", "--data", nat, "init")
        command(SEALREG, "init", "--province", "44", "--data", self.data,
                "--national", nat, "--listen", "127.0.0.1:%d" % self.port,
                "--url", self.url)
        command(SEALREG, "national", "--data", nat, "trust", "--node",
                self.data, "--out", self.trust)
        for who in ("applicant", "clerk", "reviewer"):
            self.words[who] = secrets.token_urlsafe(12)
            command(SEALREG, "account", "--data", self.data, "add", who,
                    "--role", who, "--password-file", "-",
                    text=self.words[who] + "\n")

    def fill(self, seals):
        """Made-up filings, with no office behind; what the filler says."""
        return command(tool("fill"), self.data, DIVISION, str(seals),
                       "10000").strip()

    def start(self):
        """Seconds to the first answer."""
        begun = time.monotonic()
        with open(self.log, "ab") as log:
            self.proc = subprocess.Popen([SEALREG, "serve", "--data",
                                          self.data], stdout=log, stderr=log)
        wait_for(self.url + "/v1/seals/%s00000001" % DIVISION)
        took = time.monotonic() - begun
        wait_for(self.url + "/readyz")
        return took

    def stop(self):
        if self.proc is None:
            return
        self.proc.send_signal(signal.SIGTERM)
        try:
            self.proc.wait(10)
        except subprocess.TimeoutExpired:
            self.proc.kill()
        self.proc = None

    def pids(self, role):
        with open(os.path.join(self.data, "run", "pids"),
                  encoding="utf-8") as fp:
            rows = [line.split() for line in fp]
        return [int(r[2]) for r in rows if r[0] == role]

    def disk(self):
        return sum(os.path.getsize(os.path.join(self.data, f))
                   for f in os.listdir(self.data)
                   if f.startswith("province.db"))

    def token(self, who):
        if who not in self.tokens:
            req = urllib.request.Request(self.url + "/v1/login", json.dumps(
                {"name": who, "password": self.words[who]}).encode(),
                {"Content-Type": "application/json"})
            with urllib.request.urlopen(req, timeout=20) as r:
                self.tokens[who] = json.load(r)["token"]
        return self.tokens[who]

    def metric(self, name):
        """Of the recorder, whichever process answers."""
        text = wait_for(self.url + "/metrics").decode()
        return float(re.search(r"(?m)^%s ([0-9.e+-]+)$" % name,
                               text).group(1))

    def load(self, who, lines, connections=64):
        """(summary, answers as JSON) of tools/bench/load."""
        p = subprocess.run(
            [tool("load"), str(self.port), str(connections),
             self.token(who) if who else ""],
            input="".join(line + "\n" for line in lines), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        rows = [r.split(" ", 1) for r in p.stdout.splitlines()]
        if p.returncode != 0:
            fail("load: %s%s" % (p.stderr, "\n".join(
                [" ".join(r) for r in rows if r[0][0] != "2"][:3])))
        return json.loads(p.stderr), [json.loads(r[1]) for r in rows]
