// Whether this browser can sign for whoever is signed in, and the way to it: said before anything is typed, and again before signing.
import { say } from "../core/page.js";
import { _ } from "../core/texts.js";
import { current } from "../signing/kept.js";
import { make } from "./dom.js";

/** Return the key that signs here; null after it was said why there is none and how to get one. */
export async function able() {
  const key = await current().catch(() => null);
  if (key && key.notAfter > new Date()) return key;
  const words = key ? _("The enrolment of this computer has ended: it cannot sign any more.") : _("This browser cannot sign yet.");
  const advice = key
    ? _("Ask the county's administrator for a new one-time code and enrol again: it takes a minute. The draft stays here.")
    : _("Enrol this computer with a code from the county; the draft stays here.");
  say(words, { tone: "warn", advice }).append(make("p", {}, make("a", { href: "/enrol?next=/submit" }, _("Enrol this computer"))));
  return null;
}
