// The elements of a document in the form: what was typed, what was read off the document and is to be confirmed, what is missing.
import { _ } from "../core/texts.js";
import { by, content, make } from "./dom.js";

const TYPED = ["title", "number", "kind", "date_issued", "signatory", "respond_by", "notes", "review_by", "review_conclusion", "classification"];
const CHOSEN = ["urgency", "handling"];
// the code, the year between whatever stands for its brackets, the serial
const BRACKETS =
  /^([^\s\d〔〕[\]【】()（）<>]{1,24})\s*[〔[【(（［﹝〈<]?\s*((?:19|20)\d\d)\s*[〕\]】)）］﹞〉>年]?\s*第?\s*0*([1-9]\d{0,4})\s*号?$/;

/** A number 发文字号 as it should be written, or "" when it cannot be told what is meant. Pure. */
export function mended(number) {
  const found = BRACKETS.exec(number.normalize("NFC").trim());
  return found ? `${found[1]}〔${found[2]}〕${found[3]}号` : "";
}

const plain = (text) => text.normalize("NFC").replace(/\s/g, "");

/** The form. `told` is called whenever something was typed. */
export class Fields {
  constructor(form, { statutory, number, told }) {
    this.form = form;
    this.statutory = statutory;
    this.number = new RegExp(`^(?:${number})$`, "u");
    this.guessed = new Map();
    form.addEventListener("input", (event) => {
      this.confirm(event.target.name);
      this.wrong(event.target.name, "");
      if (event.target.name === "number") this.hint();
      told();
    });
    form.elements.number.addEventListener(
      "change",
      () => this.write("number", mended(this.value("number")) || this.value("number").trim()),
    );
    form.elements.kind.addEventListener("change", () => {
      this.hint();
      if (!this.value("number").trim()) this.wrong("number", ""); // another kind may need none
    });
  }

  value(name) {
    return this.form.elements[name].value;
  }

  write(name, value) {
    this.form.elements[name].value = value;
    if (value) this.wrong(name, "");
    if (name === "number") this.hint();
  }

  /** The number where it stands as it should, else "". */
  validNumber() {
    const number = this.value("number").trim();
    return this.number.test(number) ? number : "";
  }

  values() {
    return Object.fromEntries([...TYPED, ...CHOSEN].map((name) => [name, this.value(name)]));
  }

  fill(values) {
    for (const [name, value] of Object.entries(values ?? {})) if ([...TYPED, ...CHOSEN].includes(name) && value) this.write(name, value);
    if (values?.cc?.length || values?.joint?.length || values?.notes || values?.handling === "internal") by("more").open = true;
  }

  /** Put in what was read off the document where nothing stands; how many were `read`, are the `same` as what stands, or are `other`. */
  propose(guesses) {
    const found = { read: 0, same: 0, other: 0 };
    for (const [name, { value, page, words }] of Object.entries(guesses)) {
      const field = this.form.elements[name];
      if (!field) continue;
      if (field.value && !this.guessed.has(name)) {
        const isSame = plain(field.value) === plain(value);
        found[isSame ? "same" : "other"] += 1;
        this.mark(name, ...(isSame ? [] : [_("The document says:"), " ", content(this.#said(field, value))]));
        continue;
      }
      field.value = value;
      if (field.value !== value) continue;
      this.wrong(name, "");
      found.read += 1;
      this.guessed.set(name, page);
      this.mark(name, _("Read from the document, page %(page)s: please check.", { page }), ...(words ? [" ", content(`「${words}」`)] : []));
    }
    this.hint();
    return found;
  }

  mark(name, ...words) {
    const box = this.form.elements[name]?.closest?.(".field"); // buttons of a choice share a name, a search for an office has none
    box?.querySelector(".guessed")?.remove();
    if (words.length) box?.append(make("p", { class: "guessed", id: `${name}-guessed` }, ...words));
  }

  #said(field, value) {
    return [...(field.options ?? [])].find((each) => each.value === value)?.textContent ?? value;
  }

  confirm(name) {
    this.guessed.delete(name);
    this.mark(name);
  }

  /** Go to a field that is wrong, with its label and its error in view. */
  go(name) {
    const field = by(name);
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.focus({ preventScroll: true });
    field.closest(".field").scrollIntoView({ block: "nearest" });
  }

  /** Whether a number is needed, and how it is written. */
  hint() {
    const needed = this.statutory.includes(this.value("kind"));
    const typed = this.value("number").trim();
    const hint = by("number-hint");
    const better = mended(typed);
    if (typed && !this.number.test(typed) && better) hint.replaceChildren(_("It will be written:"), " ", content(better));
    else if (typed && !this.number.test(typed)) {
      hint.textContent = _("The year stands in these brackets: %(example)s", { example: "〔2026〕" });
    }
    else hint.textContent = needed
      ? _("Needed for this kind; as it stands on the document, the year in 〔〕.")
      : _("As it stands on the document, the year in 〔〕.");
  }

  wrong(name, text) {
    const error = by(`${name}-error`);
    const field = by(name);
    if (!error || !field || (!text && error.hidden)) return;
    error.textContent = text;
    error.hidden = !text;
    error.closest(".field").classList.toggle("wrong", Boolean(text));
    if (text) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  /** Say at each field what is missing; returns the name of the first, or "". */
  check({ recipients, isReviewed }) {
    const missing = {
      to: recipients ? "" : _("Choose at least one recipient."),
      title: this.value("title").trim() ? "" : _("Give the title."),
      kind: this.value("kind") ? "" : _("Choose the kind."),
      number: this.#numberProblem(),
      date_issued: this.value("date_issued") ? "" : _("Give the date that stands on the document."),
      review_by: isReviewed && !this.value("review_by").trim() ? _("Say who reviewed it.") : "",
      review_conclusion: isReviewed && !this.value("review_conclusion").trim() ? _("Say what the conclusion was.") : "",
    };
    for (const [name, text] of Object.entries(missing)) this.wrong(name, text);
    return Object.keys(missing).find((name) => missing[name]) ?? "";
  }

  #numberProblem() {
    const number = this.value("number").trim();
    if (!number) return this.statutory.includes(this.value("kind")) ? _("This kind needs its number.") : "";
    return this.number.test(number) ? "" : _("The year stands in these brackets: %(example)s", { example: "〔2026〕" });
  }
}
