// Pictures of the board before, during and after the restoration, taken while the demo plays:
//
//   node pictures.mjs [--demo BIN] [--speed N] [--out DIR]
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { arg, root } from "./office.mjs";
import { open } from "./browser.mjs";

const demo = resolve(arg("demo", join(process.env.HOLDFAST_BIN ?? join(root, "target/debug"), "holdfast-demo")));
const out = resolve(arg("out", join(root, "docs/pictures")));
mkdirSync(out, { recursive: true });
const play = spawn(demo, ["--speed", arg("speed", "120"), "--listen", "127.0.0.1:18555"], { stdio: ["ignore", "pipe", "inherit"], detached: true });
let said = "";
const link = await new Promise((done, fail) => {
  const timer = setTimeout(() => fail(new Error(`no link: ${said}`)), 300_000);
  play.on("exit", () => fail(new Error(`the demo ended: ${said}`)));
  play.stdout.on("data", (d) => {
    said += d;
    const found = /http:\/\/\S+\/console\/first\/\S+/.exec(said);
    if (found) { clearTimeout(timer); done(found[0]); }
  });
});

const { page, close } = await open();
try {
  await page.goto(link);
  await page.fill("#f-password", "a boat in a storm");
  await page.fill("#f-again", "a boat in a storm");
  await page.click("form button");
  await page.waitForURL("**/console/board*");
  await page.goto(`${new URL(link).origin}/console/board?when=09:00-11:00`);
  const moments = [["before", "08:55"], ["outage", "09:40"], ["during", "10:41"], ["coming-in", "11:03"], ["after", "11:08"]];
  for (const [name, clock] of moments) {
    await page.waitForFunction((t) => (document.getElementById("asof-time")?.textContent ?? "") >= t, clock, { timeout: 900_000 });
    await page.screenshot({ path: join(out, `board-${name}.png`) });
    console.log(`board-${name}.png as of ${await page.textContent("#asof-time")}`);
    if (name === "during") {
      await page.emulateMedia({ colorScheme: "dark" });
      await page.screenshot({ path: join(out, "board-dark.png") });
      await page.emulateMedia({ colorScheme: "light" });
      await page.setViewportSize({ width: 390, height: 844 });
      await page.screenshot({ path: join(out, "board-phone.png") });
      await page.setViewportSize({ width: 1366, height: 768 });
    }
  }
  // A visit that needs action, else the first.
  const act = (await page.$("td.e a")) ?? (await page.$("tr[data-row] a"));
  await act.click();
  await page.waitForURL("**/console/visits/**");
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(out, "visit.png") });
} finally {
  await close();
  play.removeAllListeners("exit");
  // The demo and the processes it started, as Ctrl-C in a terminal would end them.
  process.kill(-play.pid, "SIGINT");
}
