"""The public contract, read strictly: a linter, and a judge of answers.

Only what our own contract uses of OpenAPI 3.1 and JSON Schema is known here;
any other keyword is a finding, so that nothing is there without being checked.

usage: contract.py FILE|URL	a line a finding; exit status 1 if there is one
"""
import base64
import binascii
import datetime
import glob
import json
import os
import re
import sys
import urllib.request

METHODS = ("get", "post", "put", "patch", "delete", "options")
SCHEMA_WORDS = {
    "$ref", "type", "enum", "pattern", "format", "description", "minLength",
    "maxLength", "minimum", "maximum", "items", "properties", "required",
    "additionalProperties", "oneOf", "contentEncoding"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
         "null": type(None), "integer": int, "number": (int, float)}


def is_type(v, name):
    if isinstance(v, bool) and name != "boolean":
        return False
    return isinstance(v, TYPES[name])


def is_moment(s):
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", s):
        return False
    try:
        datetime.datetime.fromisoformat(s.replace("Z", "+00:00"))
        return True
    except ValueError:
        return False


def is_base64(s):
    try:
        return base64.b64encode(base64.b64decode(s, validate=True)
                                ).decode() == s
    except (binascii.Error, ValueError):
        return False


class Contract:
    def __init__(self, doc):
        self.doc = doc
        self.found = []
        self.used = set()

    # ---- references and operations

    def deref(self, v):
        while isinstance(v, dict) and "$ref" in v:
            self.used.add(v["$ref"])
            at = self.doc
            for part in v["$ref"].removeprefix("#/").split("/"):
                at = at[part]
            v = at
        return v

    def operations(self):
        """(path, method, operation) of each."""
        for path, item in self.doc["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method, item[method]

    def response(self, op, status):
        r = op["responses"].get(str(status))
        return self.deref(r) if r is not None else None

    # ---- values against schemas

    def wrong(self, v, schema, at="$"):
        """The first thing about v that the schema does not allow, or None."""
        if "$ref" in schema:
            w = self.wrong(v, self.deref(schema), at)
            if w:
                return w
        if "oneOf" in schema:
            n = sum(self.wrong(v, s, at) is None for s in schema["oneOf"])
            if n != 1:
                return "%s: fits %d of the alternatives" % (at, n)
        if "enum" in schema and v not in schema["enum"]:
            return "%s: %r is none of %s" % (at, v, schema["enum"])
        types = schema.get("type")
        if types is not None:
            types = types if isinstance(types, list) else [types]
            if not any(is_type(v, t) for t in types):
                return "%s: %r is not %s" % (at, v, "|".join(types))
        if isinstance(v, str):
            return self.wrong_text(v, schema, at)
        if isinstance(v, dict):
            return self.wrong_object(v, schema, at)
        if isinstance(v, list) and "items" in schema:
            for i, x in enumerate(v):
                w = self.wrong(x, schema["items"], "%s[%d]" % (at, i))
                if w:
                    return w
        if isinstance(v, (int, float)) and not isinstance(v, bool):
            if v < schema.get("minimum", v) or v > schema.get("maximum", v):
                return "%s: %s is out of bounds" % (at, v)
        return None

    def wrong_text(self, v, s, at):
        if "pattern" in s and not re.search(s["pattern"], v):
            return "%s: %r does not match %s" % (at, v, s["pattern"])
        if s.get("format") == "date-time" and not is_moment(v):
            return "%s: %r is no moment" % (at, v)
        if s.get("contentEncoding") == "base64" and not is_base64(v):
            return "%s: not base64" % at
        if not s.get("minLength", 0) <= len(v) <= s.get("maxLength", len(v)):
            return "%s: its length is %d" % (at, len(v))
        return None

    def wrong_object(self, v, s, at):
        known = s.get("properties", {})
        for name in s.get("required", []):
            if name not in v:
                return "%s: lacks %s" % (at, name)
        for name, x in v.items():
            if name in known:
                w = self.wrong(x, known[name], "%s.%s" % (at, name))
                if w:
                    return w
            elif known and s.get("additionalProperties") is False:
                return "%s: %s is not described" % (at, name)
        return None

    def undescribed(self, v, schema, at="$"):
        """Members of an answer that no schema names, also where allowed."""
        schema = self.deref(schema)
        if "oneOf" in schema:
            for s in schema["oneOf"]:
                if self.wrong(v, s) is None:
                    return self.undescribed(v, s, at)
        if isinstance(v, dict) and "properties" in schema:
            for name, x in v.items():
                if name not in schema["properties"]:
                    return "%s.%s" % (at, name)
                u = self.undescribed(x, schema["properties"][name],
                                     "%s.%s" % (at, name))
                if u:
                    return u
        if isinstance(v, list) and "items" in schema:
            for x in v:
                u = self.undescribed(x, schema["items"], at + "[]")
                if u:
                    return u
        return None

    def judge(self, op, status, kind, body):
        """What is wrong with an answer of this operation, or None."""
        r = self.response(op, status)
        if r is None:
            return "status %d is not documented" % status
        if status in (204, 304):
            return "a body" if body else None
        kind = (kind or "").split(";")[0]
        if kind not in r.get("content", {}):
            return "%s is not documented for %d" % (kind, status)
        if "json" not in kind:
            return None if body else "empty"
        schema = r["content"][kind]["schema"]
        v = json.loads(body)
        w = self.wrong(v, schema)
        if w is None and schema.get("type") != "object":
            u = self.undescribed(v, schema)
            w = "%s is not described" % u if u else None
        if w is None and kind == "application/problem+json" and \
                v["status"] != status:
            w = "says it is %d" % v["status"]
        return w

    # ---- the linter

    def say(self, at, text):
        self.found.append("%s: %s" % (at, text))

    def lint(self):
        d = self.doc
        if not str(d.get("openapi", "")).startswith("3.1."):
            self.say("openapi", "is not 3.1")
        for name in ("title", "version"):
            if not d.get("info", {}).get(name):
                self.say("info", "lacks " + name)
        self.lint_refs(d, "#")
        if self.found:
            return self.found   # the rest would only stumble
        for kind, things in d["components"].items():
            for name, s in things.items():
                if kind == "schemas":
                    self.lint_schema(s, "schemas/" + name)
        ids = {}
        tags = {t["name"] for t in d.get("tags", [])}
        for path, method, op in self.operations():
            at = "%s %s" % (method.upper(), path)
            if op.get("operationId") in ids:
                self.say(at, "operationId as of " + ids[op["operationId"]])
            ids[op.get("operationId")] = at
            self.lint_operation(op, path, at, tags)
        for kind in ("schemas", "parameters", "responses"):
            for name in d["components"].get(kind, {}):
                if "#/components/%s/%s" % (kind, name) not in self.used:
                    self.say("components/%s/%s" % (kind, name),
                             "nothing refers to it")
        return self.found

    def lint_refs(self, v, at):
        if isinstance(v, list):
            for i, x in enumerate(v):
                self.lint_refs(x, "%s/%d" % (at, i))
        if not isinstance(v, dict):
            return
        if "$ref" in v:
            try:
                self.deref(v)
            except (KeyError, TypeError, AttributeError):
                self.say(at, "%s leads nowhere" % v["$ref"])
        for name, x in v.items():
            self.lint_refs(x, "%s/%s" % (at, name))

    def lint_operation(self, op, path, at, tags):
        for name in ("operationId", "summary", "tags", "responses"):
            if not op.get(name):
                self.say(at, "lacks " + name)
        for t in op.get("tags", []):
            if t not in tags:
                self.say(at, "tag %s is not explained" % t)
        params = [self.deref(p) for p in op.get("parameters", [])]
        inside = {p["name"] for p in params if p["in"] == "path"}
        if inside != set(re.findall(r"{(\w+)}", path)):
            self.say(at, "its path parameters are not those of the path")
        for p in params:
            if p["in"] == "path" and not p.get("required"):
                self.say(at, "%s is not required" % p["name"])
            self.lint_schema(p["schema"], at + " " + p["name"])
        for kind, m in op.get("requestBody", {}).get("content", {}).items():
            self.lint_media(m, kind, at + " body", need="json" in kind)
        for status in op.get("responses", {}):
            self.lint_response(op, status, "%s %s" % (at, status))
        for name in sum((list(s) for s in op.get("security", [])), []):
            if name not in self.doc["components"]["securitySchemes"]:
                self.say(at, "no security scheme %s" % name)
        sessions = any("session" in s for s in op.get("security", []))
        if sessions and {} not in op["security"] and \
                "401" not in op["responses"]:
            self.say(at, "needs a session, and has no 401")

    def lint_response(self, op, status, at):
        r = self.response(op, status)
        if not r.get("description"):
            self.say(at, "lacks a description")
        content = r.get("content", {})
        if int(status) >= 400 and list(content) != [
                "application/problem+json"]:
            self.say(at, "an error that is not problem+json")
        if int(status) < 300 and status != "204" and not content:
            self.say(at, "says nothing of its body")
        for kind, m in content.items():
            self.lint_media(m, kind, at, need=False)

    def lint_media(self, m, kind, at, need):
        if "schema" not in m:
            self.say(at, kind + " lacks a schema")
            return
        self.lint_schema(m["schema"], at)
        if need and not m.get("examples"):
            self.say(at, "lacks an example")
        for name, ex in m.get("examples", {}).items():
            w = self.wrong(ex.get("value"), m["schema"])
            if w is None:
                w = self.undescribed(ex["value"], m["schema"])
                w = w and w + " is not described"
            if w:
                self.say("%s, example %s" % (at, name), w)

    def lint_schema(self, s, at):
        for word in s:
            if word not in SCHEMA_WORDS:
                self.say(at, "keyword %s is not known here" % word)
        types = s.get("type", [])
        for t in types if isinstance(types, list) else [types]:
            if t not in TYPES:
                self.say(at, "type %s" % t)
        for name in s.get("required", []):
            if name not in s.get("properties", {}):
                self.say(at, "%s is required and not described" % name)
        for name, x in s.get("properties", {}).items():
            self.lint_schema(x, "%s.%s" % (at, name))
        if "items" in s:
            self.lint_schema(s["items"], at + "[]")
        for x in s.get("oneOf", []):
            self.lint_schema(x, at)
        if "pattern" in s:
            try:
                re.compile(s["pattern"])
            except re.error as e:
                self.say(at, "pattern: %s" % e)


# ---- the program's side

def routes(top):
    """{(method, path)} of the tables in the sources."""
    out = set()
    for name in sorted(glob.glob(os.path.join(top, "registry/web/route_*.c"))):
        with open(name, encoding="utf-8") as fp:
            text = fp.read()
        for table in re.findall(
                r"const struct http_route \w+\[\] = {(.*?)\n};", text, re.S):
            out |= set(re.findall(r'{\s*"([A-Z]+)",\s*"([^"]+)"', table))
    return out


def documented(contract):
    """The same of the contract; what a "*" serves is one route."""
    out = set()
    for path, method, _ in contract.operations():
        path = re.sub(r"^(/log/{province}/tile|/ocsp)/.*", r"\1/*", path)
        out.add((method.upper(), path))
    return out


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    if re.match("https?://", sys.argv[1]):
        with urllib.request.urlopen(sys.argv[1], timeout=15) as r:
            doc = json.loads(r.read())
    else:
        with open(sys.argv[1], encoding="utf-8") as fp:
            doc = json.load(fp)
    found = Contract(doc).lint()
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
