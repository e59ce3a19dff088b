// Sending again what has no receipt, by one tab at a time, without anybody asking for it.
import { list, sweep } from "./outbox.js";
import { send } from "./send.js";

const LOCK = "sending again";
const REST = 30_000; // milliseconds between two looks, unless something is due sooner
const YOUNG = 3_000; // what was kept just now is being sent by the page that kept it
const BACK_OFF = 60_000; // a page that is opened does not wait for this, only for what the county itself asked for
const LONGEST = 3_600_000 + BACK_OFF; // nothing is put off for longer: what lies farther ahead was noted by a clock that was set back since

/** Send what is due, over and over, for as long as this page is open and no other one does it. */
export function sendAgain() {
  return navigator.locks.request(LOCK, async () => {
    await sweep();
    for (let patience = BACK_OFF; ; patience = 0) {
      for (const entry of await list()) {
        const { submission } = entry;
        if (dueIn(entry, patience) <= 0) await send(submission, { patience: 0 }).catch(() => {}); // why not is noted with the entry
      }
      const waits = (await list()).map((entry) => dueIn(entry));
      await rest(Math.max(1000, Math.min(REST, ...waits)));
    }
  });
}

/** Return the milliseconds until an entry is due: none for what a clock noted that has been set back since. */
export function dueIn({ nextAt = 0, keptAt }, patience = 0, now = Date.now()) {
  const [next, old] = [nextAt - now, Date.parse(keptAt) + YOUNG - now];
  return Math.max(next > LONGEST ? 0 : next - patience, old > YOUNG ? 0 : old);
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
