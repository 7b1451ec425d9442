"use strict";
(function () {
	var PIECE = 1 << 20, LARGEST = 128 << 20;
	var words = {
		"zh-CN": {
			other: "English", to: "Switch to English",
			reading: "正在核验……", asking: "正在查询……",
			large: "文件超过 128 MiB，请使用 sealreg verify。",
			digits: "请输入 13 或 14 位数字。",
			empty: "原件是空文件。", original: "这是单独的签章：请再选择原件",
			file: "这是留存的证据：请再选择它所说的文件",
			failed: "没有得到答复，请稍后再试。", refused: "服务器没有受理",
			title: "备案查询结果", code: "印章编码", status: "状态",
			name: "印章名称", owner: "单位", since: "状态生效",
			from: "有效期自", until: "有效期至", asof: "备案信息截至",
			open: "长期", person: "个人印章，不公开姓名",
			v: { valid: "有效", not_valid: "无效", mismatch: "与备案不符", not_filed: "未备案", unknown: "无法判断" },
			s: { active: "有效", suspended: "已暂停", lost: "已挂失", revoked: "已吊销", cancelled: "已注销", destroyed: "已销毁", impounded: "已扣押", surrendered: "已缴销" },
			ended: "已过期"
		},
		en: {
			other: "中文", to: "切换到中文",
			reading: "Checking …", asking: "Looking it up …",
			large: "Over 128 MiB: please use sealreg verify.",
			digits: "Please enter 13 or 14 digits.",
			empty: "The original is empty.", original: "The stamp came alone: choose its original, too",
			file: "This is evidence: choose the file that it is about, too",
			failed: "No answer came. Please try again.", refused: "The server did not take it",
			title: "What the register says", code: "seal code", status: "status",
			name: "seal", owner: "organisation", since: "in effect since",
			from: "valid from", until: "valid until", asof: "register as of",
			open: "no end", person: "a person's seal; the name is not public",
			v: { valid: "valid", not_valid: "not valid", mismatch: "mismatch", not_filed: "not filed", unknown: "cannot tell" },
			s: {}, ended: "expired"
		}
	};
	var $ = function (id) { return document.getElementById(id); };
	var root = document.documentElement, last = null, beside = null, wants, turn = 0, url = null;
	var w = function () { return words[root.lang]; };

	function speak(lang) {
		root.lang = lang;
		$("lang").textContent = w().other;
		$("lang").setAttribute("aria-label", w().to);
		$("lang").lang = lang === "en" ? "zh-CN" : "en";
		document.title = lang === "en" ? "Verify an electronic seal" : "电子印章核验";
	}

	function busy(text) { $("busy").textContent = text; }

	function clear() {
		$("result").hidden = true;
		$("result").textContent = "";
		$("save-row").hidden = true;
		$("which").hidden = true;
		$("original-form").hidden = true;
		$("code-error").textContent = "";
		if (url)
			URL.revokeObjectURL(url);
		url = null;
	}

	function show(node) {
		$("result").textContent = "";
		$("result").appendChild(node);
		$("result").hidden = false;
		busy("");
		$("result").focus();
		$("result").scrollIntoView({ block: "start" });
	}

	function fail(text) {
		$("progress").hidden = true;
		busy(text);
	}

	/* What a node says when it refuses: problem+json. */
	function problem(res) {
		return res.json().then(function (p) {
			return w().refused + ": " + (p.detail || p.code);
		}, function () {
			return w().failed;
		}).then(function (text) { throw new Error(text); });
	}

	function answer(res) { return res.ok ? res : problem(res); }

	/* Files too large for one body go in pieces (tus 1.0.0). */
	function upload(file, mine) {
		var tus = { "Tus-Resumable": "1.0.0" };
		function piece(where, at) {
			if (mine !== turn)
				throw new Error("");
			$("progress").value = at / file.size;
			if (at >= file.size)
				return where;
			return fetch(where, { method: "PATCH", body: file.slice(at, at + PIECE), headers: Object.assign({
				"Content-Type": "application/offset+octet-stream", "Upload-Offset": String(at) }, tus) })
			    .then(answer).then(function (res) {
				return piece(where, Number(res.headers.get("Upload-Offset")));
			});
		}
		$("progress").hidden = false;
		return fetch("/v1/uploads", { method: "POST", headers: Object.assign({ "Upload-Length": String(file.size) }, tus) })
		    .then(answer).then(function (res) {
			return piece(res.headers.get("Location"), 0);
		}).then(function (where) {
			$("progress").hidden = true;
			return where;
		});
	}

	function ask(query, body) {
		return fetch("/v1/verify?" + query, { method: "POST", body: body,
			headers: { Accept: "text/html", "Content-Type": "application/octet-stream" } })
		    .then(answer).then(function (res) { return res.text(); });
	}

	function report(html, file) {
		/* Its own style is for the saved file; ours has the same. */
		var page = new DOMParser().parseFromString(html.replace(/<style>[^]*?<\/style>/, ""), "text/html");
		var node = document.importNode(page.querySelector("main.report"), true);
		var box = document.createElement("div");
		/* One main a page: here it is a part of ours. */
		box.className = "report";
		box.lang = node.lang;
		while (node.firstChild)
			box.appendChild(node.firstChild);
		wants = node.dataset.wants;
		$("original-form").hidden = !wants;
		$("original-label").textContent = w()[wants] || "";
		show(box);
		url = URL.createObjectURL(new Blob([html], { type: "text/html" }));
		$("save").href = url;
		$("save").download = file.name.replace(/\.[^.]*$/, "") + "-report.html";
		$("save-row").hidden = false;
	}

	/* more: [what, file]: the original that a stamp that came alone is over, or
	 * evidence about the file; or nothing. */
	function verify(file, more) {
		var mine = ++turn, at = $("at").value, uploads = [];
		var query = "lang=" + (root.lang === "en" ? "en" : "zh");
		function bring(name, f) {
			return upload(f, mine).then(function (where) {
				uploads.push(where);
				query += "&" + name + "=" + where.split("/").pop();
			});
		}
		function drop() {
			uploads.forEach(function (where) {
				fetch(where, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0" } });
			});
		}
		clear();
		last = file;
		beside = more;
		/* The name stays in the browser: it is for the reader and for paper. */
		$("which-name").textContent = file.name;
		$("which").hidden = false;
		if (file.size > LARGEST || (more && more[1].size > LARGEST))
			return fail(w().large);
		if (more && !more[1].size)
			return fail(w().empty);
		if (at)
			query += "&at=" + encodeURIComponent((at.length === 16 ? at + ":00" : at) + "+08:00");
		busy(w().reading);
		(file.size <= PIECE ? Promise.resolve() : bring("upload", file)).then(function () {
			return more && bring(more[0], more[1]);
		}).then(function () {
			return ask(query, file.size <= PIECE ? file : null);
		}).then(function (html) {
			drop();
			return html;
		}, function (e) {
			drop();
			throw e;
		}).then(function (html) {
			if (mine === turn)
				report(html, file);
		}).catch(function (e) {
			if (mine === turn)
				fail(e instanceof TypeError ? w().failed : e.message);
		});
	}

	function beijing(t) {
		return t && new Date(Date.parse(t) + 288e5).toISOString().slice(0, 19).replace("T", " ") + " (UTC+8)";
	}

	function element(name, text, kind) {
		var e = document.createElement(name);
		if (text)
			e.textContent = text;
		if (kind)
			e.className = kind;
		return e;
	}

	function lookup(a) {
		var t = w(), r = a.record, box = element("div", "", "report"), head, list = element("dl");
		function row(name, value) {
			if (value) {
				list.appendChild(element("dt", name));
				list.appendChild(element("dd", value));
			}
		}
		head = element("div", "", "verdict" + (a.verdict === "valid" ? " is-valid" : a.verdict === "unknown" ? "" : " is-bad"));
		head.appendChild(element("p", t.v[a.verdict], "word"));
		box.appendChild(element("h1", t.title));
		box.appendChild(head);
		row(t.code, a.code);
		if (r) {
			row(t.status, (t.s[r.status] || r.status) + (r.status === "active" && a.verdict === "not_valid" ? " · " + t.ended : ""));
			row(t.name, r.seal_name);
			row(t.owner, r.owner_name || t.person);
			row(t.since, beijing(r.status_effective_at));
			row(t.from, beijing(r.valid_from));
			row(t.until, beijing(r.valid_until) || t.open);
		}
		row(t.asof, beijing(a.as_of));
		box.appendChild(list);
		box.lang = root.lang;
		show(box);
	}

	$("lang").addEventListener("click", function () {
		speak(root.lang === "en" ? "zh-CN" : "en");
		if (last)
			verify(last, beside);
		else if (!$("result").hidden)
			$("code-form").requestSubmit();
	});
	$("file").addEventListener("change", function () {
		if (this.files[0])
			verify(this.files[0]);
		this.value = "";
	});
	$("original").addEventListener("change", function () {
		var f = this.files[0];
		if (f && last)
			wants === "file" ? verify(f, ["evidence", last]) : verify(last, ["original", f]);
		this.value = "";
	});
	$("code-form").addEventListener("submit", function (ev) {
		var code = $("code").value.replace(/\s/g, ""), mine = ++turn;
		ev.preventDefault();
		clear();
		last = null;
		if (!/^\d{13,14}$/.test(code)) {
			$("code-error").textContent = w().digits;
			$("code").focus();
			return;
		}
		busy(w().asking);
		fetch("/v1/seals/" + code).then(answer).then(function (res) { return res.json(); }).then(function (a) {
			if (mine === turn)
				lookup(a);
		}).catch(function (e) {
			if (mine === turn)
				fail(e instanceof TypeError ? w().failed : e.message);
		});
	});
	$("print").addEventListener("click", function () { window.print(); });
	["dragenter", "dragover"].forEach(function (name) {
		document.addEventListener(name, function (ev) {
			ev.preventDefault();
			$("drop").classList.add("over");
		});
	});
	["dragleave", "drop"].forEach(function (name) {
		document.addEventListener(name, function (ev) {
			ev.preventDefault();
			$("drop").classList.remove("over");
		});
	});
	document.addEventListener("drop", function (ev) {
		if (ev.dataTransfer.files[0])
			verify(ev.dataTransfer.files[0]);
	});
	speak(/^(zh|$)/.test(new URLSearchParams(location.search).get("lang") || "") ? "zh-CN" : "en");
})();
