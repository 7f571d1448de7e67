// The console's one script. Every page works without it; with it, the board follows the office's stream, keys work, and
// updates can be paused. It replaces whole elements by id with what the same templates rendered on the server; it holds no
// state of its own that a reload would lose, and no text of a person ever goes into the browser's storage.
(() => {
  "use strict";

  const STALE_MS = 5000;      // without a heartbeat for this long, the page says that it is not live
  const SAY_MS = 10000;       // a screen reader hears at most one summary in this time
  const FRESH_MS = 8000;      // how long a changed row is marked

  const $ = (id) => document.getElementById(id);
  const show = (el) => { if (el) el.hidden = false; };

  // -- the board follows the stream -------------------------------------------------------------------------------

  const board = $("board");
  const stream = board && board.dataset.live;
  let paused = false, held = [], lastBeat = 0, source = null;
  let toSay = 0, needYou = null, sayTimer = 0;

  const fragment = (html) => {
    const t = document.createElement("template");
    t.innerHTML = html;
    return t.content.firstElementChild;
  };

  // Focus stays where it was: by the id of the focused element, or by its place in the row that is replaced.
  const swap = (old, html) => {
    const next = fragment(html);
    if (!next) return null;
    const active = document.activeElement;
    let back = null;
    if (active && old.contains(active)) {
      const focusable = "a[href],button,input,select,textarea,summary";
      const place = [...old.querySelectorAll(focusable)].indexOf(active);
      back = () => (active.id && $(active.id)) || next.querySelectorAll(focusable)[place];
    }
    if (old.classList.contains("at")) next.classList.add("at");
    old.replaceWith(next);
    const target = back && back();
    if (target) target.focus({ preventScroll: true });
    return next;
  };

  const mark = (row) => {
    row.classList.add("fresh");
    setTimeout(() => row.classList.remove("fresh"), FRESH_MS);
  };

  const apply = (patch) => {
    for (const [id, html] of patch.swap || []) {
      const old = $(id);
      if (!old) continue;
      const next = swap(old, html);
      if (next && next.tagName === "TR") { mark(next); toSay += 1; }
    }
    for (const [html, before] of patch.add || []) {
      const next = fragment(html);
      const anchor = before && $(before);
      if (!next || $(next.id)) continue;
      if (anchor) anchor.before(next); else $("runs").append(next);
    }
    for (const id of patch.drop || []) { const old = $(id); if (old) old.remove(); }
    if (patch.asof) asOf(patch.asof);
    if (typeof patch.act === "number") needYou = patch.act;
    if (toSay) saySoon();
  };

  const asOf = (text) => { const el = $("asof-time"); if (el) el.textContent = text; };

  const saySoon = () => {
    if (sayTimer) return;
    sayTimer = setTimeout(() => {
      sayTimer = 0;
      const line = $("status");
      if (line && toSay) {
        line.textContent = line.dataset.said.replace("{n}", toSay).replace("{act}", needYou === null ? 0 : needYou);
      }
      toSay = 0;
    }, SAY_MS);
  };

  const mood = (name) => {
    const el = $("asof");
    if (!el) return;
    el.classList.toggle("is-live", name === "live");
    el.classList.toggle("is-stale", name === "stale");
    $("asof-word").textContent = el.dataset[name];
  };

  const receive = (event) => {
    lastBeat = performance.now();
    const patch = JSON.parse(event.data);
    if (paused) {
      if (event.type === "patch") { held.push(patch); pauseWord(); }
      return;
    }
    mood("live");
    apply(patch);
  };

  // The page and the stream no longer fit together (a restart, too long away): take the page again, keep the place.
  const again = () => {
    if (paused) return;
    fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" })
      .then((r) => (r.ok && !r.redirected ? r.text() : Promise.reject(new Error(String(r.status)))))
      .then((text) => {
        const page = new DOMParser().parseFromString(text, "text/html");
        const fresh = page.getElementById("board");
        if (!fresh) throw new Error("no board");
        for (const id of ["tally", "know-line", "runs", "check-now", "silent-phones", "band"]) {
          const a = $(id), b = page.getElementById(id);
          if (a && b) swap(a, b.outerHTML);
        }
        asOf(page.getElementById("asof-time").textContent);
        connect(fresh.dataset.live);
      })
      .catch(() => setTimeout(again, 5000));
  };

  const connect = (url) => {
    if (source) source.close();
    source = new EventSource(url);
    source.addEventListener("patch", receive);
    source.addEventListener("beat", receive);
    source.addEventListener("again", () => { source.close(); again(); });
    // A refused stream (signed out, server gone for long) is closed by the browser for good: try the page instead.
    source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) setTimeout(again, 3000); });
  };

  const pauseWord = () => {
    const el = $("asof");
    const rows = new Set(held.flatMap((p) => (p.swap || []).map(([id]) => id))).size;
    $("asof-word").textContent = el.dataset.paused.replace("{n}", rows);
  };

  const pause = $("pause");
  if (stream) {
    show(pause);
    connect(stream);
    setInterval(() => {
      if (!paused && lastBeat && performance.now() - lastBeat > STALE_MS) mood("stale");
    }, 1000);
    if (pause) pause.addEventListener("click", () => {
      paused = !paused;
      pause.setAttribute("aria-pressed", String(paused));
      pause.textContent = paused ? pause.dataset.on : pause.dataset.off;
      if (paused) { mood("paused"); pauseWord(); return; }
      const all = held;
      held = [];
      all.forEach(apply);
      mood("live");
    });
    addEventListener("pagehide", () => { if (source) source.close(); });
    addEventListener("pageshow", (e) => { if (e.persisted) again(); });
  }

  const print = $("print");
  if (print) { show(print); print.addEventListener("click", () => window.print()); }

  // Filters apply as they are chosen; without script the button does it.
  const filters = $("filters");
  if (filters) {
    filters.addEventListener("change", (e) => { if (e.target.tagName === "SELECT") filters.requestSubmit(); });
  }

  // -- an import that is still being read: look again ------------------------------------------------------------

  const waiting = $("waiting");
  if (waiting) setTimeout(() => location.reload(), 1000);

  // -- keys (WCAG 2.1.4: they can be switched off on the help page) ------------------------------------------------

  const KEYS = "holdfast-keys";
  const keysOn = () => { try { return localStorage.getItem(KEYS) !== "off"; } catch { return true; } };
  const keySwitch = $("keys-switch");
  if (keySwitch) {
    show(keySwitch);
    const word = () => {
      keySwitch.setAttribute("aria-pressed", String(keysOn()));
      keySwitch.textContent = keysOn() ? keySwitch.dataset.on : keySwitch.dataset.off;
    };
    word();
    keySwitch.addEventListener("click", () => {
      try { localStorage.setItem(KEYS, keysOn() ? "off" : "on"); } catch { /* private mode: this page only */ }
      word();
    });
  }

  const step = (by) => {
    const rows = [...document.querySelectorAll("tr[data-row]")];
    if (!rows.length) return;
    const here = rows.findIndex((r) => r.classList.contains("at") || r.contains(document.activeElement));
    const next = rows[Math.min(rows.length - 1, Math.max(0, here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by))];
    document.querySelectorAll("tr.at").forEach((r) => r.classList.remove("at"));
    next.classList.add("at");
    const link = next.querySelector("a[href]");
    if (link) link.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || !keysOn()) return;
    if (e.target.closest("input,select,textarea,[contenteditable]")) {
      if (e.key === "Escape") e.target.blur();
      return;
    }
    if (e.key === "/" && $("text")) { e.preventDefault(); $("text").focus(); $("text").select(); }
    else if (e.key === "j") step(1);
    else if (e.key === "k") step(-1);
    else if (e.key === "p" && pause && !pause.hidden) pause.click();
    else if (e.key === "?" && $("help-link")) location.href = $("help-link").href;
  });

  // The error summary is read first.
  const summary = $("error-summary");
  if (summary) summary.focus();
})();
