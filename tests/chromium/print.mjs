// Prints a list of HTML files with one Chromium: `node print.mjs JOBS.json`.
//
// JOBS.json is a list of {"html": FILE, "data": {…}, "pdf": FILE}. Templates are filled by expand.js, which runs in the
// page and knows nothing of Pressroom. playwright-core is looked for in PRESSROOM_TEST_NODE_MODULES.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const { chromium } = createRequire(join(process.env.PRESSROOM_TEST_NODE_MODULES, "_"))("playwright-core");
const jobs = JSON.parse(readFileSync(process.argv[2]));
const expand = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "expand.js"), "utf8");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"],
});
const context = await browser.newContext();
let failed = false;

async function print(job) {
  const page = await context.newPage();
  page.on("pageerror", (error) => complain(job, error));
  page.on("requestfailed", (request) => complain(job, `cannot load ${request.url()}`));
  await page.goto(pathToFileURL(job.html).href);
  await page.addScriptTag({ content: expand });
  await page.evaluate((data) => expandTemplate(data), job.data);
  // What only a margin box asks for isn't loaded by itself.
  await page.evaluate(() => Promise.all([...document.fonts].map((font) => font.load())));
  await page.pdf({ path: job.pdf, preferCSSPageSize: true, printBackground: true });
  await page.close();
}

function complain(job, what) {
  console.error(`${job.html}: ${what}`);
  failed = true;
}

const waiting = [...jobs];
async function worker() {
  for (let job = waiting.shift(); job; job = waiting.shift()) {
    await print(job).catch((error) => complain(job, error));
  }
}
await Promise.all([worker(), worker(), worker()]);
await browser.close();
process.exit(failed ? 1 : 0);
