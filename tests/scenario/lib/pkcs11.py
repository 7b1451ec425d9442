"""The test token (tests/token/p11_sm2.h): its file, its module, its moods."""
import os
import struct

import scene

MODULE = os.path.join(scene.TOP, "build", "release", "tests", "token",
                      "p11_sm2.so")
MAGIC = 0x53324D31
PIN = "12345678"
SIZE = 7 * 4 + 36 + 32 * (4 + 68 + 32 + 65 + 3)
GOOD, WRONG, REMOVED, OTHER, SLOW, CRASH, LOST, FULL = range(8)
WORDS = ["magic", "mood", "slow_ms", "tries", "logins", "signs", "quiet"]

CONF = """module: %s
token: sealreg test
pin_file: %s
sign_mechanism: "0x80000e01"
make_mechanism: "0x80000e02"
key_type: "0x80000e03"
keys:
"""


class Token:
    def __init__(self, folder):
        self.path = os.path.join(folder, "token")
        self.pin = os.path.join(folder, "pin")
        with open(self.path, "wb") as fp:
            fp.write(struct.pack("<7I36s", MAGIC, GOOD, 0, 5, 0, 0, 0,
                                 PIN.encode()).ljust(SIZE, b"\0"))
        self.write_pin(PIN)
        os.environ["SEALREG_TEST_TOKEN"] = self.path

    def write_pin(self, text):
        with open(self.pin, "w", encoding="ascii") as fp:
            os.chmod(self.pin, 0o600)
            fp.write(text + "\n")

    def conf(self, path, *slots):
        with open(path, "w", encoding="utf-8") as fp:
            fp.write(CONF % (MODULE, self.pin))
            for s in slots:
                fp.write("  - {slot: %s, label: %s of %s}\n" % (
                    s, s, os.path.basename(path)))
        return path

    def get(self, word):
        with open(self.path, "rb") as fp:
            fp.seek(4 * WORDS.index(word))
            return struct.unpack("<I", fp.read(4))[0]

    def set(self, word, value):
        with open(self.path, "r+b") as fp:
            fp.seek(4 * WORDS.index(word))
            fp.write(struct.pack("<I", value))
