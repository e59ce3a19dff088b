// Receipts 回执 judged before they are believed: only a receipt that proves the acceptance of this very container ends its sending.
//
// The steps are those of keys/evidence.py: exact bytes, signature, time stamp, both certificates at the stamp's own moment with the
// revocation list of that moment, times, log, and what it is about. Left out is only what needs more than one receipt (the log's growth, the
// office's gapless sequence): the command `yizhan` and a stranger with the evidence bundle do that.
import { askJson } from "../core/api.js";
import { _ } from "../core/texts.js";
import { join } from "../signing/der.js";
import { hex } from "../signing/hash.js";
import { current } from "../signing/kept.js";
import { believe, RECEIPT, require, TIME_STAMP } from "./certificates.js";
import { readVerifier, verifyLogged } from "./log.js";
import { sha256, verifyDetached, verifyStamp } from "./signatures.js";

const ACCEPTANCE = "SubmissionAcceptance";

/** A receipt that does not prove what it should. `step` names what failed, for whoever looks into it. */
export class Unproved extends Error {
  constructor(step, cause) {
    super(_("The county's receipt could not be verified: the document does not count as submitted."), { cause });
    this.type = "unproved";
    this.step = step;
    this.advice = _("Tell the county's administrator. The document is kept on this computer.");
  }
}

/**
 * Check that a receipt proves that the county has accepted a container. Throws Unproved; Unreachable when there is no network to ask for the
 * revocation list.
 * @param {{submission: string, receipt: string, signature: string, timestamp: string, proof: string}} envelope base64 members
 * @param {object} about
 * @param {string} about.submission id
 * @param {string} about.container SHA-256 of the container in hexadecimal
 * @param {{issuing: Uint8Array, log: string}} [about.anchor] what is believed: issuing certificate and log key kept at enrolment; those of
 *   this browser's key when it is not given
 * @returns {Promise<{receipt: object, at: Date, logged: boolean}>} what it says, when it was stamped, and whether this browser
 *   could check the log's signature
 */
export async function verify(envelope, { submission, container, anchor = undefined }) {
  const believed = anchor?.issuing ? anchor : await current();
  if (!believed) throw new Unproved("anchor");
  const parts = await step("form", () => Object.fromEntries(["receipt", "signature", "timestamp", "proof"].map((name) => [name, bytes(envelope[name])])));
  const receipt = await step("form", () => canonical(parts.receipt)); // 1
  const signed = await step("signature", () => verifyDetached(parts.signature, parts.receipt)); // 2
  const stamp = await step("time stamp", () => verifyStamp(parts.timestamp, parts.signature)); // 3
  const { crls } = await askJson("GET", `/trust/crls?at=${encodeURIComponent(receipt.at)}`);
  const at = { at: stamp.at, issuing: believed.issuing, lists: crls.map(bytes) };
  await step("time stamp's certificate", () => believe(stamp, { ...at, profile: TIME_STAMP })); // 4
  await step("certificate", () => believe(signed, { ...at, profile: RECEIPT })); // 5
  await step("times", () => requireTimes(receipt, signed.at, stamp.at)); // 6
  const log = await step("log", () => readVerifier(believed.log));
  const logged = await step("log", async () => {
    require(receipt.log.origin === log.origin && receipt.log.key === hex(await sha256(log.key)), "another log"); // 7
    return verifyLogged(parts.proof, await sha256(join(parts.receipt, parts.signature)), log); // 8, 9
  });
  await step("submission", () => requireAbout(envelope, receipt, submission, container)); // 10
  return { receipt, at: stamp.at, logged };
}

async function step(name, work) {
  try {
    return await work();
  } catch (error) {
    throw new Unproved(name, error);
  }
}

/** Read a receipt that is in its one canonical spelling: keys sorted, no spaces. */
function canonical(content) {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
  const receipt = JSON.parse(text);
  require(JSON.stringify(sorted(receipt)) === text, "not in canonical form");
  return receipt;
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

function requireTimes({ at, received_at: received }, signing, stamped) {
  // certificates and tokens count whole seconds, receipts milliseconds; both are cut, never rounded
  require(Math.floor(Date.parse(at) / 1000) * 1000 === stamped.getTime(), "receipt and time stamp differ");
  require(signing.getTime() === stamped.getTime(), "signature and time stamp differ");
  require(received === undefined || received <= at, "received after it was receipted");
}

function requireAbout(envelope, receipt, submission, container) {
  const { event, digests = {} } = receipt;
  require(event === ACCEPTANCE, "not an acceptance");
  require([envelope.submission, receipt.submission, digests.manifest].every((id) => id === submission), "of another submission");
  require(digests.container === container, "of another container");
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
