// After the signature: how far the sending is, and the receipt.
import { _ } from "../core/texts.js";
import { content, make } from "./dom.js";

const percent = (done, total) => `${total ? Math.floor((100 * done) / total) : 0}%`;
const WORDS = {
  waiting: () => _("Waiting for the network…"),
  upload: ({ done, total }) => _("Being sent: %(share)s", { share: percent(done, total) }),
  checking: ({ done, total, place }) => (
    place
      ? _("The county will look at it; %(place)s before it.", { place })
      : _("The county is looking at it: %(done)s of %(total)s pages", { done, total })
  ),
  receipt: () => _("The receipt is being verified…"),
};

/** Show how far it is. */
export function tell(bar, words, standing) {
  if (standing.total) Object.assign(bar, { max: standing.total, value: standing.done });
  else bar.removeAttribute("value");
  words.textContent = WORDS[standing.phase]?.(standing) ?? "";
}

/** What is shown once the receipt is verified; `status` is what the county says of the item, null when it could not be asked. */
export function receiptView(submission, status) {
  const receipt = status?.events.find((each) => each.event === "SubmissionAcceptance")?.evidence_id;
  const links = [
    make("a", { class: "button", href: `/items/${submission}` }, _("Show the item")),
    receipt ? make("a", { class: "button quiet", href: `/items/${submission}/receipts/${receipt}` }, _("Show the receipt")) : null,
    make("a", { class: "button quiet", href: "/submit" }, _("Submit another item")),
  ];
  return [
    make(
      "div",
      { class: "message good", role: "status" },
      make("h2", { id: "done-title" }, _("Submitted: the receipt is here and verified.")),
    ),
    make("p", {}, _("Filing number")),
    make("p", { class: "filing", "data-content": true }, status?.filing_number ?? "—"),
    make("p", { class: "muted" }, status ? content(status.title) : null),
    make("p", { class: "toolbar" }, ...links),
  ];
}
