// SHA-256 of files as a person chose them: at once while they are small, piece by piece when they are large, and never of a file
// that somebody changed in between.
import { _ } from "../core/texts.js";
import { Problem } from "./problem.js";

/** From this size on a file is never in memory as a whole: WebCrypto only knows whole ones, so a slower digest of pieces does it. */
export const STREAMED_FROM = 64 * 2 ** 20;
const PIECE = 2 ** 20;

/**
 * Take hold of a file as it is now: a blob that can be read as long as nobody changes the file, and not any more after that.
 *
 * A File of a browser looks at the disk again each time it is asked, so a page holds what was chosen as soon as it is chosen.
 */
export function hold(file) {
  return file.slice(0, file.size, file.type);
}

/**
 * Return the SHA-256 of a blob.
 * @param {Blob} blob as `hold` gives it
 * @param {object} options
 * @param {(so_far: {done: number, total: number}) => void} [options.progress] told after each piece
 * @param {AbortSignal} [options.signal]
 * @param {(piece: Uint8Array) => void} [options.also] is given every piece too, in order
 * @param {string} [options.name] what the file is called, for the person
 * @returns {Promise<Uint8Array>} 32 bytes. Throws Problem `input-changed` for a file that is not any more what was chosen.
 */
export async function sha256(blob, { progress = () => {}, signal, also = () => {}, name = blob.name } = {}) {
  const digest = blob.size < STREAMED_FROM ? wholeDigest(blob.size) : await streamedDigest();
  let done = 0;
  for await (const piece of pieces(blob, signal, name)) {
    digest.update(piece, done);
    also(piece);
    done += piece.length;
    progress({ done, total: blob.size });
  }
  return digest.finish();
}

/** Read a blob piece by piece. Throws Problem `input-changed`, and what the signal was aborted with. */
export async function* pieces(blob, signal, name = blob.name) {
  for (let place = 0; place < blob.size; place += PIECE) {
    signal?.throwIfAborted();
    yield await piece(blob, place, Math.min(place + PIECE, blob.size), name);
  }
  signal?.throwIfAborted();
}

/** Throw Problem `input-changed` when a file is not any more what was chosen: a browser only tells when it is read. */
export async function requireUnchanged(blob, name = blob.name) {
  await piece(blob, Math.max(0, blob.size - 1), blob.size, name);
}

/** Write bytes in hexadecimal. */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function wholeDigest(size) {
  const whole = new Uint8Array(size);
  return {
    update: (piece, place) => whole.set(piece, place),
    finish: async () => new Uint8Array(await crypto.subtle.digest("SHA-256", whole)),
  };
}

async function streamedDigest() {
  const { sha256: streaming } = await import("../vendor/noble/sha2.js");
  const running = streaming.create();
  return { update: (piece) => running.update(piece), finish: async () => running.digest() };
}

async function piece(blob, start, end, name) {
  try {
    const bytes = new Uint8Array(await blob.slice(start, end).arrayBuffer());
    if (bytes.length === end - start) return bytes;
  } catch (error) {
    if (error.name !== "NotReadableError" && error.name !== "NotFoundError") throw error;
  }
  throw changed(name);
}

/** What is said of a file that somebody worked on after it was chosen. */
export function changed(name = "") {
  return new Problem(
    "input-changed",
    _("The file %(name)s was changed, moved or deleted after it was chosen.", { name }),
    _("Save and close it, then choose it again."),
  );
}
