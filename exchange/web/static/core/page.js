// What every page does once it is there.
import { _ } from "./texts.js";

/** Show a message at the head of the page. `tone` is "good", "bad" or "note". */
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
