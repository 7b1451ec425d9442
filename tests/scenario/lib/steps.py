"""What scenarios of keys and certificates share: commands that are good,
refused or killed at a step, and what stranger's programs say of a certificate.
"""
import os
import signal
import subprocess

import npm
import scene

DISTID = "distid:1234567812345678"
INTEROP = os.path.join(scene.TOP, "tests", "interop")


def run(*args, text=None, cwd=None):
    p = subprocess.run(args, input=text, text=True, cwd=cwd,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.returncode, p.stdout


def sealreg(*args, text=None):
    return run(scene.up.SEALREG, *args, text=text)


def good(name, *args, text=None):
    rc, out = sealreg(*args, text=text)
    scene.case(name, rc == 0, "exit %d: %s" % (rc, out))
    return out


def refused(name, code, *args, text=None):
    rc, out = sealreg(*args, text=text)
    scene.case("%s: [%s]" % (name, code),
               rc == 1 and out.rstrip().endswith("[%s]" % code),
               "exit %d: %s" % (rc, out))


def octets(*names):
    with open(os.path.join(*names), "rb") as fp:
        return fp.read()


def files(path):
    """Every file below path, but those that are being written."""
    return {os.path.relpath(os.path.join(d, n), path): octets(d, n)
            for d, _, names in os.walk(path) for n in names
            if n.count(".") <= 1 and n != "lock"}


def killed(calls, n, *args, text=None):
    """Run until its Nth call of these, and no further; was it killed?"""
    p = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls,
         "-e", "inject=%s:signal=KILL:when=%d" % (calls, n),
         scene.up.SEALREG, *args], input=text, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)


class Readers:
    """Programs that share nothing with the project, in a folder of theirs."""

    def __init__(self, what, at):
        self.at = at
        self.npm = npm.modules(what, INTEROP, "read.mjs")

    def write(self, name, der):
        path = os.path.join(self.at, name)
        with open(path, "wb") as fp:
            fp.write(der)
        return path

    def step(self, name, crt, issuer):
        """One certificate under the next: openssl verify, and pkijs."""
        x, y = self.write("x.crt", crt), self.write("y.crt", issuer)
        for a in (x, y):
            subprocess.run(["openssl", "x509", "-inform", "DER", "-in", a,
                            "-out", a + ".pem"], check=True)
        rc, out = run("openssl", "verify", "-x509_strict", "-partial_chain",
                      "-vfyopt", DISTID, "-CAfile", y + ".pem", x + ".pem")
        scene.case("openssl verify: %s" % name, rc == 0, out)
        if self.npm is None:
            return
        rc, out = run("node", os.path.join(self.npm, "read.mjs"),
                      "certificate", x, y, cwd=self.npm)
        try:
            a = scene.json.loads(out.strip().split("\n")[-1])
        except ValueError:
            a = {}
        scene.case("pkijs, sm-crypto: %s" % name,
                   a.get("holds") and a.get("by"), out)

    def path(self, name, *certs):
        """From the leaf to the anchor, one step at a time."""
        for n, (crt, issuer) in enumerate(zip(certs, certs[1:])):
            self.step("%s, step %d" % (name, n + 1), crt, issuer)
