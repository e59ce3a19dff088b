// All that a list has, once it was shown and confirmed: where this browser holds the person's key they sign for each, as they were shown.
import { complain } from "../core/page.js";
import { _ } from "../core/texts.js";
import { Run } from "./many.js";
import { ownKey } from "./own.js";

const form = document.getElementById("everything");
const key = form && (await ownKey());
if (key) {
  document.getElementById("word").textContent = _("Signed by yourself: each receipt is on your own word.");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const items = [...document.querySelectorAll("li[data-item]")].map((row) => row.dataset.item);
    const url = new URL(form.action);
    const place = document.getElementById("pane");
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    new Run(key, { act: form.dataset.act, reason: "", items }, url, place).go().then(() => {
      form.remove();
      document.getElementById("results")?.focus();
    }, complain);
  });
}
