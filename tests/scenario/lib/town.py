"""Two nodes with TLS listeners, as a scenario starts and changes them."""
import json
import os
import shutil
import signal
import subprocess

import scene
import up

LISTENERS = """listeners:
  - address: "127.0.0.1:%(public)d"
    audiences: [public, applicant]
    tls_certificate: tls/server.crt
    tls_key: tls/server.key
  - address: "127.0.0.1:%(closed)d"
    audiences: [public, staff, peer, operator]
    tls_certificate: tls/server.crt
    tls_key: tls/server.key
    client_ca: tls/ca.crt
peer_tls_certificate: tls/node.crt
peer_tls_key: tls/node.key
peer_ca: tls/ca.crt
"""


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Ca:
    def __init__(self, folder, name):
        self.dir, self.name = folder, name
        self.crt = os.path.join(folder, name + ".crt")
        self.key = os.path.join(folder, name + ".key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                "-out", self.crt, "-days", "30", "-subj", "/CN=" + name)

    def issue(self, out, name, san=None, days="20"):
        """out.crt and out.key, for name."""
        ext, csr = out + ".ext", out + ".csr"
        with open(ext, "w", encoding="utf-8") as fp:
            fp.write("basicConstraints=critical,CA:FALSE\n")
            if san:
                fp.write("subjectAltName=%s\n" % san)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                out + ".key.new", "-out", csr, "-subj", "/CN=" + name)
        openssl("x509", "-req", "-in", csr, "-CA", self.crt, "-CAkey",
                self.key, "-CAcreateserial", "-days", days, "-extfile", ext,
                "-out", out + ".crt.new")
        os.rename(out + ".key.new", out + ".key")
        os.rename(out + ".crt.new", out + ".crt")
        return out


class Town:
    """Two nodes with TLS listeners, founded as the demonstration does."""

    def __init__(self, folder):
        self.dir = folder
        port = scene.free_ports(6)
        self.nation = up.Nation(folder, "44,33", port)
        self.nation.ports = {"44": port + 1, "33": port + 3}
        self.closed = {"44": port + 1, "33": port + 3}
        self.public = {"44": port, "33": port + 2}
        self.nation.url = lambda p: "https://127.0.0.1:%d" % self.closed[p]
        self.nation.found()
        self.ca = Ca(folder, "ca")
        for p in ("44", "33"):
            self.equip(p)
        self.procs = {}

    def tls(self, p, name):
        return os.path.join(self.nation.data(p), "tls", name)

    def equip(self, p):
        os.mkdir(self.tls(p, ""))
        shutil.copy(self.ca.crt, self.tls(p, "ca.crt"))
        self.ca.issue(self.tls(p, "server"), "server of " + p,
                      "IP:127.0.0.1,DNS:localhost")
        self.ca.issue(self.tls(p, "node"), "node of " + p,
                      "DNS:%s.sealreg.example" % p)
        path = os.path.join(self.nation.data(p), "sealreg.yaml")
        out, skip = [], False
        for line in open(path, encoding="utf-8").read().split("\n"):
            key = line.split(":")[0]
            if key in ("listeners", "peer_tokens", "peers",
                       "peer_tls_certificate", "peer_tls_key", "peer_ca"):
                skip = True
            elif line and line[0] not in " \t-":
                skip = False
            if not skip:
                out.append(line)
        up.write(path, "\n".join(out) + "\n" + LISTENERS % {
            "public": self.public[p], "closed": self.closed[p]})

    def config(self, p, old, new):
        path = os.path.join(self.nation.data(p), "sealreg.yaml")
        with open(path, encoding="utf-8") as fp:
            text = fp.read()
        if old not in text:
            raise up.Trouble("no %r in %s" % (old, path))
        up.write(path, text.replace(old, new))

    def start(self):
        for p in ("44", "33"):
            log = open(self.nation.data(p) + ".log", "ab")
            self.procs[p] = subprocess.Popen(
                [up.SEALREG, "serve", "--data", self.nation.data(p)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self):
        for proc in self.procs.values():
            proc.terminate()
        for proc in self.procs.values():
            try:
                proc.wait(8)
            except subprocess.TimeoutExpired:
                proc.kill()

    def log(self, p):
        with open(self.nation.data(p) + ".log", encoding="utf-8",
                  errors="replace") as fp:
            return fp.read()

    def curl(self, url, *more, cert=None, ca=None):
        """(exit status, HTTP status, body, what curl says)."""
        args = ["curl", "-sS", "-m", "10", "--cacert", ca or self.ca.crt,
                "-w", "\n%{http_code}", *more]
        if cert:
            args += ["--cert", cert + ".crt", "--key", cert + ".key"]
        p = subprocess.run(args + [url], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True,
                           errors="replace")
        body, _, status = p.stdout.rpartition("\n")
        return p.returncode, int(status or 0), body, p.stderr

    def public_url(self, p, path):
        return "https://127.0.0.1:%d%s" % (self.public[p], path)

    def closed_url(self, p, path):
        return "https://127.0.0.1:%d%s" % (self.closed[p], path)

    def reload(self, p, word):
        """SIGHUP, and until the log has another line with word."""
        n = self.log(p).count(word)
        self.procs[p].send_signal(signal.SIGHUP)
        scene.until(word, lambda: self.log(p).count(word) > n)


def code_of(answer):
    try:
        return json.loads(answer[2]).get("code")
    except ValueError:
        return None
