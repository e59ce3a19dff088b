// Drafts stay in this browser: what was typed and the files, by person. Nothing of them is sent; a draft that was stopped is deleted.
const DATABASE = "drafts";
const FIELDS = "fields";
const FILES = "files";
const WAIT = 400;

/** The drafts of one person for one purpose (a new item, or the correction of a returned one). */
export class Drafts {
  constructor(person, purpose) {
    this.person = person;
    this.purpose = purpose;
    this.id = crypto.randomUUID();
    this.pending = null;
    this.kept = true;
    this.told = () => {};
  }

  /** The newest draft, without those that are on their way: {fields, files}; null when there is none. */
  async resume(isGone = async () => false) {
    const all = (await transact(FIELDS, "readonly", (store) => store.getAll())).filter((draft) => draft.person === this.person);
    for (const draft of all) if (draft.sending && (await isGone(draft.sending))) await erase(draft.id);
    const mine = all.filter((draft) => draft.purpose === this.purpose && !draft.sending).sort((one, other) => other.savedAt - one.savedAt);
    if (!mine.length) return null;
    this.id = mine[0].id;
    this.fields = mine[0].fields;
    const files = (await transact(FILES, "readonly", (store) => store.get(this.id)))?.files ?? [];
    return { fields: mine[0].fields, files, savedAt: mine[0].savedAt };
  }

  /** Keep what was typed, soon. */
  saveFields(fields) {
    this.fields = fields;
    this.kept = false;
    clearTimeout(this.pending);
    this.pending = setTimeout(() => this.flush(), WAIT);
  }

  /** Keep what was typed now. */
  async flush() {
    clearTimeout(this.pending);
    if (!this.fields) return;
    await this.#keep(
      () => transact(
        FIELDS,
        "readwrite",
        (store) => store.put({
          id: this.id,
          person: this.person,
          purpose: this.purpose,
          fields: this.fields,
          savedAt: Date.now(),
          sending: this.sending ?? "",
        }),
      )
    );
  }

  /** Keep the files, with what was said about them. */
  async saveFiles(files) {
    const plain = files.map(
      ({ name, blob, role, origin, roleChosen, originChosen, look }) => ({ name, blob, role, origin, roleChosen, originChosen, look })
    );
    await this.#keep(() => transact(FILES, "readwrite", (store) => store.put({ id: this.id, files: plain })));
    await this.flush();
  }

  /** Note that it is on its way, so that nobody sends it twice; "" takes that back. */
  async note(submission) {
    this.sending = submission;
    await this.flush();
  }

  /** Delete it with its files. */
  async remove() {
    clearTimeout(this.pending);
    this.fields = null;
    this.kept = true;
    await erase(this.id);
    this.id = crypto.randomUUID();
  }

  async #keep(write) {
    try {
      await write();
      this.kept = true;
    } catch (error) {
      this.kept = false;
      this.problem = error;
    }
    this.told(this.kept);
  }
}

async function erase(id) {
  await transact(FIELDS, "readwrite", (store) => store.delete(id));
  await transact(FILES, "readwrite", (store) => store.delete(id));
}

function transact(name, mode, ask) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => {
      for (const store of [FIELDS, FILES]) opening.result.createObjectStore(store, { keyPath: "id" });
    };
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(name, mode);
      const asked = ask(transaction.objectStore(name));
      transaction.oncomplete = () => (database.close(), done(asked.result));
      transaction.onabort = () => (database.close(), failed(transaction.error));
    };
  });
}
