// What the sender does to several recipients, on a person's own word: a statement for each office, signed here, a few of them in one
// request of the usual size. What was sent before something went wrong is done; pressed again, offices that were urged just now are left alone.
import { complain } from "../core/page.js";
import { ownKey } from "../inbox/own.js";
import { state } from "../signing/statements.js";

const MOST_LETTERS = 48 * 1024; // of a request that may have 64 KiB

/**
 * Sign an act for every office and give it away in pieces.
 * @param {object} key what `ownKey` returns
 * @param {{event: string, submission: string, reason: string}} act
 * @param {string[]} offices
 * @param {(offices: string[], signed: {office: string, statement: string, signature: string}[]) => Promise<void>} send
 */
export async function inPieces(key, act, offices, send) {
  let piece = [];
  const away = async () => {
    const taken = piece;
    piece = [];
    if (taken.length) await send(taken.map(({ office }) => office), taken);
  };
  for (const office of offices) {
    const word = { office, ...(await state(key, { ...act, recipient: office })) };
    if (JSON.stringify([...piece, word]).length > MOST_LETTERS) await away();
    piece.push(word);
  }
  await away();
}

/**
 * Let what a form does be on the person's own word where this browser holds their key; else the form stays as it is.
 * @param {HTMLFormElement} form
 * @param {(key: object, button: HTMLButtonElement) => Promise<string|null>} work returns where to go on, null to send the form as it is
 */
export async function onOwnWord(form, work) {
  const key = await ownKey();
  if (!key) return;
  let busy = false;
  let plain = false;
  form.addEventListener("submit", (event) => {
    if (plain) return;
    event.preventDefault();
    if (busy) return; // it was pressed twice
    busy = true;
    const button = event.submitter;
    void work(key, button)
      .then((address) => {
        if (address) return location.assign(address);
        plain = true;
        form.requestSubmit(button);
      })
      .catch(complain)
      .finally(() => {
        busy = false;
      });
  });
  addEventListener("pageshow", () => {
    plain = false;
  });
  form.dataset.own = "1";
}
