// A warm Chromium: reads {"html", "pdf"} a line, prints the file, answers {"seconds"}.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(join(process.env.PRESSROOM_TEST_NODE_MODULES, "_"))("playwright-core");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"],
});
for await (const line of createInterface({ input: process.stdin })) {
  const { html, pdf } = JSON.parse(line);
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  const began = performance.now();
  await page.goto(pathToFileURL(html).href);
  await page.pdf({ path: pdf, preferCSSPageSize: true, printBackground: true, tagged: false });
  console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000 }));
  await page.close();
}
await browser.close();
