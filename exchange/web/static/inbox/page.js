// The inbox page: what clicks and keys do, and what happens by itself.
import { bind } from "../core/keyboard.js";
import { complain, say } from "../core/page.js";
import { _ } from "../core/texts.js";
import { current, flush, giveBack, mark, misdirected, next, open, settle, signFor, undo } from "./acts.js";
import { go, here, itemOf } from "./list.js";
import { follow } from "./live.js";
import { ownKey } from "./own.js";

const guarded = (promise) => void Promise.resolve(promise).catch(complain);
const paneForm = (act) => document.querySelector(`#pane form[data-act=${act}]`);
const isReturning = () => Boolean(document.getElementById("giving-back")?.open);
// what most visits need only later, for the page is to be light
const viewer = () => import("../viewing/viewer.js");
const slip = () => document.getElementById("slip") && import("./slip.js");
const asking = () => document.querySelector("#pane [data-directions]") && import("../directions/acts.js");
const isPlain = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

// what came takes nothing over but classes: a box drawn larger by hand leaves a style behind, and the policy lets no text set one
htmx.config.attributesToSettle = ["class"];

document.addEventListener("click", (event) => {
  if (!isPlain(event)) return;
  const title = event.target.closest("#rows a.title");
  if (title) {
    event.preventDefault();
    return guarded(open(title.dataset.submission));
  }
  const document_ = event.target.closest(".documents a[data-way]");
  if (document_) {
    event.preventDefault();
    guarded(viewer().then(({ show }) => show(document_)));
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const handle = handler(form, event.submitter);
  if (!handle) return;
  event.preventDefault();
  guarded(handle());
});

function handler(form, button) {
  if (form.id === "marks") return () => mark(button);
  if (form.id === "batch") return button.hasAttribute("data-everything") ? null : () => import("./together.js").then(({ many }) => many(form, button, chosen));
  if (form.dataset.act === "sign_for") return () => signFor();
  if (form.dataset.act === "return") return () => giveBack();
  if (form.dataset.act === "misdirect") return () => misdirected();
  if ("next" in form.dataset) return () => next(current());
  if ("open" in form.dataset) return () => open(current());
  return null;
}

document.addEventListener("change", (event) => {
  if (event.target.id === "choose-all") for (const box of document.querySelectorAll("#rows [name=items]")) box.checked = event.target.checked;
  if (event.target.matches("#choose-all, #rows [name=items]")) chosen();
});

function chosen() {
  const count = document.querySelectorAll("#rows [name=items]:checked").length;
  const words = [_("%(count)s chosen", { count }), isOwnWord ? _("each signed by yourself") : _("on the word of the county's service")];
  document.getElementById("chosen")?.replaceChildren(count ? words.join(" · ") : ""); // who only looks chooses nothing
}
let isOwnWord = false;
guarded(ownKey().then((key) => (isOwnWord = Boolean(key))));

function press(selector) {
  const button = document.querySelector(selector);
  button?.click();
  return Boolean(button);
}

function pressRow(name) {
  const row = here();
  const id = current();
  if (row && itemOf(row) !== id) return name === "star" ? row.querySelector(".star").click() : undefined;
  return void press(name === "star" ? "#pane [data-star]" : "#pane [data-unread]");
}

/** With items chosen and none open, the key brings the button that signs for them, which may have left the screen; Enter presses it. */
function signForChosen() {
  if (!document.querySelector("#rows [name=items]:checked")) return say(_("Open an item that is to be signed for first."));
  document.querySelector("#batch [value=sign_for]")?.focus();
}

bind(_("Inbox"), [
  { key: "j", label: _("One row down"), run: () => void go(1), repeat: true },
  { key: "k", label: _("One row up"), run: () => void go(-1), repeat: true },
  { key: "o", label: _("Open the item"), run: () => void (here() || go(1), here() && guarded(open(itemOf(here())))) },
  { key: "x", label: _("Choose the item"), run: () => here()?.querySelector("[name=items]").click() },
  { key: "a", label: _("Sign for it, and the next one"), run: () => void (isReturning() ? null : paneForm("sign_for") ? paneForm("sign_for").requestSubmit() : signForChosen()) },
  { key: "r", label: _("Return it"), run: reasons },
  { key: "Ctrl+Enter", label: _("Send the reason"), run: () => Boolean(document.activeElement.closest("form[data-act=return]")) && paneForm("return").requestSubmit() },
  { key: "e", label: _("The next item"), run: () => guarded(next(current() ?? itemOf(here()) ?? "0".repeat(64))) },
  { key: "z", label: _("Take the signing-for back"), run: () => guarded(undo()) },
  { key: "s", label: _("Star"), run: () => pressRow("star") },
  { key: "u", label: _("Mark unread"), run: () => pressRow("unread") },
]);

function showFirst() {
  if (document.querySelector("#pane .documents a[data-way]")) guarded(viewer().then((made) => made.showFirst()));
}

function reasons() {
  const details = document.getElementById("giving-back");
  if (!details) return;
  details.open = true;
  details.querySelector("input[name=chip]").focus();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "pane") return;
  settle(event.target);
  showFirst();
  guarded(slip());
  guarded(asking());
});

addEventListener("pagehide", () => void flush({ leaving: true }));

const everything = document.querySelector(".everything");
if (everything) everything.hidden = false;
guarded(slip());
guarded(asking());
follow(document.getElementById("inbox").dataset.mark);
if (document.querySelector("#pane [data-open]") && document.visibilityState === "visible" && !document.prerendering) guarded(open(current()));
else showFirst();
