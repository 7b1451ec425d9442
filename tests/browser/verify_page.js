"use strict";
/*
 * The page /verify in a real browser: phone and desktop, mouse, keyboard and
 * language.  One line a case on stdout, as the scenarios' own.
 *
 * usage: node verify_page.js BROWSER URL PLAN FOLDER
 *	PLAN	JSON: files {name: {path, verdict}}, codes {code: verdict}
 *	FOLDER	profile and screenshots go there
 */
const fs = require("fs");
const path = require("path");
const { chromium } = require("playwright-core");

const [browser, url, planFile, folder] = process.argv.slice(2);
const plan = JSON.parse(fs.readFileSync(planFile, "utf8"));
const words = { valid: "有效", not_valid: "无效", mismatch: "与备案不符",
	not_filed: "未备案", unknown: "无法判断" };
const english = { valid: "Valid", not_valid: "Not valid", mismatch: "Not the seal on file",
	not_filed: "Not filed", unknown: "Cannot tell" };
let failed = 0;

function check(name, good, more) {
	if (!good)
		failed++;
	process.stdout.write((good ? "ok " : "not ok ") + name +
	    (good ? "" : " " + JSON.stringify(more === undefined ? null : more)) + "\n");
}

/* What the browser complains of: a policy broken, a script that threw. */
function listen(page, heard) {
	page.on("console", (m) => {
		if (m.type() === "error" && !/status of 4\d\d/.test(m.text()))
			heard.push(m.text());
	});
	page.on("pageerror", (e) => heard.push(String(e)));
	page.on("request", (r) => {
		if (!r.url().startsWith(url) && !/^(data|blob):/.test(r.url()))
			heard.push("outside: " + r.url());
	});
}

async function word(page) {
	await page.waitForSelector("#result .word, #busy:not(:empty)", { state: "visible" });
	await page.waitForSelector("#result .word", { state: "visible", timeout: 20000 });
	return page.textContent("#result .word");
}

async function give(page, file) {
	await page.evaluate(() => { document.getElementById("result").hidden = true; });
	await page.setInputFiles("#file", file);
	await page.waitForFunction(() => !document.getElementById("result").hidden, null, { timeout: 30000 });
	return word(page);
}

/* Nothing is wider than the window, and what is touched is large enough. */
async function layout(page, name) {
	const wide = await page.evaluate(() => {
		const w = document.documentElement.clientWidth;
		return Array.from(document.querySelectorAll("body *")).filter((e) => {
			const r = e.getBoundingClientRect();
			return r.width > 1 && r.right > w + 1;
		}).map((e) => e.tagName + "." + e.className).slice(0, 5);
	});
	check(name + ": nothing is cut off", wide.length === 0, wide);
	const small = await page.evaluate(() =>
	    Array.from(document.querySelectorAll("button, .file, input:not([type=file]), .button")).filter((e) => {
		const r = e.getBoundingClientRect();
		return r.height > 0 && r.height < 40;
	}).map((e) => e.id || e.className));
	check(name + ": what is touched is large enough", small.length === 0, small);
}

/* What a screen reader is told. */
async function names(page, name) {
	const bare = await page.evaluate(() => {
		const bad = [];
		document.querySelectorAll("input").forEach((e) => {
			if (!e.labels.length && !e.getAttribute("aria-label"))
				bad.push(e.id);
		});
		document.querySelectorAll("button").forEach((e) => {
			if (!(e.innerText || e.getAttribute("aria-label")))
				bad.push(e.id);
		});
		document.querySelectorAll("img").forEach((e) => {
			if (!e.alt)
				bad.push("img");
		});
		if (document.querySelectorAll("main").length !== 1)
			bad.push("main");
		return bad;
	});
	check(name + ": everything has a name", bare.length === 0, bare);
}

async function contrast(page, name) {
	const low = await page.evaluate(() => {
		const lum = (c) => c.map((v) => {
			v /= 255;
			return v <= .03928 ? v / 12.92 : Math.pow((v + .055) / 1.055, 2.4);
		}).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
		const rgb = (s) => s.match(/[\d.]+/g).map(Number);
		const back = (e) => {
			for (; e; e = e.parentElement) {
				const c = rgb(getComputedStyle(e).backgroundColor);
				if (c.length < 4 || c[3] > 0)
					return c.slice(0, 3);
			}
			return [255, 255, 255];
		};
		const bad = [];
		document.querySelectorAll("body *").forEach((e) => {
			if (!e.offsetHeight || !Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.data.trim()))
				return;
			const a = lum(rgb(getComputedStyle(e).color).slice(0, 3)), b = lum(back(e));
			const c = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
			if (c < 4.5)
				bad.push(e.textContent.trim().slice(0, 20) + " " + c.toFixed(1));
		});
		return bad;
	});
	check(name + ": text can be read (contrast 4.5)", low.length === 0, low);
}

async function files(page, name) {
	for (const [what, f] of Object.entries(plan.files)) {
		const got = await give(page, f.path);
		check(name + ": " + what + " is " + f.verdict, got === words[f.verdict], got);
		await layout(page, name + ": " + what);
		await page.screenshot({ path: path.join(folder, name + "-" + f.shot + ".png"), fullPage: true });
	}
	await contrast(page, name);
	await names(page, name + " with a report");
}

async function codes(page, name) {
	for (const [code, verdict] of Object.entries(plan.codes)) {
		await page.fill("#code", code);
		await page.press("#code", "Enter");
		await page.waitForFunction((c) => document.getElementById("result").textContent.includes(c), code);
		const got = await word(page);
		check(name + ": code " + code + " is " + verdict, got === words[verdict], got);
	}
	await page.screenshot({ path: path.join(folder, name + "-code.png"), fullPage: true });
	await page.fill("#code", "12");
	await page.press("#code", "Enter");
	check(name + ": a code of two digits is refused", (await page.textContent("#code-error")).includes("13"));
	check(name + ": and the field has the focus", await page.evaluate(() => document.activeElement.id === "code"));
}

/* Tab reaches everything, and shows where it is. */
async function keyboard(page) {
	const seen = [];
	await page.goto(url + "/verify");
	for (let i = 0; i < 12; i++) {
		await page.keyboard.press("Tab");
		seen.push(await page.evaluate(() => {
			const e = document.activeElement;
			return e.id || e.className || e.tagName;
		}));
	}
	check("keyboard: the order of the page", ["skip", "lang", "file", "SUMMARY", "code"].every((x, i, all) =>
	    seen.includes(x) && (i === 0 || seen.indexOf(x) > seen.indexOf(all[i - 1]))), seen);
	await page.focus("#file");
	check("keyboard: where one is can be seen", await page.evaluate(() =>
	    getComputedStyle(document.querySelector(".file")).outlineStyle === "solid"));
}

async function language(page) {
	const file = Object.values(plan.files)[0];
	await page.goto(url + "/verify");
	check("language: Chinese first", await page.evaluate(() => document.documentElement.lang === "zh-CN" &&
	    document.querySelector("h1").offsetHeight > 0));
	await page.click("#lang");
	check("language: English on demand", /genuine/.test(await page.innerText("main")) &&
	    !/[一-鿿]/.test(await page.innerText("main")), await page.innerText("main"));
	const got = await give(page, file.path);
	check("language: the report too", got === english[file.verdict], got);
	await page.screenshot({ path: path.join(folder, "desktop-english.png"), fullPage: true });
	await page.click("#lang");
	await page.waitForFunction((t) => document.querySelector("#result .word")?.textContent === t, words[file.verdict]);
	check("language: and back, with the report", true);
}

/* On paper: the file's name, the report with its title, and nothing to press. */
async function paper(page) {
	const file = Object.values(plan.files)[0];
	await page.goto(url + "/");
	check("a node's bare address leads to the page", new URL(page.url()).pathname === "/verify", page.url());
	check("paper: no name before a file is chosen", !await page.isVisible("#which"));
	await give(page, file.path);
	await page.evaluate(() => { window.print = () => { window.printed = true; }; });
	await page.click("#print");
	check("paper: a button prints", await page.evaluate(() => window.printed === true));
	await page.emulateMedia({ media: "print" });
	check("paper: which file it is about", (await page.innerText("#which")).endsWith(path.basename(file.path)));
	check("paper: the report has its title", await page.isVisible("#result h1"));
	check("paper: nothing to press", !await page.isVisible("#print") && !await page.isVisible(".top"));
	await page.emulateMedia({ media: "screen" });
}

/* What is saved is the report, whole and alone. */
async function save(page) {
	const file = Object.values(plan.files)[0];
	await page.goto(url + "/verify");
	await give(page, file.path);
	const [got] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
	const to = path.join(folder, "saved.html");
	await got.saveAs(to);
	const html = fs.readFileSync(to, "utf8");
	check("save: a page without script or outside resources", html.startsWith("<!DOCTYPE html>") &&
	    !/<script|<link|src="http|@import/.test(html), html.slice(0, 200));
	check("save: named after the file", got.suggestedFilename().endsWith("-report.html"), got.suggestedFilename());
	await page.goto("file://" + to);
	check("save: it opens alone", (await page.textContent(".word")) === words[file.verdict]);
	await page.pdf({ path: path.join(folder, "saved.pdf"), format: "A4" });
}

async function drop(page) {
	const file = Object.values(plan.files)[0];
	await page.goto(url + "/verify");
	const octets = fs.readFileSync(file.path).toString("base64");
	await page.evaluate((b64) => {
		const raw = Uint8Array.from(atob(b64), (c) => c.charCodeAt(0));
		const data = new DataTransfer();
		data.items.add(new File([raw], "seal.esl"));
		document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
	}, octets);
	check("drop: a file is read", (await word(page)) === words[file.verdict]);
}

/* The seal is seen: pixels of our own, which the page's policy lets through. */
async function picture(page) {
	const good = Object.values(plan.files)[0], forged = plan.files["a forged seal"];
	await page.goto(url + "/verify");
	await give(page, good.path);
	const img = await page.evaluate(async () => {
		const i = document.querySelector("#result .picture img");
		if (i)
			await i.decode();
		return i && { w: i.naturalWidth, h: i.naturalHeight, shown: i.offsetWidth, alt: i.alt, src: i.src.slice(0, 22) };
	});
	check("picture: it is seen", img && img.w > 100 && img.w === img.h && img.shown > 100 &&
	    img.src === "data:image/png;base64," && img.alt.length > 4, img);
	check("picture: its size and type are told", /PNG · 40 × 40 毫米/.test(await page.innerText("#result .picture")));
	await give(page, forged.path);
	check("picture: a damaged one is named, not shown", /图像未显示/.test(await page.innerText("#result .picture")) &&
	    await page.locator("#result img").count() === 0);
}

/* A stamp that came alone: the page asks for its original. */
async function original(page) {
	const form = "#original-form";
	async function add(file) {
		await page.evaluate(() => { document.getElementById("result").hidden = true; });
		await page.setInputFiles("#original", file);
		await page.waitForFunction(() => !document.getElementById("result").hidden, null, { timeout: 30000 });
		return word(page);
	}
	await page.goto(url + "/verify");
	check("original: not asked for at first", await page.isHidden(form));
	await give(page, Object.values(plan.files)[0].path);
	check("original: nor for a seal", await page.isHidden(form));
	check("original: without it the stamp alone is judged", (await give(page, plan.alone.stamp)) === words.valid);
	check("original: it is asked for", await page.isVisible(form));
	await layout(page, "original");
	await page.screenshot({ path: path.join(folder, "desktop-original.png"), fullPage: true });
	check("original: another one is not it", (await add(plan.alone.wrong)) === words.not_valid && await page.isHidden(form));
	await give(page, plan.alone.stamp);
	check("original: the right one", (await add(plan.alone.original)) === words.valid && await page.isHidden(form));
	await page.click("#lang");
	await page.waitForFunction((t) => document.querySelector("#result .word")?.textContent === t, english.valid);
	check("original: and in the other language", true);
	await page.click("#lang");
}

/* Evidence that was kept: told again, and with its file judged again. */
async function evidence(page) {
	await page.goto(url + "/verify");
	check("evidence: alone it is never valid", (await give(page, plan.evidence.kept)) === words.unknown);
	check("evidence: what it is worth is told", /依据留存的证据重新判断/.test(await page.innerText("#result")) &&
	    /需要文件本身/.test(await page.innerText("#result .verdict")));
	check("evidence: its file is asked for", /证据/.test(await page.innerText("#original-form")));
	await page.screenshot({ path: path.join(folder, "desktop-evidence.png"), fullPage: true });
	await page.evaluate(() => { document.getElementById("result").hidden = true; });
	await page.setInputFiles("#original", plan.evidence.file);
	await page.waitForFunction(() => !document.getElementById("result").hidden, null, { timeout: 30000 });
	check("evidence: with it, valid", (await word(page)) === words.valid && await page.isHidden("#original-form"));
	await give(page, plan.evidence.kept);
	await page.setInputFiles("#original", plan.alone.wrong);
	await page.waitForFunction(() => /about another file/.test(document.getElementById("busy").textContent), null, { timeout: 30000 });
	check("evidence: another file is refused", true);
}

/* Over 1 MiB it goes in pieces; what is no seal is reported all the same. */
async function large(page) {
	const to = path.join(folder, "large.bin");
	fs.writeFileSync(to, Buffer.alloc(3 * 1048576 + 5, "x"));
	await page.goto(url + "/verify");
	check("large: in pieces", (await give(page, to)) === words.not_valid);
	fs.unlinkSync(to);
}

async function hostile(page) {
	const to = path.join(folder, "hostile.png");
	fs.writeFileSync(to, "\u0089PNG <img src=x onerror=alert(1)><script>alert(1)</script>", "latin1");
	await page.goto(url + "/verify");
	const got = await give(page, to);
	check("hostile: is reported, and nothing runs", got !== words.valid &&
	    await page.evaluate(() => document.querySelectorAll("#result script, #result [onerror]").length === 0), got);
	fs.unlinkSync(to);
}

async function sizes() {
	const zlib = require("zlib");
	let sum = 0;
	for (const p of ["/verify", "/verify/verify.js", "/verify/verify.css", "/verify/report.css"]) {
		const res = await fetch(url + p);
		sum += zlib.gzipSync(Buffer.from(await res.arrayBuffer())).length;
		check("policy: " + p, /default-src 'none'/.test(res.headers.get("content-security-policy")) &&
		    res.headers.get("x-content-type-options") === "nosniff");
	}
	check("under 60 KB compressed in all (" + sum + ")", sum > 1000 && sum < 60000, sum);
}

(async function () {
	const heard = [];
	const context = await chromium.launchPersistentContext(path.join(folder, "profile"), {
		executablePath: browser, headless: true, acceptDownloads: true,
		viewport: { width: 1280, height: 900 },
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		    "--disable-background-networking", "--disable-component-update", "--disable-sync"]
	});
	try {
		const page = await context.newPage();
		listen(page, heard);
		for (const [name, size] of [["desktop", { width: 1280, height: 900 }], ["phone", { width: 390, height: 844 }]]) {
			await page.setViewportSize(size);
			await page.goto(url + "/verify");
			await layout(page, name);
			await names(page, name);
			await contrast(page, name);
			await page.screenshot({ path: path.join(folder, name + "-start.png"), fullPage: true });
			await files(page, name);
			await codes(page, name);
		}
		await page.setViewportSize({ width: 1280, height: 900 });
		await keyboard(page);
		await language(page);
		await paper(page);
		await drop(page);
		await large(page);
		await picture(page);
		await original(page);
		await evidence(page);
		await hostile(page);
		await sizes();
		check("the browser has nothing to complain of", heard.length === 0, heard);
		await save(page);
	} finally {
		await context.close();
	}
	process.exit(failed ? 1 : 0);
})().catch((e) => {
	process.stdout.write("not ok the browser test itself " + JSON.stringify(String(e.stack)) + "\n");
	process.exit(1);
});
