// The part of the submitting page in which a reply is asked for: its boxes, presets, and whether the same was asked this quarter.
import { askJson } from "../core/api.js";
import { _ } from "../core/texts.js";
import { memberName } from "../signing/names.js";
import { by, content, make } from "../submit/dom.js";
import { formOf, wrong } from "./asked.js";

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const WAIT = 600;
const MOST = 40;
/** Chinese labels are contents of the document, whoever writes it: townships read them. */
const PRESETS = {
  meeting: [
    [{ label: "是否乘车", type: "yes_no" }],
    [{ label: "车牌号", type: "text" }],
    [{ label: "是否住宿", type: "yes_no" }],
    [{ label: "是否用餐", type: "yes_no" }],
  ],
  report: [
    [{ label: "数量", type: "number", required: true }],
    [{ label: "填报人", type: "text", required: true }, { label: "联系电话", type: "phone", required: true }],
    [{ label: "分管领导", type: "text" }],
    [{ label: "完成时间", type: "date" }],
  ],
};

/** What is asked for. `told` is called whenever something of it changed; `files` gives those that were chosen. */
export class Asked {
  constructor(form, { told, files }) {
    Object.assign(this, { form, told, files });
    this.rows = by("reply-fields");
    for (const radio of form.querySelectorAll("input[name=reply_kind]")) radio.addEventListener("change", () => this.#chosen());
    by("reply-add").addEventListener("click", () => this.#changed(this.add({}).querySelector("[data-part=label]").focus()));
    by("reply-form").addEventListener("input", () => this.#changed());
    by("reply-form").addEventListener("toggle", () => this.templates());
  }

  get kind() {
    return this.form.elements.reply_kind.value;
  }

  /** What stands in the boxes, for the draft; undefined where nothing is asked. */
  said() {
    if (!this.kind) return undefined;
    const { reply_by, reply_title, reply_basis, reply_monthly, reply_template } = this.form.elements;
    return {
      kind: this.kind,
      by: reply_by.value,
      title: reply_title.value,
      basis: reply_basis.value,
      monthly: reply_monthly.checked,
      template: reply_template.value,
      fields: [...this.rows.children].map(fieldOf),
    };
  }

  /** The form as it is signed; a sheet that is no longer among the files is none. */
  value() {
    const said = this.said();
    return said && formOf({ ...said, template: this.#names().includes(said.template) ? said.template : "" });
  }

  /** Say what is wrong with it; true when nothing is. */
  check() {
    const problem = wrong(this.value(), new Date().toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" }));
    by("reply-error").textContent = problem;
    by("reply-error").hidden = !problem;
    if (problem) {
      by("reply-form").open = true;
      by("reply-error").scrollIntoView({ block: "center" });
      if (!this.form.elements.reply_by.value) this.form.elements.reply_by.focus();
    }
    return !problem;
  }

  /** Put back what a draft said. */
  fill(said) {
    if (!said) return;
    by("reply-form").open = true;
    const { elements } = this.form;
    elements.reply_kind.value = said.kind;
    Object.assign(elements.reply_by, { value: said.by ?? "" });
    Object.assign(elements.reply_title, { value: said.title ?? "" });
    Object.assign(elements.reply_basis, { value: said.basis ?? "" });
    elements.reply_monthly.checked = Boolean(said.monthly);
    this.rows.replaceChildren();
    for (const field of said.fields ?? []) this.add(field);
    this.wanted = said.template;
    this.#chosen();
  }

  add(field) {
    const row = by("reply-field").content.firstElementChild.cloneNode(true);
    if (this.rows.children.length >= MOST) return this.rows.lastElementChild;
    part(row, "label").value = field.label ?? "";
    part(row, "type").value = field.type ?? "text";
    part(row, "choices").value = field.choices ?? "";
    part(row, "required").checked = Boolean(field.required);
    const choose = () => (row.querySelector("[data-choices]").hidden = part(row, "type").value !== "choice");
    part(row, "type").addEventListener("change", choose);
    part(row, "remove").addEventListener("click", () => (row.remove(), by("reply-add").focus(), this.#changed()));
    choose();
    this.rows.append(row);
    return row;
  }

  /** Offer the workbooks that were chosen as sheets to fill in. */
  templates() {
    const select = this.form.elements.reply_template;
    const kept = select.value || this.wanted || "";
    select.replaceChildren(select.options[0], ...this.#names().map((name) => make("option", { value: name }, name.split("/").at(-1))));
    select.value = this.#names().includes(kept) ? kept : "";
  }

  #names() {
    return this.files().filter((file) => file.mediaType === XLSX && file.role).map((file) => memberName(file.name, file.role));
  }

  #chosen() {
    const { reply_by, respond_by } = this.form.elements;
    if (this.kind && !reply_by.value) reply_by.value = respond_by?.value ?? ""; // the day that was typed or read for the document is meant
    by("reply-asked").hidden = !this.kind;
    for (const each of by("reply-form").querySelectorAll("[data-for]")) each.hidden = each.dataset.for !== this.kind;
    const presets = (PRESETS[this.kind] ?? []).map((fields) => {
      const words = fields.map((field) => field.label).join("、");
      const put = () => (fields.forEach((field) => this.add(field)), this.#changed());
      return make("button", { type: "button", class: "quiet small", onclick: put }, "+ ", content(words));
    });
    by("reply-presets").replaceChildren(...presets);
    this.templates();
    this.#changed();
  }

  #changed() {
    by("reply-error").hidden = true;
    this.told();
    clearTimeout(this.pending);
    this.pending = setTimeout(() => this.#same().catch(() => by("reply-same").replaceChildren()), WAIT);
  }

  /** Say which documents of this quarter asked for the same; it hinders nobody. */
  async #same() {
    const form = this.value();
    const labels = form?.fields.map((field) => field.label) ?? [];
    const body = { labels, ...(form?.template ? { template: form.template } : {}) };
    const asked = JSON.stringify(body);
    if (form?.kind !== "report" || (!labels.length && !form.template)) return by("reply-same").replaceChildren();
    if (asked === this.asked) return;
    this.asked = asked;
    const { items } = await askJson("POST", "/api/v1/same-figures", body);
    if (asked === this.asked) by("reply-same").replaceChildren(...[warning(items)].filter(Boolean));
  }
}

const part = (row, name) => row.querySelector(`[data-part=${name}]`);

function fieldOf(row) {
  const [label, type, choices] = ["label", "type", "choices"].map((name) => part(row, name).value);
  return { label, type, choices, required: part(row, "required").checked };
}

function warning(items) {
  if (!items.length) return null;
  const rows = items.slice(0, 5).map((item) => {
    const same = [...item.labels, ...(item.sheet ? [_("a sheet of the same name")] : [])].join("、");
    const link = make("a", { href: `/items/${item.submission}`, target: "_blank" }, content([item.number, item.title].filter(Boolean).join(" ")));
    return make("li", {}, make("time", {}, item.day), " ", content(item.office), " ", link, ": ", content(same));
  });
  return make(
    "div",
    { class: "message warn" },
    make("p", {}, _("The same was asked this quarter. Could those figures be used, or one form serve both?")),
    make("ul", {}, ...rows),
  );
}
