"""A peer's log replayed, everything verified, beside logical replication.

Both sides start from what lies there and is not yet on the other side: ours
pulls entries, verifies signature, tree, map and every step of a seal's life,
and commits; PostgreSQL's subscriber applies a transaction a row.
"""
import os
import shutil
import sqlite3
import subprocess
import sys
import time

from .common import (DIVISION, SEALREG, TOP, command, fail, free_port,
                     median, tool, wait_for)

sys.path.insert(0, os.path.join(TOP, "tests", "scenario", "lib"))
import scene  # noqa: E402

BATCH = 64      # filings a checkpoint
PG = "/usr/lib/postgresql/15/bin"
# What a filing is to PostgreSQL: the same octets, the same key, no more.
TABLE = ("CREATE TABLE filing (seal_code text PRIMARY KEY, "
         "entry bytea NOT NULL)")


class Serve:
    """One node of the nation by itself."""

    def __init__(self, node):
        self.proc = subprocess.Popen(
            [SEALREG, "serve", "--data", node.data],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        self.proc.terminate()
        self.proc.wait(20)


def ours(folder, count):
    """(rows a second, octets an entry) of a node that was away.

    From the start of its program: that is part of coming back.
    """
    s = scene.Scene(folder, "44,33")
    os.mkdir(folder)
    try:
        s.start()
        s.stop()
        home, away = s.nodes
        command(tool("fill"), home.data, DIVISION, str(count), str(BATCH))
        with sqlite3.connect("file:%s?mode=ro" % os.path.join(
                home.data, "province.db"), uri=True) as db:
            size = db.execute("SELECT avg(length(octets)) FROM (SELECT octets "
                              "FROM entry ORDER BY idx DESC LIMIT 1000)"
                              ).fetchone()[0]
        up = [Serve(home)]
        try:
            wait_for(home.url + "/readyz")
            begun = time.monotonic()
            up.append(Serve(away))
            wait_for(away.url + "/v1/seals/%s%08d" % (DIVISION, count))
            scene.until("the last entry", lambda: away.ask(
                "/v1/seals/%s%08d" % (DIVISION, count))[1]["verdict"] ==
                "valid", 600)
            return count / (time.monotonic() - begun), size
        finally:
            for p in up:
                p.stop()
    finally:
        s.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Cluster:
    """A PostgreSQL server of its own, on a socket in its folder."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        os.mkdir(folder)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        self.run("initdb", "-A", "trust", "-U", "postgres", "-D",
                 folder + "/data")
        with open(folder + "/data/postgresql.conf", "a",
                  encoding="ascii") as fp:
            fp.write("port = %d\nlisten_addresses = ''\nwal_level = logical\n"
                     "unix_socket_directories = '%s'\n" % (
                         self.port, folder))
        self.run("pg_ctl", "-D", folder + "/data", "-l", folder + "/log",
                 "-w", "start")

    def run(self, program, *args):
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres",
                   "--clear-groups"] if os.geteuid() == 0 else []
        p = subprocess.run([*as_user, os.path.join(PG, program), *args],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           stdin=subprocess.DEVNULL, text=True,
                           cwd=self.folder)
        if p.returncode:
            fail("%s: %s" % (program, p.stdout))

    def sql(self, text, more=""):
        p = subprocess.run(
            ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", self.folder,
             "-p", str(self.port), "-U", "postgres", "-d", "postgres"],
            input=text + ";\n" + more, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        if p.returncode:
            fail("psql: " + p.stderr)
        return p.stdout.strip()

    def stop(self):
        self.run("pg_ctl", "-D", self.folder + "/data", "-m", "immediate",
                 "stop")


def theirs(folder, count, size, durable):
    """Rows a second that a subscriber applies, a transaction a row.

    Durable: every COMMIT waits for the disk; PostgreSQL's own default for
    subscribers is that none does.
    """
    os.mkdir(folder)
    os.chmod(folder, 0o755)
    clusters = []
    try:
        for name in ("a", "b"):
            clusters.append(Cluster(os.path.join(folder, name)))
        a, b = clusters
        a.sql(TABLE)
        b.sql(TABLE)
        a.sql("CREATE PUBLICATION all_filings FOR TABLE filing")
        a.sql("SELECT pg_create_logical_replication_slot('s', 'pgoutput')")
        b.sql("CREATE SUBSCRIPTION s CONNECTION 'host=%s port=%d "
              "user=postgres dbname=postgres' PUBLICATION all_filings WITH "
              "(create_slot = false, slot_name = 's', enabled = false, "
              "copy_data = false, synchronous_commit = %s)" % (
                  a.folder, a.port, "on" if durable else "off"))
        # To be quick, without waiting for the disk: only the log counts.
        a.sql("SET synchronous_commit = off", "".join(
            "INSERT INTO filing VALUES ('%s%08d', '\\x%s');\n" % (
                DIVISION, n, os.urandom(size).hex())
            for n in range(1, count + 1)) + "CHECKPOINT;\n")
        # Its workers start once, before anything is measured.
        b.sql("ALTER SUBSCRIPTION s ENABLE")
        begun = time.monotonic()
        while b.sql("SELECT 1 FROM filing WHERE seal_code = '%s%08d'" % (
                DIVISION, count)) != "1":
            if time.monotonic() > begun + 600:
                fail("the subscriber never gets there")
            time.sleep(0.02)
        return count / (time.monotonic() - begun)
    finally:
        for c in clusters:
            c.stop()
        shutil.rmtree(folder, ignore_errors=True)


def run(folder, args):
    if not os.path.exists(os.path.join(PG, "postgres")):
        fail("PostgreSQL is not installed: apt-get install postgresql-15")
    os.chmod(folder, 0o755)
    us, them, sure, few = [], [], [], args.rows // 10
    for n in range(3):
        rate, size = ours(os.path.join(folder, "us%d" % n), args.rows)
        us.append(rate)
        them.append(theirs(os.path.join(folder, "pg%d" % n), args.rows,
                           int(size), False))
        sure.append(theirs(os.path.join(folder, "sure%d" % n), few,
                           int(size), True))
        print("%d filings: %.0f/s; PostgreSQL %.0f/s, durable %.0f/s" % (
            args.rows, us[-1], them[-1], sure[-1]), flush=True)

    def ratio(others):
        r = sorted(a / b for a, b in zip(us, others))
        return "**%.2f** (%s)" % (r[1], " ".join("%.2f" % v for v in r))
    return [
        ("filings of %d octets; filings a checkpoint" % size,
         "%d; %d" % (args.rows, BATCH)),
        ("replayed a second, everything verified, durable", median(us)),
        ("PostgreSQL 15, logical replication, a row a transaction, "
         "subscriber's COMMIT not waiting for the disk (its default)",
         median(them)),
        ("ratio", ratio(them)),
        ("the same, every COMMIT durable (%d rows)" % few, median(sure)),
        ("ratio", ratio(sure)),
    ]
