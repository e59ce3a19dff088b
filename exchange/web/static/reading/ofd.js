// The text of an OFD with places: archive/reading/ofd.py, ofd_page.py and ofd_text.py in this language, for words alone.
// Whatever the package says beside its pages is text as well; pictures and seals are the county's to judge.
import { joined, placed } from "./lines.js";
import { printed } from "./spelling.js";
import { blank, read as readAny } from "./text.js";

const POINTS = 72 / 25.4;
const ASCENT = 0.88;
const DEEPEST = 40;
const SPEAKING = /^(Title|Name|Remark|Subtype|Creator|Value)$/;
const TELLING = /\p{Script=Han}|secret|confidential/iu;
const number = (text, otherwise = 0) => (
  Number.isFinite(Number.parseFloat(text)) ? Math.max(-1e6, Math.min(1e6, Number.parseFloat(text))) : otherwise
);
const numbers = (text, count) => {
  const parts = (text || "").trim().split(/\s+/).map((part) => number(part));
  return parts.length === count && text ? parts : null;
};
const named = (element, name) => [...element.getElementsByTagName("*")].filter((each) => each.localName === name);
const inside = ([a, b, c, d, e, f], [oa, ob, oc, od, oe, of]) => [
  a * oa + c * ob,
  b * oa + d * ob,
  a * oc + c * od,
  b * oc + d * od,
  a * oe + c * of + e,
  b * oe + d * of + f,
];

function resolved(base, loc) {
  const parts = loc.startsWith("/") ? [] : base.split("/").slice(0, -1);
  for (const part of loc.replaceAll("\\", "/").split("/")) {
    if (part === "..") parts.pop();
    else if (part && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Read an OFD from its package. */
export async function read(held, { signal, depth }) {
  const reader = new Reader(held, signal);
  await reader.documents();
  await reader.rest(depth);
  return reader.reading;
}

class Reader {
  constructor(held, signal) {
    this.held = held;
    this.signal = signal;
    this.reading = blank("ofd");
    this.opened = new Set();
  }

  member(base, loc) {
    const first = resolved(base, loc);
    return this.held.has(first) || !this.held.has(resolved("", loc)) ? first : resolved("", loc);
  }

  async open(name) {
    this.opened.add(name);
    return this.held.xml(name);
  }

  async documents() {
    const root = await this.open("OFD.xml");
    for (const element of root.getElementsByTagName("*")) {
      if (element.children.length || !element.textContent.trim() || element.localName === "DocRoot") continue;
      this.reading.properties.push([element.getAttribute("Name") || element.localName, element.textContent.trim()]);
    }
    const places = named(root, "DocRoot").map((each) => this.member("OFD.xml", each.textContent.trim()));
    for (const version of named(root, "Version")) {
      const name = this.member("OFD.xml", version.getAttribute("BaseLoc") || "");
      if (this.held.has(name)) places.push(
        ...named(await this.open(name), "DocRoot").map((each) => this.member(name, each.textContent.trim()))
      );
    }
    for (const name of new Set(places)) await this.document(name);
  }

  async document(name) {
    const root = await this.open(name);
    const area = areaOf(root) ?? [0, 0, 210, 297];
    const templates = new Map(
      named(root, "TemplatePage").map((each) => [each.getAttribute("ID"), this.member(name, each.getAttribute("BaseLoc") || "")])
    );
    this.say(root);
    const composites = await this.composites(name, root);
    const annotations = await this.annotations(name, root);
    for (const page of named(root, "Pages").flatMap((each) => named(each, "Page"))) {
      this.signal?.throwIfAborted();
      let place = this.member(name, page.getAttribute("BaseLoc") || "");
      if (!this.held.has(place)) place = `${place}/Content.xml`;
      const content = await this.open(place);
      const drawn = { runs: [], images: 0 };
      await this.draw(content, drawn, { templates, composites, depth: 0 });
      for (const each of annotations.get(page.getAttribute("ID")) ?? []) this.annotate(each, drawn, composites);
      this.take(drawn, areaOf(content) ?? area);
    }
  }

  take(drawn, area) {
    const lines = joined(drawn.runs.map((run) => ({ ...run, left: run.left - area[0] * POINTS, right: run.right - area[0] * POINTS }))).map(
      (run) => placed(
        { ...run, top: run.top + (area[3] + area[1]) * POINTS, bottom: run.bottom + (area[3] + area[1]) * POINTS },
        area[2] * POINTS,
        area[3] * POINTS,
      )
    );
    const number_ = this.reading.pages.length + 1;
    const isPicture = drawn.images > 0 && lines.reduce((sum, line) => sum + printed(line.text), 0) < 40;
    if (number_ === 1) this.reading.scan = isPicture;
    if (drawn.images && !this.reading.unread.includes("picture")) this.reading.unread.push("picture");
    this.reading.pages.push({ number: number_, lines: lines.filter((line) => line.text) });
  }

  annotate(annotation, drawn, composites) {
    const own = { runs: [], images: 0 };
    walk([...annotation.children], [1, 0, 0, 1, 0, 0], own, composites, 0);
    const place = annotation.getAttribute("Type") === "Stamp" ? "stamp" : "annotation";
    const text = joined(own.runs.map((run) => ({ ...run }))).map((run) => run.text).join("\n");
    if (text) this.reading.texts.push([place, text]);
    drawn.runs.push(...own.runs);
    drawn.images += own.images;
    this.say(annotation, "annotation");
  }

  async draw(content, drawn, { templates, composites, depth }) {
    if (depth > 8) throw new RangeError("templates");
    for (const each of named(content, "Template")) {
      const name = templates.get(each.getAttribute("TemplateID"));
      if (name && this.held.has(name)) await this.draw(await this.open(name), drawn, { templates, composites, depth: depth + 1 });
    }
    walk([...content.children], [1, 0, 0, 1, 0, 0], drawn, composites, 0);
    this.say(content);
  }

  async composites(base, root) {
    const found = new Map();
    for (const kind of ["PublicRes", "DocumentRes", "PageRes"]) {
      for (const each of named(root, kind)) {
        const name = this.member(base, each.textContent.trim());
        if (!this.held.has(name)) continue;
        const resources = await this.open(name);
        for (const unit of named(resources, "CompositeGraphicUnit")) found.set(unit.getAttribute("ID"), unit);
        this.say(resources);
      }
    }
    return found;
  }

  async annotations(base, root) {
    const found = new Map();
    for (const each of named(root, "Annotations")) {
      const name = this.member(base, each.textContent.trim());
      if (!this.held.has(name)) continue;
      for (const page of named(await this.open(name), "Page")) {
        for (const loc of named(page, "FileLoc")) {
          const place = this.member(name, loc.textContent.trim());
          if (this.held.has(place)) found.set(
            page.getAttribute("PageID"),
            [...(found.get(page.getAttribute("PageID")) ?? []), ...named(await this.open(place), "Annot")],
          );
        }
      }
    }
    return found;
  }

  // Words that are not drawn: bookmarks, remarks, names.
  say(root, place = "other") {
    for (const element of [root, ...root.getElementsByTagName("*")]) {
      if (!element.children.length && element.localName !== "TextCode" && element.textContent.trim()) {
        this.reading.texts.push([place, element.textContent.trim()]);
      }
      for (const attribute of element.attributes) {
        if (SPEAKING.test(attribute.localName) && TELLING.test(attribute.value)) {
          this.reading.texts.push([place, attribute.value]);
        }
      }
    }
  }

  async rest(depth) {
    for (const name of this.held.names()) {
      if (this.opened.has(name) || name.endsWith("/")) continue;
      this.signal?.throwIfAborted();
      if (/\.xml$/i.test(name)) {
        const root = await this.held.xml(name);
        this.say(root);
        const drawn = { runs: [], images: 0 };
        walk([root], [1, 0, 0, 1, 0, 0], drawn, new Map(), 0);
        for (const run of joined(drawn.runs)) this.reading.texts.push(["file", run.text]);
      } else if (/\.(pdf|ofd|docx|xlsx|pptx|txt|zip)$/i.test(name) && depth < 2) {
        this.reading.parts.push([
          name.split("/").at(-1),
          await readAny(name, new Blob([await this.held.bytes(name)]), { signal: this.signal, depth: depth + 1 }),
        ]);
      } else if (!/\.(png|jpe?g|gif|bmp|jb2|tiff?|ttf|otf|dat|esl)$/i.test(name)) {
        this.reading.unread.push("inside");
      }
    }
  }
}

function areaOf(root) {
  const found = named(root, "PhysicalBox")[0];
  const area = found ? numbers(found.textContent, 4) : null;
  return area && area[2] > 0 && area[3] > 0 ? area : null;
}

function walk(items, place, drawn, composites, depth) {
  if (depth > DEEPEST) throw new RangeError("nested");
  for (const item of items) {
    const name = item.localName;
    if (!(name === "Text" || name === "TextObject" || name.endsWith("Object"))) {
      const box = name === "Appearance" ? numbers(item.getAttribute("Boundary"), 4) : null;
      walk([...item.children], box ? inside(place, [1, 0, 0, 1, box[0], box[1]]) : place, drawn, composites, depth + 1);
      continue;
    }
    const box = numbers(item.getAttribute("Boundary"), 4);
    const matrix = numbers(item.getAttribute("CTM"), 6) ?? [1, 0, 0, 1, 0, 0];
    const own = inside(place, box ? inside([1, 0, 0, 1, box[0], box[1]], matrix) : matrix);
    if (name.startsWith("Text")) drawn.runs.push(...runsOf(item, own));
    if (name === "ImageObject") drawn.images += 1;
    if (name === "CompositeObject" && composites.has(item.getAttribute("ResourceID"))) {
      walk([...composites.get(item.getAttribute("ResourceID")).children], own, drawn, composites, depth + 1);
    }
    walk([...item.children].filter((child) => child.localName !== "TextCode"), own, drawn, composites, depth + 1);
  }
}

function* runsOf(item, place) {
  const size = Math.abs(number(item.getAttribute("Size"))) || 1;
  const scale = Math.abs(number(item.getAttribute("HScale"), 1)) || 1;
  let [x, y] = [0, 0];
  for (const code of [...item.children].filter((child) => child.localName === "TextCode")) {
    x = number(code.getAttribute("X"), x);
    y = number(code.getAttribute("Y"), y);
    const text = [...code.textContent.replace(/[\r\n\t]/g, "")];
    const signs = [];
    const [across, down] = steps(code, text, size, scale);
    let [left, base] = [x, y];
    text.forEach((sign, at) => {
      signs.push({ sign, x: left, y: base });
      left += across[at] ?? 0;
      base += down[at] ?? 0;
    });
    const rows = cut(signs, size, scale);
    for (const row of rows) yield onPage(row, size, scale, place);
    if (rows.length > 1 && signs.length) yield onPage(signs, size, scale, place);
    if (item.getAttribute("ReadDirection") === "180") yield onPage([...signs].reverse(), size, scale, place);
  }
}

const widthOf = (sign, size, scale) => size * scale * (sign >= "\u2010" ? 1 : 0.5);

function steps(code, text, size, scale) {
  const across = deltas(code.getAttribute("DeltaX"), text.length - 1);
  const down = deltas(code.getAttribute("DeltaY"), text.length - 1);
  return across.some(Boolean) || down.some(Boolean) ? [across, down] : [text.slice(0, -1).map((sign) => widthOf(sign, size, scale)), down];
}

function deltas(text, count) {
  const found = [];
  const parts = (text || "").trim().split(/\s+/).filter(Boolean);
  for (let at = 0; at < parts.length && found.length < count; at += 1) {
    if (parts[at] === "g") {
      const times = Math.min(number(parts[at + 1]), count - found.length);
      for (let step = 0; step < times; step += 1) found.push(number(parts[at + 2]));
      at += 2;
    } else {
      found.push(number(parts[at]));
    }
  }
  while (found.length < count) found.push(found.at(-1) ?? 0);
  return found;
}

function cut(signs, size, scale) {
  const rows = [];
  let direction = "";
  for (const sign of signs) {
    const row = rows.at(-1);
    const last = row?.at(-1);
    const goes = last ? directionOf(last, sign, size, widthOf(last.sign, size, scale)) : "";
    if (!row || !goes || (direction && goes !== direction)) {
      rows.push([sign]);
      direction = "";
    } else {
      if (goes === "across" && sign.x - last.x > widthOf(last.sign, size, scale) + 0.5 * size && last.sign.trim()) {
        row.push({ ...sign, sign: " " });
      }
      row.push(sign);
      direction = goes;
    }
  }
  return rows;
}

function directionOf(one, other, size, width) {
  const right = other.x - one.x;
  const down = other.y - one.y;
  if (Math.abs(down) <= 0.3 * size && right >= -0.1 * size && right <= width + 6 * size) return "across";
  return Math.abs(right) <= 0.3 * size && down > 0 && down <= 3 * size ? "down" : "";
}

function onPage(row, size, scale, [a, b, c, d, e, f]) {
  const [first, last] = [row[0], row.at(-1)];
  const upper = Math.min(first.y, last.y) - ASCENT * size;
  const lower = Math.max(first.y, last.y) + (1 - ASCENT) * size;
  const xs = [first.x, last.x + widthOf(last.sign, size, scale)];
  const corners = xs.flatMap((x) => [upper, lower].map((y) => [a * x + c * y + e, b * x + d * y + f]));
  const [left, right] = [Math.min(...corners.map(([x]) => x)), Math.max(...corners.map(([x]) => x))];
  const [top, bottom] = [Math.min(...corners.map(([, y]) => y)), Math.max(...corners.map(([, y]) => y))];
  return {
    text: row.map((each) => each.sign).join(""),
    left: left * POINTS,
    right: right * POINTS,
    top: -top * POINTS,
    bottom: -bottom * POINTS,
  };
}
