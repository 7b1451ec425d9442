"""How lookup, filing and proof grow with what is on file."""
import json
import os
import shutil
import time

from .common import DIVISION, Node, wait_for, warm, wrk
from .filing import decide, owners


def file_some(node, count):
    """Filings a second, the keys made here, 64 connections."""
    s, made = node.load("applicant", [
        "POST /v1/applications " + json.dumps(
            b, ensure_ascii=False, separators=(",", ":"))
        for b in owners(count, "growth %f" % time.time())])
    ids = [a["id"] for a in made]
    decide(node, ids, "clerk")
    s, _ = decide(node, ids, "reviewer")
    return count / s["seconds"]


def filled(sub, size):
    """A node with so many seals on file, and octets of disk a seal."""
    done = os.path.join(sub, "filled")
    if not os.path.exists(done):
        shutil.rmtree(sub, ignore_errors=True)
        os.makedirs(sub)
        node = Node(sub)
        empty = node.disk()
        print(node.fill(size), flush=True)
        with open(done, "w", encoding="utf-8") as fp:
            fp.write("%f" % ((node.disk() - empty) / size))
    with open(done, encoding="utf-8") as fp:
        return Node(sub), float(fp.read())


def run(folder, args):
    rows = [("seals", "start | lookups/s | p99 | answer | proof alone, one "
             "after the other | filings/s | disk a seal")]
    if args.fill_only:
        for size in args.sizes:
            filled(os.path.join(args.filled, str(size)), size)
        return rows
    for size in args.sizes:
        sub = os.path.join(args.filled or folder, str(size))
        node, disk = filled(sub, size)
        warm(node.data)
        try:
            took = node.start()
            wrk(node.port, 2, "/v1/seals/" + DIVISION, 1, size, 8, 10)
            rate, ms, _ = wrk(node.port, args.seconds,
                              "/v1/seals/" + DIVISION, 1, size, 8, 10)
            begun = time.monotonic()
            for n in range(1, 501):
                raw = wait_for("%s/v1/seals/%s%08d" % (
                    node.url, DIVISION, 1 + n * 7919 % size))
            each = (time.monotonic() - begun) / 500
            filed = file_some(node, args.filings // 10)
        finally:
            node.stop()
        if not args.filled:
            shutil.rmtree(sub)
        rows.append(("%d" % size, "%.2f s | %.0f | %.1f ms | %d octets | "
                     "%.2f ms | %.0f | %.0f octets" % (
                         took, rate, ms, len(raw), 1000 * each, filed,
                         disk)))
    return rows
