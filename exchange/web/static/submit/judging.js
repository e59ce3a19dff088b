// The judge of the county's own rules, fetched once somebody turns to the page: until then the page stays light.
import { Unreachable } from "../core/api.js";

let fetched = null;
let tries = 0;

function fetchJudge() {
  // browsers remember that a module could not be fetched: it is asked for anew under another address
  fetched ??= import(`../reading/judge.js${tries ? `?again=${tries}` : ""}`).catch(() => {
    fetched = null;
    tries += 1;
    throw new Unreachable();
  });
  return fetched;
}

/** See `judge` of reading/judge.js. Throws Unreachable when the judge cannot be fetched: nothing passes unjudged. */
export async function judge(...given) {
  return (await fetchJudge()).judge(...given);
}

/** Fetch judge and rules with the first sign of a person, so that a line that is cut later stops nobody. */
export function prepare() {
  const signs = ["pointermove", "pointerdown", "keydown", "dragenter"];
  const begin = () => {
    for (const sign of signs) removeEventListener(sign, begin);
    fetchJudge()
      .then(() => import("../reading/rules.js"))
      .then((rules) => rules.load())
      .catch(() => {}); // whoever needs them asks again and says so
  };
  for (const sign of signs) addEventListener(sign, begin, { passive: true });
}
