// Whose keys this browser keeps. Every page asks for that, few make a key or sign: what does so is loaded by those alone (keys.js).

const DATABASE = "signing";
export const KEYS = "keys";
export const PENDING = "pending"; // made for a code whose answer has not come yet

/**
 * @typedef {object} Key
 * @property {CryptoKey} privateKey signs, cannot be read
 * @property {Uint8Array} certificate DER
 * @property {Uint8Array} issuing DER
 * @property {string} office
 * @property {string} officeName
 * @property {string} person
 * @property {string} name
 * @property {string} role
 * @property {string} county
 * @property {string} log the verifier line of the county's log
 * @property {string} fingerprint SHA-256 of the certificate, in hexadecimal
 * @property {Date} notAfter
 */

/** Return the key of whoever is signed in on this page, or else the one that was used last; null when there is none. */
export async function current() {
  const held = await all();
  const person = globalThis.document?.body?.dataset.person;
  return (person ? held.find((key) => key.person === person) : held[0]) ?? null;
}

/** Return every key of this browser, the one used last first. */
export async function all() {
  if (!globalThis.indexedDB) return [];
  const held = await transact(KEYS, "readonly", (store) => store.getAll());
  return held.sort((one, other) => other.usedAt - one.usedAt);
}

/** Drop the key of whoever is signed in, or of the person named. What it has signed stays valid. */
export async function forget(person = undefined) {
  const named = person ?? (await current())?.person;
  if (named) await transact(KEYS, "readwrite", (store) => store.delete(named));
}

/** Keep that a person's key was used just now. */
export async function note(person) {
  const key = await transact(KEYS, "readonly", (store) => store.get(person));
  if (key) await transact(KEYS, "readwrite", (store) => store.put({ ...key, usedAt: Date.now() }));
}

/** Ask one store of the database; returns what it answered, once it is on the disk. */
export function transact(name, mode, ask) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(KEYS, { keyPath: "person" });
      opening.result.createObjectStore(PENDING);
    };
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(name, mode, { durability: "strict" });
      const asked = ask(transaction.objectStore(name));
      transaction.oncomplete = () => (database.close(), done(asked.result));
      transaction.onabort = () => (database.close(), failed(transaction.error));
    };
  });
}
