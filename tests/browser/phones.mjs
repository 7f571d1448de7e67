// The page of phones, where more than one thing is known of a phone: opened past its lease, shared, one worker taken off it.
import { strict as assert } from "node:assert";
import { Phone } from "./office.mjs";

async function fits(page) {
  await page.setViewportSize({ width: 320, height: 640 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.setViewportSize({ width: 1366, height: 768 });
  assert.ok(width <= 320, `scrolls sideways at 320 px: ${width}`);
}

// Moves the office's clock on by three days: nothing that comes after it is of the sample day.
export async function pastTheLease({ check, office, page, go, findings, shot }) {
  await check("a phone that was opened past its lease says who, when and why", async () => {
    // Three days and more without the office. Nobody plans so far ahead, so the day has one visit: to somebody at the door.
    const phone = await Phone.enrol(office, "W-06", "D-06, cracked case");
    const { person } = JSON.parse(await phone.say("run")).result.run.visits[0].facts;
    office.tell("2026-11-06T11:20:00Z");
    const { doc } = JSON.parse(await phone.say("record", "unplanned", "--person", person, "--reason", "Stood at the gate")).result;
    const refused = await phone.say("run").then(() => "", (e) => e.message);
    assert.match(refused, /break_glass_needed/);
    const opened = JSON.parse(await phone.say("break-glass", "--reason", "At the <b>door</b>, no signal since Saturday"));
    assert.equal(opened.result.entries.length, 2, "in the visit, and with the person");
    await phone.say("sync");
    await go("/console/phones");
    const line = page.locator("tr", { hasText: "D-06, cracked case" });
    assert.match(await line.textContent(), /opened by [A-Z][a-z]+ [A-Z][a-z]+ 11:20 without the office.*“At the <b>door<\/b>, no signal since Saturday”/s);
    assert.deepEqual(await findings(page), []);
    await fits(page);
    await shot("phones-glass");
    // It stands in every visit that became readable, and with each of their people.
    await go(`/console/visits/${doc.replace("visit:", "")}`);
    assert.match(await page.textContent("main"), /opened on a phone without contact with the office since.*“?At the <b>door<\/b>/is);
    assert.deepEqual(await findings(page), []);
    await fits(page);
    // The rota does not know the visit, but the office knows the person.
    assert.match(await page.textContent("h1"), /^Edith Marlow, not on the rota/);
    await page.locator(".entry", { hasText: /opened on a phone without contact/i }).scrollIntoViewIfNeeded();
    await shot("visit-glass");
    await go(`/console/people/${person}`);
    assert.match(await page.textContent("main"), /Read on a phone without the office/);
    assert.deepEqual(await findings(page), []);
    await fits(page);
    await page.locator("#opened-h").scrollIntoViewIfNeeded();
    await shot("person-glass");
  });
}

export async function sharedPhone({ check, office, page, go, findings, shot }) {
  await check("one worker is taken off a shared phone for a reason, and let back by a code", async () => {
    const phone = await Phone.enrol(office, "W-07", "D-07, shared");
    await phone.say("--worker", "W-08", "enrol", await office.code("W-08"));
    const of = (worker, ...words) => phone.say("--worker", worker, ...words).then(JSON.parse);
    for (const worker of ["W-07", "W-08"]) await of(worker, "sync");
    await go("/console/phones");
    const line = page.locator("tr", { hasText: "D-07, shared" });
    assert.ok(await line.locator("summary:has-text('Take one worker off')").isVisible());
    // With keys alone: no reason, nobody is taken off, and what was chosen stays.
    await line.locator("summary:has-text('Take one worker off')").focus();
    await page.keyboard.press("Enter");
    await line.locator("select").selectOption("W-08");
    await line.locator("form[action$=take-off] input[name=why]").focus();
    await shot("phones-take-off");
    assert.deepEqual(await findings(page), []);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#error-summary");
    assert.match(await page.textContent("#error-summary"), /needs a reason/);
    assert.equal(await line.locator("select").inputValue(), "W-08");
    assert.deepEqual(await findings(page), []);
    await line.locator("form[action$=take-off] input[name=why]").fill("Left <b>us</b> today");
    await fits(page);
    await line.locator("button:has-text('Take them off')").click();
    await page.waitForURL(/said=taken-off/);
    assert.match(await page.textContent(".band.said"), /taken off the phone/);
    assert.match(await line.textContent(), /taken off .* by Hugh Irwin: “Left <b>us<\/b> today”/s);
    assert.deepEqual(await findings(page), []);
    await shot("phones-taken-off");
    assert.ok(!(await line.locator("summary:has-text('Take one worker off')").isVisible()), "one is left, and can only be shut out with the phone");
    // The phone tells the one, and serves the other.
    await of("W-08", "sync");
    assert.ok((await of("W-08", "run")).result.contact.not_a_reader);
    await of("W-07", "sync");
    assert.ok(!(await of("W-07", "run")).result.contact.not_a_reader);
    await phone.say("--worker", "W-08", "enrol", await office.code("W-08"));
    await go("/console/phones");
    assert.match(await line.textContent(), /let in again/);
    assert.ok(await line.locator("summary:has-text('Take one worker off')").isVisible());
    assert.deepEqual(await findings(page), []);
    await page.emulateMedia({ media: "print" });
    assert.match(await page.evaluate(() => document.body.innerText), /taken off .* by Hugh Irwin/s, "the sheet says who was taken off");
    await page.emulateMedia({ media: "screen" });
  });
}
