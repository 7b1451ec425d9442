#!/usr/bin/env python3
"""The reader's own check: it must agree with the published vectors."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import formats as f  # noqa: E402

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors")
failed = 0


def load(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as fp:
        return json.load(fp)


def case(name, good):
    global failed
    failed += not good
    print("ok" if good else "not ok", name)


def refused(fn, *args):
    try:
        fn(*args)
    except (f.Bad, ValueError):
        return True
    return False


t = load("tree.json")
leaves = [f.leaf(b"entry %d" % i) for i in range(300)]
case("tree roots", all(f.mth(leaves[:int(n)]) == f.b64(r)
                       for n, r in t["roots"].items()))
case("inclusion", all(
    f.inclusion_root(p["index"], p["size"], leaves[p["index"]],
                     [f.b64(x) for x in p["path"]]) == f.mth(leaves[:p["size"]])
    for p in t["inclusion"]))
case("tile names", all(f.tile_path(p["level"], p["n"], p["width"]) == p["path"]
                       for p in t["tile_paths"]))
n = load("note.json")
vk = f.Vkey(n["vkey"])
size, root, when = f.open_checkpoint(n["note"], vk)
case("checkpoint", (size, root, when) ==
     (257, f.b64(t["roots"]["257"]), n["time"]))
case("bad checkpoints", all(refused(f.open_checkpoint, b, vk)
                            for b in n["bad"]))
m = load("map.json")
rows = {f.map_key("440106000000%02d" % i): f.sm3(
    b"record of 440106000000%02d" % i) for i in range(1, 41)}
case("map roots", all(f.map_root(rows, p["depth"]) == f.b64(p["root"])
                      for p in m["proofs"]))
case("map proofs", all(
    f.climb(f.bucket_root(f.b64(p["rows"])), p["bucket"],
            [f.b64(s) for s in p["siblings"]]) == f.b64(p["root"])
    for p in m["proofs"]))
e = load("entry.json")
good = [bytes.fromhex(e["good"][k]) for k in e["tree"]["entries"]]
case("entries", f.mth([f.leaf(x) for x in good]).hex() == e["tree"]["root"])
kind, ev = f.entry(good[1])
case("record", kind == "seal" and
     f.record(ev["record"])["seal_code"] == "44010600000001")
sys.exit(1 if failed else 0)
