"""A suspension here, seen with proof there: tools/bench/propagation."""
import os
import re

from .common import HERE, command


def run(folder, args):
    rows = []
    for load in ((), ("--load",)):
        out = command(os.path.join(HERE, "propagation"), "--count",
                      str(args.suspensions), *load)
        m = re.search(r"median (\S+) s, p99 (\S+) s, longest (\S+) s", out)
        rows.append(("%d suspensions, 2 nodes watching, %s" % (
            args.suspensions, "under load" if load else "idle"),
            "median %s s, p99 **%s s**, longest %s s" % m.groups()))
    return rows
