// What the elements are likely to be returned for, before they are signed: the county's rules say it, and a person decides. Nothing waits
// for it long, and nothing is refused for it.
import { askJson } from "../core/api.js";
import { _, language } from "../core/texts.js";
import { content, make } from "./dom.js";

const PATIENCE = 4000;

/** What is found in a message and in what was read off its main document; null when nothing was, or when it cannot be asked. */
export async function hinted(message, files) {
  const main = files.find((file) => file.role === "main");
  const body = {
    kind: message.kind,
    number: message.number ?? "",
    title: message.title,
    date_issued: message.date_issued,
    signatory: message.signatory ?? "",
    urgency: message.urgency,
    to: message.to,
    annexes: files.filter((file) => file.role === "attachment").map((file) => file.name),
    said: main?.said ?? null,
  };
  const late = new Promise((done) => setTimeout(done, PATIENCE, { items: [] }));
  const { items } = await Promise.race([askJson("POST", "/submit/elements", body), late]).catch(() => ({ items: [] }));
  return items.length ? list(items) : null;
}

function list(items) {
  const likely = items.some((each) => each.severity === "likely");
  return make(
    "div",
    { class: `message ${likely ? "warn" : "note"} elements`, role: "status" },
    make("p", {}, make("strong", {}, likely ? _("It may be returned for this:") : _("Please look at this again:"))),
    make("ul", {}, ...items.map(row)),
    make("p", { class: "muted" }, _("A hint by rule, and no refusal: if all is right, go on.")),
  );
}

function row({ severity, zh, en, clause, before }) {
  const words = language === "zh-CN" ? zh : en;
  return make(
    "li",
    {},
    severity === "likely" ? make("strong", {}, words) : words,
    clause ? make("span", { class: "muted" }, " ", content(/^[\d.]+$/.test(clause) ? `GB/T 9704-2012 ${clause}` : clause)) : "",
    before ? make("span", { class: "muted" }, " ", _("Within a year %(count)s items of your office were returned for this.", { count: before })) : "",
  );
}
