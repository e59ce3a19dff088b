// One spelling for the many ways to write, space out, disguise or encode the same words: exchange/policy/spelling.py in this language.
import { pattern, told } from "./rules.js";

const UNSEEN = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}\p{Co}\p{Cs}\p{Cn}]/gu;

/** How many characters a text has. */
export const size = (text) => (/[\ud800-\udfff]/.test(text) ? [...text].length : text.length);

/** Whether a text cannot bear a level, at once. */
export const isOrdinary = (text) => pattern("spelling", "_ORDINARY", "full").test(text);

/** The text as the rules see it. */
export function canonical(given) {
  let text = repaired(given).replace(pattern("spelling", "_BLANK", "all"), " ");
  text = text.replace(pattern("spelling", "_ENCLOSED", "all"), " 秘密 ").normalize("NFKC");
  if (!pattern("spelling", "_USUAL", "full").test(text)) {
    const fillers = told("spelling", "_FILLERS");
    text = [...text.replace(UNSEEN, "")].filter((sign) => !fillers.includes(sign)).join("");
    text = folded(repaired(text).normalize("NFKC")).replace(pattern("spelling", "_BLANK", "all"), " ");
  } else if (pattern("spelling", "_FOLDING").test(text)) {
    text = folded(text);
  }
  if (text.includes("密")) text = text.replace(pattern("spelling", "_SECRET_GAPS", "all"), "");
  if (text.includes("内")) text = text.replace(pattern("spelling", "_INTERNAL_GAPS", "all"), "");
  return text.trim();
}

function folded(text) {
  const table = told("spelling", "_FOLDED");
  return text.replace(pattern("spelling", "_FOLDING", "all"), (sign) => table[sign]);
}

/** The canonical text, then what it is when turned round, or decoded from UTF-7, HZ or character references. */
export function spellings(text) {
  const found = [canonical(text)];
  if (!pattern("spelling", "_CODED").test(text)) return found;
  for (const other of decoded(text)) {
    const plain = canonical(other);
    if (!found.includes(plain)) found.push(plain);
  }
  return found;
}

function* decoded(text) {
  if (pattern("spelling", "_TURNS").test(text)) yield [...text].reverse().join("");
  if (text.includes("&")) yield unescaped(text);
  if (text.includes("+")) yield text.replace(pattern("spelling", "_UTF7", "all"), fromUtf7);
  if (text.includes("~{")) yield fromHz(text.replace(pattern("spelling", "_NOT_ASCII", "all"), " "));
}

function unescaped(text) {
  const page = new DOMParser().parseFromString(text.replaceAll("<", "&lt;"), "text/html");
  return page.documentElement.textContent;
}

function fromUtf7(run) {
  const digits = run.slice(1);
  const octets = atob(digits + "A".repeat((4 - (digits.length % 4)) % 4));
  const text = [];
  const most = Math.floor(Math.floor((digits.length * 6) / 16) * 2);
  for (let at = 0; at + 1 < Math.min(most, octets.length); at += 2) {
    text.push(String.fromCharCode(octets.charCodeAt(at) * 256 + octets.charCodeAt(at + 1)));
  }
  const joined = text.join("");
  return /^[\x00-\x7f]*$/.test(joined) ? run : joined;
}

function fromHz(text) {
  const decoder = new TextDecoder("gb18030");
  return text.replace(
    /~\{((?:(?!~\})[^])*)(?:~\}|$)/g,
    (_whole, inside) => decoder.decode(Uint8Array.from(inside, (sign) => (sign.charCodeAt(0) & 0x7f) | 0x80)),
  );
}

/** A long text in pieces of 2,000 characters; each begins 200 before the one before ends. */
export function windows(text) {
  const wide = told("spelling", "WINDOW");
  const overlap = told("spelling", "_OVERLAP");
  const found = [text.slice(0, wide)];
  for (let start = wide - overlap; start < text.length - overlap; start += wide - overlap) found.push(text.slice(start, start + wide));
  return found;
}

const LATIN = new Map(Array.from({ length: 256 }, (_, code) => [String.fromCharCode(code), code]));
const WINDOWS = new Map();
for (let code = 0; code < 256; code += 1) {
  const sign = new TextDecoder("windows-1252").decode(Uint8Array.of(code));
  if (!(code >= 0x80 && code < 0xa0 && sign.charCodeAt(0) === code)) WINDOWS.set(sign, code);
}

/** GBK that was read as Latin-1 or Windows-1252, restored; other text as it is. */
export function repaired(text) {
  if (!pattern("legible", "_LATIN_PAIRS").test(text)) return text;
  if (!pattern("legible", "_HAS_HAN").test(text)) {
    const restored = restore(text);
    if (restored !== text) return restored;
  }
  return text.replace(pattern("legible", "_LATIN_PAIRS", "all"), restore);
}

function restore(text) {
  if (!pattern("legible", "_LATIN_LETTER").test(text)) return text;
  for (const table of [LATIN, WINDOWS]) {
    const octets = [...text].map((sign) => table.get(sign));
    if (octets.includes(undefined)) continue;
    try {
      const restored = new TextDecoder("gb18030", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(octets));
      if (pattern("legible", "_HAS_HAN").test(restored) && illegible(restored) <= illegible(text)) return restored;
    } catch {
      // not GB 18030: the other table is tried
    }
  }
  return text;
}

/** How many characters are no Han, ASCII, or common punctuation and signs. */
export const illegible = (text) => (text.match(pattern("legible", "_ILLEGIBLE", "all")) || []).length;

/** How many characters leave ink. */
export const printed = (text) => (text.match(pattern("legible", "_PRINTED", "all")) || []).length;
