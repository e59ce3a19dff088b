// Sending what the outbox keeps until the county's receipt is verified, or it says no for good.
import { _ } from "../core/texts.js";
import { ask, askJson, Refusal, Unreachable } from "../core/api.js";
import { Problem } from "../signing/problem.js";
import { announce, bytesOf, entryOf, note, receiptOf, refuse, settle } from "./outbox.js";
import { verify } from "./receipts.js";
import { giveUp, SILENT, submitUploaded, submitWhole, upload } from "./upload.js";

const SMALL = 2 ** 20;
const INSPECTING = 202;
const GONE = 404;
const FIRST_WAIT = 1; // seconds
const LONGEST_WAIT = 60;
const LONGEST_ASKED = 3600;
const PLACE = /^\/api\/v1\/inspections\/[A-Za-z0-9_-]{1,200}$/;

// What is for good, by the number of the answer: as the command `yizhan` has it. Of the other refusals the way was at fault, or who is
// signed in, or the moment.
const FOR_GOOD = {
  400: (type) => type !== "truncated" && type !== "request-malformed",
  403: (type) => type.startsWith("signer-") || type === "signing-time" || type === "not-allowed",
  409: (type) => type !== "upload-offset",
  412: () => true,
  413: () => true,
  415: () => true,
  422: () => true,
};

/**
 * @typedef {object} Standing how far a sending is
 * @property {"waiting"|"upload"|"checking"|"receipt"} phase waiting for the network or another tab, bytes on their way, the county is
 *   looking at it, the receipt is being verified
 * @property {number} done bytes, or pages while checking
 * @property {number} total
 * @property {number} [place] in the county's queue; 0 when it is being looked at
 * @property {number} [seconds] until it is tried again
 * @property {Error} [problem] why it waits
 */

/**
 * Send a kept container and stay until its receipt is verified; then the kept bytes are dropped.
 *
 * Cut lines are waited for and gone on with. One tab at a time sends a submission, another one waits for it. Throws what the signal was
 * aborted with (the container stays kept); Refusal for a refusal for good, after the bytes were deleted; any other error of which nobody
 * got the better within `patience` seconds, or that needs a person (`signed-out`): the container stays kept and is sent again
 * when a page is opened.
 * @param {string} submission
 * @param {{progress?: (standing: Standing) => void, signal?: AbortSignal, patience?: number}} [options]
 * @returns {Promise<{submission: string, receipt: object, status: "accepted"}>}
 */
export async function send(submission, { progress = () => {}, signal = undefined, patience = 300 } = {}) {
  const tell = (standing) => {
    progress(standing);
    const { problem, ...rest } = standing;
    announce(submission, { ...rest, problem: problem?.message });
  };
  const name = `sending ${submission}`;
  if (await held(name)) progress({ phase: "waiting", done: 0, total: 0 });
  return navigator.locks.request(name, { signal }, () => new Sending(submission, tell, signal, patience).run());
}

/** Say whether the county's refusal of a container is for good: its bytes may then not be kept. */
export function isFinal({ status, type, members = {} }) {
  return String(members.type ?? "").startsWith("/problems/") && (FOR_GOOD[status]?.(type) ?? false);
}

/** Return the seconds to wait after so many attempts; `jitter` is between 0 and 1. A wait that was asked for is kept. */
export function waitAfter(attempts, asked = 0, jitter = Math.random()) {
  const grown = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempts - 1, 20));
  return Math.max(Math.min(asked, LONGEST_ASKED), grown * (0.5 + jitter / 2));
}

class Sending {
  constructor(submission, tell, signal, patience) {
    Object.assign(this, { submission, tell, signal, patience });
  }

  async run() {
    let attempts = 0;
    let heard = performance.now();
    this.total = 0;
    for (;;) {
      this.signal?.throwIfAborted();
      this.entry = await entryOf(this.submission);
      if (!this.entry) return this.ended();
      const before = this.come;
      try {
        return await this.once();
      } catch (error) {
        if (error.name === "AbortError" || this.signal?.aborted) throw error;
        if (error.judged && isFinal(error)) await this.refused(error);
        if (this.come !== before) [attempts, heard] = [0, performance.now()]; // bytes got through: the line is alive
        attempts += 1;
        const seconds = waitAfter(attempts, error.members?.retry_after);
        await this.putOff(error, seconds);
        const again = error instanceof Unreachable || (error instanceof Refusal && error.status !== 401);
        if (!again || performance.now() + seconds * 1000 > heard + this.patience * 1000) throw error;
        this.tell({ phase: "waiting", done: this.come ?? 0, total: this.total, seconds, problem: error });
        await pause(seconds, this.signal);
      }
    }
  }

  /** Try once; what throws has decided nothing unless it is `judged` and final. */
  async once() {
    const envelope = (await this.followed()) ?? (await this.found()) ?? (await this.submitted());
    this.tell({ phase: "receipt", done: 1, total: 1 });
    const { container, anchor } = this.entry;
    await verify(envelope, { submission: this.submission, container, anchor });
    await this.sayUse();
    await settle(this.submission, envelope);
    return accepted(this.submission, envelope);
  }

  /** Tell why the number was used again, where somebody chose why. A cut line is waited for; a refusal is not, for it can be said later. */
  async sayUse() {
    if (!this.entry.use) return;
    try {
      await askJson("PUT", `/api/v1/submissions/${this.submission}/same-number`, { said: this.entry.use }, { signal: this.signal, patience: SILENT });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  /** Return the envelope of an inspection that was begun before; null when the county knows of none. */
  async followed() {
    return this.entry.inspection ? this.follow(this.entry.inspection, 0) : null;
  }

  /** Return the receipt of a large container whose answer may have been lost: it need not be uploaded again. */
  async found() {
    if (!this.entry.posted || this.entry.size < SMALL) return null;
    try {
      const { receipts } = await askJson("GET", `/api/v1/submissions/${this.submission}/receipts`, undefined, { signal: this.signal, patience: SILENT });
      return receipts[0] ?? null; // the first is the acceptance, or it will not be verified
    } catch (error) {
      if (error instanceof Refusal && error.status === GONE) return null;
      throw error;
    }
  }

  async submitted() {
    const blob = await bytesOf(this.submission);
    if (!blob || blob.size !== this.entry.size) throw lost();
    this.total = blob.size;
    const progress = (done) => {
      if (this.entry.problem) note(this.submission, { problem: (this.entry.problem = undefined) }); // what held it up is over
      this.come = done;
      this.tell({ phase: "upload", done, total: blob.size });
    };
    const small = blob.size < SMALL;
    const place = small ? null : await this.uploaded(blob, progress);
    await note(this.submission, { state: "sending", posted: true, upload: null });
    try {
      return await this.answered(await (small ? submitWhole(blob, progress, this.signal) : submitUploaded(place, this.signal)));
    } catch (error) {
      throw Object.assign(error, { judged: error.judged ?? error instanceof Refusal });
    }
  }

  async uploaded(blob, progress) {
    const remember = (place) => note(this.submission, { state: "sending", upload: place });
    try {
      return await upload(blob, { place: this.entry.upload ?? null, remember, progress, signal: this.signal });
    } catch (error) {
      throw Object.assign(error, { judged: error.type === "container-too-large" });
    }
  }

  /** Return the envelope that an answer bears, or follows from it. */
  async answered(request) {
    if (request.status !== INSPECTING) return envelope(request.responseText);
    const place = request.getResponseHeader("Location") ?? "";
    if (!PLACE.test(place)) throw new Unreachable();
    await note(this.submission, { state: "checking", inspection: place, problem: undefined });
    this.tell(looked(JSON.parse(request.responseText)));
    return this.follow(place, Number(request.getResponseHeader("Retry-After")) || 1);
  }

  /** Ask how far the county is until it says what came of it; null when it has forgotten (a restart): then all is sent again. */
  async follow(place, seconds) {
    for (;;) {
      await pause(seconds, this.signal);
      let answer;
      try {
        answer = await ask("GET", place, { signal: this.signal, patience: SILENT });
      } catch (error) {
        if (error instanceof Refusal && error.type !== "internal") await note(this.submission, { inspection: undefined });
        if (error instanceof Refusal && error.status === GONE) return null;
        throw Object.assign(error, { judged: error instanceof Refusal });
      }
      if (answer.status !== INSPECTING) return envelope(await answer.text());
      this.tell(looked(await answer.json()));
      seconds = Math.min(Number(answer.headers.get("Retry-After")) || 1, LONGEST_WAIT);
    }
  }

  async refused(error) {
    const { upload: place } = this.entry;
    await refuse(this.submission, error);
    if (place) await giveUp(place);
    throw error;
  }

  putOff(error, seconds) {
    const { message, advice = "", members = {} } = error;
    const type = error instanceof Unreachable ? "unreachable" : error.type ?? "";
    const { title, title_en, advice: next = advice, advice_en } = members;
    const problem = { type, message, title, title_en, advice: next, advice_en };
    return note(this.submission, { attempts: this.entry.attempts + 1, nextAt: Date.now() + seconds * 1000, problem });
  }

  async ended() {
    const receipt = await receiptOf(this.submission);
    if (!receipt) throw lost();
    return accepted(this.submission, receipt.envelope);
  }
}

function looked({ pages_done: done, pages: total, place }) {
  return { phase: "checking", done, total, place };
}

function envelope(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreachable(); // a gateway's page, not the county's word
  }
}

function accepted(submission, receipt) {
  return { submission, receipt, status: "accepted" };
}

function lost() {
  const advice = _("Look under Sent whether the county has it; if not, submit the document again.");
  return new Problem("kept-bytes-lost", _("This browser no longer has the document that was to be sent."), advice);
}

async function held(name) {
  const { held: locks } = await navigator.locks.query();
  return locks.some((lock) => lock.name === name);
}

/** Wait; the network coming back ends it sooner. */
function pause(seconds, signal) {
  return new Promise((done, failed) => {
    const end = () => {
      clearTimeout(timer);
      globalThis.removeEventListener("online", end);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) failed(signal.reason);
      else done();
    };
    const timer = setTimeout(end, seconds * 1000);
    globalThis.addEventListener("online", end);
    signal?.addEventListener("abort", end);
  });
}
