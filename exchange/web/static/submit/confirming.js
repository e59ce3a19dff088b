// What is signed, before it is signed: title, number, recipients, files with size and fingerprint, and who signs.
import { _ } from "../core/texts.js";
import { content, make, size } from "./dom.js";

/** The view of a message and its measured files. `labels` turns codes into words. */
export function view(message, files, key, { offices, labels, told }) {
  const named = (codes) => make("span", {}, ...codes.flatMap((code, at) => [at ? "、" : "", content(offices.get(code) ?? code)]));
  const pairs = [
    [_("To"), named(message.to)],
    [_("Copy to"), message.cc.length ? named(message.cc) : null],
    [_("Kind"), labels.kind(message.kind)],
    [_("Number"), message.number ? content(message.number) : null],
    [_("Date issued"), make("time", {}, message.date_issued)],
    [_("Signed off by"), message.signatory ? content(message.signatory) : null],
    [_("Urgency"), labels.urgency(message.urgency)],
    [_("Classification"), labels.classification(message.classification)],
    [_("Handling"), message.handling === "internal" ? labels.handling(message.handling) : null],
    [_("Notes"), message.notes ? content(message.notes) : null],
    [_("Secrecy review"), message.secrecy_review ? content(`${message.secrecy_review.by}：${message.secrecy_review.conclusion}`) : null],
    [_("Signer"), content(`${key.officeName} ${key.name}`)],
  ];
  return [
    make("h3", { class: "title" }, content(message.title)),
    make(
      "dl",
      { class: "facts" },
      ...pairs.filter(([, value]) => value).flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]),
    ),
    make("ol", { class: "documents" }, ...files.map((file) => fileRow(file, told))),
  ];
}

function fileRow(file, told) {
  const short = make("code", {}, file.sha256.slice(0, 16));
  return make(
    "li",
    { class: "document" },
    make(
      "div",
      { class: "what" },
      make("strong", {}, content(file.name)),
      make("span", { class: "muted" }, `${told.roles[file.role]} · ${told.origins[file.origin]} · ${size(file.blob.size)}`),
    ),
    make(
      "details",
      {},
      make("summary", {}, _("Details")),
      make("p", {}, _("Fingerprint:"), " ", short, "…"),
      make("p", {}, make("code", { class: "whole" }, file.sha256)),
    ),
  );
}
