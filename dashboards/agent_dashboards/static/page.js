// Keeps the page as it is now: rows as requests begin and end, and the figures behind them. Names come from callers
// and are only ever set as text; what the server drew, it has escaped.
"use strict";

// ---- The last requests, where the page has them.

const rows = document.getElementById("rows");
const blank = document.getElementById("row");
const kept = Number(rows?.dataset.kept ?? 50);
const running = new Map(); // id -> row

function fill(row, shown) {
  row.dataset.id = shown.id;
  row.className = shown.state;
  for (const cell of row.querySelectorAll("[data-cell]")) cell.textContent = shown[cell.dataset.cell];
  row.querySelector("[data-kind]").className = "swatch " + shown.kind;
  row.querySelector("time").dateTime = shown.iso;
  row.querySelector("[data-address]").href = shown.address;
  for (const cell of row.querySelectorAll("[title]")) cell.title = cell.textContent; // what is cut off, in full
  return row;
}

function make(request) {
  return fill(blank.content.firstElementChild.cloneNode(true), request.shown);
}

function started(request) {
  const before = running.get(request.id); // it runs already, and has been sent elsewhere
  if (before) {
    fill(before, request.shown);
    return;
  }
  const row = make(request);
  running.set(request.id, row);
  rows.prepend(row);
}

function finished(request) {
  running.get(request.id)?.remove();
  running.delete(request.id);
  const row = make(request);
  row.classList.add("fresh");
  const first = [...rows.children].find((other) => !other.classList.contains("running"));
  rows.insertBefore(row, first ?? null);
}

function snapshot(all) {
  running.clear();
  const requests = [...all.running].reverse();
  rows.replaceChildren(...requests.map(make), ...all.finished.slice(0, kept).map(make));
  requests.forEach((request, i) => running.set(request.id, rows.children[i]));
}

function tidy() {
  while (rows.children.length > kept + running.size) rows.lastElementChild.remove();
  document.getElementById("empty").hidden = rows.children.length > 0;
  const count = document.getElementById("running");
  count.hidden = running.size === 0;
  count.textContent = running.size + " running";
}

// ---- The sections that the server draws: each has an address, and follows while it can be seen.

const SOON_MS = 2500; // between two drawings of the split
const OFTEN_MS = 10000; // and of a plot
const SETTLED_MS = 12500; // after a request's end: what takes long to read the server keeps for as long as 10 s
const near = new Set();
const drawn = new Map(); // id -> when it was asked for
let changedAt = -SETTLED_MS;

async function parsed(address) {
  const answer = await fetch(address, { cache: "no-store", headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Makes one tree like another and leaves alone what is the same: focus, selection, scrolling and what was opened stay.
function follow(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE || old.nodeName !== fresh.nodeName) {
    if (old.nodeName !== fresh.nodeName) old.replaceWith(fresh.cloneNode(true));
    else if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const [were, are] = [[...old.childNodes], [...fresh.childNodes]];
  are.forEach((child, i) => (i < were.length ? follow(were[i], child) : old.append(child.cloneNode(true))));
  for (const child of were.slice(are.length)) child.remove();
}

async function redraw(section) {
  drawn.set(section.id, performance.now());
  section.setAttribute("aria-busy", "true");
  try {
    const fresh = (await parsed(section.dataset.section)).getElementById(section.id);
    if (fresh) follow(section, fresh);
  } catch {
    drawn.delete(section.id); // the next time
  } finally {
    section.removeAttribute("aria-busy");
  }
}

function look() {
  if (document.hidden) return;
  for (const section of near) {
    const before = drawn.get(section.id) ?? loaded;
    const now = performance.now();
    const often = section.id === "split" ? SOON_MS : OFTEN_MS;
    const due = before < changedAt + SETTLED_MS && now - before >= often;
    if ("late" in section.dataset ? !drawn.has(section.id) : due) redraw(section);
  }
}

const loaded = performance.now();
const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) near[isIntersecting ? "add" : "delete"](target);
    look();
  },
  { rootMargin: "300px" },
);
for (const section of document.querySelectorAll("[data-section]")) sight.observe(section);
let looking = 0;

// Figures changed: they follow now and then, until they have settled.
function changed() {
  changedAt = performance.now();
  looking ||= setInterval(() => {
    look();
    if (performance.now() > changedAt + SETTLED_MS + OFTEN_MS) looking = clearInterval(looking) ?? 0;
  }, SOON_MS / 2);
}

// A place on a plot leads to its rows, as the table behind it does for those without a mouse.
addEventListener("click", (event) => {
  const address = event.target.closest?.("[data-href]")?.dataset.href;
  if (address) location.href = address;
});

// ---- The router's word: a stream that is opened again whenever it ends, and closed while nobody looks.

const LONGEST_MS = 15000;
let stream = null;
let waiting = 0;
let failures = 0;

function connection(state, text) {
  const shown = document.getElementById("connection");
  shown.dataset.state = state;
  if (shown.firstElementChild.textContent !== text) shown.firstElementChild.textContent = text;
}

function ledger(health) {
  document.getElementById("ledger").hidden = !health.lost && !health.error;
  const lost = document.getElementById("lost");
  lost.hidden = !health.lost;
  lost.firstElementChild.textContent = health.lost.toLocaleString("en");
  document.getElementById("ledger-error").textContent = health.error ?? "The ledger could not be written for a while.";
}

function listen() {
  close();
  stream = new EventSource("/api/live");
  const on = (name, react) =>
    stream.addEventListener(name, (event) => {
      const said = JSON.parse(event.data);
      react(said);
      dispatchEvent(new CustomEvent("router", { detail: { name, said } })); // for the scripts of single pages
    });
  const row = (react) => (request) => {
    if (!rows) return;
    react(request);
    tidy();
  };
  on("snapshot", row(snapshot));
  on("started", row(started));
  on("finished", (request) => {
    row(finished)(request);
    changed();
  });
  on("ledger", ledger);
  stream.onopen = () => {
    if (failures) changed(); // what happened meanwhile
    failures = 0;
    connection("live", "live");
  };
  // A browser opens a broken stream again by itself, but gives one up that was answered with an error, as while the
  // router starts: so that it is always done here, the later the more often it failed.
  stream.onerror = () => {
    close();
    failures += 1;
    connection("still", "reconnecting …");
    waiting = setTimeout(listen, Math.min(250 * 2 ** Math.min(failures, 6), LONGEST_MS) * (0.75 + Math.random() / 2));
  };
}

function close() {
  clearTimeout(waiting);
  stream?.close();
  stream = null;
}

function shown() {
  if (document.hidden) {
    close();
    connection("still", "not live");
  } else if (!stream) {
    failures += 1; // as if it had been lost
    listen();
  }
}

addEventListener("visibilitychange", shown);
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && shown());
addEventListener("online", () => !document.hidden && listen());
if (!document.hidden) listen();
