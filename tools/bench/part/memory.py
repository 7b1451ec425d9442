"""Memory of a node under random lookups: the sum of PSS, every 10 s."""
import subprocess
import threading
import time

from .common import DIVISION, HERE, Node, pss
import os


def run(folder, args):
    node = Node(folder)
    print(node.fill(args.seals), flush=True)
    seen = []
    try:
        node.start()
        first = pss(node.proc.pid)
        p = subprocess.Popen(
            ["wrk", "-t1", "-c64", "-d%ds" % args.watch, "-s",
             os.path.join(HERE, "random.lua"), node.url, "--",
             "/v1/seals/" + DIVISION, "1", str(args.seals), "8", "10"],
            stdout=subprocess.PIPE, text=True)
        out = []
        reader = threading.Thread(
            target=lambda: out.append(p.communicate()[0]))
        reader.start()
        while reader.is_alive():
            reader.join(10)
            seen.append(pss(node.proc.pid))
            print("%s  %.1f MB" % (time.strftime("%H:%M:%S"), seen[-1]),
                  flush=True)
    finally:
        node.stop()
    third = seen[len(seen) // 3] if len(seen) > 3 else seen[0]
    return [
        ("seals, time under load", "%d, %.1f minutes" % (
            args.seals, args.watch / 60)),
        ("memory (sum of PSS) at the start", "%.1f MB" % first),
        ("after a third of the time", "%.1f MB" % third),
        ("at the end", "**%.1f MB**" % seen[-1]),
        ("most", "%.1f MB" % max(seen)),
    ]
