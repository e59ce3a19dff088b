// Where this browser holds the person's own key, the answer is on their word: what will be kept is asked for, signed, and sent as it is.
import { complain } from "../core/page.js";
import { ownKey } from "../inbox/own.js";

const form = document.querySelector("form[data-form]");
let signed = false;

const base64 = (text) => btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));

function put(name, value) {
  const field = form.querySelector(`input[type=hidden][name=${name}]`) ?? document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  form.append(field);
}

/** Sign what the service will keep; whatever it does not take is sent unsigned, and the page says what is wrong. */
async function sign(key, body) {
  const response = await fetch(form.dataset.draft, { method: "POST", body, credentials: "same-origin" });
  if (!response.ok) return;
  const { answer } = await response.json();
  const { state, digest } = await import("../signing/statements.js");
  const said = await state(key, { event: "FormAnswer", submission: form.dataset.item, reason: await digest(answer) });
  put("answer", base64(answer));
  put("statement", said.statement);
  put("signature", said.signature);
  if (!body.get("sign_for")) return;
  const signing = await state(key, { event: "ConsignmentAcceptance", submission: form.dataset.item });
  put("sign_statement", signing.statement);
  put("sign_signature", signing.signature);
}

form?.addEventListener("submit", async (event) => {
  const act = event.submitter?.value ?? "send";
  if (signed || !["send", "nil"].includes(act)) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.set("act", act);
  signed = true; // pressed twice, it is sent once
  try {
    const key = await ownKey();
    if (key) await sign(key, body);
  } catch (error) {
    complain(error);
  }
  put("act", act);
  form.submit();
});
