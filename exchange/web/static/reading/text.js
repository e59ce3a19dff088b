// What a file says, as far as a browser can read it: {format, pages: [{number, lines}], properties, texts, parts, unread, scan}.
// `unread` says in a word why something was left to the county: "picture", "format", "broken", "large", "inside".
import { Unreachable } from "../core/api.js";
import { canonicalLines } from "./lines.js";
import { illegible, printed } from "./spelling.js";

const LINES_PER_PAGE = 28;
const CHARACTERS_PER_LINE = 56;
const MOST_TEXT = 8 * 1024 * 1024;
/** Larger files are not read here: the county reads them. */
export const MOST = 64 * 1024 * 1024;
const PICTURES = [
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
  [0x47, 0x49, 0x46, 0x38],
  [0x42, 0x4d],
  [0x49, 0x49, 0x2a, 0],
  [0x4d, 0x4d, 0, 0x2a],
];

/** An empty reading; readers fill it. */
export const blank = (format, unread = []) => ({ format, pages: [], properties: [], texts: [], parts: [], unread, scan: false });

/** A reader of ours. Throws Unreachable when it cannot be fetched: what was not looked at must not pass for what cannot be read. */
export async function reader(name) {
  try {
    return await import(`./${name}.js${again()}`);
  } catch {
    tries += 1;
    throw new Unreachable();
  }
}

// browsers remember that a module could not be fetched: it is asked for anew under another address
let tries = 0;
const again = () => (tries ? `?again=${tries}` : "");

/** Read one file. What it is its bytes say. Throws AbortError and Unreachable. */
export async function read(name, blob, { signal, depth = 0 } = {}) {
  if (blob.size > MOST) return blank("unknown", ["large"]);
  try {
    const head = new Uint8Array(await blob.slice(0, 1024).arrayBuffer());
    if (begins(head, [0x25, 0x50, 0x44, 0x46]) || latin(head).includes("%PDF-")) {
      return await (await reader("pdf")).read(blob, { signal, depth });
    }
    if (begins(head, [0x50, 0x4b])) return await (await reader("zip")).readPackage(name, blob, { signal, depth });
    if (PICTURES.some((magic) => begins(head, magic)) || latin(head.slice(8, 12)) === "WEBP") {
      return { ...blank("image", ["picture"]), scan: true };
    }
    return plain(new Uint8Array(await blob.arrayBuffer()));
  } catch (error) {
    if (error instanceof Unreachable) tries += 1;
    if (error.name === "AbortError" || error instanceof Unreachable) throw error;
    return blank("unknown", ["broken"]);
  }
}

const begins = (bytes, magic) => magic.every((byte, at) => bytes[at] === byte);
const latin = (bytes) => String.fromCharCode(...bytes);

/** Plain text: UTF-8, UTF-16 with a byte order mark, GB18030. */
export function plain(bytes) {
  const text = bytes.length > MOST_TEXT ? null : decoded(bytes);
  if (text === null) return blank("unknown", ["format"]);
  const lines = canonicalLines(text.replaceAll("\x1a", "").split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/));
  if (!lines.length) return blank("text", ["broken"]);
  const reading = blank("text");
  for (let start = 0; start < lines.length; start += LINES_PER_PAGE) {
    const page = lines.slice(start, start + LINES_PER_PAGE);
    reading.pages.push({
      number: start / LINES_PER_PAGE + 1,
      lines: page.map(
        (line, at) => ({
          text: line,
          x: 0,
          y: at / LINES_PER_PAGE,
          width: Math.min(1, line.length / CHARACTERS_PER_LINE),
          height: 1 / LINES_PER_PAGE,
        })
      ),
    });
  }
  const whole = lines.join("");
  if (illegible(whole) > 0.15 * printed(whole)) reading.unread.push("format");
  return reading;
}

function decoded(bytes) {
  const marks = [[[0xef, 0xbb, 0xbf], "utf-8"], [[0xff, 0xfe], "utf-16le"], [[0xfe, 0xff], "utf-16be"]];
  const marked = marks.find(([mark]) => begins(bytes, mark));
  for (const encoding of marked ? [marked[1]] : ["utf-8", "gb18030"]) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      return /[\x00-\x08\x0b\x0e-\x19\x1b-\x1f\x7f]/.test(text) ? null : text;
    } catch {
      // another encoding may fit
    }
  }
  return null;
}
