// A board of 5,000 visits in a real browser, its processor slowed down four times:
//
//   node bench.mjs [--server BIN] [--visits N] [--rate N]
//
// Prints one JSON object: milliseconds until the first paint, and from the arrival of a change of 50 rows until it is painted.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Office, arg, person } from "./office.mjs";
import { open } from "./browser.mjs";

const visits = Number(arg("visits", "5000"));
const rate = Number(arg("rate", "4"));
const CHANGED = 50, RUNS = 100, ROUNDS = 5;

// Every visit is due in the afternoon but fifty a round, whose time comes with one step of the clock: from due to no word.
function provider() {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  const two = (n) => String(n).padStart(2, "0");
  const workers = ["worker,name,role,telephone,phone"], people = ["person,name,known as,address,telephone,access,flags"];
  const plans = ["person,version,replaces,effective,allergies,changed"], rota = ["rota,visit,run,person,workers,date,start,end,priority,tasks"];
  for (let r = 0; r < RUNS; r += 1) workers.push(`B-${r},Worker ${r} Bench,care worker,,`);
  workers.push(`${person.worker},${person.name},coordinator,,`);
  for (let v = 0; v < visits; v += 1) {
    if (v < visits / 5) {
      people.push(`P-${v},Person ${v} Bench,,${v} Kelp Row,01632 96${two(v % 100)}00,,`);
      plans.push(`P-${v},1,,01/09/2026 08:00,,`);
    }
    const round = Math.floor(v / CHANGED);
    const start = round < ROUNDS ? `10:${50 + round}` : `${14 + (v % 6)}:${two((v * 7) % 60)}`;
    const end = round < ROUNDS ? `11:${20 + round}` : `${15 + (v % 6)}:${two((v * 7) % 60)}`;
    rota.push(`R1,V-${v},R1-${two(v % RUNS)},P-${v % Math.ceil(visits / 5)},B-${v % RUNS},03/11/2026,${start},${end},usual,Breakfast`);
  }
  mkdirSync(folder, { recursive: true });
  for (const [name, lines] of Object.entries({ workers, people, plans, rota })) writeFileSync(join(folder, `${name}.csv`), `${lines.join("\n")}\n`);
  return folder;
}

const folder = provider();
const office = await Office.make({ folder, branch: "bench" });
const { page, context, close } = await open();
try {
  await page.goto(office.link);
  for (const [field, value] of [["name", person.name], ["worker", person.worker], ["sign_in", person.signIn], ["password", person.password], ["again", person.password]]) {
    await page.fill(`#f-${field}`, value);
  }
  await page.click("button:has-text('Make the account')");
  await page.waitForURL("**/console/board*");

  // The page's own handler of a change, timed from its call to the frame after it.
  await page.addInitScript(() => {
    window.painted = [];
    const listen = EventSource.prototype.addEventListener;
    EventSource.prototype.addEventListener = function (kind, handler, ...rest) {
      const timed = kind !== "patch" ? handler : (event) => {
        const began = performance.now();
        const rows = (JSON.parse(event.data).swap ?? []).filter(([, html]) => html.startsWith("<tr")).length;
        handler(event);
        requestAnimationFrame(() => setTimeout(() => window.painted.push({ rows, ms: performance.now() - began }), 0));
      };
      return listen.call(this, kind, timed, ...rest);
    };
  });
  const cdp = await context.newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate });
  const paints = [];
  for (let i = 0; i < 3; i += 1) {
    await page.goto(`${office.base}/console/board`, { waitUntil: "load", timeout: 120_000 });
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    paints.push(await page.evaluate(() => ({
      paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
      first_byte: performance.getEntriesByType("navigation")[0].responseStart,
      loaded: performance.getEntriesByType("navigation")[0].loadEventStart,
      bytes: performance.getEntriesByType("navigation")[0].decodedBodySize,
    })));
  }
  await page.waitForFunction(() => document.getElementById("asof").classList.contains("is-live"), null, { timeout: 60_000 });
  const rows = await page.evaluate(() => document.querySelectorAll("tr[data-row]").length);
  const sections = await page.evaluate(() => Math.max(...[...document.querySelectorAll("section.run")].map((s) => s.querySelectorAll("tbody tr").length)));
  const changes = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    await page.evaluate(() => { window.painted.length = 0; });
    office.tell(`2026-11-03T10:${50 + i}:01Z`);
    await page.waitForFunction(() => window.painted.some((p) => p.rows > 0), null, { timeout: 60_000 });
    changes.push((await page.evaluate(() => window.painted.filter((p) => p.rows > 0)))[0]);
  }
  const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const first = changes[0];
  const result = {
    v: 1, visits, throttle: rate, rows, most_rows_of_a_section: sections,
    first_paint_ms: Math.round(middle(paints.map((p) => p.paint))), first_byte_ms: Math.round(middle(paints.map((p) => p.first_byte))),
    loaded_ms: Math.round(middle(paints.map((p) => p.loaded))), page_bytes: paints[0].bytes,
    changed_rows: first.rows, changed_rows_painted_ms: Math.round(first.ms), rounds: changes.map((c) => ({ rows: c.rows, ms: Math.round(c.ms) })),
  };
  console.log(JSON.stringify(result));
} finally {
  await close();
  await office.stop();
  office.forget();
  rmSync(folder, { recursive: true, force: true });
}
