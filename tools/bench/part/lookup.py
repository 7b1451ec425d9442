"""Lookups with full proof against nginx serving files of the same size.

Random codes, one in ten absent, 64 connections, the two in turn three times,
medians; both sides' files are read once before; beside, one answer in a thousand and more is verified by a client of
its own.
"""
import json
import os
import random
import resource
import signal
import statistics
import subprocess

from .common import (DIVISION, HERE, Node, children, cpu, fail, free_port,
                     median, pss, sm2_signs, tool, wait_for, warm, wrk)

VERIFIED = 120      # answers a second: one in a thousand of 120,000


def sample(node, seals):
    """500 answers, one in ten of an absent code."""
    rng, got = random.Random(1), []
    for i in range(500):
        n = rng.randint(1, seals) + (50000000 if i % 10 == 0 else 0)
        got.append(wait_for("%s/v1/seals/%s%08d" % (node.url, DIVISION, n)))
        a = json.loads(got[-1])
        if a["verdict"] != ("not_filed" if i % 10 == 0 else "valid"):
            fail("%s is %s" % (a["code"], a["verdict"]))
    return got


def start_nginx(folder, answers, files):
    """(process, port, how many files it may keep open)."""
    port = free_port()
    os.mkdir(os.path.join(folder, "files"))
    for n in range(1, files + 1):
        with open(os.path.join(folder, "files", "%s%08d" % (DIVISION, n)),
                  "wb") as fp:
            fp.write(answers[n % len(answers)])
    os.mkdir(os.path.join(folder, "nginx-tmp"))
    # As many open files as this machine allows; what is beyond is reopened.
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    cache = min(files, limit - 2048)
    with open(os.path.join(HERE, "nginx.conf"), encoding="utf-8") as fp:
        conf = fp.read()
    for name, value in [("DIR", folder), ("PORT", port), ("FILES", limit),
                        ("CACHE", cache)]:
        conf = conf.replace("@%s@" % name, str(value))
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w", encoding="utf-8") as fp:
        fp.write(conf)
    os.chmod(folder, 0o755)
    p = subprocess.Popen(["/usr/sbin/nginx", "-c", path])
    wait_for("http://127.0.0.1:%d/%s00000001" % (port, DIVISION))
    return p, port, cache


def measure(node, nginx, port, args):
    """Rows of the three alternated runs."""
    ours, theirs, late, later = [], [], [], []
    spent = [0.0, 0.0, 0, 0]
    http, workers = node.pids("http"), children(nginx.pid)
    codes = "/v1/seals/" + DIVISION
    warm(node.data, os.path.join(node.folder, "files"))
    wrk(node.port, 2, codes, 1, args.seals, 8, 10)
    wrk(port, 2, "/" + DIVISION, 1, args.files, 8, 0)
    prove = subprocess.Popen(
        [tool("prove"), node.url, node.trust, DIVISION, str(args.seals),
         str(VERIFIED), str(3600)], stderr=subprocess.PIPE)
    try:
        for _ in range(3):
            prove.send_signal(signal.SIGCONT)
            before = cpu(http)
            rate, ms, n = wrk(node.port, args.seconds, codes, 1, args.seals,
                              8, 10)
            spent[0] += cpu(http) - before
            spent[2] += n
            ours.append(rate)
            late.append(ms)
            if prove.poll() is not None:
                fail("an answer does not hold: %s" % prove.stderr.read())
            prove.send_signal(signal.SIGSTOP)
            before = cpu(workers)
            rate, ms, n = wrk(port, args.seconds, "/" + DIVISION, 1,
                              args.files, 8, 0)
            spent[1] += cpu(workers) - before
            spent[3] += n
            theirs.append(rate)
            later.append(ms)
    finally:
        prove.kill()
        prove.wait()
    mine, peer = statistics.median(ours), statistics.median(theirs)
    signs = sm2_signs()
    return [
        ("lookups with proof a second", median(ours) + ", p99 %.1f ms" %
         statistics.median(late)),
        ("nginx, files of that size", median(theirs) + ", p99 %.1f ms" %
         statistics.median(later)),
        ("ratio to nginx", "**%.2f**" % (mine / peer)),
        ("processor time a request, ours and nginx",
         "%.1f µs and %.1f µs" % (1e6 * spent[0] / spent[2],
                                  1e6 * spent[1] / spent[3])),
        ("against signing each answer (%.0f SM2 signatures a second a core, "
         "two cores)" % signs, "**%.1f times**" % (mine / (2 * signs))),
        ("verified while running", "%d a second, all good" % VERIFIED),
    ]


def run(folder, args):
    node, nginx = Node(folder), None
    args.files = min(args.files, args.seals)
    before = node.disk()
    print(node.fill(args.seals), flush=True)
    disk = (node.disk() - before) / args.seals
    try:
        took = node.start()
        answers = sample(node, args.seals)
        nginx, port, cache = start_nginx(folder, answers, args.files)
        rows = [("seals; nginx's files, of them kept open", "%d; %d, %d" % (
            args.seals, args.files, cache))]
        rows += measure(node, nginx, port, args)
        rows += [
            ("size of an answer", "%.0f octets" % statistics.mean(
                map(len, answers))),
            ("disk a seal (log, records, map)", "%.0f octets" % disk),
            ("start to first answer", "%.2f s" % took),
            ("memory, sum of PSS", "%.0f MB" % pss(node.proc.pid)),
        ]
    finally:
        node.stop()
        if nginx:
            nginx.terminate()
            nginx.wait()
    return rows
