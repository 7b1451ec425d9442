"""Verifying one-stamp OFDs in a batch, against one SM2 verification a file.

Real filings, all with one key of their signers, so that one tool can stamp for
them; every file is another, and so is the seal of the file before it.  The
bound is what openssl speed verifies on as many cores, before and after each
run: the mean of both, for a machine's clock does not keep still.
"""
import json
import os
import re
import resource
import subprocess
import sys
import time
import urllib.request

from .common import SEALREG, command, fail, median, tool
from .filing import decide, owners, request

sys.dont_write_bytecode = True


def bound(cores, seconds=2):
    """SM2 verifications a second on so many cores, by openssl speed."""
    ps = [subprocess.Popen(["openssl", "speed", "-seconds", str(seconds),
                            "sm2"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True)
          for _ in range(cores)]
    return sum(float(re.search(r"SM2 \(\S+\)\s+\S+\s+\S+\s+\S+\s+([0-9.]+)",
                               p.communicate()[0]).group(1)) for p in ps)


def seals(node, folder, count):
    """Real seals, each of another owner; the files of their data."""
    csr = request(folder)
    _, made = node.load("applicant", [
        "POST /v1/applications " + json.dumps(
            dict(b, csr=csr), ensure_ascii=False, separators=(",", ":"))
        for b in owners(count, "verify")])
    ids = [a["id"] for a in made]
    decide(node, ids, "clerk")
    _, filed = decide(node, ids, "reviewer")
    paths = []
    for a in filed:
        if a["state"] != "filed":
            fail("a decision did not file: %s" % a)
        req = urllib.request.Request(
            node.url + "/v1/seals/%s/seal" % a["seal_code"],
            headers={"Authorization": "Bearer " + node.token("applicant")})
        paths.append(os.path.join(folder, a["seal_code"] + ".esl"))
        with urllib.request.urlopen(req, timeout=20) as r, \
                open(paths[-1], "wb") as fp:
            fp.write(r.read())
    return paths


def files(folder, paths, count):
    out = os.path.join(folder, "files")
    os.mkdir(out)
    command(tool("stamp_many"), os.path.join(folder, "applicant.key"), out,
            str(count), *paths)
    return out


def batch(node, folder, online, *more):
    """(files a second, seconds of processor time a file)."""
    args = [SEALREG, "verify", folder, "--trust", node.trust, *more]
    if online:
        args += ["--node", node.url]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    p = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True)
    seconds = time.monotonic() - begun
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = (now.ru_utime + now.ru_stime) - (used.ru_utime + used.ru_stime)
    lines = p.stdout.splitlines()
    if p.returncode not in (0, 3) or (online and p.returncode != 0):
        fail("verify: exit %d: %s" % (p.returncode, p.stderr[-500:]))
    return len(lines) / seconds, busy / len(lines)


def run(folder, args):
    from .common import Node
    cores = os.cpu_count()
    node = Node(folder)
    rows = []
    try:
        node.start()
        made = seals(node, folder, args.stamped // 10)
        size = sum(map(os.path.getsize, made)) / len(made)
        out = files(folder, made, args.stamped)
        found = {}
        before = bound(cores)
        for _ in range(3):
            for title, online, more in (
                    ("with the register and its proofs", True, ()),
                    ("the same, as JSON with digests", True, ("--json",)),
                    ("offline: nobody is asked", False, ())):
                rate, busy = batch(node, out, online, *more)
                after = bound(cores)
                limit, before = (before + after) / 2, after
                f = found.setdefault(title, ([], [], [], []))
                f[0].append(rate)
                f[1].append(rate / limit)
                f[2].append(limit)
                f[3].append(cores / limit / busy)
        rows.append(("files, each with one stamp; seals, octets of one",
                     "%d; %d, %.0f" % (args.stamped, len(made), size)))
        rows.append(("SM2 verifications a second, %d cores" % cores, median(
            [x for f in found.values() for x in f[2]])))
        for title, (rates, ratios, _, busy) in found.items():
            rows += [("files a second, " + title, median(rates)),
                     ("of one SM2 verification a file", "**" + median(
                         ratios, "%.2f").replace(" ", "** ", 1)),
                     ("the same in processor time", median(busy, "%.2f"))]
    finally:
        node.stop()
    return rows
