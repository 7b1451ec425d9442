"""Verifying one-stamp OFDs in a batch, against one SM2 verification a file.

Real filings, all with one key of their signers, so that one tool can stamp for
them; every file is another, and so is the seal of the file before it.  The
bound is what openssl speed verifies on as many cores, before each run.
"""
import json
import os
import re
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
