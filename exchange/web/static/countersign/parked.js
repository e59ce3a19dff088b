// Packages that wait on this computer for somebody's signature: kept in this browser alone until they are sent or dropped.

const DATABASE = "countersigning";
const PARKED = "parked";

/**
 * Keep a package for whoever signs on this computer.
 * @param {{submission: string, reference: string, title: string, by: string, use?: string, blob: Blob}} entry `by` is whom it waits for,
 * `use` why its number is used again
 */
export async function park(entry) {
  const { office, person } = document.body.dataset;
  await transact("readwrite", (store) => store.put({ ...entry, office, person, keptAt: new Date().toISOString() }));
}

/** What waits here for the office of whoever is signed in, the oldest first. */
export async function parked() {
  if (!globalThis.indexedDB) return [];
  const all = await transact("readonly", (store) => store.getAll());
  return all.filter((entry) => entry.office === document.body.dataset.office).sort((one, other) => one.keptAt.localeCompare(other.keptAt));
}

/** Drop a package; whether it was there does not matter. */
export function unpark(submission) {
  return transact("readwrite", (store) => store.delete(submission));
}

function transact(mode, ask) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(PARKED, { keyPath: "submission" });
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(PARKED, mode, { durability: "strict" });
      const asked = ask(transaction.objectStore(PARKED));
      transaction.oncomplete = () => (database.close(), done(asked.result));
      transaction.onabort = () => (database.close(), failed(transaction.error));
    };
  });
}
