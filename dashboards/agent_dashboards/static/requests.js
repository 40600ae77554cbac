// Puts requests that begin and end above those that the page has. Rows are made by page.js, which is loaded before.
"use strict";

const list = document.getElementById("list");
const count = document.getElementById("count");
const MOST = 1000; // rows; "older" begins behind those that were there at first

const isRunning = (row) => row.classList.contains("running");
const rowOf = (id) => [...list.children].find((row) => row.dataset.id === id);

function begun(request) {
  const before = rowOf(request.id);
  if (before) fill(before, request.shown);
  else list.prepend(make(request));
}

function ended(request, fresh) {
  const before = rowOf(request.id);
  if (before && !isRunning(before)) return; // it was there when the page was loaded
  before?.remove();
  const row = make(request);
  if (fresh) row.classList.add("fresh");
  list.insertBefore(row, [...list.children].find((other) => !isRunning(other)) ?? null);
}

function all(said) {
  for (const row of list.querySelectorAll(".running")) {
    if (!said.running.some((request) => request.id === row.dataset.id)) row.remove();
  }
  const newest = [...list.children].find((row) => !isRunning(row))?.querySelector("time").dateTime ?? "";
  for (const request of [...said.finished].reverse()) if (Date.parse(request.time) > (Date.parse(newest) || 0)) ended(request, false);
  said.running.forEach(begun);
}

if (list) {
  addEventListener("router", ({ detail: { name, said } }) => {
    if (name === "snapshot") all(said);
    else if (name === "started") begun(said);
    else if (name === "finished") ended(said, true);
    else return;
    const running = list.querySelectorAll(".running").length;
    while (list.children.length > MOST + running) list.lastElementChild.remove();
    count.hidden = running === 0;
    count.textContent = running + " running";
    const none = document.getElementById("none");
    if (none) none.hidden = list.children.length > 0;
  });
}
