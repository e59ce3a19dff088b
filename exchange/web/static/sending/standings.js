// How far a sending is, in words: for the page of kept items and for whoever else shows a sending.
import { _ } from "../core/texts.js";

/** Return one line about a standing as `send` reports it. */
export function spoken({ phase, done, total, place, seconds, problem }) {
  if (phase === "upload") return _("Sending: %(done)s of %(total)s", { done: amount(done), total: amount(total) });
  if (phase === "receipt") return _("Verifying the receipt");
  if (phase === "checking" && place) return _("The county looks at scans one after the other: %(place)s before its turn", { place });
  if (phase === "checking") return _("The county is looking at it: page %(done)s of %(total)s", { done, total });
  if (seconds) return _("Not sent yet, trying again in %(seconds)s s: %(why)s", { seconds: Math.ceil(seconds), why: problem?.message ?? problem });
  return _("Another page is sending it");
}

function amount(size) {
  if (size < 2 ** 20) return `${Math.ceil(size / 1024)} KB`;
  return `${(size / 2 ** 20).toFixed(size < 10 * 2 ** 20 ? 1 : 0)} MB`;
}
