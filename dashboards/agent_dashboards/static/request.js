// Loads the page again when the request that it shows has ended, or has been sent elsewhere.
"use strict";

const request = document.getElementById("request");
const again = (ms) => setTimeout(() => location.reload(), ms);

if (request.dataset.state === "unwritten") again(1500);
if (request.dataset.state === "running") {
  addEventListener("router", ({ detail: { name, said } }) => {
    if (name === "snapshot" && !said.running.some((each) => each.id === request.dataset.id)) again(300);
    if ((name === "finished" || name === "started") && said.id === request.dataset.id) again(300);
  });
}
