// What else a package says of itself: who signs it signs all of it, so whatever is not shown elsewhere on the page stands here. Pure.
import { _ } from "../core/texts.js";
import { summary } from "../forms/asked.js";

const SUBMISSION = /^[0-9a-f]{64}$/;
const ELSEWHERE = new Set([
  ...["type", "reference", "version", "from", "to", "cc", "kind", "number", "title", "urgency", "date_issued", "signatory"],
  ...["handling", "notes", "joint", "secrecy_check", "secrecy_review", "documents"],
]);
const TERMS = {
  addressees: () => _("Only these persons may see it"),
  replaces: () => _("Replaces"),
  in_reply_to: () => _("Answers"),
  respond_by: () => _("Answer asked for by"),
  disclosure: () => _("Disclosure"),
  copies: () => _("Copies"),
  paper_original: () => _("The paper lies with"),
  paper_annex: () => _("On paper besides"),
  classification: () => _("Classification"),
  reply_form: () => _("Ask for a reply"),
};

/**
 * The members of a message that the page shows nowhere else, also those of which it knows nothing.
 * @param {object} message
 * @param {Record<string, Record<string, string>>} told words for values, by member
 * @returns {{term: string, said: string, item: string}[]} `item` is the id of an item that is meant, "" where none is
 */
export function further(message, told = {}) {
  return Object.keys(message)
    .filter((name) => !ELSEWHERE.has(name) && !isNothing(message[name]))
    .map((name) => ({ term: term(name), said: told[name]?.[message[name]] ?? said(name, message[name]), item: item(name, message[name]) }));
}

const isNothing = (value) => value === null || value === "" || (Array.isArray(value) && value.length === 0);
const term = (name) => (Object.hasOwn(TERMS, name) ? TERMS[name]() : name);
const item = (name, value) => (["replaces", "in_reply_to"].includes(name) && SUBMISSION.test(value) ? value : "");

const said = (name, value) => (name === "reply_form" && Array.isArray(value.fields ?? []) ? summary(value) : words(value));

function words(value) {
  if (Array.isArray(value)) return value.map(words).join("；");
  return typeof value === "object" ? Object.values(value).map(words).join(" ") : String(value);
}
