// The text of a PDF with places, and what it says beside its pages: by pdf.js, in its worker.
// Earlier versions inside a file, scripts and text that is only drawn are the county's to judge.
import { Unreachable } from "../core/api.js";
import { joined, placed } from "./lines.js";
import { blank, read as readAny } from "./text.js";
import { printed } from "./spelling.js";

const pdfjs = await import(`../vendor/pdfjs/build/pdf.mjs${new URL(import.meta.url).search}`);
const VENDOR = new URL("../vendor/pdfjs/", import.meta.url).href;
const LITTLE_TEXT = 40;
const MOST_PAGES = 500;
const HEAD = 0.3;
const WHOLE = 0.5;
const SOME = 0.1;
pdfjs.GlobalWorkerOptions.workerSrc = `${VENDOR}build/pdf.worker.mjs`;

let worker = null;

/** The one worker of this page. Throws Unreachable when it cannot be fetched. */
async function working() {
  worker ??= new pdfjs.PDFWorker({ verbosity: 0 });
  try {
    await worker.promise;
    return worker;
  } catch {
    worker.destroy();
    worker = null;
    throw new Unreachable();
  }
}

/** Open a PDF; whoever opens it destroys it. Throws Unreachable, and what pdf.js throws. */
export async function open(blob) {
  const data = new Uint8Array(await blob.arrayBuffer());
  const task = pdfjs.getDocument({
    data,
    worker: await working(),
    cMapUrl: `${VENDOR}cmaps/`,
    standardFontDataUrl: `${VENDOR}standard_fonts/`,
    wasmUrl: `${VENDOR}wasm/`,
    iccUrl: `${VENDOR}iccs/`,
    useWorkerFetch: false, // the worker's own policy lets it fetch nothing
    isEvalSupported: false,
    enableXfa: false,
    verbosity: 0,
  });
  return task.promise;
}

/** Read a PDF; `reading.scan` says that its first page is a picture, not a text, legible or not. */
export async function read(blob, { signal, depth }) {
  const document = await open(blob);
  const reading = blank("pdf");
  try {
    if (document.numPages > MOST_PAGES) reading.unread.push("large");
    for (let number = 1; number <= Math.min(document.numPages, MOST_PAGES); number += 1) {
      signal?.throwIfAborted();
      const page = await document.getPage(number);
      const lines = await linesOf(page);
      const ink = lines.reduce((sum, line) => sum + printed(line.text), 0);
      const drawn = ink >= LITTLE_TEXT || number === 1 ? await drawing(page) : { isCovered: true, isText: false, words: [] };
      const isPicture = ink < LITTLE_TEXT || drawn.isCovered;
      reading.texts.push(...elsewhere(drawn.words, lines, number));
      if (number === 1) reading.scan = isPicture && !drawn.isText;
      if (isPicture && !reading.unread.includes("picture")) reading.unread.push("picture");
      reading.pages.push({ number, lines });
      await notes(page, reading);
      page.cleanup();
    }
    await beside(document, reading, { signal, depth });
    return reading;
  } finally {
    await document.loadingTask.destroy();
  }
}

async function linesOf(page) {
  const view = page.getViewport({ scale: 1 });
  const content = await page.getTextContent({ includeMarkedContent: false, disableNormalization: true });
  const upright = [];
  const turned = [];
  for (const item of content.items) {
    if (!item.str?.trim()) continue;
    const matrix = pdfjs.Util.transform(view.transform, item.transform);
    const size = Math.hypot(matrix[2], matrix[3]) || 1;
    const isUpright = Math.abs(matrix[1]) < 0.05 * Math.abs(matrix[0]) && matrix[0] > 0;
    (isUpright ? upright : turned).push(isUpright ? runOf(item, matrix, size, view) : aside(item, matrix, size, view));
  }
  return [...joined(upright), ...stacked(turned)].map((run) => placed(run, view.width, view.height));
}

function runOf(item, matrix, size, view) {
  const base = view.height - matrix[5];
  return { text: item.str, left: matrix[4], right: matrix[4] + item.width, bottom: base - 0.12 * size, top: base + 0.88 * size };
}

function aside(item, matrix, size, view) {
  const along = Math.hypot(matrix[0], matrix[1]) || 1;
  const ends = [matrix[4] + (matrix[0] / along) * item.width, matrix[5] + (matrix[1] / along) * item.width];
  const [left, right] = [Math.min(matrix[4], ends[0]), Math.max(matrix[4], ends[0])];
  const [upper, lower] = [Math.min(matrix[5], ends[1]), Math.max(matrix[5], ends[1])];
  return {
    text: item.str,
    left,
    right: Math.max(right, left + size),
    top: view.height - upper + 0.5 * size,
    bottom: view.height - lower - 0.5 * size,
  };
}

// Turned words that are drawn sign by sign belong together in the order of the file, and stay apart as well.
function stacked(runs) {
  return runs.length > 1 && runs.every((run) => run.text.trim().length <= 2)
    ? [{ ...runs[0], text: runs.map((run) => run.text.trim()).join("") }, ...runs]
    : runs;
}

// What is drawn on a page: whether a picture covers more than half of it, whether it is text with hardly a picture, and its words in the order of drawing, also those that
// stand off the page or in the appearance of a note, which the text of the page leaves out.
async function drawing(page) {
  const { OPS } = pdfjs;
  const list = await page.getOperatorList({ intent: "any" });
  const [left, lower, right, upper] = page.view;
  const area = (right - left) * (upper - lower);
  const pictures = [OPS.paintImageXObject, OPS.paintInlineImageXObject, OPS.paintImageMaskXObject, OPS.paintImageXObjectRepeat];
  const kept = [];
  const words = [];
  let matrix = [1, 0, 0, 1, 0, 0];
  let covered = 0;
  let isWritten = false;
  let note = false;
  let spot = [0, 0];
  list.fnArray.forEach((operator, at) => {
    const values = list.argsArray[at];
    isWritten ||= operator === OPS.showText;
    if (operator === OPS.save) kept.push(matrix);
    else if (operator === OPS.restore || operator === OPS.paintFormXObjectEnd) matrix = kept.pop() ?? matrix;
    else if (operator === OPS.transform) matrix = pdfjs.Util.transform(matrix, values);
    else if (operator === OPS.paintFormXObjectBegin) {
      kept.push(matrix);
      if (values[0]) matrix = pdfjs.Util.transform(matrix, values[0]);
    } else if (operator === OPS.beginAnnotation) note = true;
    else if (operator === OPS.endAnnotation) note = false;
    else if (operator === OPS.beginText) {
      spot = [0, 0];
      words.push({ text: "", note, height: null });
    } else if (operator === OPS.setTextMatrix) spot = [...values.flat()].flatMap((value) => (
      typeof value === "number" ? [value] : [...value]
    )).slice(4, 6);
    else if (operator === OPS.moveText || operator === OPS.setLeadingMoveText) spot = [spot[0] + values[0], spot[1] + values[1]];
    else if (operator === OPS.showText && words.length) {
      const word = words.at(-1);
      word.height ??= (upper - (matrix[1] * spot[0] + matrix[3] * spot[1] + matrix[5])) / (upper - lower);
      word.text += values[0].map((glyph) => (typeof glyph === "number" ? "" : (glyph?.unicode ?? ""))).join("");
    }
    if (pictures.includes(operator)) covered += Math.abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]);
  });
  const isText = isWritten && covered < SOME * area;
  return { isCovered: covered > WHOLE * area, isText, words: words.filter(({ text }) => text.trim()) };
}

// Drawn words that are in none of the lines; those of notes, and those as high as a mark stands, are judged as such.
function elsewhere(words, lines, number) {
  const whole = lines.map((line) => line.text.replace(/\s/g, "")).join("\n");
  const missing = words.filter(({ text }) => !whole.includes(text.replace(/\s/g, "")));
  return missing.map(({ text, note, height }) => [note || (number === 1 && height < HEAD) ? "stamp" : "file", text]);
}

async function notes(page, reading) {
  for (const note of await page.getAnnotations({ intent: "any" })) {
    const place = note.subtype === "Widget" ? "form" : note.subtype === "Stamp" ? "stamp" : "annotation";
    for (const text of [note.contentsObj?.str, note.titleObj?.str, note.fieldValue, note.alternativeText, note.textContent?.join("\n")]) {
      for (const each of Array.isArray(text) ? text : [text]) {
        if (typeof each === "string" && each.trim()) reading.texts.push([place, each]);
      }
    }
    if (note.file?.content) reading.files = [...(reading.files || []), note.file];
  }
}

async function beside(document, reading, { signal, depth }) {
  const { info, metadata } = await document.getMetadata();
  for (const [key, value] of Object.entries(info ?? {})) {
    if (typeof value === "string") reading.properties.push([key, value]);
    else if (value && typeof value === "object") {
      for (const [inner, text] of Object.entries(value)) if (typeof text === "string") reading.properties.push([inner, text]);
    }
  }
  const described = metadata?.getRaw?.() ?? "";
  if (described) {
    const xml = new DOMParser().parseFromString(described.replace(/^[^<]*/, ""), "text/xml");
    for (const each of xml.querySelectorAll("*")) {
      for (const text of [...(each.children.length ? [] : [each.textContent]), ...[...each.attributes].map((one) => one.value)]) {
        if (text.trim()) reading.texts.push(["xmp", text.trim()]);
      }
    }
  }
  const titles = (entries) => (entries ?? []).flatMap((entry) => [entry.title, ...titles(entry.items)]);
  for (const title of titles(await document.getOutline())) reading.texts.push(["bookmark", title]);
  const layers = await document.getOptionalContentConfig({ intent: "any" });
  for (const [, layer] of layers ?? []) if (layer.name) reading.texts.push(["layer", layer.name]);
  const files = [...Object.values((await document.getAttachments()) ?? {}), ...(reading.files ?? [])];
  delete reading.files;
  for (const file of files) {
    if (depth >= 2) reading.unread.push("inside");
    else reading.parts.push([file.filename, await readAny(file.filename, new Blob([file.content]), { signal, depth: depth + 1 })]);
  }
}
