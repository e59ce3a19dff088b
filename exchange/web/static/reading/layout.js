// Marks that only the places of several lines give away: exchange/policy/layout.py in this language.
// A line is {text, x, y, width, height}, fractions of its page.
import * as marks from "./marks.js";
import { pattern, told } from "./rules.js";
import { canonical, size } from "./spelling.js";

const number = (name) => told("layout", name);
const isShort = (row) => size(row.text) <= number("SHORT");
const middle = (row) => row.y + row.height / 2;
const left = (row) => row.x;

/** 密级 in one cell of a form and the level in the cell to its right. */
export function* beside(lines, first) {
  const short = lines.filter((row) => isShort(row) && row.text.includes("密"));
  if (short.length < 2) return;
  const rows = short.map((row) => [row, canonical(row.text)]);
  const labels = rows.filter(
    ([, text]) => pattern("layout", "_LABEL", "full").test(text)
  ).slice(0, number("MAXIMUM_PIECES")).map(([row]) => row);
  for (const [row, text] of labels.length ? rows : []) {
    if (marks.bare(text) && labels.some((label) => Math.abs(label.y - row.y) < label.height && label.x < row.x))
      yield { rule: first && row.y < number("HEAD") ? "field-head" : "field-line", text, y: row.y };
  }
}

/** Short lines that stand beside one which could bear a mark, read from left to right, with their place. */
export function* joinedRows(lines) {
  const bands = new Map();
  const bandOf = (row) => Math.trunc(middle(row) / number("_ROW"));
  for (const row of lines.filter(isShort)) bands.set(bandOf(row), [...(bands.get(bandOf(row)) || []), row]);
  let count = 0;
  for (const band of [...bands.keys()].sort((one, other) => one - other)) {
    if (count >= number("_MAXIMUM_ROWS")) return;
    const rows = bands.get(band);
    if (rows.length > number("MAXIMUM_PIECES") || !rows.some((row) => pattern("layout", "_TELLS").test(row.text))) continue;
    const near = [...new Set([...rows, ...(bands.get(band - 1) || []), ...(bands.get(band + 1) || [])])].sort(
      (one, other) => one.x - other.x || one.y - other.y
    );
    if (near.length > 1 && near.length <= number("_MAXIMUM_IN_ROW")) {
      count += 1;
      yield [near.map((row) => row.text).join(" "), Math.min(...near.map((row) => row.y))];
    }
  }
}

/** The lines that offer all three levels to choose from, in one row or one column. */
export function choices(lines) {
  const bare = [];
  for (const row of lines) {
    if (!isShort(row) || !row.text.includes("密")) continue;
    const text = canonical(row.text);
    if (marks.bare(text)) bare.push([row, marks.levels(text)]);
  }
  const found = new Set();
  if (bare.length < number("LEVELS") || bare.length > number("MAXIMUM_PIECES")) return found;
  const groups = [
    ...grouped(bare, middle, number("_ROW"), left, number("_ACROSS")),
    ...grouped(bare, left, number("_COLUMN"), middle, number("_DOWN")),
  ];
  for (const group of groups) {
    if (new Set(group.flatMap(([, levels]) => levels)).size === number("LEVELS")) group.forEach(([row]) => found.add(row));
  }
  return found;
}

function* grouped(rows, measure, width, along, gap) {
  const bands = banded(rows, measure, width);
  const sorted = [...rows].sort((one, other) => bands.get(one[0]) - bands.get(other[0]) || along(one[0]) - along(other[0]));
  let group = [];
  for (const each of sorted) {
    const last = group.at(-1);
    if (last && (bands.get(last[0]) !== bands.get(each[0]) || along(each[0]) - along(last[0]) > gap)) {
      yield group;
      group = [];
    }
    group.push(each);
  }
  if (group.length) yield group;
}

/** A level at the same place of most pages, or written large over one: a running head, a watermark. */
export function* repeated(pages) {
  const places = new Map();
  for (const page of pages) {
    const levels = page.lines.map((row) => [row, levelOf(row)]).filter(([, text]) => text);
    const large = levels.find(([row]) => row.height >= number("_LARGE"));
    if (large) {
      yield { rule: "watermark", text: large[1], y: null };
      return;
    }
    if (levels.length > number("_MOST_PER_PAGE")) continue;
    for (const [row, text] of levels) {
      const key = JSON.stringify([text, Math.round(row.x / number("_COLUMN")), Math.round(row.y / number("_COLUMN"))]);
      places.set(key, (places.get(key) || new Set()).add(page.number));
    }
  }
  for (const [key, numbers] of places) {
    if (numbers.size > 1 && numbers.size >= number("_SHARE") * pages.length) {
      yield { rule: "watermark", text: JSON.parse(key)[0], y: null };
      return;
    }
  }
}

function levelOf(row) {
  if (!row.text.includes("密") || !isShort(row)) return "";
  const text = canonical(row.text);
  return marks.isBare(text) ? text : "";
}

/** A mark that is split over short lines anywhere on a page: side by side, downwards, upwards or aslant. */
export function* split(lines, first) {
  const pieces = [];
  for (const row of lines) {
    if (!isShort(row) || !pattern("layout", "_BEGINS_PIECE", "match").test(row.text)) continue;
    const text = canonical(row.text).replace(pattern("layout", "_SIGNS", "all"), "");
    if (text && marks.isPiece(text) && !marks.starred(text)) pieces.push([row, text]);
    if (pieces.length >= number("MAXIMUM_PIECES")) break;
  }
  if (pieces.length < 2) return;
  const upper = Math.min(...pieces.map(([row]) => row.y));
  let found = together(pieces).find((text) => marks.starred(text));
  if (found !== undefined) {
    yield { rule: "split-star", text: found, y: upper };
    return;
  }
  const parted = pieces.filter(([, text]) => text !== "密级" && !marks.isLevel(text));
  found = together(parted).find((text) => marks.isLevel(text));
  if (found !== undefined) {
    const head = first && pieces.some(([row, text]) => row.y < number("HEAD") && /[绝机秘]/.test(text));
    yield { rule: head ? "level-head" : "split-level", text: found, y: upper };
  }
}

function together(pieces) {
  const rows = banded(pieces, (row) => row.y, number("_ROW"));
  const columns = banded(pieces, (row) => row.x + row.width / 2, number("_COLUMN"));
  const edges = banded(pieces, left, number("_COLUMN"));
  const by = (...keys) => [...pieces].sort(([one], [other]) => keys.reduce((told, key) => told || key(one) - key(other), 0));
  const y = (row) => row.y;
  const orders = [
    [...pieces],
    by((row) => rows.get(row), left),
    by((row) => columns.get(row), y),
    by((row) => edges.get(row), y),
    by((row) => -columns.get(row), y),
    by(y),
    by(left),
  ];
  const joined = [...orders, ...orders.map((order) => [...order].reverse())].map((order) => order.map(([, text]) => text).join(""));
  return [...new Set(joined)];
}

function banded(pieces, measure, width) {
  const bands = new Map();
  let band = 0;
  let last = -Infinity;
  for (const [row] of [...pieces].sort(([one], [other]) => measure(one) - measure(other))) {
    if (measure(row) - last > width) band += 1;
    last = measure(row);
    bands.set(row, band);
  }
  return bands;
}
