// The verdict before a byte leaves: the county's rules over what was declared, the names, and the text that a browser can read.
// exchange/policy/rules.py in this language. What cannot be read here the county will judge: its verdict alone counts.
import * as layout from "./layout.js";
import * as marks from "./marks.js";
import * as places from "./places.js";
import { read } from "./text.js";
import { load, told } from "./rules.js";
import { canonical } from "./spelling.js";

const SEVERITY = { PASS: 0, UNREAD: 1, REVIEW: 2, BLOCK: 3 };
const UNCLASSIFIED = "非涉密";

/**
 * Judge what would be sent. `declared`: {classification, title, number, notes, others: [text]}; `files`: [{name, blob, reading}],
 * where `name` is the member's name and `reading` what was read of it before, if it was.
 * Returns {verdict: "PASS"|"REVIEW"|"BLOCK"|"UNREAD", findings: [{rule, part, page, text, place}],
 * unread: [{part, why}], policy, readings: Map of name to reading}. Throws what asking for the rules throws, and AbortError.
 */
export async function judge(declared, files, { signal, fetcher } = {}) {
  await load(fetcher);
  const found = new Findings();
  found.extend("", 0, judgeDeclared(declared, files));
  const readings = new Map();
  for (const file of files) {
    signal?.throwIfAborted();
    const reading = file.reading ?? (await read(file.name, file.blob, { signal }));
    readings.set(file.name, reading);
    judgeReading(found, file.name, reading, new Set());
  }
  return { ...found.verdict(), readings };
}

/** Judge what is declared and the names alone; the rules must be loaded. */
function* judgeDeclared(declared, files) {
  if ((declared.classification ?? UNCLASSIFIED) !== UNCLASSIFIED) yield { rule: "declared", text: declared.classification };
  const names = files.flatMap((file) => file.name.split("/"));
  for (const text of [declared.title ?? "", declared.number ?? "", ...names]) yield* places.name(text, []);
  for (const text of [declared.notes ?? "", ...(declared.others ?? [])]) yield* places.free("notes", text ?? "", []);
}

function judgeReading(found, part, reading, named) {
  const markings = Object.keys(told("markings"));
  for (const component of part.split("/")) {
    if (named.has(component)) continue;
    named.add(component);
    found.extend(part, 0, places.name(component, markings));
  }
  for (const why of reading.unread) found.unread.push({ part, why });
  for (const page of reading.pages) found.extend(part, page.number, places.page(page, markings));
  found.extend(part, 0, layout.repeated(reading.pages));
  for (const [key, text] of reading.properties) found.extend(part, 0, places.stated(key, text, markings));
  for (const [place, text] of reading.texts) {
    found.extend(part, 0, places.free(place.startsWith("xmp") ? "property" : place, text, markings));
  }
  if (found.blocked.has(part) && isDeclassified(reading)) {
    found.soften(part);
    found.extend(part, 1, [{ rule: "declassified", text: "解密" }]);
  }
  for (const [name, inner] of reading.parts) judgeReading(found, `${part}/${name}`, inner, named);
}

function isDeclassified(reading) {
  return (reading.pages[0]?.lines ?? []).some((line) => line.y < told("found", "HEAD") && marks.isDeclassified(canonical(line.text)));
}

class Findings {
  constructor() {
    this.hits = new Map();
    this.blocked = new Set();
    this.unread = [];
  }

  extend(part, page, found) {
    if (this.isSettled(part)) return;
    for (const { rule, text, y } of found) {
      const outcome = outcomeOf(rule);
      if (outcome === "PASS") continue;
      const worse = outcome === "BLOCK" && !this.blocked.has(part);
      if (worse) this.blocked.add(part);
      if (worse || this.hits.size < told("findings")) {
        const finding = { rule, part, page, text: marks.excerpt(text), place: thirdOf(y) };
        const key = JSON.stringify(finding);
        if (!this.hits.has(key)) this.hits.set(key, { finding, outcome });
      }
      if (this.isSettled(part)) return;
    }
  }

  isSettled(part) {
    return this.hits.size >= told("findings") && this.blocked.has(part);
  }

  soften(part) {
    for (const hit of this.hits.values()) if (hit.finding.part === part) hit.outcome = "REVIEW";
  }

  verdict() {
    const outcomes = [...this.hits.values()].map((hit) => hit.outcome);
    if (this.unread.length) outcomes.push("UNREAD");
    const verdict = outcomes.reduce((worst, each) => (SEVERITY[each] > SEVERITY[worst] ? each : worst), "PASS");
    return { verdict, findings: [...this.hits.values()].map((hit) => hit.finding), unread: this.unread, policy: told("policy") };
  }
}

function outcomeOf(rule) {
  const prefix = `${told("places", "MARKING")}:`;
  return rule.startsWith(prefix) ? told("markings")[rule.slice(prefix.length)].outcome : told("outcomes")[rule];
}

function thirdOf(y) {
  if (y === null || y === undefined) return "";
  return y < told("found", "_UPPER") ? "upper" : y < told("found", "_MIDDLE") ? "middle" : "lower";
}
