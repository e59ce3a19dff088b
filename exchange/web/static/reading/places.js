// Where a mark is found: in a title or file name, in a line of a page, in a text outside the pages.
// exchange/policy/places.py in this language; what follows from a rule the policy says.
import * as layout from "./layout.js";
import * as marks from "./marks.js";
import { alone, pattern, told } from "./rules.js";
import { canonical, isOrdinary, size, spellings, windows } from "./spelling.js";

/** @typedef {{rule: string, text: string, y?: number|null}} Found */

/** Judge a title, number or one component of a file name. */
export function* name(text, markings) {
  for (const whole of spellings(text.replace(pattern("places", "_EXTENSION"), ""))) {
    for (const plain of windows(whole)) yield* named(plain, markings);
  }
}

function* named(plain, markings) {
  const starred = marks.starred(plain);
  if (starred) {
    const before = plain.slice(0, starred.index).slice(-1);
    const after = plain.slice(starred.index + starred[0].length).slice(0, 1);
    const quoted = (before && "“\"'‘「《".includes(before)) || (after && "”\"'’」》".includes(after));
    yield { rule: quoted ? "star-sentence" : "star-line", text: plain };
  } else if (marks.bare(plain)) {
    yield { rule: "level-head", text: plain };
  } else if (marks.bracketed(plain) || (marks.isLeading(plain) && marks.oneLevel(plain))) {
    yield { rule: "name-bracket", text: plain };
  } else if (marks.isToken(plain) && marks.oneLevel(plain)) {
    yield { rule: "name-token", text: plain };
  } else {
    yield* judged(plain, true, markings);
  }
}

/** Judge a text that stands outside the pages, line by line, and as one where a mark may be split over its lines. */
export function* free(place, text, markings) {
  const rows = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  if (rows.at(-1) === "") rows.pop();
  for (const row of rows) yield* line(row, { head: told("places", "_HEADLIKE").includes(place), markings });
  if (rows.length > 1) yield* layout.split(rows.map((row, at) => ({ text: row, x: 0, y: 1 + at, width: 0.1, height: 0.02 })), false);
}

/** Judge one of a file's own properties; sensitivity labels are told by their key. */
export function* stated(key, text, markings) {
  const found = [...free("property", text, markings)];
  yield* found;
  const labelled = pattern("places", "_LABELLED").test(key.slice(0, 100));
  if (!found.length && labelled && pattern("places", "_SENSITIVE").test(text.slice(0, 1000))) {
    yield { rule: "label", text };
  }
}

/** Judge the lines of one page, and what only the places of several give away. */
export function* page(sheet, markings) {
  const first = sheet.number === 1;
  const rows = sheet.lines;
  const edge = told("found", "HEAD");
  const near = told("places", "_NEAR");
  const offered = layout.choices(rows);
  const starred = new Set();
  let previous = "";
  for (const row of rows) {
    const wrapped = size(previous) >= told("places", "_FULL_LINE") && !told("places", "_ENDS_SENTENCE").includes(previous.slice(-1));
    const head = first && row.y < edge;
    for (const each of line(row.text, { head, wrapped, markings: row.y < edge ? markings : [] })) {
      if (offered.has(row) && told("places", "_BARE").includes(each.rule)) continue;
      if (told("places", "_STARRED").includes(each.rule)) starred.add(Math.round(row.y / near));
      yield { ...each, y: row.y };
    }
    previous = row.text;
  }
  yield* layout.beside(rows, first);
  yield* layout.split(rows, first);
  for (const [text, y] of layout.joinedRows(rows)) {
    if ([-1, 0, 1].some((step) => starred.has(Math.round(y / near) + step))) continue;
    for (const each of line(text, { head: first && y < edge, markings: [] })) {
      if (told("places", "_STARRED").includes(each.rule)) yield { ...each, y };
    }
  }
}

/** Judge one line; `head`: it stands where marks stand, `wrapped`: it goes on with the sentence of the line before. */
export function* line(text, { head, markings, wrapped = false }) {
  if (isOrdinary(text) && !markings.some((marking) => text.includes(marking[0]))) return;
  let pieces = null;
  for (const whole of spellings(text)) {
    if (!marks.telling(whole)) {
      yield* marking(whole, markings);
      continue;
    }
    for (const plain of windows(whole)) {
      let found = [...judged(plain, head, markings, wrapped)];
      if (!found.length || ["star-sentence", "name-token"].includes(found[0].rule)) {
        pieces ??= [...cells(text, head, markings)];
        found = pieces.length ? pieces : found;
      }
      yield* found;
    }
  }
}

function* cells(text, head, markings) {
  const parts = text.split(pattern("places", "_CELLS"));
  if (parts.length < 2) return;
  const found = [];
  for (const cell of parts.slice(0, told("places", "_MAXIMUM_CELLS") + 1)) {
    const plain = canonical(cell);
    if (marks.telling(plain)) for (const piece of windows(plain)) found.push(...judged(piece, head, markings));
  }
  const bare = told("places", "_BARE");
  const offered = new Set(found.filter((each) => bare.includes(each.rule)).flatMap((each) => marks.levels(each.text)));
  yield* found.filter((each) => offered.size < told("layout", "LEVELS") || !bare.includes(each.rule));
}

function* judged(text, head, markings, wrapped = false) {
  const where = head ? "head" : "line";
  const starred = marks.starred(text);
  if (starred ? marks.standsAlone(text, starred, head) : marks.scattered(text)) yield { rule: `star-${where}`, text };
  else if (marks.bare(text) && !(marks.flows(text) && (wrapped || !head))) {
    yield { rule: `${marks.fielded(text) ? "field" : "level"}-${where}`, text };
  }
  else if (marks.fielded(text)) yield { rule: `field-${where}`, text };
  else if (marks.ticked(text)) yield { rule: "ticked", text };
  else if (starred) yield { rule: "star-sentence", text: text.slice(Math.max(0, starred.index - 8)) };
  else if (marks.isHeading(text) || (marks.bracketed(text) && !marks.flows(text))) yield { rule: `level-${where}`, text };
  else if (head && marks.isApart(text) && marks.oneLevel(text) && !marks.flows(text)) yield { rule: "name-token", text };
  else if (marks.isEnglish(text)) yield { rule: "english", text };
  else if (marks.isBeheaded(text) && !pattern("places", "_NOT_OURS").test(text)) yield { rule: "star-sentence", text };
  else yield* marking(text, markings);
}

function* marking(text, markings) {
  for (const word of markings) {
    if (text.includes(word) && alone(word).test(text)) yield { rule: `${told("places", "MARKING")}:${word}`, text };
  }
}
