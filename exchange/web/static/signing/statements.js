// What a person signs with the key of this browser when they act on a delivery: see keys/statement.py.
import { sign } from "./cms.js";

/**
 * Sign an act.
 * @param {object} key what `keys.current()` returns
 * @param {{event: string, submission?: string, subject?: string, version?: number, recipient?: string, reason?: string}} act `event`
 *   as receipts name it; `subject` as well, where no submission is concerned; `recipient` is the office whose delivery it is when the
 *   sender acts
 * @param {Date} at when, by this computer's clock
 * @returns {Promise<{statement: string, signature: string}>} base64 of exact bytes, as the body of a move wants them
 */
export async function state(key, act, at = new Date()) {
  const nonce = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const said = { type: "statement/v1", event: act.event, office: key.office, person: key.person, at: at.toISOString(), nonce };
  if (act.submission) said.submission = act.submission;
  if (act.subject) said.subject = act.subject;
  if (act.version) said.version = act.version;
  if (act.recipient) said.recipient = act.recipient;
  if (act.reason?.trim()) said.reason = act.reason.trim();
  const names = Object.keys(said).sort();
  const body = new TextEncoder().encode(JSON.stringify(said, names));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return { statement: base64(body), signature: base64(await sign(key, digest, at)) };
}

/** The hexadecimal SHA-256 of a text: what a person signs of what is too long, or too private, for a statement. */
export async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function base64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
