// Pieces of text with places become lines: archive/reading/lines.py in this language.
import { repaired } from "./spelling.js";

const NARROW_GAP = 2;
const TALL = 40;
const ROW = 4;
const MOST_OPEN = 16;

/** Lines of a text that has no places: without blank ones, mended. */
export const canonicalLines = (rows) => rows.map((row) => repaired(row.trimEnd())).filter((row) => row.trim());

const heightOf = (run) => Math.max(1, run.top - run.bottom);

/**
 * Join pieces that stand side by side on one baseline though the file draws them apart. A run is {text, left, bottom, right, top}
 * in points, counted upwards; the lines come in the order in which their first pieces are drawn.
 */
export function joined(runs) {
  const lines = [];
  const rows = new Map();
  runs.forEach((run, order) => (run.order = order));
  for (const run of [...runs].sort((one, other) => one.left - other.left)) {
    const row = Math.trunc(Math.floor(run.bottom / ROW));
    const neighbour = [row, row - 1, row + 1].flatMap((each) => open(rows, each, run.left)).find((line) => adjacent(line, run));
    if (neighbour) {
      merge(neighbour, run);
    } else {
      lines.push(run);
      rows.set(row, [...(rows.get(row) || []), run]);
    }
  }
  return lines.sort((one, other) => one.order - other.order);
}

function open(rows, row, left) {
  const lines = (rows.get(row) || []).slice(-MOST_OPEN).filter((line) => left - line.right <= NARROW_GAP * Math.max(heightOf(line), TALL));
  if (rows.has(row)) rows.set(row, lines);
  return lines;
}

function adjacent(line, run) {
  const height = Math.max(heightOf(line), heightOf(run));
  const overlap = Math.min(line.top, run.top) - Math.max(line.bottom, run.bottom);
  return overlap >= 0.5 * Math.min(heightOf(line), heightOf(run))
    && -0.5 * height <= run.left - line.right
    && run.left - line.right <= NARROW_GAP * height;
}

function merge(line, run) {
  const space = run.left - line.right > 0.3 * heightOf(line) ? " " : "";
  line.text = `${line.text.trimEnd()}${space}${run.text.trimStart()}`;
  line.right = Math.max(line.right, run.right);
  line.bottom = Math.min(line.bottom, run.bottom);
  line.top = Math.max(line.top, run.top);
  line.order = Math.min(line.order, run.order);
}

/** A run on a page of this size in points as a line in fractions of it, counted from the top. */
export function placed(run, width, height) {
  return {
    text: repaired(run.text.replaceAll("\0", "").trim()),
    x: run.left / width,
    y: (height - run.top) / height,
    width: (run.right - run.left) / width,
    height: (run.top - run.bottom) / height,
  };
}
