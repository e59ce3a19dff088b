// Signing in with a passkey: shown where the browser has them.
import { hasPasskeys, inNumbers, refused, show } from "./webauthn.js";

const button = document.getElementById("with-passkey");
button.hidden = !hasPasskeys || inNumbers;
document.getElementById("no-passkeys-here").hidden = !inNumbers;
button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    await show("/signin/passkey");
    location.assign(button.dataset.next);
  } catch (error) {
    button.disabled = false;
    refused(error);
  }
});
