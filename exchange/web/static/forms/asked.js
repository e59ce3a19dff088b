// What a reply form asks, as it travels: made from what stands on the page, and told in a line to whoever signs it. Pure.
import { _ } from "../core/texts.js";

/**
 * The member `reply_form` of a submission; undefined where nothing is asked. Texts are trimmed, fields without a name left out.
 * @param {{kind: string, by: string, title?: string, basis?: string, monthly?: boolean, template?: string, fields: object[]}} said
 */
export function formOf(said) {
  if (!said.kind) return undefined;
  const isReport = said.kind === "report";
  const fields = said.fields
    .filter((field) => field.label.trim())
    .map((field, index) => ({
      key: `f${index + 1}`,
      label: field.label.trim(),
      type: field.type,
      required: Boolean(field.required),
      choices: field.type === "choice" ? choices(field.choices) : [],
    }));
  return {
    kind: said.kind,
    title: said.title?.trim() || undefined,
    fields,
    template: (isReport && said.template) || undefined,
    respond_by: said.by,
    repeat: isReport && said.monthly ? "monthly" : "none",
    based_on: said.basis?.trim() || undefined,
  };
}

/** The choices that were typed with a comma or 、 between them. */
export function choices(text) {
  return [...new Set((text ?? "").split(/[、，,;；\n]/).map((each) => each.trim()).filter(Boolean))];
}

/** What is wrong with a form before it is sent, in words; "" when nothing is. */
export function wrong(form, today) {
  if (!form) return "";
  if (!form.respond_by) return _("Give the last day for the reply.");
  if (form.respond_by < today) return _("The last day for the reply is past.");
  const labels = form.fields.map((field) => field.label);
  if (new Set(labels).size !== labels.length) return _("Two fields have the same name.");
  if (form.fields.some((field) => field.type === "choice" && field.choices.length < 2)) return _("Give at least two choices, with 、 between them.");
  return form.kind === "report" && !form.fields.length && !form.template ? _("Add a field, or choose the sheet to fill in.") : "";
}

/** A form in a line. */
export function summary(form) {
  const kind = form.kind === "meeting" ? _("meeting reply form") : _("report form");
  const labels = (form.fields ?? []).map((field) => (field.choices?.length ? `${field.label}（${field.choices.join("/")}）` : field.label));
  return [
    kind,
    form.title,
    _("reply until %(day)s", { day: form.respond_by }),
    form.repeat === "monthly" ? _("each month") : "",
    labels.join("、"),
    form.template?.split("/").at(-1),
    form.based_on,
  ].filter(Boolean).join(" · ");
}
