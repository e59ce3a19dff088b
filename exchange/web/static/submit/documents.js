// What may be sent, and what each file probably is. Pure, but for the words of a refusal.
import { _ } from "../core/texts.js";
import { memberNames, memberName } from "../signing/names.js";

export const MOST_FILES = 100;
export const LARGEST_PART = 200 * 2 ** 20;
export const LARGEST = 500_000_000;
const TYPES = {
  pdf: "application/pdf",
  ofd: "application/ofd",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  txt: "text/plain",
  csv: "text/csv",
  zip: "application/zip",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  bmp: "image/bmp",
  tif: "image/tiff",
  tiff: "image/tiff",
};
const OLD = new Set(["doc", "xls", "ppt", "wps", "et", "dps"]);
const PAPERS = new Set(["pdf", "ofd", "jpg", "jpeg", "png", "bmp", "tif", "tiff"]);
const PICTURES = new Set(["jpg", "jpeg", "png", "bmp", "tif", "tiff"]);

/** What a name ends in, in small letters. */
export const endingOf = (name) => /\.([^.]+)$/.exec(name)?.[1].toLowerCase() ?? "";
const stemOf = (name) => name.replace(/\.[^.]+$/, "");

/** The media type that goes with a name, as the command `yizhan` has it. */
export const mediaTypeOf = (name) => TYPES[endingOf(name)] ?? "application/octet-stream";

/** Why a file cannot be added to the others, in words for a person; null when it can. */
export function refusal(file, others) {
  const name = shown(file.name);
  if (others.length >= MOST_FILES) return _("One submission holds at most %(most)s files.", { most: MOST_FILES });
  if (file.size === 0) return _("The file %(name)s is empty (0 bytes).", { name });
  if (file.size > LARGEST_PART) return _("The file %(name)s is larger than 200 MB.", { name });
  if (others.reduce((sum, other) => sum + other.blob.size, file.size) > LARGEST) {
    return _("The files are too large together: one submission holds 500 MB.");
  }
  if (OLD.has(endingOf(file.name))) return _(
    "%(name)s is an old file format that cannot be checked: save it as PDF, OFD or DOCX.",
    { name },
  );
  try {
    memberName(file.name, "attachment");
    memberNames([...others, { name: file.name, role: "main" }].map((each) => ({ name: each.name, role: "main" })));
  } catch (error) {
    return `${error.message} ${error.advice ?? ""}`.trim();
  }
  return null;
}

/**
 * Say what each file is where the person has not said it: the first paper is the main document, a text of the same name its
 * editable version, anything else an attachment. Changes the files.
 */
export function guessRoles(files) {
  const free = files.filter((file) => !file.roleChosen);
  for (const file of free) file.role = "attachment";
  let main = files.find((file) => file.roleChosen && file.role === "main");
  if (!main) {
    main = free.find((file) => PAPERS.has(endingOf(file.name))) ?? free[0];
    if (main) main.role = "main";
  }
  for (const file of free) {
    if (file === main || !main) continue;
    if (/审查表/.test(file.name)) file.role = "review_form";
    else if (endingOf(file.name) === "docx" && stemOf(file.name) === stemOf(main.name)) file.role = "editable";
  }
}

/** Where a file probably comes from; `isScan` says that its first page is a picture. */
export const guessOrigin = (name, isScan = false) => (isScan || PICTURES.has(endingOf(name)) ? "scan_of_sealed_paper" : "born_digital");

/** The files in the order in which they are sent: the main document first. */
export const inOrder = (files) => [...files.filter((file) => file.role === "main"), ...files.filter((file) => file.role !== "main")];

/** A name fit for a message: what turns writing round or cannot be seen is shown as a box. */
export const shown = (name) => [...name].map((sign) => (/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u.test(sign) ? "□" : sign)).slice(0, 80).join("");
