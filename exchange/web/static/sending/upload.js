// Carrying bytes to the county over lines that break: in parts (tus 1.0.0), or at once when they are few.
import { ask, Refusal, Unreachable } from "../core/api.js";

const UPLOADS = "/api/v1/uploads";
const SPEAKS = { "Tus-Resumable": "1.0.0" };
const PART = 4 * 2 ** 20;
const CREATED = 201;
export const SILENT = 45_000; // milliseconds without a further byte, or without an answer to a part, after which a line counts as dead
const JUDGING = 180_000; // and without an answer to a whole container, which is read before it is answered

/**
 * Upload a blob in parts, from where an earlier upload stands if there still is one; returns its place.
 * @param {Blob} blob
 * @param {object} options
 * @param {string|null} options.place of an upload that was begun before
 * @param {(place: string|null) => Promise<void>} options.remember is told of a new place before the first byte
 * @param {(done: number) => void} [options.progress] bytes that have come
 * @param {AbortSignal} [options.signal]
 */
export async function upload(blob, { place, remember, progress = () => {}, signal }) {
  let offset = place ? await stands(place, signal) : null;
  if (offset === null) {
    place = await begin(blob.size, signal);
    await remember(place);
    offset = 0;
  }
  progress(offset);
  while (offset < blob.size) {
    const from = offset;
    const part = blob.slice(from, from + PART);
    const headers = { ...SPEAKS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(from) };
    const answer = await carry("PATCH", place, part, { headers, progress: (sent) => progress(from + sent), signal, patience: SILENT });
    offset = Number(answer.getResponseHeader("Upload-Offset"));
    if (!(offset > from)) throw new Unreachable();
    progress(offset);
  }
  return place;
}

/** Submit what was uploaded; returns the response (200, 201 or 202). Throws Refusal or Unreachable. */
export function submitUploaded(place, signal) {
  return carry("POST", `${place}/submission`, null, { signal, patience: JUDGING });
}

/** Submit a small container at once. */
export function submitWhole(blob, progress, signal) {
  const headers = { "Content-Type": "application/vnd.etsi.asic-e+zip" };
  return carry("POST", "/api/v1/submissions", blob, { headers, progress, signal, patience: JUDGING });
}

/** Give an upload up. Whether it was still there does not matter. */
export async function giveUp(place) {
  await ask("DELETE", place, { headers: SPEAKS, patience: SILENT }).catch(() => {});
}

/** Return how much of an upload has come, null when it is gone. */
async function stands(place, signal) {
  try {
    const answer = await ask("HEAD", place, { headers: SPEAKS, signal, patience: SILENT });
    return Number(answer.headers.get("Upload-Offset"));
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}

async function begin(size, signal) {
  const answer = await ask("POST", UPLOADS, { headers: { ...SPEAKS, "Upload-Length": String(size) }, signal, patience: SILENT });
  const place = answer.headers.get("Location") ?? "";
  if (answer.status !== CREATED || !place.startsWith(`${UPLOADS}/`)) throw new Unreachable();
  return place;
}

/** Send bytes and tell how many have gone, which `fetch` cannot. Keeps its promise with the answered XMLHttpRequest. */
function carry(method, path, body, { headers = {}, progress = () => {}, signal, patience }) {
  return new Promise((done, failed) => {
    if (signal?.aborted) return failed(signal.reason);
    const request = new XMLHttpRequest();
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), patience);
    };
    const stop = () => request.abort();
    request.upload.onprogress = ({ loaded }) => (heard(), progress(loaded));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return done(request);
      const members = parsed(request.responseText);
      const asked = Number(request.getResponseHeader("Retry-After"));
      failed(new Refusal(request.status, asked ? { retry_after: asked, ...members } : members));
    };
    request.onerror = () => failed(new Unreachable());
    request.onabort = () => failed(signal?.aborted ? signal.reason : new Unreachable());
    request.onloadend = () => {
      clearTimeout(silence);
      signal?.removeEventListener("abort", stop);
    };
    signal?.addEventListener("abort", stop);
    request.open(method, path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    heard();
    request.send(body);
  });
}

function parsed(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {}; // a gateway's page, not the county's word
  }
}
