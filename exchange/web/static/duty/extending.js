// An extension for one recipient bears the person's own signature, where this browser has their key.
import * as keys from "../signing/keys.js";
import { state } from "../signing/statements.js";

const form = document.querySelector("form[data-extend]");
form?.addEventListener("submit", (event) => {
  const { office, until, reason } = form.elements;
  if (!office.value || form.elements.statement) return;
  event.preventDefault();
  void sign(office.value, `${until.value} ${reason.value.trim()}`).then(() => form.submit(), () => form.submit());
});

async function sign(recipient, reason) {
  const key = await keys.current();
  if (!key) return;
  const said = await state(key, { event: "DeadlineExtension", submission: form.dataset.extend, recipient, reason });
  for (const [name, value] of Object.entries(said)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
}
