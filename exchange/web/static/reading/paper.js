// Paper for documents that have no fixed pages: what is read is laid out where it would plausibly stand.
// archive/reading/ooxml_paper.py in this language, for words alone; places are fractions of a page.
export const ROWS = 28;
export const COLUMNS = 28;
export const TOP = 0.08;
export const ROW = 0.027;
export const HEAD = 0.02;
export const HEAD_END = 0.075;
export const FOOT = 0.93;
const STEP = 0.012;

const columnsOf = (text) => {
  const wide = (text.match(/[\u2e80-\uffef]/g) || []).length;
  return wide + 0.55 * (text.length - wide);
};
const rowsOf = (text, width) => Math.max(1, Math.ceil(columnsOf(text) / Math.max(1, COLUMNS * width)));

/**
 * Pages in the making. Items are {words}, {turn: true}, {frame: items, x, y, width} (null: with the text around it),
 * {cells: [{x, width, items}]}.
 */
export class Paper {
  constructor() {
    this.sheets = [[]];
    this.row = 0;
    this.headY = HEAD;
    this.footY = FOOT;
  }

  get y() {
    return TOP + Math.min(this.row, ROWS - 1) * ROW;
  }

  lay(items, x = 0, width = 1) {
    for (const item of items) {
      if (item.words !== undefined) {
        this.begin(1);
        this.put(item.words, x, this.y, width);
        this.advance(rowsOf(item.words, width));
      } else if (item.turn) {
        this.turn();
      } else if (item.frame) {
        this.begin(1);
        this.fix([item], x, this.y, width);
      } else if (item.cells) {
        this.rowOf(item, x, width);
      }
    }
  }

  turn() {
    if (this.row || this.sheets.at(-1).length) this.next();
  }

  next() {
    this.row = 0;
    this.sheets.push([]);
  }

  begin(rows) {
    if (this.row && this.row + rows > ROWS) this.next();
  }

  advance(rows) {
    let rest = this.row + rows;
    while (rest > ROWS) {
      this.next();
      rest -= ROWS;
    }
    this.row = rest;
  }

  rowOf(item, x, width) {
    const rows = Math.max(0, ...item.cells.map((cell) => heightOf(cell.items, cell.width * width)));
    if (rows > ROWS) {
      for (const cell of item.cells) this.lay(cell.items, x + cell.x * width, cell.width * width);
      return;
    }
    this.begin(rows);
    this.fix([item], x, this.y, width);
    this.advance(rows);
  }

  head(items) {
    this.headY = this.fix(items, 0, this.headY, 1, STEP, HEAD_END);
  }

  foot(items) {
    this.footY = this.fix(items, 0, this.footY, 1, STEP, 0.99);
  }

  put(given, x, y, width = 1) {
    const text = given.trim();
    if (text) this.sheets.at(-1).push({ text, x, y, width: Math.max(0, Math.min(width, columnsOf(text) / COLUMNS)), height: ROW });
  }

  fix(items, x, given, width, step = ROW, limit = Infinity) {
    let y = given;
    for (const item of items) {
      if (item.words !== undefined) {
        this.put(item.words, x, Math.min(y, limit), width);
        y += rowsOf(item.words, width) * step;
      } else if (item.frame) {
        this.fix(item.frame, item.x ?? x, item.y ?? y, item.width ?? 0.4, step, limit);
      } else if (item.cells) {
        y = Math.max(y, ...item.cells.map((cell) => this.fix(cell.items, x + cell.x * width, y, cell.width * width, step, limit)));
      }
    }
    return y;
  }

  pages() {
    const filled = this.sheets.map((lines) => [...lines.filter((line) => line.y < FOOT), ...lines.filter((line) => line.y >= FOOT)]);
    while (filled.length && !filled[0].length) filled.shift();
    while (filled.length && !filled.at(-1).length) filled.pop();
    return filled.map((lines, at) => ({ number: at + 1, lines }));
  }
}

function heightOf(items, width) {
  let total = 0;
  for (const item of items) {
    if (item.words !== undefined) total += rowsOf(item.words, width);
    else if (item.cells) total += Math.max(0, ...item.cells.map((cell) => heightOf(cell.items, cell.width * width)));
  }
  return total;
}
