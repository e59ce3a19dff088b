// What the sending part keeps in IndexedDB: entries of the outbox by submission, receipts that were verified, and bytes where a
// browser has no files of its own.

const DATABASE = "sending";
export const ENTRIES = "entries";
export const RECEIPTS = "receipts";
export const BYTES = "bytes";

/** Do something in one transaction over some stores; it is on disk when the promise is kept. `work` may return a request. */
export async function transact(names, mode, work) {
  const database = await open();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction(names, mode, { durability: "strict" });
      const asked = work(...[names].flat().map((name) => transaction.objectStore(name)));
      transaction.oncomplete = () => done(asked?.result);
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** Change some members of an entry, unless it is gone; returns the entry as it is then, or undefined. */
export async function change(submission, members) {
  let entry;
  await transact(ENTRIES, "readwrite", (store) => {
    const asked = store.get(submission);
    asked.onsuccess = () => {
      if (asked.result === undefined) return;
      entry = { ...asked.result, ...members };
      store.put(entry);
    };
  });
  return entry;
}

function open() {
  return new Promise((done, failed) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(ENTRIES, { keyPath: "submission" });
      opening.result.createObjectStore(RECEIPTS, { keyPath: "submission" });
      opening.result.createObjectStore(BYTES);
    };
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => done(opening.result);
  });
}
