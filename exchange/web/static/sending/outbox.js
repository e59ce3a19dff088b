// The outbox 待发箱 of this browser: signed containers until the county's receipt is verified. 未取得回执 = 未报送成功.
//
// Write order: bytes, then the entry, then the first sending; receipt and end of the entry in one step, then the bytes go. Whatever is
// closed or killed in between leaves an entry with its bytes, which is sent again as it is, or bytes that nobody was told of, which
// are swept. A refusal for good overwrites the entry with time, rule and next step.
import { _ } from "../core/texts.js";
import { current } from "../signing/kept.js";
import { Problem } from "../signing/problem.js";
import * as bytes from "./bytes.js";
import { change, ENTRIES, RECEIPTS, transact } from "./rows.js";

const CHANNEL = "sending";
const channel = new BroadcastChannel(CHANNEL);
const REFUSED = "refused";

/**
 * Take a signed container into custody: when the promise is kept, closing the browser loses nothing.
 *
 * Throws Problem `storage-full` when this computer has no room.
 * @param {object} entry
 * @param {string} entry.submission id, 64 hexadecimal digits
 * @param {string} entry.reference
 * @param {string} entry.title
 * @param {string[]} entry.to
 * @param {Blob} entry.blob the container
 * @param {string} [entry.keptAt] ISO instant
 * @param {string} [entry.use] why its number is used again (submit/twice.js), told once the county has it
 * @param {{issuing: Uint8Array, log: string}} [entry.anchor] by what the receipt will be judged; that of the key when it is not given
 * @param {{progress?: Function, signal?: AbortSignal}} [options]
 */
export async function keep(entry, { progress, signal } = {}) {
  const { submission, reference, title, to, blob, keptAt = new Date().toISOString(), use = "" } = entry;
  const key = entry.anchor ?? (await current());
  // asked for, not relied on: until the receipt is here nothing else may make the browser throw it away
  await navigator.storage?.persist?.().catch(() => false);
  try {
    await bytes.keeping(async () => {
      const container = await bytes.write(submission, blob, { progress, signal });
      const { issuing, log } = key ?? {};
      const { office, person } = globalThis.document.body.dataset;
      const kept = { submission, reference, title, to: [...to], keptAt, container, size: blob.size, office, person, use, anchor: { issuing, log } };
      await transact(ENTRIES, "readwrite", (store) => store.put({ ...kept, state: "kept", attempts: 0, nextAt: 0 }));
    });
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error;
    const advice = _("Free some space on the disk, then submit again. Nothing has been sent.");
    throw new Problem("storage-full", _("This computer has no room to keep the document until its receipt is here."), advice);
  }
  changed();
}

/**
 * Return what the signed-in office has not got a receipt for, the oldest first.
 * @returns {Promise<{submission: string, title: string, to: string[], keptAt: string, state: string, problem?: object}[]>}
 *   `state` is "kept" (not sent yet), "sending" (begun, not decided) or "checking" (the county is looking at it)
 */
export async function list() {
  return (await own()).filter((entry) => entry.state !== REFUSED);
}

/** Return what was refused for good: `{submission, refusedAt, problem: {type, title, title_en, advice, advice_en, rules}}`; no content. */
export async function refusals() {
  return (await own()).filter((entry) => entry.state === REFUSED).reverse();
}

/** Give up an entry, or forget a refusal. What the county may have got nevertheless is not undone by this. */
export async function discard(submission) {
  await transact(ENTRIES, "readwrite", (store) => store.delete(submission));
  await bytes.remove(submission);
  changed();
}

/** Return an entry with all its members, or undefined. */
export function entryOf(submission) {
  return transact(ENTRIES, "readonly", (store) => store.get(submission));
}

/** Return the verified receipt of a submission, `{submission, envelope, at}`, or undefined. */
export function receiptOf(submission) {
  return transact(RECEIPTS, "readonly", (store) => store.get(submission));
}

/** Return the bytes of an entry, null when the browser has thrown them away. */
export const bytesOf = bytes.read;

/** Note how far an entry is. */
export async function note(submission, members) {
  const entry = await change(submission, members);
  if ("state" in members || "problem" in members) changed();
  return entry;
}

/** End an entry with its verified receipt: from now on there is one, and the bytes go. */
export async function settle(submission, envelope) {
  const at = new Date().toISOString();
  await transact([RECEIPTS, ENTRIES], "readwrite", (receipts, entries) => {
    receipts.put({ submission, envelope, at });
    entries.delete(submission);
  });
  await bytes.remove(submission);
  changed();
}

/** End an entry with a refusal: time, rule and next step stay, neither id nor title, and the bytes go at once. */
export async function refuse(submission, { type, members = {} }) {
  const { title, title_en, advice, advice_en, findings = [] } = members;
  const rules = [...new Set(findings.map((finding) => String(finding.rule)))].sort();
  await transact(ENTRIES, "readwrite", (store) => {
    const asked = store.get(submission);
    asked.onsuccess = () => {
      const { office, person } = asked.result ?? {};
      const problem = { type, title, title_en, advice, advice_en, rules };
      store.delete(submission);
      store.put({ submission: crypto.randomUUID(), state: REFUSED, refusedAt: new Date().toISOString(), office, person, problem });
    };
  });
  await bytes.remove(submission);
  changed();
}

/** Delete bytes that a closed browser left without an entry. */
export function sweep() {
  return bytes.sweep(async (submission) => (await entryOf(submission)) !== undefined);
}

/**
 * Be told when the outbox changes (`{changed: true}`) and how far a sending is (`{submission, standing}`), in whatever tab.
 * @returns {() => void} ends it
 */
export function watch(told) {
  const listening = new BroadcastChannel(CHANNEL);
  listening.onmessage = ({ data }) => told(data);
  return () => listening.close();
}

/** Tell all tabs, this one included, how far a sending is. */
export function announce(submission, standing) {
  channel.postMessage({ submission, standing });
}

function changed() {
  channel.postMessage({ changed: true });
}

async function own() {
  const { office } = globalThis.document.body.dataset;
  const entries = office ? await transact(ENTRIES, "readonly", (store) => store.getAll()) : [];
  const when = (entry) => entry.keptAt ?? entry.refusedAt;
  return entries.filter((entry) => entry.office === office).sort((one, other) => when(one).localeCompare(when(other)));
}
