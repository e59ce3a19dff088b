// An act that its event and what it is about say wholly, on the person's own word: see exchange/delivery/own_act.py.
import { complain } from "../core/page.js";
import { ownKey } from "../inbox/own.js";

/**
 * Let a form bear the person's own signature where this browser holds their key; else it is sent as it is. What goes
 * wrong with signing is told, and nothing is sent.
 * @param {HTMLFormElement | null} form
 * @param {() => object | null | Promise<object | null>} act what is signed, as `state` wants it; null where the service must say first
 *   what is wrong
 */
export function onOwnAct(form, act) {
  let sent = false;
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sent) return; // pressed twice, it is sent once
    sent = true;
    void sign(form, act).then(
      () => form.submit(),
      (error) => {
        sent = false; // nothing went out: what was to be signed is not sent on the service's word instead
        complain(error);
      },
    );
  });
  addEventListener("pageshow", () => {
    sent = false;
  });
}

async function sign(form, act) {
  for (const field of form.querySelectorAll("input[type=hidden][name=statement], input[type=hidden][name=signature]")) field.remove(); // of another try
  const key = await ownKey();
  const said = key && (await act());
  if (!said) return;
  const { state } = await import("./statements.js");
  for (const [name, value] of Object.entries(await state(key, said))) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
}
