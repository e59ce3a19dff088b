// Adding a passkey on the page of one's account.
import { hasPasskeys, inNumbers, make, refused } from "./webauthn.js";

const form = document.getElementById("new-passkey");
if (form && hasPasskeys && !inNumbers) {
  form.hidden = false;
  document.getElementById("no-passkeys").hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await make("/account/passkeys", form.elements.name.value);
      location.reload();
    } catch (error) {
      refused(error);
    } finally {
      button.disabled = false;
    }
  });
}
