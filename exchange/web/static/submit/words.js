// What was found, in the county's own words: which rule, which file, which page, where on it, and whom to call.
import { _ } from "../core/texts.js";
import { content, make } from "./dom.js";

const FOLDER = /^attachments\//;

const MARKING = "marking:";

/** A rule in words. */
export function ruleWord(rule, told) {
  if (!rule.startsWith(MARKING)) return told.rules[rule] ?? rule;
  return _("the internal marking %(marking)s", { marking: rule.slice(MARKING.length) });
}

/** The same for a page: a marking is what somebody wrote, in whatever language the page is. */
export function ruleNodes(rule, told) {
  if (!rule.startsWith(MARKING)) return [ruleWord(rule, told)];
  const [before, after] = ruleWord(`${MARKING}\0`, told).split("\0");
  return [before, content(rule.slice(MARKING.length)), after];
}

/** Findings as a list for the person who has the document before them. */
export function findingsList(findings, told) {
  const rows = findings.slice(0, 20).map((finding) => {
    const page = finding.page
      ? [" · ", _("page %(page)s", { page: finding.page }), finding.place ? ` ${told.places[finding.place]}` : ""]
      : [];
    return make(
      "li",
      {},
      ...ruleNodes(finding.rule, told),
      " · ",
      finding.part ? content(finding.part.replace(FOLDER, "")) : _("what was typed"),
      ...page,
      finding.text ? make("p", { class: "muted" }, content(finding.text)) : null,
    );
  });
  return make("ul", { class: "findings" }, ...rows);
}

/** Whom to call: the confidentiality officers of one's own office and of the county; the leader where one's own office has named nobody. */
export function contactsList(told) {
  const nobody = told.contacts.some((each) => each.code === told.office)
    ? null
    : make("p", {}, _("No confidentiality officer of your office is registered: turn to the leader in charge."));
  if (!told.contacts.length) return nobody;
  const rows = told.contacts.map(
    ({ office, name, phone }) => make(
      "li",
      {},
      content(`${office} ${name}`),
      " ",
      make("a", { href: `tel:${phone.replace(/[^0-9+]/g, "")}` }, phone),
    )
  );
  return make("div", {}, nobody, make("p", {}, _("Report it to the confidentiality officer at once:")), make("ul", {}, ...rows));
}

/** The page after a stop: what was found, that nothing is left of it here, and what to do. */
export function stopped(type, findings, told, { left = false } = {}) {
  const { title, advice } = told.problems[type];
  return [
    make("div", { class: "message bad", role: "alert" }, make("h2", { id: "stopped-title" }, title), make("p", {}, advice)),
    findings.length ? make("h3", {}, _("What was found")) : null,
    findings.length ? findingsList(findings, told) : null,
    make("h3", {}, _("Whom to call")),
    contactsList(told),
    make("h3", {}, _("What is left of it")),
    make(
      "p",
      {},
      left
        ? _("The county has looked at it and kept nothing of it; the confidentiality officers see when, whose, and by which rule. The draft and the files that this page held are deleted.")
        : _("Nothing has left this computer. The draft and the files that this page held are deleted."),
    ),
    make("p", {}, _("The files on your disk are still there: handle them as the confidentiality officer says.")),
    make("p", {}, make("a", { class: "button quiet", href: "/submit" }, _("Submit another item"))),
  ].filter(Boolean);
}
