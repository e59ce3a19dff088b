// What is signed, from what was chosen and typed. Pure.
import { _ } from "../core/texts.js";

export const UNCLASSIFIED = "非涉密";
export const SCAN = "scan_of_sealed_paper";

/** What is wrong with the files as they stand, in words; "" when nothing is. */
export function documentProblem(files) {
  if (!files.length) return _("Choose at least one document.");
  if (files.filter((file) => file.role === "main").length !== 1) return _("Exactly one of the files is the main document.");
  if (files.some((file) => file.state === "refused")) return _("One of the files cannot be accepted: remove it or replace it.");
  if (files.some((file) => file.state === "checking")) return _("The files are still being checked.");
  return files.some((file) => file.origin === SCAN && !file.look)
    ? _("Say first whether there is a secrecy mark in the head of the scan.")
    : "";
}

/** The message submission.v1, without what `pack` adds. Who looked is who signs; of several answers the last one tells when. */
export function messageOf({ key, told, files, values, to, cc, joint, reviewed, reply }) {
  const text = (name) => values[name].trim() || undefined;
  const now = new Date().toISOString();
  const looked = files.map((file) => file.look?.at).filter(Boolean).sort();
  return {
    to,
    cc,
    joint: joint?.length ? joint : undefined,
    kind: values.kind,
    number: text("number"),
    title: values.title.trim(),
    urgency: values.urgency,
    date_issued: values.date_issued,
    signatory: text("signatory"),
    classification: UNCLASSIFIED,
    secrecy_check: { by: key.name, at: looked.at(-1) ?? now },
    secrecy_review: reviewed ? { by: values.review_by.trim(), at: now, conclusion: values.review_conclusion.trim() } : undefined,
    handling: values.handling,
    in_reply_to: told.answers?.submission,
    replaces: told.replaces?.submission,
    version: (told.replaces?.version ?? 0) + 1,
    notes: text("notes"),
    respond_by: reply?.respond_by ?? text("respond_by"),
    reply_form: reply,
  };
}
