// The pane beside the list: what is known of the row that one is on. Everything in it came with the page, so nothing more is asked for.
import { bind } from "../core/keyboard.js";
import { _ } from "../core/texts.js";

const pane = document.getElementById("preview");
const links = [...document.querySelectorAll("#hits a[data-preview]")];
const wide = matchMedia("(min-width: 60rem)");

function show(link) {
  for (const other of links) other.closest(".row").removeAttribute("aria-current");
  link.closest(".row").setAttribute("aria-current", "true");
  pane.replaceChildren(document.getElementById(link.dataset.preview).content.cloneNode(true));
}

function fit() {
  pane.hidden = !wide.matches;
}

function step(by) {
  const now = links.findIndex((link) => link.closest(".row").hasAttribute("aria-current"));
  const next = links[Math.min(Math.max(now + by, 0), links.length - 1)];
  next.focus();
}

if (pane && links.length > 0) {
  wide.addEventListener("change", fit);
  fit();
  show(links[0]);
  for (const link of links) {
    link.addEventListener("focus", () => show(link));
    link.closest(".row").addEventListener("click", (event) => {
      if (!event.target.closest("a")) show(link);
    });
  }
  bind(_("Search"), [
    { key: "j", label: _("Next item"), run: () => step(1), repeat: true },
    { key: "k", label: _("Previous item"), run: () => step(-1), repeat: true },
    { key: "o", label: _("Open"), run: () => document.querySelector("#hits .row[aria-current] a")?.click() },
  ]);
}
