// Writing on a handling slip: phrases to take, the person's own word where this browser holds their key, and the slip as it is then.
import { Unreachable } from "../core/api.js";
import { complain, say } from "../core/page.js";
import { _ } from "../core/texts.js";
import { current as heldKey } from "../signing/kept.js";

const BLANK = "…";

/** Put a phrase where one is writing, and mark its first blank to be filled in. */
export function take(phrase, area) {
  const at = area.selectionStart;
  const before = area.value.slice(0, at);
  const gap = before && !/[\s，。；,;.]$/.test(before) ? (/[\u3400-\u9fff]/.test(phrase) ? "，" : ", ") : "";
  area.setRangeText(gap + phrase, at, area.selectionEnd, "end");
  const blank = phrase.indexOf(BLANK);
  const start = at + gap.length + blank;
  if (blank >= 0) area.setSelectionRange(start, start + BLANK.length);
  area.focus();
}

/** The body of an entry, with the person's signature over its words where this browser holds their own key. */
async function signed(form, submission, words) {
  const body = new URLSearchParams(new FormData(form));
  body.set("words", words);
  const key = await heldKey().catch(() => null);
  if (key?.person !== document.body.dataset.person) return body;
  const act = { event: form.dataset.event, submission, version: Number(body.get("version")), reason: words };
  const { state: stated } = await import("../signing/statements.js");
  const { statement, signature } = await stated(key, act);
  body.set("statement", statement);
  body.set("signature", signature);
  return body;
}

async function sent(url, body) {
  try {
    return await fetch(url, { method: "POST", body, headers: { "HX-Request": "true" }, credentials: "same-origin" });
  } catch {
    throw new Unreachable(); // sent again with the key of this form, it is written once
  }
}

/** Write an entry; what was typed stays where it is until it is known to stand on the slip. */
async function write(form) {
  const slip = form.closest(".slip");
  const words = form.elements.words.value.replaceAll("\r\n", "\n").trim();
  wrong(form, words ? "" : _("Write something first."));
  if (!words) return void form.elements.words.focus();
  const button = form.querySelector("button:not([type])");
  button.disabled = true;
  try {
    const body = await signed(form, slip.dataset.item, words);
    const response = await sent(form.action, body);
    if (response.ok && "whole" in slip.dataset) return void location.reload();
    const piece = document.createElement("template");
    piece.innerHTML = await response.text();
    if (!response.ok) return void document.getElementById("messages").replaceChildren(...piece.content.children);
    const fresh = piece.content.querySelector(".slip");
    slip.replaceWith(fresh);
    ready(fresh);
    fresh.querySelector("#slip-title").focus();
    say(_("It stands on the handling slip."), { tone: "good" });
  } finally {
    button.disabled = false;
  }
}

function wrong(form, text) {
  const error = form.querySelector(".error");
  error.hidden = !text;
  error.textContent = text;
  if (text) form.elements.words.setAttribute("aria-invalid", "true");
  else form.elements.words.removeAttribute("aria-invalid");
}

/** Show what needs a script. */
function ready(within) {
  for (const phrases of within.querySelectorAll(".phrases")) phrases.hidden = false;
  for (const form of within.querySelectorAll("form[data-slip]")) form.noValidate = true;
}

document.addEventListener("click", (event) => {
  const phrase = event.target.closest?.("[data-phrase]");
  if (phrase) take(phrase.textContent.trim(), phrase.closest("form").elements.words);
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-slip]")) return;
  event.preventDefault();
  write(event.target).catch(complain);
});

ready(document);
document.addEventListener("htmx:afterSwap", (event) => ready(event.target));
