// Passkeys: what the service writes in JSON becomes what browsers ask authenticators, and the answers back again.
// Newer browsers do this themselves (parseCreationOptionsFromJSON, toJSON); those in township offices often are not that new.
import { askJson, Refusal } from "../core/api.js";
import { complain, say } from "../core/page.js";
import { _ } from "../core/texts.js";

/** Whether this browser has passkeys, and this address may have them: browsers make none for addresses in numbers. */
export const hasPasskeys = Boolean(globalThis.PublicKeyCredential && navigator.credentials);

/** Whether the page was opened at an address in numbers. */
export const inNumbers = /^(\d+\.\d+\.\d+\.\d+|\[.*\])$/.test(location.hostname);

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const named = (known = []) => known.map((each) => ({ ...each, id: bytes(each.id) }));

/** Have a passkey made and bring it to `path`, under a name. Throws what the browser or the service refuses with. */
export async function make(path, name) {
  const asked = await askJson("POST", `${path}/question`);
  const user = { ...asked.user, id: bytes(asked.user.id) };
  const publicKey = { ...asked, user, challenge: bytes(asked.challenge), excludeCredentials: named(asked.excludeCredentials) };
  const made = await navigator.credentials.create({ publicKey });
  const response = { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) };
  return askJson("POST", path, { name, answer: written(made, response) });
}

/** Show a passkey and bring what it answers to `path`. Throws what the browser or the service refuses with. */
export async function show(path) {
  const asked = await askJson("POST", `${path}/question`);
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: named(asked.allowCredentials) };
  const shown = await navigator.credentials.get({ publicKey });
  const { clientDataJSON, authenticatorData, signature, userHandle } = shown.response;
  const response = { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature) };
  if (userHandle?.byteLength) response.userHandle = text(userHandle);
  return askJson("POST", path, { answer: written(shown, response) });
}

function written(credential, response) {
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: {}, response };
}

/** Say what went wrong; lead on where a person has to sign in or to confirm first. */
export function refused(error) {
  if (error instanceof Refusal && error.type === "confirm-again") return location.assign(`/confirm?next=${encodeURIComponent(location.pathname)}`);
  if (error instanceof Refusal && error.status === 401) return location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
  if (error.name === "InvalidStateError") return say(_("This device has one for you already."), { tone: "warn" });
  // browsers do not tell whether a person cancelled, waited too long, or has no passkey here
  if (error.name === "NotAllowedError" || error.name === "AbortError")
    return say(_("Nothing was confirmed: it was cancelled, took too long, or there is none on this device."), {
      tone: "warn",
      advice: _("Try again, or choose another way."),
    });
  if (error.name === "SecurityError" || error.name === "NotSupportedError")
    return say(_("This browser has no passkeys for this address."), { tone: "bad", advice: _("Choose another way.") });
  return complain(error);
}
