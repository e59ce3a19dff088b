// Signed requests (RFC 9421), as exchange/request_signature.py wants them; the pages need one: to sign in.
import { askJson } from "../core/api.js";
import { note } from "./kept.js";

const COVERED_WHEN_SENT = ["Yizhan-Checkpoint", "Idempotency-Key", "If-Match"];
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/**
 * Return the headers that sign a request.
 * @param key of signing/keys.js
 * @param {string} method
 * @param {string} path with its query
 * @param {string | Uint8Array | null} body
 * @param {Record<string, string>} also headers that are sent too; those that change what is done are signed with the rest
 * @param {Date} at
 */
export async function signedHeaders(key, method, path, body = null, also = {}, at = new Date()) {
  const { pathname, search } = new URL(path, "https://county");
  const headers = { ...also };
  const parts = [["@method", method], ["@path", pathname], ["@query", search || "?"]];
  for (const name of COVERED_WHEN_SENT) if (name in also) parts.push([name.toLowerCase(), also[name].trim()]);
  if (body !== null) {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    headers["Content-Digest"] = `sha-256=:${base64(await crypto.subtle.digest("SHA-256", bytes))}:`;
    parts.push(["content-digest", headers["Content-Digest"]]);
  }
  const names = parts.map(([name]) => `"${name}"`).join(" ");
  const nonce = base64(crypto.getRandomValues(new Uint8Array(12)));
  const created = Math.floor(at.getTime() / 1000);
  const parameters = `(${names});created=${created};keyid="${key.fingerprint}";nonce="${nonce}";tag="yizhan"`;
  const signed = [...parts.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${parameters}`].join("\n");
  const bytes = new TextEncoder().encode(signed);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, bytes);
  headers["Signature-Input"] = `yizhan=${parameters}`;
  headers["Signature"] = `yizhan=:${base64(signature)}:`;
  return headers;
}

/** Sign this browser in with a key that it holds; returns `{person, name, office, role}`. Throws Refusal or Unreachable. */
export async function signIn(key) {
  const path = "/api/v1/sessions";
  const person = await askJson("POST", path, undefined, { headers: await signedHeaders(key, "POST", path) });
  await note(key.person);
  return person;
}
