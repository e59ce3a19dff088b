// Sending again what has no receipt, by one tab at a time, without anybody asking for it.
import { list, sweep } from "./outbox.js";
import { send } from "./send.js";

const LOCK = "sending again";
const REST = 30_000; // milliseconds between two looks, unless something is due sooner
const YOUNG = 3_000; // what was kept just now is being sent by the page that kept it
const BACK_OFF = 60_000; // a page that is opened does not wait for this, only for what the county itself asked for

/** Send what is due, over and over, for as long as this page is open and no other one does it. */
export function sendAgain() {
  return navigator.locks.request(LOCK, async () => {
    await sweep();
    for (let patience = BACK_OFF; ; patience = 0) {
      for (const entry of await list()) {
        const { submission, nextAt = 0, keptAt } = entry;
        const due = nextAt <= Date.now() + patience && Date.parse(keptAt) + YOUNG <= Date.now();
        if (due) await send(submission, { patience: 0 }).catch(() => {}); // why not is noted with the entry
      }
      const waits = (await list()).map(({ nextAt = 0, keptAt }) => Math.max(nextAt, Date.parse(keptAt) + YOUNG) - Date.now());
      await rest(Math.max(1000, Math.min(REST, ...waits)));
    }
  });
}

/** Wait; the network coming back ends it sooner. */
function rest(milliseconds) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      globalThis.removeEventListener("online", end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    globalThis.addEventListener("online", end);
  });
}
