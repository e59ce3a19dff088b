// What every page does once it is there.
import { Unreachable } from "./api.js";
import "./keyboard.js";
import { _ } from "./texts.js";

/** Show a message at the head of the page. `tone` is "good", "bad", "warn" or "note". */
export function say(text, { tone = "note", advice = "" } = {}) {
  const box = document.createElement("div");
  box.className = `message ${tone}`;
  box.setAttribute("role", tone === "bad" ? "alert" : "status");
  for (const line of [text, advice].filter(Boolean)) {
    const paragraph = document.createElement("p");
    paragraph.textContent = line;
    box.append(paragraph);
  }
  document.getElementById("messages").replaceChildren(box);
  return box;
}

/** Show an error: what happened and what to do next. */
export function complain(error) {
  const known = "advice" in error;
  if (!known) console.error(error);
  return say(known ? error.message : _("Something went wrong on this page."), { tone: "bad", advice: known ? error.advice : _("Load the page again.") });
}

// a message that nobody sees is none: what a piece of the page puts there is brought into view
const messages = document.getElementById("messages");
new MutationObserver(() => messages.firstElementChild?.scrollIntoView({ block: "nearest" })).observe(messages, { childList: true });

for (const name of ["htmx:sendError", "htmx:timeout"]) document.body.addEventListener(name, () => complain(new Unreachable()));

// what is wrong with a field is said in the language of the page, which is not always the browser's
addEventListener("invalid", ({ target }) => {
  if (!target.validity.customError) target.setCustomValidity(target.validity.valueMissing ? _("Please fill this in.") : _("This does not fit here."));
}, true);
addEventListener("input", ({ target }) => {
  for (const each of target.form?.elements ?? []) each.setCustomValidity("");
});

// a second press on a button whose form is on its way would do a thing twice
const TWICE = 2000;
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, TWICE);
});

document.querySelector("[data-keys]")?.removeAttribute("hidden");
