"""Packages of npm for a scenario, as a lock file has them.

They are missing for a reason that is nobody's fault only where the registry
cannot be reached: then the scenario skips what needs them, by name.  Any
other end of "npm ci" is a failed case.
"""
import os
import re
import shutil
import subprocess

import scene

# What npm says where there is no way to a registry; npm-debug names the same.
AWAY = re.compile(r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|"
                  r"ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b")


def modules(what, folder, *more):
    """
    The folder under build/ where folder's packages are installed and the files
    more of it lie; None after saying why not.
    """
    for command in ("node", "npm"):
        if shutil.which(command) is None:
            print("skipped %s: no %s here" % (what, command), flush=True)
            return None
    where = os.path.join(scene.TOP, "build", "npm", os.path.basename(folder))
    os.makedirs(where, exist_ok=True)
    for name in ("package.json", "package-lock.json") + more:
        shutil.copy(os.path.join(folder, name), where)
    lock = os.path.join(folder, "package-lock.json")
    mark = os.path.join(where, "node_modules", ".package-lock.json")
    if os.path.exists(mark) and os.path.getmtime(mark) >= os.path.getmtime(
            lock):
        return where
    p = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True)
    if p.returncode == 0:
        return where
    away = AWAY.search(p.stdout)
    if away:
        print("skipped %s: npm cannot reach a registry (%s)" % (
            what, away.group()), flush=True)
    else:
        scene.case("%s: npm ci" % what, False, p.stdout[-500:])
    return None
