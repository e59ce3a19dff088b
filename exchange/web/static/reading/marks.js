// Secrecy marks, and how they are told from words in a sentence: exchange/policy/marks.py in this language.
import { pattern, told } from "./rules.js";
import { size } from "./spelling.js";

const has = (name, text) => pattern("marks", name).test(text);
const whole = (name, text) => pattern("marks", name, "full").test(text);
const every = (name, text) => [...text.matchAll(pattern("marks", name, "all"))];
const without = (name, text) => text.replace(pattern("marks", name, "all"), "");
const levelsOf = (text) => new Set(every("LEVELS", text).map((found) => found[0]));

/** The levels that a text names, in order. */
export const levels = (text) => every("LEVELS", text).map((found) => found[0]);
/** Whether a line may bear a mark at all. */
export const telling = (text) => has("TELLING", text);
/** Where a level with its star is, or null. */
export const starred = (text) => pattern("marks", "STARRED").exec(text);
export const isLevel = (text) => has("LEVELS", text);
export const isPiece = (text) => whole("PIECE", text);
export const isBare = (text) => whole("BARE", text);
export const isApart = (text) => has("APART", text);
export const isToken = (text) => has("TOKEN", text);
export const isLeading = (text) => has("LEADING", text);
export const isHeading = (text) => has("HEADING", text);
export const isEnglish = (text) => has("ENGLISH", text);
export const isBeheaded = (text) => whole("BEHEADED", text);
export const isDeclassified = (text) => has("DECLASSIFIED", text);

/** Whether the text names one level, not a choice of several or a box that is not ticked. */
export function oneLevel(text) {
  let found = levelsOf(text.replaceAll("国家秘密", ""));
  if (!found.size) found = levelsOf(text);
  return found.size === 1 && !has("_UNTICKED", text);
}

/** Whether the text is a level and nothing beside it but signs, urgency, copy number, term and labels. */
export function bare(text) {
  if (whole("BARE", text) || whole("TAILED", text)) return true;
  return oneLevel(text) && !without("_ELEMENT", without("_SIGNS", text));
}

/** Whether a short line is a level, a term and a star that stands elsewhere than between them. */
export function scattered(text) {
  if (size(text) > told("marks", "_SCATTERED") || every("_STARS", text).length !== 1) return false;
  return bare(without("_STARS", text).replaceAll(" ", ""));
}

/** Whether a secrecy field is filled in with a level. */
export function fielded(text) {
  const found = pattern("marks", "FIELD").exec(text);
  return found !== null && !has("_UNTICKED", found[0]) && levelsOf(text).size < told("marks", "_ALL");
}

/** Whether a level is ticked, or is the one choice of several that has lost its box. */
export function ticked(text) {
  const ringed = new Set(every("_RINGED", text).map((found) => found[1]));
  if (ringed.size < told("marks", "_MANY") && has("TICKED", text)) return true;
  if (!has("_BOX", text)) return false;
  const choices = every("_CHOICE", text).map((found) => [found.groups.box, found.groups.choice]);
  if (choices.length && !choices[0][0] && has("_BOX_BEHIND", text)) return has("_TICKED_BEHIND", text);
  const open = choices.filter(([box]) => !box).map(([, choice]) => choice);
  return choices.length - open.length > 1 && open.length === 1 && whole("LEVELS", open[0]);
}

/** Whether the text begins or ends with a bare level in brackets. */
export const bracketed = (text) => every("_BRACKETED", text).some((found) => bare(found[1] || found[2]));

/** Whether the text reads like a piece of a sentence. */
export const flows = (text) => has("_STOPS", text);

/** Whether a level with its star is a mark by itself and not a word of a sentence. */
export function standsAlone(text, found, head = false) {
  const end = found.index + found[0].length;
  const around = text.slice(Math.max(0, found.index - 3), found.index) + text.slice(end, end + 3);
  const before = text.slice(0, found.index).trimEnd();
  const after = text.slice(end).trimStart();
  const leads = told("marks", "_LEADS").includes(before.slice(-1));
  if (has("_QUOTES", around) || leads || told("marks", "_TRAILS").includes(after.slice(0, 1))) {
    return false;
  }
  if (head && !without("_SIGNS", before) && !told("marks", "_EXPLAINED").some((word) => after.startsWith(word))) return true;
  const most = told("marks", "_REST");
  return size(before) + size(after) <= most || size((before + after).replace(/\s/g, "")) <= most;
}

/** At most 40 characters for the sender's eyes. */
export const excerpt = (text) => [...text.slice(0, 400).split(/\s+/).filter(Boolean).join(" ")].slice(0, 40).join("");
