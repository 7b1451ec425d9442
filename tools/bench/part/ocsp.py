"""OCSP answers, signed ahead, against nginx serving files of the same size.

Random serials among all certificates, 64 connections; GET, nginx, and POST in
turn, three times, medians.  While ours runs a client of its own asks for one in a
thousand more; all its answers are verified.
"""
import base64
import os
import random
import re
import sqlite3
import statistics
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from .common import (DIVISION, Node, children, command, cpu, fail, median,
                     tool, wait_for, warm, wrk)
from .lookup import start_nginx

TYPE = {"Content-Type": "application/ocsp-request"}


def wait_signed(node, count, seconds=900):
    """Seconds until the node has signed an answer for each serial."""
    path = "file:%s?mode=ro" % os.path.join(node.data, "province.db")
    begun = time.monotonic()
    while True:
        with sqlite3.connect(path, uri=True) as db:
            left = db.execute("SELECT count(*) FROM ocsp WHERE der IS NULL"
                              ).fetchone()[0]
        db.close()
        took = time.monotonic() - begun
        if left == 0:
            return took
        if took > seconds:
            fail("%d of %d OCSP answers are not signed" % (left, count))
        time.sleep(0.5)


class Asker(threading.Thread):
    """Asks now and then, by GET and POST, and keeps what it gets."""

    def __init__(self, node, serials, requests, rate):
        super().__init__(daemon=True)
        self.node, self.rate = node, rate
        self.pairs = list(zip(serials, requests))
        self.got, self.error, self.stop = [], None, threading.Event()

    def ask(self, rng):
        serial, text = rng.choice(self.pairs)
        if len(self.got) % 2:
            req = urllib.request.Request(
                self.node.url + "/ocsp", base64.b64decode(text), TYPE)
        else:
            req = self.node.url + "/ocsp/" + urllib.parse.quote(text, "")
        with urllib.request.urlopen(req, timeout=10) as r:
            self.got.append("%s %s" % (serial, base64.b64encode(
                r.read()).decode()))

    def run(self):
        rng = random.Random(7)
        try:
            while not self.stop.wait(1 / self.rate):
                self.ask(rng)
        except OSError as e:
            self.error = e


def measure(node, nginx, port, path, args, asker):
    """{name: (rates, p99s, microseconds of processor a request)}."""
    who = {"get": (node.port, (path, "GET"), node.pids("http")),
           "nginx": (port, ("/" + DIVISION, 1, args.files, 8, 0),
                     children(nginx.pid)),
           "post": (node.port, (path, "POST"), node.pids("http"))}
    got = {name: ([], [], []) for name in who}
    for n in range(-1, 3):      # the first is to warm up
        for name, (to, words, pids) in who.items():
            script = "random.lua" if name == "nginx" else "ocsp.lua"
            before = cpu(pids)
            rate, ms, count = wrk(to, args.seconds if n >= 0 else 2, *words,
                                  script=script)
            if asker.error:
                fail("an answer did not come: %s" % asker.error)
            if n < 0:
                continue
            got[name][0].append(rate)
            got[name][1].append(ms)
            got[name][2].append(1e6 * (cpu(pids) - before) / count)
    return got


def run(folder, args):
    node, nginx, asker = Node(folder), None, None
    serials = command(tool("ocsp"), "fill", node.data,
                      str(args.certificates)).split()
    try:
        node.start()
        signed = wait_signed(node, args.certificates)
        cert = os.path.join(folder, "province.crt")
        with open(cert, "wb") as fp:
            fp.write(wait_for(node.url + "/ca/province.crt"))
        text = command(tool("ocsp"), "requests", cert,
                       text="\n".join(serials) + "\n")
        path = os.path.join(folder, "requests")
        with open(path, "w", encoding="ascii") as fp:
            fp.write(text)
        requests = text.split()
        asker = Asker(node, serials, requests, 60)
        rng = random.Random(3)
        while len(asker.got) < min(500, args.certificates):
            asker.ask(rng)
        answers = [base64.b64decode(a.split()[1]) for a in asker.got]
        args.files = min(args.files, args.certificates)
        nginx, port, cache = start_nginx(folder, answers, args.files)
        warm(node.data, os.path.join(folder, "files"))
        asker.start()
        got = measure(node, nginx, port, path, args, asker)
        asker.stop.set()
        asker.join(20)
        said = command(tool("ocsp"), "verify", cert,
                       text="\n".join(asker.got) + "\n")
        good = int(re.match(r"(\d+) verified", said).group(1))
        if good != len(asker.got):
            fail("%d of %d answers hold" % (good, len(asker.got)))
    finally:
        if asker:
            asker.stop.set()
        node.stop()
        if nginx:
            nginx.terminate()
            nginx.wait()
    mid = {n: statistics.median(v[0]) for n, v in got.items()}
    rows = [("certificates; nginx's files, of them kept open", "%d; %d, %d" %
             (args.certificates, args.files, cache)),
            ("answers signed ahead by the node", "%.0f a second" % (
                args.certificates / max(signed, 0.1)))]
    for name, title in (("get", "OCSP by GET"), ("post", "OCSP by POST"),
                        ("nginx", "nginx, files of that size")):
        rate, late, spent = got[name]
        rows.append((title + ", a second", "%s, p99 %.1f ms, %.1f µs of "
                     "processor each" % (median(rate), statistics.median(late),
                                         statistics.median(spent))))
    rows += [("ratio to nginx, GET and POST", "**%.2f** and **%.2f**" % (
                 mid["get"] / mid["nginx"], mid["post"] / mid["nginx"])),
             ("size of an answer", "%.0f octets" % statistics.mean(
                 map(len, answers))),
             ("verified while running", "%d, all good" % good)]
    return rows
