// Taking back, consenting and refusing: where this browser holds the person's own key, they sign the act before its form is sent.
import { complain } from "../core/page.js";
import { ownKey } from "../inbox/own.js";

/** What a form asks for, as a statement names it; null where nobody signs it: for all recipients at once the service keeps the record. */
export function actOf(form) {
  const chosen = form.elements.office?.selectedOptions[0];
  const event = chosen ? chosen.dataset.event : form.dataset.event;
  if (!event) return null;
  const version = Number(chosen ? chosen.dataset.version : form.elements.version.value);
  const act = { event, submission: form.dataset.directions, version, reason: form.elements.reason?.value ?? "" };
  return chosen ? { ...act, recipient: chosen.value } : act;
}

function put(form, name, value) {
  const field = form.elements[name] ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
  field.value = value;
}

async function send(form) {
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    const act = actOf(form);
    const key = act && (await ownKey());
    if (key) {
      const { state } = await import("../signing/statements.js"); // most who read sign nothing
      const { statement, signature } = await state(key, act);
      put(form, "version", act.version);
      put(form, "statement", statement);
      put(form, "signature", signature);
    }
    form.submit();
  } catch (error) {
    for (const button of form.querySelectorAll("button")) button.disabled = false;
    complain(error);
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.directions) return;
  event.preventDefault();
  void send(event.target);
});
