"""Seals of a province of our own, whose whole history is ours to write:
every generation, certificates that ended, were revoked or never were good.
Asked about with the command, a trust list and a node of our own."""
import os

import der as d
import ofd
import pdf
import province as pv
import stamp
import x509
from sm2 import sm3

from .cases import BAD, DOUBT, NEVER, VALID
from .world import DAY, Foreign

HASH = sm3(b"a document that nobody shows")
ALL = {"format": "passed", "seal_signature": "passed",
       "stamp_signature": "passed", "signer_in_seal": "passed",
       "data_hash": "passed", "references": "passed", "coverage": "passed",
       "maker_chain": "passed", "signer_chain": "passed",
       "seal_validity": "passed", "registry_status": "passed"}

# Numbers of schema/reasons.tsv, which are in logs for ever.
REASON = {"suspended": 3, "resumed": 10, "lost": 15, "recovered": 20,
          "revoked": 25, "cancelled": 35, "destroyed": 45}


class Other:
    """Times are days from now."""

    def __init__(self, now, folder):
        self.now = now
        root = x509.root("Nation of its own", now - 2000 * DAY,
                         now + 2000 * DAY)
        self.ca = x509.under(root, "Seal Authority 31", now - 1900 * DAY,
                             now + 1900 * DAY)
        self.f = Foreign(now, "province 31", self.ca)
        self.p = pv.Province("31", [self.ca.cert], now - 1800 * DAY)
        self.todo, self.count = [], 0
        self.crl = []
        self.root, self.folder = root, folder

    def day(self, n):
        return self.now + int(n * DAY)

    def seal(self, gen="V4", made=-700, events=(), filed=True, signer=None,
             maker=None, start=None, end=700, when=-10, sealkw=None,
             created=None, in_register=None, **kw):
        """A seal made and filed on day made, with what happened since."""
        self.count += 1
        code = "310101%08d" % self.count
        start = made if start is None else start
        s = self.f.seal(gen, code, signer, maker, start=self.day(start),
                        end=self.day(end), created=self.day(
                            made if created is None else created),
                        when=self.day(when), sealkw=sealkw, **kw)
        if filed:
            self.todo.append((self.day(made), code, "filed", dict(
                eseal=in_register or s.eseal, cert=s.cert,
                picture=stamp.png(), start=self.day(start),
                end=self.day(end))))
        for n, kind in events:
            self.todo.append((self.day(n), code, kind, None))
        return s

    def revoke(self, pair, n, reason=1):
        from formats import certificate
        self.crl.append((int.from_bytes(certificate(pair[1])["serial"],
                                        "big"), self.day(n), reason))

    def finish(self):
        for t, code, kind, more in sorted(self.todo, key=lambda x: x[0]):
            if more:
                self.p.file(code, t=t, reason=1, **more)
            else:
                self.p.event(code, kind, t, REASON[kind])
        crl = x509.crl(self.ca, self.day(-1), self.day(30), self.crl)
        above = x509.crl(self.root, self.day(-1), self.day(30))
        self.p.files = {"/ca/province.crl": crl, "/ca/root.crl": above}
        self.url = self.p.serve()
        self.trust = os.path.join(self.folder, "trust-31")
        with open(self.trust, "w", encoding="utf-8") as fp:
            fp.write(pv.trust_list(pv.NoteKey("writer.example/national"),
                                   [self.p], self.now))

    # ---- what is asked

    def cases(self, t):
        def put(name, expected, s, rules=None, how=None, says=None,
                rows=None, alone=False, at=None, raw=None, **ses):
            octets = raw or (s.eseal if alone else
                             ofd.pack(rows or s.ofd(ses=ses)))
            t.add("31: " + name, how or name, expected, octets, rules,
                  door="other", says=says, at=at and pv.rfc3339(
                      self.day(at)))
        generations(self, put)
        events(self, put)
        signer(self, put)
        maker(self, put)
        stamps(self, put)
        self.finish()


def generations(o, put):
    for gen in ("V1", "V4", "V5"):
        s = o.seal(gen)
        put(gen, VALID, s, ALL, says='"%s"' % gen)
        put(gen + " seal alone", VALID, s, {
            "maker_chain": "passed", "registry_status": "passed"},
            alone=True)
        put(gen + ", critical FALSE" if gen != "V1" else gen + ", raw",
            VALID, s, ALL, **({"tbs": {"ext": [("1.2.3", False, b"x")],
                                       "default": True}} if gen != "V1" else
                              {"form": d.raw_signature}))
        put(gen + " never filed", {"not_filed"} | BAD, o.seal(
            gen, filed=False), {"registry_status": "failed",
                                "maker_chain": "passed"})
        other = o.seal(gen, filed=False)
        put(gen + ", another than the one filed", {"mismatch"} | BAD, o.seal(
            gen, in_register=other.eseal), {"registry_status": "failed"})
    put("signer by digest", VALID, o.seal(list_kind=2), ALL,
        "certListType 2")
    put("V5, signer by digest", VALID, o.seal("V5", list_kind=2), ALL)
    k = x509.Key("second of 31")
    c = o.f.issue("second", key=k)[1]
    many = o.seal(more=[c])
    put("two signers, the second", VALID, many, {
        "signer_in_seal": "passed", "stamp_signature": "passed"}, key=k,
        cert=c)
    put("NULL in the signer's certificate", VALID, o.seal(
        signer=o.f.issue("null", null=True)), ALL)
    put("an extension in the seal", VALID, o.seal(
        ext=[("1.2.156.10197.6.7.2.2.1", False, b"2.1")], default=True), ALL,
        says="default")


def events(o, put):
    for kind in ("suspended", "lost", "revoked", "cancelled", "destroyed"):
        s = o.seal(events=[(-100, kind)])
        put("stamped before it was " + kind, VALID, s, ALL,
            when=o.day(-150))
        put("stamped after it was " + kind, BAD, s, {
            "registry_status": "failed"}, when=o.day(-50))
    s = o.seal(events=[(-200, "suspended"), (-100, "resumed")])
    for n, word, expected in ((-250, "before", VALID), (-150, "while", BAD),
                              (-50, "after", VALID)):
        put("stamped %s it was suspended, resumed since" % word, expected, s,
            ALL if expected == VALID else {"registry_status": "failed"},
            when=o.day(n))
    s = o.seal(events=[(-300, "lost"), (-200, "recovered"),
                       (-100, "cancelled")])
    for n, expected in ((-350, VALID), (-250, BAD), (-150, VALID),
                        (-50, BAD)):
        put("lost, recovered, cancelled: stamped on day %d" % n, expected, s,
            {"registry_status": "passed" if expected == VALID else "failed"},
            when=o.day(n))
    # Filed later than it is used: the register knew nothing then.
    put("stamped before it was filed", NEVER | {"not_filed"}, o.seal(
        made=-30, start=-700, created=-700), {
            "registry_status": "failed|unknown"}, when=o.day(-50))
    s = o.seal(end=-100)
    put("seal ended, stamped while good", VALID, s, ALL, when=o.day(-150))
    put("seal ended, stamped since", BAD, s, {"seal_validity": "failed"},
        when=o.day(-50))
    put("seal ended, alone", BAD, s, {"seal_validity": "failed"}, alone=True)
    put("seal ended, alone, asked about then", VALID, s, {
        "seal_validity": "passed"}, alone=True, at=-150)
    put("stamped before the seal began", BAD, o.seal(start=-300),
        {"seal_validity": "failed"}, when=o.day(-400))


def signer(o, put):
    one = o.f.issue("ended", start=-800, end=-100)
    s = o.seal(signer=one)
    put("signer's certificate ended, stamped while good", VALID, s, ALL,
        when=o.day(-150))
    put("signer's certificate ended, stamped since", BAD, s, {
        "signer_chain": "failed", "registry_status": "passed"},
        when=o.day(-50))
    s = o.seal(signer=o.f.issue("young", start=-300))
    put("stamped before the signer was certified", BAD, s, {
        "signer_chain": "failed"}, when=o.day(-350))
    gone = o.f.issue("gone")
    o.revoke(gone, -100)
    s = o.seal(signer=gone)
    put("signer revoked, stamped before", VALID, s, ALL, when=o.day(-150))
    put("signer revoked, stamped since", BAD, s, {"signer_chain": "failed"},
        when=o.day(-50))
    for name, kw in (("enciphers only", {"usage": x509.ENCIPHER}),
                     ("is an authority only", {
                         "usage": x509.CERT_SIGN | x509.CRL_SIGN,
                         "ca": True})):
        put("a signer whose certificate " + name, BAD, o.seal(
            signer=o.f.issue("usage " + name, **kw)), {
                "signer_chain": "failed"})
    put("a signer whose certificate is bent", BAD, o.seal(
        signer=o.f.issue("bent", bent=True)), {"signer_chain": "failed"})
    stranger = Foreign(o.now, "strangers")
    put("a signer of an unknown authority", NEVER, o.seal(
        signer=stranger.signer), {"signer_chain": "failed|unknown",
                                  "signer_in_seal": "passed"})
    k = x509.Key("self")
    me = x509.Authority("self", k)
    put("a signer who certified himself", NEVER, o.seal(signer=(
        k, x509.certificate(me, k.point, me.name, o.day(-800),
                            o.day(800)))), {"signer_chain":
                                            "failed|unknown"})
    sub = x509.Authority("a signer", o.f.signer[0])
    sub.name = x509.name("province 31 signer", "Organ")
    put("a signer certified by a signer", NEVER, o.seal(
        signer=o.f.issue("under a signer", by=sub)), {
            "signer_chain": "failed|unknown"})
    fake = x509.Authority("Seal Authority 31", x509.Key("not the authority"))
    put("a signer of somebody who calls himself the authority", NEVER,
        o.seal(signer=o.f.issue("fake", by=fake)), {
            "signer_chain": "failed|unknown"})


def maker(o, put):
    ended = o.f.issue("maker ended", start=-800, end=-100)
    # V4 stops at any failure of the maker's certificate; whether it is
    # looked at for today or for the day of the stamp is not said.
    put("V4, maker ended since the stamp", VALID | BAD, o.seal(maker=ended),
        when=o.day(-150))
    put("V4, maker ended, the seal alone", BAD, o.seal(maker=ended), {
        "maker_chain": "failed"}, alone=True)
    put("V5, maker ended since", VALID, o.seal("V5", maker=ended), dict(
        ALL), "GM/T 0031-2025: told, and no more", when=o.day(-150))
    put("V5, maker ended since, the seal alone", VALID, o.seal(
        "V5", maker=ended), {"maker_chain": "passed"}, alone=True)
    put("V5, made after its maker ended", BAD, o.seal(
        "V5", maker=ended, made=-50), {"maker_chain": "failed"})
    gone = o.f.issue("maker gone")
    o.revoke(gone, -100)
    put("V5, maker revoked since", VALID, o.seal("V5", maker=gone), {
        "maker_chain": "passed"}, when=o.day(-150))
    put("V5, made after its maker was revoked", BAD, o.seal(
        "V5", maker=gone, made=-50), {"maker_chain": "failed"})
    put("V4, made after its maker was revoked", BAD, o.seal(
        maker=gone, made=-50), {"maker_chain": "failed"})
    put("V4, maker revoked, the seal alone", BAD, o.seal(maker=gone), {
        "maker_chain": "failed"}, alone=True)
    put("a maker who enciphers only", BAD, o.seal(maker=o.f.issue(
        "maker usage", usage=x509.ENCIPHER)), {"maker_chain": "failed"})
    put("a maker whose certificate is bent", BAD, o.seal(maker=o.f.issue(
        "maker bent", bent=True)), {"maker_chain": "failed"})
    put("a maker who is marked as one", VALID, o.seal(maker=o.f.issue(
        "marked", more=[x509.purposes(x509.EKU_MAKER)])), ALL)
    put("a signer as a maker", BAD, o.seal(maker=o.f.issue(
        "marked signer", more=[x509.purposes(x509.EKU_SIGNER)])), {
            "maker_chain": "failed"})
    put("a time-stamp authority as a maker", BAD, o.seal(maker=o.f.issue(
        "marked tsa", more=[x509.purposes(x509.EKU_TIME_STAMP,
                                          critical=True)])), {
            "maker_chain": "failed"})
    put("an unmarked signer as a maker, by its name", BAD, o.seal(
        maker=o.f.issue("31010100000001")), {"maker_chain": "failed"})
    put("a maker of an unknown authority, filed", NEVER, o.seal(
        maker=Foreign(o.now, "strangers").maker), {
            "maker_chain": "failed|unknown", "registry_status": "passed"})
    sub = x509.Authority("a signer", o.f.signer[0])
    sub.name = x509.name("province 31 signer", "Organ")
    put("a maker certified by a signer", NEVER, o.seal(
        maker=o.f.issue("maker under a signer", by=sub)), {
            "maker_chain": "failed|unknown"})


def stamps(o, put):
    f = o.f
    tsa, cert = f.tsa

    def tok(when, **kw):
        return lambda v: stamp.token(tsa, cert, sm3(v), o.day(when), **kw)
    s = o.seal()
    put("with a time-stamp", VALID, s, {"time_stamp": "passed"},
        token=tok(-10))
    put("with a time-stamp of no time-stamp authority", NEVER | VALID, s,
        token=lambda v: stamp.token(*f.signer, sm3(v), o.day(-10)))
    put("with a time-stamp a month before its time", NEVER, s, token=tok(-40),
        how="the token proves that it is older than it says")
    gone = o.seal(events=[(-100, "revoked")])
    put("dated before the revocation, time-stamped after", NEVER, gone,
        when=o.day(-150), token=tok(-50), how="a clock set back")
    put("time-stamped before the revocation", VALID, gone,
        when=o.day(-150), token=tok(-149.9))
    put("V5 seal with a time-stamp", VALID, o.seal("V5", sealkw={
        "token": tok(-699)}), {"seal_signature": "passed"}, alone=True)
    put("V5 seal with a time-stamp about other octets", BAD, o.seal(
        "V5", sealkw={"token": lambda v: stamp.token(
            tsa, cert, sm3(b"x"), o.day(-699))}), alone=True)
    put("V5 seal with a time-stamp before it was made", BAD, o.seal(
        "V5", sealkw={"token": tok(-800)}), alone=True,
        how="createDate is not later than the token")
    put("V5 seal with a bent time-stamp", BAD, o.seal("V5", sealkw={
        "token": tok(-699, bent=True)}), alone=True)
    def dated(p, by=f.tsa, over=lambda x: x):
        return p.copy().sign(lambda x: stamp.token(
            *by, sm3(over(x)), o.day(-5)), (
                "Adobe.PPKLite", "ETSI.RFC3161"), rect=(0, 0, 0, 0)).raw
    p = s.pdf()
    put("PDF, a document time-stamp behind the stamp", VALID, s, {
        "time_stamp": "passed|not_applicable"}, raw=dated(p),
        says="a time-stamp says when, and not who")
    put("PDF, a document time-stamp alone", DOUBT, s, {
        "time_stamp": "passed", "stamp_signature": "unknown"},
        raw=dated(pdf.Pdf()), says="SEALREG_TIME_STAMP_ALONE")
    put("PDF, two document time-stamps alone", DOUBT, s, {
        "stamp_signature": "unknown"}, raw=dated(pdf.Pdf().sign(
            lambda x: stamp.token(tsa, cert, sm3(x), o.day(-6)), (
                "Adobe.PPKLite", "ETSI.RFC3161"), rect=(0, 0, 0, 0))))
    put("PDF, a document time-stamp of something else", BAD, s, {
        "time_stamp": "failed"}, raw=dated(p, over=lambda x: b"x"))
    put("PDF, a document time-stamp of no time-stamp authority", NEVER, s,
        raw=dated(p, by=f.signer))
    put("PDF, a document time-stamp, the stamp's seal never filed",
        {"not_filed"} | BAD, s, {"registry_status": "failed"}, raw=dated(
            o.seal(filed=False).pdf()))
    put("V4 with five members", NEVER | VALID, o.seal("V4", sealkw={
        "token": tok(-699)}), alone=True)
    put("tomorrow", NEVER, s, when=o.day(1))
    put("in a year that the seal does not reach", BAD, s, when=o.day(3000))
