// Hands and eyes on Microsoft's Agents Playground: one JSON command a line on standard input, one JSON answer a line back.
// node playground.mjs MODULES CHROMIUM URL
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [, , modules, chromium, url] = process.argv;
const { chromium: engine } = createRequire(`${modules}/`)("playwright-core");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await engine.launch({ executablePath: chromium, args: flags });
const size = { width: 1600, height: 1000 };
const page = await browser.newPage({ viewport: size, deviceScaleFactor: 2 });

const acts = {
  open: async () => {
    await page.goto(url, { waitUntil: "domcontentloaded" });
    await page.locator("[role=textbox]").first().waitFor();
  },
  go: async ({ to }) => {
    await page.getByRole("treeitem", { name: to, exact: true }).first().click();
    await page.waitForTimeout(500);
  },
  say: async ({ text, mention }) => {
    const box = page.locator("[role=textbox]").first();
    await box.click();
    if (mention) {
      await page.keyboard.type("@");
      await page.waitForTimeout(900);
      await page.getByText("Test Bot", { exact: true }).last().click();
      await page.keyboard.type(" ");
    }
    await page.keyboard.type(text);
    const post = page.getByRole("button", { name: "Post", exact: true });
    await ((await post.count()) ? post.last() : page.getByLabel("Send Message").last()).click();
  },
  see: async ({ text, seconds }) => {
    await page.getByText(text).last().waitFor({ timeout: seconds * 1000 });
  },
  wait: async ({ name, seconds }) => {
    await page.getByRole("button", { name, exact: true }).last().waitFor({ timeout: seconds * 1000 });
  },
  press: async ({ name }) => {
    const button = page.getByRole("button", { name, exact: true }).last();
    await button.scrollIntoViewIfNeeded();
    await button.click();
  },
  buttons: async () => page.getByRole("button").allInnerTexts(),
  words: async () => page.locator("body").innerText(),
  // The newest card but the welcome, or what says `text` between the list of chats and the log: whole, with who said it.
  shot: async ({ file, text }) => {
    let shown = page.locator(".ac-adaptiveCard").filter({ hasNotText: "I am Hilda" }).last();
    for (const found of text ? await page.getByText(text).all() : []) {
      const { x } = await found.boundingBox();
      if (x > 330 && x < 900) shown = found;
    }
    const { height } = await shown.boundingBox();
    await page.setViewportSize({ ...size, height: Math.ceil(Math.max(size.height, height + 500)) });
    await shown.scrollIntoViewIfNeeded();
    await page.waitForTimeout(300);
    const box = await shown.boundingBox();
    const clip = { x: box.x - 70, y: box.y - 40, width: box.width + 94, height: box.height + 54 };
    await page.screenshot({ path: file, clip });
    await page.setViewportSize(size);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    console.log(JSON.stringify({ ok: true, found: (await acts[command.act](command)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ ok: false, why: String(error).slice(0, 2000) }));
  }
}
await browser.close();
