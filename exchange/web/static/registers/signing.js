// A correction, or the lock of a year, bears the person's own signature where this browser holds their key.
import { complain } from "../core/page.js";
import { ownKey } from "../inbox/own.js";
import { correction } from "./kept.js";

async function sign(form) {
  const key = await ownKey();
  if (!key) return;
  const { state, digest } = await import("../signing/statements.js");
  const act = { event: form.dataset.signs, subject: form.dataset.subject };
  if (form.elements.reason) act.reason = await digest(JSON.stringify(correction(new FormData(form))));
  for (const [name, value] of Object.entries(await state(key, act))) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
}

const form = document.querySelector("form[data-signs]");
let sent = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (sent) return; // pressed twice, it is sent once
  sent = true;
  void sign(form)
    .catch(complain)
    .then(() => form.submit());
});
