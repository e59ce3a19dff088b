// Who may do what with a package that was opened here. Pure, but for the words.
import { _ } from "../core/texts.js";

/** Say why a signature of this person would count for nothing, "" when it counts: what exchange/policy/review.py asks. */
export function whyNot({ key, told, message, signers, judged, now = new Date() }) {
  if (!key) return _("This browser cannot sign for you: enrol this computer first.");
  if (key.notAfter <= now) return _("Your enrolment on this computer has ended: enrol it anew first.");
  const joint = message.joint?.includes(told.office);
  if (message.from !== told.office && !joint) return _("It is another office's: only its own leader or confidentiality officer may sign.");
  if (signers[0].person === told.person) return _("You have packed it yourself: whoever packs does not countersign.");
  if (signers.some(({ person }) => person === told.person)) return _("You have signed it already.");
  if (joint) return ""; // it issues the document together with the sender: anybody of the office signs for it
  if (!message.secrecy_review) return _("Nobody asked for a secrecy review in it: your signature would change nothing.");
  if (!told.mayReview) return _("Only the leader in charge or the confidentiality officer of the office may sign.");
  const alone = alones(judged, told);
  if (message.secrecy_review.series && alone.length)
    return _("What was found here is never approved for a series: let it be packed anew without a series.");
  return "";
}

/** The rules that were found and must be reviewed item by item. */
export function alones(judged, told) {
  return [...new Set(judged.findings.map(({ rule }) => rule))].filter((rule) => told.neverSerial.includes(rule));
}

/** The offices that issue it together with the sender and have not signed it, in the order in which the item names them. */
export function lacking(message, signers) {
  const signed = new Set(signers.slice(1).map(({ person }) => person.slice(0, person.lastIndexOf("."))));
  return (message.joint ?? []).filter((office) => !signed.has(office));
}

/** Say whether it could be sent as soon as this person has signed it too: from the sender's own desk, once no other office is missing. */
export function endsWith({ told, message, signers }) {
  return message.from === told.office && lacking(message, signers).length === 0;
}

/** Say whether it could be sent as it is: the office's own, nothing blocked, and somebody answers for it where that was asked for. */
export function isReady({ told, message, signers, judged }) {
  if (message.from !== told.office || judged.verdict === "BLOCK") return false;
  if (lacking(message, signers).length) return false;
  const answered = signers.slice(1).some(({ person }) => person.startsWith(`${told.office}.`)) || message.secrecy_review?.approved_by || message.documents.some(({ role }) => role === "review_form");
  return Boolean(answered) || !(judged.verdict === "REVIEW" || message.secrecy_review);
}
