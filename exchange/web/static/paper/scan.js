// To link a scan is on the person's own word where this browser holds their key: which submission a number means is asked first.
import { ask, Refusal } from "../core/api.js";
import { onOwnAct } from "../signing/own_act.js";

const form = document.querySelector("form[data-paper]");

async function linked() {
  const text = form.elements.filed.value.trim();
  const found = await ask("GET", `/api/v1/submissions/find?${new URLSearchParams({ text })}`)
    .then((response) => response.json())
    .catch((error) => {
      if (error instanceof Refusal && error.type === "request-malformed") return { items: [] }; // the page says what is wrong with the number
      throw error;
    });
  if (found.items.length !== 1) return null;
  return { event: "ScanAttachment", subject: form.dataset.paper, reason: found.items[0].submission };
}

onOwnAct(form, linked);
