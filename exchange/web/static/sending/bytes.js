// The signed bytes on this computer: files of the browser's own (OPFS), which no page of another site and no person finds, or
// rows where a browser cannot write such files.
import { hex, pieces, sha256 } from "../signing/hash.js";
import { BYTES, transact } from "./rows.js";

const FOLDER = "outbox";
const KEEPING = "sending keeping";

/** Do what takes bytes into custody, from the first byte to the entry that tells of them: nothing is swept meanwhile. */
export function keeping(work) {
  return navigator.locks.request(KEEPING, { mode: "shared" }, work);
}

/** Write a container, within `keeping`; durable when the promise is kept. Returns its SHA-256 in hexadecimal. */
export async function write(submission, blob, { progress, signal } = {}) {
  const folder = await files();
  if (!folder) {
    const digest = hex(await sha256(blob, { progress, signal }));
    await transact(BYTES, "readwrite", (store) => store.put(blob, submission));
    return digest;
  }
  const file = await folder.getFileHandle(submission, { create: true });
  const writable = await file.createWritable();
  try {
    for await (const piece of pieces(blob, signal)) await writable.write(piece);
    await writable.close();
    return hex(await sha256(await file.getFile(), { progress, signal })); // of what is on the disk
  } catch (error) {
    await writable.abort().catch(() => {});
    await remove(submission);
    throw error;
  }
}

/** Return a container, or null when the browser has thrown it away. */
export async function read(submission) {
  const folder = await files();
  if (folder) {
    try {
      return await (await folder.getFileHandle(submission)).getFile();
    } catch (error) {
      if (error.name !== "NotFoundError") throw error;
    }
  }
  return (await transact(BYTES, "readonly", (store) => store.get(submission))) ?? null;
}

/** Delete a container, wherever it lies. */
export async function remove(submission) {
  await (await files())?.removeEntry(submission).catch((error) => {
    if (error.name !== "NotFoundError") throw error;
  });
  await transact(BYTES, "readwrite", (store) => store.delete(submission));
}

/** Delete what a browser that was closed left half done: bytes of which `isKept(submission)` knows nothing. */
export async function sweep(isKept) {
  await navigator.locks.request(KEEPING, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    for (const name of await transact(BYTES, "readonly", (store) => store.getAllKeys()))
      if (!(await isKept(name))) await transact(BYTES, "readwrite", (store) => store.delete(name));
    const folder = await files();
    if (!folder) return;
    for await (const name of folder.keys()) if (!(await isKept(name))) await folder.removeEntry(name);
  });
}

async function files() {
  if (!globalThis.FileSystemFileHandle?.prototype.createWritable || !navigator.storage?.getDirectory) return null;
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
  } catch (error) {
    if (error.name === "SecurityError") return null; // a private window may have rows, but no files
    throw error;
  }
}
