// The keys of the people who use this browser: made here, never readable, kept in IndexedDB (kept.js), one for each person.
import { askJson, Refusal } from "../core/api.js";
import { _ } from "../core/texts.js";
import { request } from "./csr.js";
import { certificate, compare } from "./der.js";
import { hex } from "./hash.js";
import { KEYS, PENDING, transact } from "./kept.js";
import { Problem } from "./problem.js";

export { all, current, forget, note } from "./kept.js";

const SIGNS = ["sign"];
const CODE = /^[0-9A-HJKMNP-TV-Z]{10}$/;

/**
 * Make a key for a person who brings a one-time code, and keep it with what the county says about them; returns it.
 *
 * Key and code are kept before they are sent, so that whoever loses the answer asks again and gets the same one. Throws Problem
 * `browser-unfit` or `code-wrong`, Refusal, Unreachable.
 * @param {string} code in any case, with or without spaces and dashes
 * @returns {Promise<Key>}
 */
export async function enrol(code) {
  await requireFit();
  const typed = normalised(code);
  if (!CODE.test(typed)) throw new Problem("code-wrong", _("A code has 10 letters and digits."), _("Compare it with the slip, sign by sign."));
  const slip = hex(await digest(new TextEncoder().encode(`slip ${typed}`)));
  const pair = await pending(slip);
  let answer;
  try {
    const csr = btoa(String.fromCharCode(...(await request(pair))));
    answer = await askJson("POST", "/api/v1/enrolments", { code: typed, csr });
  } catch (error) {
    if (error instanceof Refusal && error.type === "code-wrong") await transact(PENDING, "readwrite", (store) => store.delete(slip));
    throw error;
  }
  const key = await described(pair, answer);
  await transact(KEYS, "readwrite", (store) => store.put({ ...key, usedAt: Date.now() }));
  await transact(PENDING, "readwrite", (store) => store.clear());
  // asked for, neither waited for (some browsers ask the person) nor relied on: a lost key is made anew with another code
  navigator.storage?.persist?.().catch(() => false);
  return key;
}

/** Throw Problem `browser-unfit` when this browser can make or keep no key, with the reason and the remedy. */
export async function requireFit() {
  if (!globalThis.crypto?.subtle) throw unfit(location.protocol === "https:" ? old() : insecure());
  try {
    await transact(PENDING, "readonly", (store) => store.count());
  } catch {
    throw unfit([
      _("This browser keeps nothing: it may be a private window, or keeping was switched off."),
      _("Open this page in an ordinary window, or in another browser."),
    ]);
  }
}

/** Return a code as the county reads it: capital letters, no spaces and dashes, and what looks alike is one. */
export function normalised(code) {
  const plain = code.normalize("NFKC").toUpperCase().replace(/[\s\p{Pd}]/gu, "");
  return plain.replace(/[ILO]/g, (letter) => (letter === "O" ? "0" : "1"));
}

async function pending(slip) {
  const kept = await transact(PENDING, "readonly", (store) => store.get(slip));
  if (kept) return kept;
  const made = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, SIGNS);
  await transact(PENDING, "readwrite", (store) => store.put(made, slip));
  return made;
}

async function described(pair, answer) {
  const der = bytes(answer.certificate);
  const { publicKey, notAfter } = certificate(der);
  if (compare(publicKey, new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey))) !== 0)
    throw new Problem("signer-unknown", _("The county's answer does not belong to this computer."), _("Tell the county's administrator."));
  return {
    privateKey: pair.privateKey,
    certificate: der,
    issuing: bytes(answer.issuing),
    office: answer.office,
    officeName: answer.office_name,
    person: answer.person,
    name: answer.name,
    role: answer.role,
    county: answer.county,
    log: answer.log,
    fingerprint: hex(await digest(der)),
    notAfter,
  };
}

const digest = async (content) => new Uint8Array(await crypto.subtle.digest("SHA-256", content));
const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const unfit = ([text, advice]) => new Problem("browser-unfit", text, advice);
const old = () => [
  _("This browser is too old to sign."),
  _("Use a newer one (Edge, Chrome, Firefox); in browsers with two modes choose the fast one."),
];
const insecure = () => [
  _("This page was opened over an address that begins with http: signing needs one that begins with https."),
  _("Open %(address)s", { address: location.href.replace(/^http:/, "https:").split("#")[0] }),
];
