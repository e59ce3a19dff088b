// Many items at once on a person's own word: every item gets a statement of its own, signed here, and goes with a few others in one form
// of the usual size. Between two items it can be stopped; what was sent has its receipt or was refused, what was not was not touched.
// When an answer is lost, going on asks for those items again: what had been done is said to have been done before.
import { Refusal, Unreachable } from "../core/api.js";
import { _ } from "../core/texts.js";
import { state } from "../signing/statements.js";

const EVENTS = { sign_for: "ConsignmentAcceptance", return: "ConsignmentRejection" };
const MOST_TOGETHER = 16;
const MOST_LETTERS = 48 * 1024; // of a form that may have 64 KiB

/**
 * Sign items and give them away in pieces.
 * @param {object} key
 * @param {{act: "sign_for"|"return", reason: string, items: string[]}} wanted `items` as rows name them, submission:version
 * @param {(body: URLSearchParams, items: string[]) => Promise<void>} send
 * @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<void>} Throws what `send` throws, and what the signal was aborted with; then the piece under way was not sent.
 */
export async function inPieces(key, { act, reason, items }, send, { signal } = {}) {
  let piece = begun(act, reason);
  let taken = [];
  for (const item of items) {
    signal?.throwIfAborted();
    const [submission, version] = item.split(":");
    const word = await state(key, { event: EVENTS[act], submission, version: Number(version), reason });
    const members = [["items", item], ["statements", word.statement], ["signatures", word.signature]];
    const size = new URLSearchParams(members).toString().length;
    if (taken.length && (taken.length === MOST_TOGETHER || piece.toString().length + size > MOST_LETTERS)) {
      await send(piece, taken);
      [piece, taken] = [begun(act, reason), []];
      signal?.throwIfAborted();
    }
    for (const [name, value] of members) piece.append(name, value);
    taken.push(item);
  }
  if (taken.length) await send(piece, taken);
}

function begun(act, reason) {
  return new URLSearchParams(reason ? { act, reason } : { act });
}

/** One run over many items, shown in a place of the page, stopped and gone on with there. */
export class Run {
  /** `wanted` as for `inPieces`, `url` the form's address, `place` the element that is to be filled. */
  constructor(key, wanted, url, place) {
    Object.assign(this, { key, wanted, url, place, left: [...wanted.items], all: wanted.items.length, results: null });
  }

  /** Go on with what is left; returns when everything has been answered, or it was stopped, or the line is cut. */
  async go() {
    this.stop = new AbortController();
    const leaving = (event) => event.preventDefault();
    addEventListener("beforeunload", leaving);
    this.showProgress();
    let why = "";
    try {
      const wanted = { ...this.wanted, items: this.left };
      await inPieces(this.key, wanted, (body, items) => this.sent(body, items), { signal: this.stop.signal });
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refusal || error.name === "AbortError")) throw error;
      why = error.name === "AbortError" ? _("Stopped.") : [error.message, error.advice].filter(Boolean).join(" ");
    } finally {
      removeEventListener("beforeunload", leaving);
    }
    this.ended(why);
  }

  async sent(body, items) {
    let response;
    try {
      response = await fetch(this.url, { method: "POST", body, headers: { "HX-Request": "true" }, credentials: "same-origin" });
    } catch {
      throw new Unreachable();
    }
    const piece = document.createElement("template");
    piece.innerHTML = await response.text();
    const results = piece.content.querySelector("#results");
    if (!response.ok || !results) throw refusal(response.status, piece.content);
    this.left = this.left.filter((item) => !items.includes(item));
    this.take(results);
    this.told();
  }

  /** Put the rows of a piece to those that were there before. */
  take(results) {
    if (!this.results) {
      this.results = results;
      this.place.append(results);
      return;
    }
    for (const [into, from] of [["[data-others] tbody", "tbody tr"], ["[data-done] ul", "[data-done] li"]])
      this.results.querySelector(into).append(...results.querySelectorAll(from));
    const named = this.results.querySelector("[data-word]");
    if (!named) this.results.querySelector("h2").after(...results.querySelectorAll("[data-word]"));
  }

  told() {
    const count = this.all - this.left.length;
    const words = _("Signed and answered: %(count)s of %(all)s", { count, all: this.all });
    this.bar.querySelector("span").textContent = words;
    Object.assign(this.bar.querySelector("progress"), { value: count, ariaLabel: words });
    if (!this.results) return;
    const [done, others] = ["[data-done] li", "[data-others] tr[data-outcome]"].map((rows) => this.results.querySelectorAll(rows).length);
    const title = this.results.querySelector("#results-title");
    const counted = _("%(done)s of %(all)s done", { done, all: this.all });
    title.textContent = counted + /[:：][^:：]*$/.exec(title.textContent)[0];
    const details = this.results.querySelector("[data-done]");
    details.hidden = !done;
    details.open = !others;
    details.querySelector("summary").textContent = _("%(count)s done", { count: done });
    this.results.querySelector("[data-others]").hidden = !others;
  }

  showProgress() {
    this.bar = document.createElement("div");
    this.bar.className = "progress under-way";
    const button = made("button", _("Stop here"));
    Object.assign(button, { type: "button", className: "quiet small", onclick: () => this.stop.abort() });
    const bar = document.createElement("progress");
    bar.max = this.all;
    this.bar.append(made("span", ""), bar, button);
    this.bar.firstChild.setAttribute("role", "status");
    if (this.results) this.place.replaceChildren(this.bar, this.results);
    else this.place.replaceChildren(this.bar);
    this.told();
  }

  ended(why) {
    if (!this.left.length) return void this.bar.remove();
    const box = document.createElement("div");
    box.className = "message warn";
    box.id = "unfinished";
    box.setAttribute("role", "alert");
    const button = made("button", _("Go on with the rest"));
    Object.assign(button, { type: "button", className: "small", onclick: () => void this.go() });
    box.append(made("p", why), made("p", _("Not answered: %(count)s. Going on signs and sends just these again; what was done already is only said.", { count: this.left.length })), button);
    this.bar.replaceWith(box);
    button.focus();
  }
}

function refusal(status, content) {
  const [title, advice] = [...content.querySelectorAll(".message p")].map((line) => line.textContent);
  const error = new Refusal(status, {});
  return Object.assign(error, { message: title ?? error.message, advice: advice ?? "" });
}

function made(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
