// Walks through the pages in a real browser, as a person would: wrong key, right key, bad parameters, good ones,
// progress, document, list, sign out; the main pages once more on a phone and in the dark.
//
//   node tests/browser/pages.mjs --url http://127.0.0.1:8080 --key KEY [--report immunization-record] \
//        [--param patient_id=1]… [--bad patient_id=0]… [--shots DIR] [--chromium FILE] [--timeout SECONDS]
//
// Address and key may also come from PRESSROOM_TEST_PAGES_URL and PRESSROOM_API_KEY. Each `--bad` must be refused on
// its own. playwright-core is looked for in PRESSROOM_TEST_NODE_MODULES, beside this file and above it.
// Says `not ok` and exits with 1 at the first thing amiss.

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values: given } = parseArgs({
  options: {
    url: { type: "string", default: process.env.PRESSROOM_TEST_PAGES_URL },
    key: { type: "string", default: process.env.PRESSROOM_API_KEY },
    report: { type: "string", default: "immunization-record" },
    param: { type: "string", multiple: true, default: ["patient_id=1"] },
    bad: { type: "string", multiple: true, default: ["patient_id=0"] },
    shots: { type: "string", default: "target/browser" },
    chromium: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
    timeout: { type: "string", default: "60" },
  },
});
for (const name of ["url", "key"]) {
  if (!given[name]) fail(`--${name} is missing; the first lines of this file say how to call it`);
}
const base = given.url.replace(/\/$/, "");
const patience = Number(given.timeout) * 1000;
const pairs = (list) => list.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]);

function fail(what) {
  console.error(`not ok: ${what}`);
  process.exit(1);
}

function check(truth, what) {
  if (!truth) throw new Error(what);
}

let taken = 0;
async function shot(page, name) {
  taken += 1;
  const file = `${String(taken).padStart(2, "0")}-${name}.png`;
  await page.screenshot({ path: join(given.shots, file), fullPage: true });
}

// Whatever the page complains about (a script's error, a blocked style, a missing file) is a fault of ours.
function listen(page, complaints) {
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("console", (line) => line.type() === "error" && !expected(line) && complaints.push(`console: ${line.text()}`));
}

// Browsers report every 4xx page; those that the steps below provoke are meant.
function expected(line) {
  return /status of (401|422)/.test(line.text());
}

async function signInWithWrongKey(page) {
  await page.goto(`${base}/reports/${given.report}`);
  check(new URL(page.url()).pathname === "/login", "a guest is sent to the sign-in page");
  await shot(page, "sign-in");
  await page.getByLabel("API key").fill("certainly not the key");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: "not known" }).waitFor();
  await shot(page, "wrong-key");
}

async function signIn(page) {
  await page.getByLabel("API key").fill(given.key);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${base}/reports/${given.report}`);
  const cookies = await page.context().cookies();
  check(cookies.length === 1 && cookies[0].httpOnly && cookies[0].sameSite === "Lax", "one session cookie, out of scripts' reach");
  check(!cookies[0].value.includes(given.key), "the cookie doesn't hold the key");
}

async function enter(page, list) {
  for (const [name, value] of list) {
    const field = page.locator(`[name="p.${name}"]`).first();
    check(await field.count(), `the form has a field for ${name}`);
    const kind = await field.evaluate((one) => one.type);
    if (kind === "radio") await page.locator(`[name="p.${name}"][value="${value}"]`).check();
    else if (kind === "checkbox") await field.setChecked(value === "true");
    else if (kind === "select-one") await field.selectOption(value);
    else await field.fill(value);
  }
}

// The browser's own checks are switched off, so that the server's answer is what is seen.
async function submitBad(page, [name, value]) {
  await page.goto(`${base}/reports/${given.report}`);
  await enter(page, [[name, value]]);
  await page.locator("form.ask").evaluate((form) => { form.noValidate = true; });
  await page.getByRole("button", { name: "Request this report" }).click();
  await page.getByRole("alert").filter({ hasText: "another look" }).waitFor();
  const field = page.locator(`[name="p.${name}"]`).first();
  check((await field.getAttribute("aria-invalid")) === "true", `${name} is marked as wrong`);
  check((await field.inputValue()) === value, `${name} still holds what was entered`);
  await shot(page, "bad-parameter");
}

async function submitGood(page) {
  await page.goto(`${base}/reports`);
  await shot(page, "reports");
  await page.goto(`${base}/reports/${given.report}`);
  await enter(page, pairs(given.param));
  await shot(page, "form");
  await page.getByRole("button", { name: "Request this report" }).click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
}

// The page must come to the end by itself: nothing here reloads it.
async function watch(page) {
  const seen = new Set();
  await page.evaluate(() => { window.sameDocument = true; });
  const end = Date.now() + patience;
  for (;;) {
    const state = await page.locator("[data-state]").first().getAttribute("data-state");
    if (!seen.has(state)) await shot(page, `job-${state}`);
    seen.add(state);
    if (state === "done") break;
    check(!["failed", "cancelled"].includes(state), `the job ended as ${state}: ${await page.locator(".state").innerText()}`);
    check(Date.now() < end, `the job is still ${state} after ${given.timeout} s`);
    await page.waitForTimeout(100);
  }
  check(await page.evaluate(() => window.sameDocument), "the page kept itself up to date without reloading");
  await page.getByText("The document is ready").waitFor();
  console.log(`ok: went through ${[...seen].join(", ")}`);
}

async function fetchDocument(page) {
  const [download] = await Promise.all([
    page.waitForEvent("download", { timeout: patience }),
    page.getByRole("link", { name: "Download" }).click(),
  ]);
  const bytes = await readFile(await download.path());
  check(bytes.subarray(0, 5).toString() === "%PDF-", "the download is a PDF");
  check(download.suggestedFilename().endsWith(".pdf"), `the download has a sensible name, not ${download.suggestedFilename()}`);
  const shown = await page.request.get(await page.getByRole("link", { name: "Open" }).getAttribute("href").then((href) => base + href));
  check(shown.headers()["content-type"] === "application/pdf", "what opens is a PDF");
  check(shown.headers()["content-disposition"].startsWith("inline"), "and it opens in the browser");
  check(Buffer.compare(await shown.body(), bytes) === 0, "what opens is what downloads");
  console.log(`ok: ${download.suggestedFilename()}, ${bytes.length} bytes`);
}

async function list(page) {
  const id = new URL(page.url()).pathname.split("/").at(-1);
  await page.getByRole("link", { name: "Requests", exact: true }).click();
  const row = page.locator(`tr[data-key="${id}"]`);
  await row.getByText("Ready").waitFor();
  await shot(page, "list");
  await page.getByLabel("State").selectOption("failed");
  await page.getByRole("button", { name: "Show" }).click();
  check((await row.count()) === 0, "the filter leaves it out");
  await page.goto(`${base}/jobs/${id}`);
  await page.getByRole("link", { name: "Request again" }).click();
  for (const [name, value] of pairs(given.param)) {
    const field = page.locator(`[name="p.${name}"]`).first();
    if (/text|number|date/.test(await field.evaluate((one) => one.type))) {
      check((await field.inputValue()) === value, `asking again begins with ${name} as before`);
    }
  }
  await page.goto(`${base}/nowhere`).catch(() => {});
  await page.getByText("There is nothing here").waitFor();
  await shot(page, "not-found");
  return id;
}

async function signOut(page) {
  await page.goto(`${base}/`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(/\/login$/);
  await page.goto(`${base}/`);
  check(new URL(page.url()).pathname === "/login", "signed out means out");
}

async function elsewhere(browser, name, settings, id, complaints) {
  const context = await browser.newContext(settings);
  const page = await context.newPage();
  listen(page, complaints);
  await page.goto(`${base}/login`);
  await signInAgain(page);
  for (const [what, path] of [["list", "/"], ["form", `/reports/${given.report}`], ["job", `/jobs/${id}`]]) {
    await page.goto(base + path);
    await shot(page, `${name}-${what}`);
    const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    check(inner <= outer, `${path} fits on a ${name} (${inner} > ${outer})`);
  }
  await context.close();
}

async function signInAgain(page) {
  await page.getByLabel("API key").fill(given.key);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${base}/`);
}

const modules = process.env.PRESSROOM_TEST_NODE_MODULES;
const { chromium } = createRequire(modules ? `${modules}/_.js` : import.meta.url)("playwright-core");
await mkdir(given.shots, { recursive: true });
const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox"] });
const complaints = [];
const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true })).newPage();
page.setDefaultTimeout(15000);
listen(page, complaints);
try {
  await signInWithWrongKey(page);
  await signIn(page);
  for (const bad of pairs(given.bad)) await submitBad(page, bad);
  await submitGood(page);
  await watch(page);
  await fetchDocument(page);
  const id = await list(page);
  await elsewhere(browser, "phone", { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true }, id, complaints);
  await elsewhere(browser, "dark", { viewport: { width: 1280, height: 800 }, colorScheme: "dark" }, id, complaints);
  await signOut(page);
  const unmeant = complaints.filter((line) => !/status of 404/.test(line));
  check(unmeant.length === 0, unmeant.join("\n"));
} catch (error) {
  await shot(page, "failure").catch(() => {});
  console.error(`at ${page.url()}`);
  await browser.close();
  fail(error.message);
}
await browser.close();
console.log(`ok: ${taken} pictures in ${given.shots}`);
