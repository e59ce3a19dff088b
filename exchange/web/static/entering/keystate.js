// On every page: whether this computer is enrolled for whoever is signed in, and for how long.
import { _ } from "../core/texts.js";
import { current } from "../signing/kept.js";

const DAY = 24 * 3600 * 1000;

/** How many days before its end an enrolment is called to mind. */
export const CALLED_TO_MIND = 30;

/** Return what is said of a key, or of none: the words, their tone, and where they lead. */
export function stateOf(key, now = new Date()) {
  if (key === null) return { text: _("Not enrolled"), tone: "warn", href: "/enrol" };
  const days = Math.ceil((key.notAfter - now) / DAY);
  if (days <= 0) return { text: _("Enrolment ended"), tone: "bad", href: "/enrol" };
  if (days <= CALLED_TO_MIND) return { text: _("Enrolment ends in %(days)s days", { days }), tone: "warn", href: "/key" };
  return { text: _("Enrolled"), tone: "good", href: "/key" };
}

async function show() {
  const places = document.querySelectorAll("[data-key-state]");
  if (!places.length) return;
  const { text, tone, href } = stateOf(await current().catch(() => null));
  for (const place of places) {
    const link = document.createElement("a");
    link.className = `badge ${tone}`;
    link.href = href;
    link.textContent = text;
    place.replaceChildren(link);
  }
}

show();
