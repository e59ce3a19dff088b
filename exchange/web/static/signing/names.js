// Which names files may bear in a container, as keys/member_names.py has them: safe on every system, and no two that look alike.
// The county judges again and strictly; here it is said before anything is signed, in words for the person who can rename the file.
import { _ } from "../core/texts.js";
import { Problem } from "./problem.js";

const ATTACHMENTS = "attachments/";
const LONGEST = 255;
const INVISIBLE = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/u;
const NOT_ON_WINDOWS = /[\\<>:"|?*]/;
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)\s*(?:\..*)?$/s;
const RESERVED = ["mimetype", "metadata.json", "meta-inf"];
const IN_FOLDER = new Set(["attachment", "review_form"]);

/** Return the member names of files `{name, role}`, the main document first. Throws Problem `unsafe-name` or `duplicate-name`. */
export function memberNames(files) {
  const names = files.map(({ name, role }) => memberName(name, role));
  const seen = new Set();
  for (const name of names) {
    if (seen.has(folded(name)))
      throw new Problem(
        "duplicate-name",
        _("Two files have the same name: %(name)s", { name: shown(name) }),
        _("Rename one of them, then choose it again."),
      );
    seen.add(folded(name));
  }
  return names;
}

/** Return the member name of one file. Throws Problem `unsafe-name`. */
export function memberName(name, role) {
  const own = name.normalize("NFC").replace(IN_FOLDER.has(role) ? /^attachments\// : /^$/, "");
  const member = (IN_FOLDER.has(role) ? ATTACHMENTS : "") + own;
  const reason = wrong(own, member);
  if (reason)
    throw new Problem(
      "unsafe-name",
      _("The file name %(name)s cannot be used: %(reason)s", { name: shown(own), reason }),
      _("Rename the file, then choose it again."),
    );
  return member;
}

function wrong(own, member) {
  if (INVISIBLE.test(own)) return _("it contains an invisible character.");
  if (own.includes("/") || own.includes("\\") || own === "." || own === "..") return _("it contains a path.");
  if (NOT_ON_WINDOWS.test(own)) return _("it contains a character that Windows does not allow.");
  if (new TextEncoder().encode(member).length > LONGEST) return _("it is too long.");
  if (own === "") return _("it is empty.");
  if (/[. ]$/.test(own)) return _("it ends with a dot or a space.");
  if (DEVICE.test(folded(own)) || RESERVED.includes(folded(own))) return _("this name is reserved.");
  return "";
}

/** The form in which two names count as the same: close to Python's casefold, which browsers do not have. */
function folded(name) {
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}

/** A name fit for a message: invisible characters shown as a box, cut at 60 characters. */
function shown(name) {
  const letters = [...name].map((letter) => (INVISIBLE.test(letter) ? "□" : letter));
  return `“${letters.slice(0, 60).join("")}${letters.length > 60 ? "…" : ""}”`;
}
