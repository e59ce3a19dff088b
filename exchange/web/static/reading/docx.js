// The text of DOCX, XLSX and PPTX: the pages laid out on paper, and every other text of the package beside them.
// What is hidden, deleted or replaced by another wording is text as well. Scripts, links and pictures are the county's to judge.
import { Paper, ROW, ROWS } from "./paper.js";
import { blank, read as readAny } from "./text.js";

const EMU = { width: 7560310, height: 10692130 };
const SKIPPED = new Set(["pPr", "rPr", "sdtPr", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr", "ffData"]);
const PLACES = [["comment", "annotation"], ["customxml", "form"], ["settings", "property"]];
const MUTE = /(theme\d*|styles|styleswitheffects|fonttable|websettings|tablestyles|calcchain|style\d+|colors\d+)\.xml$/;
const SPEAKING = /^(string|descr|title|alt|name|tooltip|author|prompt|error|promptTitle|errorTitle|displayName|tag|val)$/;
const TELLING = /\p{Script=Han}|secret|confidential/iu;
const SIGNS = { tab: "\t", ptab: "\t", cr: "\n", noBreakHyphen: "-" };
const STARS = { wingdings: { 0xab: "★", 0xb5: "✪", 0xb6: "☆" } };
const children = (element, name) => [...element.children].filter((child) => child.localName === name);
const own = (element, name) => [...element.attributes].find((each) => each.localName === name)?.value ?? "";
const whole = (text, otherwise = 0) => Number.parseInt(text, 10) || otherwise;

/** Read an Office file from its package. */
export async function read(held, { signal, depth }) {
  const names = held.names();
  const main = ["word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"].find((name) => held.has(name));
  const reading = blank(!main ? "zip" : main.startsWith("word") ? "docx" : main.startsWith("xl") ? "xlsx" : "pptx");
  if (!main) reading.unread.push("format");
  const book = { held, reading, taken: new Set() };
  const paper = new Paper();
  if (reading.format === "docx") await story(book, main, paper);
  else if (reading.format === "xlsx") await sheets(book, main, paper);
  else if (reading.format === "pptx") await slides(book, paper);
  reading.pages = paper.pages();
  for (const name of names) {
    signal?.throwIfAborted();
    await rest(book, name, { signal, depth });
  }
  return reading;
}

async function rest({ held, reading, taken }, name, { signal, depth }) {
  const lower = name.toLowerCase();
  if (taken.has(name) || name.endsWith("/") || lower === "[content_types].xml") return;
  if (lower.endsWith(".rels")) {
    for (const each of (await held.xml(name)).children) {
      if (own(each, "TargetMode") === "External") reading.texts.push(["link", own(each, "Target")]);
    }
  } else if (lower.endsWith(".xml") || lower.endsWith(".vml")) {
    const root = await held.xml(name).catch(() => null);
    if (root === null) reading.unread.push("broken");
    else if (lower.startsWith("docprops/")) properties(root, reading);
    else if (!MUTE.test(lower)) sweep(root, reading, new Set(), PLACES.find(([word]) => lower.includes(word))?.[1] ?? "other");
  } else if (/\.(png|jpe?g|gif|bmp|tiff?|emf|wmf)$/.test(lower)) {
    if (!reading.unread.includes("picture")) reading.unread.push("picture");
  } else if (depth < 2 && /embeddings\//.test(lower)) {
    const content = await held.bytes(name);
    reading.parts.push([name.split("/").at(-1), await readAny(name, new Blob([content]), { signal, depth: depth + 1 })]);
  } else if (!/\.(odttf|ttf|fntdata)$/.test(lower)) {
    reading.unread.push("inside");
  }
}

function properties(root, reading) {
  for (const element of root.getElementsByTagName("*")) {
    if (element.localName === "property") reading.properties.push([own(element, "name"), element.textContent.trim()]);
    else if (!element.children.length && element.textContent.trim()) {
      reading.properties.push([element.localName, element.textContent.trim()]);
    }
  }
}

// Everything that a part says: paragraph by paragraph, then what stands in no paragraph, and words in attributes.
function sweep(root, reading, said = new Set(), place = "other") {
  const add = (text) => {
    if (text.trim() && !said.has(text.trim())) {
      said.add(text.trim());
      reading.texts.push([place, text.trim()]);
    }
  };
  for (const element of [root, ...root.getElementsByTagName("*")]) {
    if (element.localName === "p" || element.localName === "si" || element.localName === "is") add(everything(element));
    else if (!element.children.length && element.textContent.trim()) add(element.textContent);
    for (const attribute of element.attributes) {
      if (SPEAKING.test(attribute.localName) && TELLING.test(attribute.value)) {
        add(attribute.value);
      }
    }
  }
}

function everything(element) {
  let text = "";
  for (const child of element.children) {
    if (child.localName in SIGNS) text += SIGNS[child.localName];
    else if (child.localName === "br") text += "\n";
    else if (child.localName === "sym") text += symbol(child);
    else text += child.children.length ? everything(child) : SKIPPED.has(child.localName) ? "" : child.textContent;
  }
  return text;
}

// ---- Word

async function story(book, main, paper) {
  const root = await book.held.xml(main);
  book.taken.add(main);
  for (const kind of ["header", "footer"]) {
    for (const name of book.held.names().filter((each) => new RegExp(`^word/${kind}\\d*\\.xml$`).test(each))) {
      const part = await book.held.xml(name);
      book.taken.add(name);
      const items = blocks(part, book.reading);
      if (kind === "header") paper.head(items);
      else paper.foot(items);
      sweep(part, book.reading);
    }
  }
  for (const body of children(root, "body")) paper.lay(blocks(body, book.reading));
  sweep(root, { texts: [] }, new Set());
  attributes(root, book.reading);
}

function attributes(root, reading) {
  for (const element of root.getElementsByTagName("*")) {
    for (const attribute of element.attributes) {
      if (/^(string|descr|title|alt|tooltip|fullName|displayText|value)$/.test(attribute.localName) && attribute.value.trim()) {
        reading.texts.push(["other", attribute.value]);
      }
    }
  }
}

function blocks(container, reading) {
  const items = [];
  for (const child of container.children) {
    const name = child.localName;
    if (name === "p") items.push(...paragraph(child, reading));
    else if (name === "tbl") items.push(...table(child, reading));
    else if (name === "AlternateContent") items.push(...branch(child, reading));
    else if (!SKIPPED.has(name)) items.push(...blocks(child, reading));
  }
  return items;
}

function branch(element, reading) {
  const [shown, ...others] = element.children;
  for (const other of others) {
    const paragraphs = [...other.getElementsByTagName("*")].filter((each) => each.localName === "p");
    for (const each of paragraphs) reading.texts.push(["other", everything(each)]);
  }
  return shown ? blocks(shown, reading) : [];
}

function paragraph(element, reading) {
  const drawn = [];
  const kept = { shown: "", all: "" };
  walk(element, { hidden: false, drawn, kept, reading });
  if (kept.all !== kept.shown) for (const text of [kept.all, kept.hidden ?? ""]) if (text.trim()) reading.texts.push([
    "hidden",
    text.replaceAll("\f", "\n"),
  ]);
  const properties_ = children(element, "pPr")[0];
  const items = [];
  kept.shown.split("\f").forEach((page, at) => {
    if (at) items.push({ turn: true });
    for (const line of page.split("\n")) items.push({ words: line });
  });
  const said = properties_ ? children(properties_, "framePr")[0] : undefined;
  const framed = said
    ? [
      {
        frame: items,
        x: (whole(own(said, "x")) * 635) / EMU.width,
        y: own(said, "vAnchor") === "page" ? (whole(own(said, "y")) * 635) / EMU.height : null,
      },
    ]
    : items;
  if (properties_ && children(properties_, "pageBreakBefore").length) framed.unshift({ turn: true });
  const section = properties_ ? children(properties_, "sectPr")[0] : undefined;
  const isContinuous = section && children(section, "type").some((each) => own(each, "val") === "continuous");
  return [...drawn, ...framed, ...(section && !isContinuous ? [{ turn: true }] : [])];
}

function walk(element, state) {
  for (const child of element.children) {
    const name = child.localName;
    if (name === "t") tell(state, child.textContent);
    else if (name in SIGNS) tell(state, SIGNS[name]);
    else if (name === "br") tell(state, own(child, "type") === "page" ? "\f" : "\n");
    else if (name === "delText" || name === "instrText") tell({ ...state, hidden: true }, name === "delText" ? child.textContent : "");
    else if (name === "sym") tell(state, symbol(child));
    else if (name === "drawing" || name === "pict" || name === "object") state.drawn.push(...drawing(child, state.reading));
    else if (name === "txbxContent") state.drawn.push({ frame: blocks(child, state.reading), x: null, y: null });
    else if (name === "AlternateContent") alternatives(child, state);
    else if (!SKIPPED.has(name)) walk(child, { ...state, hidden: state.hidden || isHidden(child) });
  }
}

function tell(state, text) {
  state.kept.all += text;
  if (state.hidden) state.kept.hidden = (state.kept.hidden ?? "") + text;
  else state.kept.shown += text;
}

function alternatives(element, state) {
  const [shown, ...others] = element.children;
  if (shown) walk(shown, state);
  for (const other of others) {
    const text = everything(other);
    if (text.trim()) state.reading.texts.push(["other", text]);
  }
}

function isHidden(element) {
  if (["del", "moveFrom", "rt"].includes(element.localName)) return true;
  if (element.localName !== "r") return false;
  return children(element, "rPr").some(
    (said) => children(said, "vanish").some((each) => !["0", "false", "off"].includes(own(each, "val")))
  );
}

function symbol(element) {
  const code = Number.parseInt(own(element, "char"), 16);
  if (Number.isNaN(code)) return "";
  return STARS[own(element, "font").toLowerCase()]?.[code & 0xff] ?? (
    code >= 0x100 && !(code >= 0xf000 && code < 0xf100) ? String.fromCodePoint(code) : ""
  );
}

function drawing(element, reading) {
  const items = [];
  const inside = (each) => {
    for (const child of each.children) {
      if (child.localName === "txbxContent") items.push(...blocks(child, reading));
      else if (child.localName === "AlternateContent") {
        if (child.children[0]) inside(child.children[0]);
      } else if (child.localName === "textpath") items.push({ words: own(child, "string") });
      else if (child.namespaceURI?.includes("drawingml") && child.localName === "p") items.push({ words: everything(child) });
      else inside(child);
    }
  };
  inside(element);
  const offset = (axis, side) => {
    const position = [...element.getElementsByTagName("*")].find((each) => each.localName === axis);
    const said = position && children(position, "posOffset")[0];
    return said && ["page", "margin", "leftMargin", "topMargin"].includes(own(position, "relativeFrom"))
      ? (whole(said.textContent) + (own(position, "relativeFrom") === "margin" ? 914400 : 0)) / side
      : null;
  };
  return items.length ? [{ frame: items, x: offset("positionH", EMU.width), y: offset("positionV", EMU.height), width: 0.4 }] : [];
}

function table(element, reading) {
  return rows(element, "tr").map((row) => {
    const cells = rows(row, "tc").map((cell) => blocks(cell, reading));
    return { cells: cells.map((items, at) => ({ x: at / cells.length, width: 1 / cells.length, items })) };
  });
}

function rows(container, wanted) {
  return [...container.children].flatMap(
    (child) => (child.localName === wanted ? [child] : SKIPPED.has(child.localName) ? [] : rows(child, wanted))
  );
}

// ---- Excel

async function sheets(book, main, paper) {
  const { held, reading } = book;
  const root = await held.xml(main);
  book.taken.add(main);
  sweep(root, reading);
  const strings = held.has("xl/sharedStrings.xml") ? children(await held.xml("xl/sharedStrings.xml"), "si").map(everything) : [];
  for (const group of children(root, "sheets")) for (const sheet of group.children) reading.texts.push(["title", own(sheet, "name")]);
  for (const name of held.names().filter((each) => /^xl\/worksheets\/[^/]+\.xml$/.test(each)).sort()) {
    const sheet = await held.xml(name);
    paper.turn();
    const frames = [...sheet.children].filter((child) => child.localName === "headerFooter").flatMap((each) => [...each.children]);
    for (const frame of frames) {
      const words = frame.textContent.split(/&[LCR]/).map(
        (piece) => ({ words: piece.replace(/&(?:"[^"]{0,255}"|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d{1,3}|[BIUESXYOHPNDTFGZ])/g, "") })
      );
      if (frame.localName.endsWith("Header")) paper.head(words);
      else paper.foot(words);
    }
    const table_ = children(sheet, "sheetData").flatMap((each) => children(each, "row")).map(
      (row) => children(row, "c").map((cell, at) => [columnOf(own(cell, "r"), at), valueOf(cell, strings)])
    );
    const most = Math.max(1, ...table_.flat().map(([at]) => at + 1));
    for (const cells of table_) {
      const shown = cells.filter(([, text]) => text.trim());
      if (shown.length) paper.lay([
        { cells: shown.map(([at, text]) => ({ x: at / most, width: 1, items: text.split("\n").map((words) => ({ words })) })) },
      ]);
    }
    sweep(sheet, reading);
    book.taken.add(name);
  }
}

function columnOf(reference, otherwise) {
  const letters = /^[A-Z]+/i.exec(reference)?.[0].toUpperCase() ?? "";
  return letters ? [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1 : otherwise;
}

function valueOf(cell, strings) {
  const value = children(cell, "v")[0]?.textContent ?? "";
  if (own(cell, "t") === "s") return strings[whole(value)] ?? "";
  return own(cell, "t") === "inlineStr" ? children(cell, "is").map(everything).join("") : value;
}

// ---- PowerPoint

async function slides({ held, reading, taken }, paper) {
  const presentation = await held.xml("ppt/presentation.xml");
  const size = children(presentation, "sldSz")[0];
  const sides = { width: whole(size ? own(size, "cx") : "", 9144000), height: whole(size ? own(size, "cy") : "", 6858000) };
  const names = held.names().filter((each) => /^ppt\/slides\/[^/]+\.xml$/.test(each)).sort(
    (one, other) => one.localeCompare(other, "en", { numeric: true })
  );
  for (const name of names) {
    if (name !== names[0]) paper.next();
    const root = await held.xml(name);
    taken.add(name);
    let flowing = 0;
    for (const shape of root.getElementsByTagName("*")) {
      if (shape.localName !== "txBody") continue;
      const place = [...(shape.parentElement?.getElementsByTagName("*") ?? [])].find((each) => each.localName === "off");
      let y = place ? whole(own(place, "y")) / sides.height : 0.05 + flowing * ROW;
      const paragraphs = [...shape.getElementsByTagName("*")].filter((each) => each.localName === "p");
      for (const line of paragraphs.flatMap((each) => everything(each).split("\n"))) {
        paper.put(line, place ? whole(own(place, "x")) / sides.width : 0, y);
        y += ROW;
        flowing = (flowing + 1) % ROWS;
      }
    }
    sweep(root, reading);
  }
}

