"""What scenario tests share: a nation in a folder of its own, and cases.

Servers are started here on 127.0.0.1 and stopped here; waiting is for a
condition with a deadline, never for a while.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
sys.path[:0] = [os.path.join(TOP, "deploy", "nation"),
                os.path.join(TOP, "tests", "independent")]
import story  # noqa: E402
import up  # noqa: E402

passed = failed = 0


def case(name, good, more=""):
    """One line a case; the scenario goes on."""
    global passed, failed
    if good:
        passed += 1
        print("ok %s" % name, flush=True)
    else:
        failed += 1
        print("not ok %s %s" % (name, more), flush=True)
    return good


def done():
    print("%d passed, %d failed" % (passed, failed), flush=True)
    sys.exit(1 if failed else 0)


claims = []     # sockets whose names say which ports are ours, for life


def claim(base):
    """Scenarios run side by side: a name that the kernel gives only once."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        s.bind("\0sealreg-scene-ports-%d" % base)
    except OSError:
        s.close()
        return False
    claims.append(s)
    return True


def free_ports(n):
    """First of n <= 10 neighbouring ports, free now and no other scene's."""
    for base in range(20100 + os.getpid() % 500 * 10, 32000, 10):
        held = []
        if not claim(base):
            continue
        try:
            for i in range(n):
                s = socket.socket()
                held.append(s)
                s.bind(("127.0.0.1", base + i))
            return base
        except OSError:
            continue
        finally:
            for s in held:
                s.close()
    raise RuntimeError("no free ports")


def clock_shim():
    """tests/fault/clock.c as a library to preload; its path."""
    path = os.path.join(TOP, "build", "release", "tests", "clock.so")
    new = "%s.%d" % (path, os.getpid())
    os.makedirs(os.path.dirname(path), exist_ok=True)
    subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall",
                    "-Wextra", "-Werror", "-fPIC", "-shared", "-o", new,
                    os.path.join(TOP, "tests", "fault", "clock.c")],
                   check=True)
    os.rename(new, path)
    return path


def until(what, fn, seconds=20, pause=0.02):
    """fn's first true value; a Trouble names what never came."""
    end = time.monotonic() + seconds
    while True:
        v = fn()
        if v:
            return v
        if time.monotonic() > end:
            raise up.Trouble("%s: not within %g s" % (what, seconds))
        time.sleep(pause)


class Scene:
    """A running demonstration nation."""

    def __init__(self, folder, provinces):
        self.dir, self.provinces = folder, provinces
        self.port = free_ports(len(provinces.split(",")))
        self.proc = None

    def start(self):
        path = os.path.join(self.dir, "demo.json")
        if os.path.exists(path):
            os.unlink(path)     # of the run before; up would, a little later
        self.log = open(os.path.join(self.dir, "up.log"), "ab")
        self.proc = subprocess.Popen(
            [os.path.join(TOP, "deploy", "demo"), "up", "--dir", self.dir,
             "--provinces", self.provinces, "--port", str(self.port)],
            stdout=self.log, stderr=self.log, start_new_session=True)

        def ready():
            if self.proc.poll() is not None:
                with open(self.log.name, encoding="utf-8") as fp:
                    raise up.Trouble("demo up ended: " + fp.read()[-2000:])
            return os.path.exists(path)
        until("the nation", ready, 90)
        with open(path, encoding="utf-8") as fp:
            self.demo = json.load(fp)
        self.nodes = [story.Node(n) for n in self.demo["nodes"]]

    def stop(self):
        """Seconds until every process of the nation's group was gone."""
        if self.proc is None:
            return 0
        start = time.monotonic()
        group = self.proc.pid
        self.proc = self.end_group(group)
        return time.monotonic() - start

    def end_group(self, group):
        def gone():
            self.proc.poll()
            try:
                os.killpg(group, 0)
                return False
            except ProcessLookupError:
                return True
        os.killpg(group, signal.SIGTERM)
        try:
            until("the end of the nation", gone, 15)
        except up.Trouble:
            os.killpg(group, signal.SIGKILL)
            raise
        self.log.close()
        return None

    def monitor(self, node):
        """The process above the others of a node."""
        return self.pids(node, "monitor")[0][2]

    def pids(self, node, role=None):
        """[(role, instance, pid)] of a node, as its monitor tells: of all
        but the monitor where no role is named."""
        with open(os.path.join(node.data, "run", "pids"),
                  encoding="utf-8") as fp:
            rows = [line.split() for line in fp.read().splitlines()]
        return [(r, int(i), int(p)) for r, i, p in rows
                if r == (role or r) and (role or r != "monitor")]


@contextlib.contextmanager
def nation(provinces="44,33"):
    folder = tempfile.mkdtemp(prefix="sealreg-scene-")
    s = Scene(folder, provinces)
    try:
        s.start()
        yield s
    except up.Trouble as e:
        case("no trouble", False, str(e))
        for name in os.listdir(os.path.join(folder, "nation")):
            if name.endswith(".log"):
                with open(os.path.join(folder, "nation", name),
                          encoding="utf-8", errors="replace") as fp:
                    print("--- %s\n%s" % (name, fp.read()[-3000:]))
    finally:
        s.stop()
        shutil.rmtree(folder, ignore_errors=True)
