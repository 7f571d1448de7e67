// Debian's Chromium, watched: nothing that a page does wrong goes unseen.
import { chromium } from "playwright-core";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];

// A browser with its own empty profile. `faults` gathers what no page may do: break its policy, fail in a script, ask for
// something that is not there.
export async function open({ width = 1366, height = 768, script = true } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "holdfast-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS,
    viewport: { width, height }, javaScriptEnabled: script, reducedMotion: "reduce", acceptDownloads: false,
  });
  const faults = [];
  const watch = (page) => {
    page.on("pageerror", (e) => faults.push(`script: ${e.message}`));
    page.on("console", (m) => { if (m.type() === "error" && !/status of (401|403|404|410|422)/.test(m.text())) faults.push(`console: ${m.text()}`); });
    page.on("request", (r) => { if (!r.url().startsWith("http://127.0.0.1:") && !r.url().startsWith("about:")) faults.push(`asked ${r.url()}`); });
  };
  context.pages().forEach(watch);
  context.on("page", watch);
  const page = context.pages()[0] ?? await context.newPage();
  page.setDefaultTimeout(20_000);
  const close = async () => { await context.close(); rmSync(profile, { recursive: true, force: true }); };
  return { context, page, faults, close };
}

export async function signIn(page, base, who) {
  await page.goto(`${base}/console/sign-in`);
  await page.fill("#f-sign_in", who.signIn);
  await page.fill("#f-password", who.password);
  await page.click("form button:has-text('Sign in')");
  await page.waitForURL("**/console/board*");
}
