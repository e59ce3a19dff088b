// Opening, signing for and returning, and what comes next. A signing-for waits six seconds, in which it can be taken back: the state
// table knows no undo, so what is taken back must never have been sent. The next item is open meanwhile; the next act, or leaving
// the page, sends what waits.
import { ask, Unreachable } from "../core/api.js";
import { complain, say } from "../core/page.js";
import { _ } from "../core/texts.js";
import { refresh, rowOf, show, state, take } from "./list.js";
import { ownKey } from "./own.js";

const GRACE = 6000;
let waiting = null;
const unanswered = new Set(); // items whose act waits or is on its way: none of them is the next one
let filling = Promise.resolve();
let deciding = Promise.resolve();
let undoing = false;

const article = () => document.querySelector("#pane [data-item]");

/** The item in the pane, or null. */
export const current = () => article()?.dataset.item ?? null;

async function swap(path, values = {}) {
  const query = state();
  filling = htmx.ajax("POST", `${path}${query ? `?${query}` : ""}`, { target: "#pane", swap: "innerHTML", values });
  await filling;
}

/** The form of an act as it stands once the pane is filled: opening an item makes a new version of it. Null when another is there. */
async function settled(act) {
  const item = current();
  await filling.catch(() => null);
  return item && current() === item ? document.querySelector(`#pane form[data-act=${act}]`) : null;
}

/** Open an item: that is its reception when nobody of the office has opened it before. */
export const open = (submission) => swap(`/inbox/${submission}/open`);

/** Open the next item that is yet to be signed for. */
export const next = (submission) => swap(`/inbox/${submission}/next`, unanswered.size ? { passed: [...unanswered] } : {});

/** Take what came for the list out of the pane, and mark where one is. Called when the pane was filled. */
export function settle(pane) {
  take(pane);
  document.getElementById("inbox").classList.toggle("reading", Boolean(article()));
  show(current());
  pane.scrollTop = 0;
  (document.getElementById("item-title") ?? pane).focus({ preventScroll: true });
}

/** The body of an act. Where this browser holds the person's own key, they sign the act: the receipt is then on their word. */
async function signed(event, item, form, reason = "") {
  const body = new URLSearchParams({ version: form.elements.version.value });
  if (reason) body.set("reason", reason);
  const key = await ownKey();
  if (!key) return body;
  const { state: stated } = await import("../signing/statements.js");
  const { statement, signature } = await stated(key, { event, submission: item, version: Number(body.get("version")), reason });
  body.set("statement", statement);
  body.set("signature", signature);
  return body;
}

/** Sign for the item in the pane, after a while, and go on. */
export async function signFor() {
  deciding = decide();
  const item = await deciding;
  if (item && !undoing) await next(item); // what is taken back in the same breath stays open, and nothing else is opened instead
}

/** Let an act wait for its grace, and send the one that waited before. Returns its item, or null where there is nothing to decide. */
async function decide() {
  const form = await settled("sign_for");
  if (!form) return null;
  const item = current();
  const title = document.getElementById("item-title").textContent;
  const body = await signed("ConsignmentAcceptance", item, form);
  if (current() !== item || waiting?.item === item) return null; // it was pressed twice
  void flush();
  waiting = { item, title, url: form.action, body, bar: bar(title) };
  waiting.timer = setTimeout(flush, GRACE);
  unanswered.add(item);
  rowOf(item)?.classList.add("leaving");
  return item;
}

/** Return the item in the pane at once: a reason was written, so no key was pressed by mistake. */
export async function giveBack() {
  const form = await settled("return");
  if (!form) return;
  const chosen = [...form.querySelectorAll("input[name=chip]:checked")].map((chip) => chip.dataset.coded);
  const words = form.elements.reason.value.trim();
  const missing = !chosen.length && !words;
  wrong(form, missing ? _("Say why it is returned: choose a reason or write one.") : "");
  if (missing) return void form.elements.reason.focus();
  const item = current();
  const reason = [...chosen, words].filter(Boolean).join("；"); // as it is kept: exchange/correction/written.py
  const body = await signed("ConsignmentRejection", item, form, reason);
  void flush();
  if (await send({ item, title: document.getElementById("item-title").textContent, url: form.action, body })) await next(item);
}

/** Say of the item in the pane that it is not for this office: it is closed to it at once. */
export async function misdirected() {
  const form = await settled("misdirect");
  if (!form) return;
  const words = form.elements.reason.value.trim();
  wrong(form, words ? "" : _("Say for whom it is, or why it is not for this office."));
  if (!words) return void form.elements.reason.focus();
  const item = current();
  const body = await signed("Misdirection", item, form, words);
  void flush();
  if (await send({ item, title: document.getElementById("item-title").textContent, url: form.action, body })) await next(item);
}

function wrong(form, text) {
  const error = form.querySelector(".error");
  error.hidden = !text;
  error.textContent = text;
  if (text) form.elements.reason.setAttribute("aria-invalid", "true");
  else form.elements.reason.removeAttribute("aria-invalid");
}

/** Take back what waits; nothing was sent. What was pressed just before counts, though it is not yet waiting. */
export async function undo() {
  undoing = true;
  await deciding.catch(() => null);
  undoing = false;
  if (!waiting) return;
  const { item, timer } = waiting;
  clearTimeout(timer);
  waiting.bar.remove();
  waiting = null;
  unanswered.delete(item);
  rowOf(item)?.classList.remove("leaving");
  say(_("Taken back: nothing was sent."));
  await open(item);
}

/** Send what waits. */
export async function flush({ leaving = false } = {}) {
  if (!waiting) return;
  const act = waiting;
  clearTimeout(act.timer);
  act.bar.remove();
  waiting = null;
  await send(act, leaving);
}

async function send({ item, title, url, body }, leaving = false) {
  let response;
  const messages = document.getElementById("messages");
  const before = messages.firstElementChild;
  unanswered.add(item);
  try {
    response = await fetch(url, { method: "POST", body, headers: { "HX-Request": "true" }, keepalive: leaving, credentials: "same-origin" });
    unanswered.delete(item);
  } catch {
    unanswered.delete(item);
    rowOf(item)?.classList.remove("leaving");
    complain(new Unreachable());
    return false;
  }
  const piece = document.createElement("template");
  piece.innerHTML = await response.text();
  const isLatest = messages.firstElementChild === before; // what was said meanwhile is newer than what is now known of this act
  if (response.ok) {
    take(piece.content);
    if (isLatest) messages.replaceChildren(...piece.content.children);
  } else {
    rowOf(item)?.classList.remove("leaving");
    const stale = piece.content.querySelector("#stale");
    stale?.removeAttribute("id");
    stale?.prepend(paragraph(title));
    if (isLatest) messages.replaceChildren();
    messages.prepend(...(stale ? [stale] : piece.content.children));
  }
  void refresh();
  return response.ok;
}

function paragraph(text) {
  const made = document.createElement("p");
  made.textContent = text;
  made.lang = "zh-CN";
  made.dataset.content = "";
  return made;
}

function bar(title) {
  const made = document.createElement("div");
  made.className = "grace";
  made.setAttribute("role", "status");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "small";
  button.textContent = _("Undo (z)");
  button.addEventListener("click", () => void undo().catch(complain));
  const words = document.createElement("span");
  words.textContent = _("Signing for:");
  made.append(words, paragraph(title), button);
  document.body.append(made);
  return made;
}

/** Set or take a mark by one of the buttons of the form `marks`. */
export async function mark(button) {
  const url = new URL(button.formAction);
  url.searchParams.set("current", current() ?? "");
  const body = new URLSearchParams({ [button.name]: button.value });
  const response = await ask("POST", url.pathname + url.search, { body, headers: { "HX-Request": "true" } });
  const piece = document.createElement("template");
  piece.innerHTML = await response.text();
  const row = piece.content.querySelector(".row");
  const starred = row.querySelector(".star").getAttribute("aria-pressed") === "true";
  const old = document.getElementById(row.id);
  if (old) {
    const focused = old.contains(document.activeElement);
    const box = old.querySelector("[name=items]").checked;
    old.replaceWith(row);
    row.querySelector("[name=items]").checked = box;
    if (focused) row.querySelector(button.closest(".row") ? ".star" : "a.title").focus();
  }
  const shown = document.querySelector("#pane [data-star]");
  if (shown && row.id === `row-${current()}`) {
    shown.setAttribute("aria-pressed", String(starred));
    shown.value = starred ? "0" : "1";
    shown.querySelector(".icon").className = `icon ${starred ? "star" : "unstar"}`;
  }
  if (button.name === "unread") say(_("Marked as unread for the whole office."));
}
