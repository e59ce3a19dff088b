// What is done with many items at once: here for those with their own key, else by the service.
import { say } from "../core/page.js";
import { _ } from "../core/texts.js";
import { flush } from "./acts.js";
import { refresh } from "./list.js";
import { ownKey } from "./own.js";

/** Do with all chosen items what a button of their form says; `chosen` tells how many are, once it is done. */
export async function many(form, button, chosen) {
  await flush();
  const values = new FormData(form, button);
  if (!values.has("items")) return void say(_("Choose items first: with their boxes, or with x."), { tone: "bad" });
  const key = await ownKey();
  const reason = button.value === "return" ? reasonOf(form) : "";
  if (button.value === "return" && !reason) return void say(_("Say why it is returned: choose a reason or write one."), { tone: "bad" });
  button.disabled = true;
  try {
    if (key) await signedByOneself(key, { act: button.value, reason, items: values.getAll("items") }, form.action);
    else await htmx.ajax("POST", form.action, { target: "#pane", swap: "innerHTML", values: plain(values) });
  } finally {
    button.disabled = false;
  }
  for (const box of document.querySelectorAll("#rows [name=items]:checked")) box.checked = false;
  chosen();
  await refresh();
  document.getElementById("results")?.focus();
}

/** The reason in words, as a single return has it. */
function reasonOf(form) {
  const chips = [...form.querySelectorAll("input[name=chip]:checked")].map((chip) => chip.dataset.coded);
  return [...chips, form.elements.reason.value.trim()].filter(Boolean).join("；"); // as it is kept: exchange/correction/written.py
}

async function signedByOneself(key, wanted, url) {
  const { Run } = await import("./many.js");
  document.getElementById("inbox").classList.add("reading");
  return new Run(key, wanted, url, document.getElementById("pane")).go();
}

function plain(values) {
  const made = {};
  for (const name of new Set(values.keys())) made[name] = name === "items" || name === "chip" ? values.getAll(name) : values.get(name);
  return made;
}
