"""Filing: from the last decision to a durable checkpoint, and drawings.

Against the SM2 bound: two signatures a filing (signer certificate, seal) and
one a batch, at what one core does by openssl speed.  A third of the bound's
work more is the key that is made where the applicant brings none, so both are
measured.
"""
import base64
import json
import os
import random
import statistics
import sys

from .common import DIVISION, command, cpu, median, sm2_signs

sys.dont_write_bytecode = True


def owners(count, seed):
    """Bodies of applications for statutory seals, each of another owner."""
    from .common import TOP
    sys.path.insert(0, os.path.join(TOP, "deploy", "nation"))
    import people
    rng = random.Random(seed)
    seen = set()
    while len(seen) < count:
        code = people.credit_code(rng, DIVISION)
        if code not in seen:
            seen.add(code)
            name = "广东%s%d号科技有限公司" % (people.FIRST[len(seen) % 20],
                                      len(seen))
            yield {"owner_name": name, "credit_code": code,
                   "division": DIVISION, "seal_type": 1, "seal_name": name,
                   "horizontal_text": ""}


def request(folder):
    """A certificate request for an SM2 key, base64 of its DER."""
    key = os.path.join(folder, "applicant.key")
    csr = os.path.join(folder, "applicant.csr")
    command("openssl", "genpkey", "-algorithm", "SM2", "-out", key)
    command("openssl", "req", "-new", "-key", key, "-sm3", "-sigopt",
            "distid:1234567812345678", "-subj", "/CN=applicant", "-outform",
            "DER", "-out", csr)
    with open(csr, "rb") as fp:
        return base64.b64encode(fp.read()).decode()


def decide(node, ids, who):
    body = json.dumps({"decision": "approve", "reason": "in order"})
    return node.load(who, ["POST /v1/applications/%d/decisions %s" % (i, body)
                           for i in ids])


def rounds(node, ids):
    """Three rounds of last decisions, openssl speed before each."""
    rates, ratios, shares, late, batches = [], [], [], [], []
    third = len(ids) // 3
    for n in range(3):
        signs = sm2_signs()
        commits = node.metric("sealreg_checkpoints_total")
        busy = cpu(node.pids("key"))
        s, answers = decide(node, ids[n * third:(n + 1) * third], "reviewer")
        busy = cpu(node.pids("key")) - busy
        if any(a["state"] != "filed" for a in answers):
            raise SystemExit("bench: a decision did not file: %s" % answers)
        batch = third / (node.metric("sealreg_checkpoints_total") - commits)
        rates.append(third / s["seconds"])
        ratios.append(rates[-1] * (2 + 1 / batch) / signs)
        shares.append(100 * busy / s["seconds"])
        late.append(s["p99_ms"])
        batches.append(batch)
    return rates, ratios, shares, late, batches


def run(folder, args):
    from .common import Node
    node = Node(folder)
    count = args.filings // 3 * 3
    rows = []
    try:
        node.start()
        csr = request(folder)
        before = node.disk()
        for own, title in ((True, "the applicant brings a key"),
                           (False, "the key is made here")):
            bodies = list(owners(count, "filing %d" % own))
            if own:
                bodies = [dict(b, csr=csr) for b in bodies]
            s, made = node.load("applicant", [
                "POST /v1/applications " + json.dumps(
                    b, ensure_ascii=False, separators=(",", ":"))
                for b in bodies])
            if not own:
                rows.append(("drawings (applications) a second",
                             "%.0f" % (count / s["seconds"])))
            ids = [a["id"] for a in made]
            decide(node, ids, "clerk")
            rates, ratios, shares, late, batches = rounds(node, ids)
            rows += [
                ("filings a second, " + title, median(rates)),
                ("of the SM2 bound", "**" + median(ratios, "%.2f").replace(
                    " ", "** ", 1)),
                ("the key process at work", median(shares, "%.0f %%")),
                ("longest answer, p99", median(late, "%.0f ms")),
                ("filings a checkpoint", "%.1f" % statistics.mean(batches)),
            ]
        node.stop()
        rows.append(("disk a filed seal: case, picture, seal, certificates, "
                     "log, map", "%.0f octets (%d seals)" % (
                         (node.disk() - before) / (2 * count), 2 * count)))
    finally:
        node.stop()
    return rows
