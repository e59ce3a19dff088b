// On every page: looks whether something has no receipt yet, and only then loads what sends it again.
import { ENTRIES, transact } from "./rows.js";

async function resume() {
  if (!document.body.dataset.office || !navigator.locks || !globalThis.indexedDB) return;
  const kept = await transact(ENTRIES, "readonly", (store) => store.count());
  if (kept) await (await import("./again.js")).sendAgain();
}

resume().catch((error) => console.warn(error.name)); // a private window keeps nothing, so there is nothing to send
