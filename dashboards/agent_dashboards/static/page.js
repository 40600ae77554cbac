// Keeps the page as it is now: rows as requests begin and end, and the split behind them. Names come from callers
// and are only ever set as text.
"use strict";

const KEPT = 50;
const rows = document.getElementById("rows");
const blank = document.getElementById("row");
const running = new Map(); // id -> row
let refreshing = 0;

function fill(row, shown) {
  row.dataset.id = shown.id;
  row.className = shown.state;
  for (const cell of row.querySelectorAll("[data-cell]")) cell.textContent = shown[cell.dataset.cell];
  row.querySelector("[data-kind]").className = "swatch " + shown.kind;
  row.querySelector("time").dateTime = shown.iso;
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
  rows.replaceChildren(...requests.map(make), ...all.finished.map(make));
  requests.forEach((request, i) => running.set(request.id, rows.children[i]));
}

function tidy() {
  while (rows.children.length > KEPT + running.size) rows.lastElementChild.remove();
  document.getElementById("empty").hidden = rows.children.length > 0;
  const count = document.getElementById("running");
  count.hidden = running.size === 0;
  count.textContent = running.size + " running";
}

function ledger(health) {
  document.getElementById("ledger").hidden = !health.lost && !health.error;
  const lost = document.getElementById("lost");
  lost.hidden = !health.lost;
  lost.firstElementChild.textContent = health.lost.toLocaleString("en");
  document.getElementById("ledger-error").textContent = health.error ?? "The ledger could not be written for a while.";
}

// The split is drawn by the server; a little later than the request, as the ledger is written in batches.
function refresh() {
  if (refreshing) return;
  refreshing = setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("split");
      const old = document.getElementById("split");
      if (!fresh || fresh.innerHTML === old.innerHTML) return;
      const focused = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
      old.replaceWith(fresh);
      if (focused) [...fresh.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
    } catch {
      // The next request asks again.
    } finally {
      refreshing = 0;
    }
  }, 2500);
}

function connection(state, text) {
  const shown = document.getElementById("connection");
  shown.dataset.state = state;
  shown.firstElementChild.textContent = text;
}

const feed = new EventSource("/api/live");
const on = (name, react) =>
  feed.addEventListener(name, (event) => {
    react(JSON.parse(event.data));
    tidy();
  });
on("snapshot", snapshot);
on("started", started);
on("finished", (request) => {
  finished(request);
  refresh();
});
on("ledger", ledger);
feed.onopen = () => connection("live", "live");
feed.onerror = () => connection("still", "reconnecting …");
addEventListener("pagehide", () => feed.close());
