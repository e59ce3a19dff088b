// What is signed, before it is signed: title, number, recipients, files with size and fingerprint, and who signs.
import { _ } from "../core/texts.js";
import { summary } from "../forms/asked.js";
import { content, make, size } from "./dom.js";
import { thumbnail } from "./thumbnails.js";
import { warning } from "./twice.js";

/** The view of a message and its measured files. `labels` turns codes into words; `before` was sent under the same number. */
export function view(message, files, key, { offices, labels, told, before = [] }) {
  const named = (codes) => make("span", {}, ...codes.flatMap((code, at) => [at ? "、" : "", content(offices.get(code) ?? code)]));
  const pairs = [
    [_("To"), named(message.to)],
    [_("Copy to"), message.cc.length ? named(message.cc) : null],
    [_("Issued together with"), message.joint ? named(message.joint) : null],
    [_("Kind"), labels.kind(message.kind)],
    [_("Number"), message.number ? content(message.number) : null],
    [_("Date issued"), make("time", {}, message.date_issued)],
    [_("Signed off by"), message.signatory ? content(message.signatory) : null],
    [_("Urgency"), labels.urgency(message.urgency)],
    [_("Classification"), labels.classification(message.classification)],
    [_("Handling"), message.handling === "internal" ? labels.handling(message.handling) : null],
    [_("Ask for a reply"), message.reply_form ? content(summary(message.reply_form)) : null],
    [_("Notes"), message.notes ? content(message.notes) : null],
    [_("Secrecy review"), message.secrecy_review ? content(`${message.secrecy_review.by}：${message.secrecy_review.conclusion}`) : null],
    [_("Signer"), content(`${key.officeName} ${key.name}`)],
  ];
  return [
    warning(before),
    make("h3", { class: "title" }, content(message.title)),
    make(
      "dl",
      { class: "facts" },
      ...pairs.filter(([, value]) => value).flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]),
    ),
    make("ol", { class: "documents signed" }, ...files.map((file) => fileRow(file, told))),
  ].filter(Boolean);
}

function fileRow(file, told) {
  const short = make("code", {}, file.sha256.slice(0, 16));
  return make(
    "li",
    { class: "document" },
    thumbnail(file),
    make(
      "div",
      { class: "about" },
      make("strong", {}, content(file.name)),
      make("p", { class: "muted" }, `${told.roles[file.role]} · ${told.origins[file.origin]} · ${size(file.blob.size)}`),
      make("p", { class: "looked" }, ...looked(file)),
      make(
        "details",
        {},
        make("summary", {}, _("Details")),
        make("p", {}, _("Fingerprint:"), " ", short, "…"),
        make("p", {}, make("code", { class: "whole" }, file.sha256)),
      ),
    ),
  );
}

/** Who has looked for a mark in the head: the person, of what is a picture; of the rest, what read it. */
function looked(file) {
  if (file.look) {
    return [
      make("span", { class: "icon check", "aria-hidden": "true" }),
      " ",
      _("Is there a secrecy mark in the head of this page?"),
      " ",
      make("strong", {}, _("You answered: no")),
      " ",
      make("time", { class: "muted" }, moment(file.look.at)),
    ];
  }
  if (file.state === "review") return [_("Marked: needs a secrecy review.")];
  return [file.state === "clear" ? _("Its text was checked for secrecy marks: none found.") : _("The county will check it for secrecy marks.")];
}

const moment = (at) => new Date(at).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" });
