// 「张三 正在办理」: who of the office is at which item, as it changes. The list and the pane show it when they are written; this keeps it true.
import { _ } from "../core/texts.js";

const PREFIX = "row-";
let names = {};

function named(name, words) {
  const written = document.createElement("bdi");
  written.lang = "zh-CN";
  written.dataset.content = "";
  written.textContent = name;
  return [written, ` ${words}`];
}

function inRow(row) {
  const name = names[row.id.slice(PREFIX.length)];
  const badge = row.querySelector("[data-claim]");
  if (!name || badge) {
    if (!name) badge?.remove();
    else if (badge.querySelector("bdi").textContent !== name) badge.querySelector("bdi").textContent = name;
    return;
  }
  let badges = row.querySelector(".badges");
  if (!badges) {
    badges = document.createElement("span");
    badges.className = "badges";
    row.append(badges);
  }
  const made = document.createElement("span");
  made.className = "badge note";
  made.dataset.claim = "";
  made.append(...named(name, _("is at it")));
  badges.append(made);
}

const inRows = () => document.querySelectorAll("#rows > .row").forEach(inRow);

function inPane() {
  const box = document.getElementById("claim");
  const name = names[box?.closest("[data-item]").dataset.item];
  if (!box || (box.querySelector("bdi")?.textContent ?? undefined) === name) return;
  if (!name) {
    box.replaceChildren();
    htmx.trigger(box, "freed"); // whoever still has it open is the one who is at it now
    return;
  }
  const told = document.createElement("p");
  told.className = "message warn";
  told.setAttribute("role", "status");
  told.append(...named(name, _("is at this item just now")));
  box.replaceChildren(told);
}

/** Show who is where: names by submission, all there are. */
export function claimed(now) {
  names = now;
  inRows();
  inPane();
}

// rows that come anew are written without it, or a moment late
const list = document.getElementById("list");
if (list) new MutationObserver(inRows).observe(list, { childList: true, subtree: true });

// an item that was opened before is only shown: being at it is said at once all the same
document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector("#pane:not(:has([data-open])) #claim");
  if (box && document.visibilityState === "visible" && !document.prerendering) htmx.trigger(box, "freed");
});

addEventListener("pagehide", () => {
  const item = document.querySelector("#pane [data-item]")?.dataset.item;
  if (item) navigator.sendBeacon(`/inbox/${item}/leave`);
});
