// Showing again that it is oneself: with the key of this computer, or with a passkey.
import { askJson } from "../core/api.js";
import { current } from "../signing/kept.js";
import { signedHeaders } from "../signing/requests.js";
import { hasPasskeys, inNumbers, refused, show } from "./webauthn.js";

const KEY = "/confirm/key";
const place = document.getElementById("confirm");
const key = await current().catch(() => null);

offer("with-key", key !== null && key.notAfter > new Date(), async () => askJson("POST", KEY, undefined, { headers: await signedHeaders(key, "POST", KEY) }));
offer("with-passkey", hasPasskeys && !inNumbers, () => show("/confirm/passkey"));
place.querySelector("button:not([hidden])")?.focus();

function offer(id, possible, act) {
  const button = document.getElementById(id);
  if (!button) return;
  button.hidden = !possible;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await act();
      location.replace(place.dataset.next);
    } catch (error) {
      button.disabled = false;
      refused(error);
    }
  });
}
