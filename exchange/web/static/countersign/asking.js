// The part of the submit page for what needs a secrecy review: by the leader's signature, a review form, or a series approved before.
import { askJson } from "../core/api.js";
import { _ } from "../core/texts.js";
import { by, content, make } from "../submit/dom.js";
import { ruleNodes } from "../submit/words.js";

const BY_SERIES = "按同类文件的保密审查结论办理"; // what the command says too; it is signed, so it is no text of the page
const WAYS = {
  leader: () => _("The leader in charge or the confidentiality officer signs it in the browser"),
  form: () => _("The signed review form is attached"),
  series: () => _("It belongs to a series that was approved before"),
};

/** What the person has chosen there. `changed` is told when it is another way. */
export class Asking {
  constructor(told, changed) {
    Object.assign(this, { told, changed, approvals: [], offered: null });
  }

  /** "leader", "form", "series", or "" while nothing is chosen. */
  get way() {
    return by("review").querySelector("[name=review_way]:checked")?.value ?? "";
  }

  /** Say whether somebody else will have answered for it: then it may be packed. */
  answers(files) {
    return ["leader", "series"].includes(this.way) || files.some((file) => file.role === "review_form");
  }

  /** What the review says beside who, when and with what result. */
  members() {
    if (this.way === "series") return { approved_by: by("review-series").value };
    const name = by("review-series-name")?.value.trim();
    if (this.way !== "leader" || !by("review-for-series").checked || !name) return {};
    return { series: { name, months: Number(by("review-months").value) } };
  }

  /** Show what may be chosen, once the part is seen. */
  async offer(files = []) {
    await (this.offered ??= this.fill().catch(() => (this.offered = null)));
    const form = by("review-ways").querySelector("[value=form]");
    if (this.way || !files.some((file) => file.role === "review_form")) return;
    form.checked = true;
    this.settle();
  }

  async fill() {
    const place = by("review-ways");
    place.replaceChildren(this.choice(["leader", "form"]));
    this.arrange();
    this.approvals = (await askJson("GET", "/countersign/approvals")).items;
    if (!this.approvals.length) return;
    place.querySelector("fieldset").append(radio("series", () => this.settle()));
    place.append(this.seriesField());
    this.arrange();
  }

  choice(ways) {
    return make("fieldset", { class: "ways" }, make("legend", {}, _("How it is answered for")), ...ways.map((way) => radio(way, () => this.settle())));
  }

  seriesField() {
    const select = make("select", { id: "review-series", onchange: () => this.settle() }, ...this.approvals.map((each) => make(
      "option",
      { value: each.submission },
      _("%(series)s (until %(day)s)", { series: each.series, day: each.until }),
    )));
    return make("div", { class: "field", id: "review-series-field" }, make("label", { for: "review-series" }, _("Series")), select, make("p", { class: "hint", id: "review-series-limits" }));
  }

  settle() {
    this.arrange();
    this.changed();
  }

  /** Show what belongs to the way that is chosen. */
  arrange() {
    const { way } = this;
    by("review-said").hidden = way === "" || way === "series";
    by("review-form-hint").hidden = way !== "form";
    by("review-leader").hidden = way !== "leader";
    const series = by("review-series-field");
    if (series) series.hidden = way !== "series";
    if (way === "series") this.refer();
  }

  /** Refer to a series: who answers for it and until when is what its approval says. */
  refer() {
    const chosen = this.approvals.find((each) => each.submission === by("review-series").value);
    const named = chosen.rules.flatMap((rule, place) => [place ? "；" : "", ...ruleNodes(rule, this.told)]);
    by("review_by").value = chosen.approver;
    by("review_conclusion").value = BY_SERIES;
    by("review-series-limits").replaceChildren(_("Approved by"), " ", content(chosen.approver), ". ", _("Only for:"), " ", ...named);
  }
}

function radio(way, told) {
  return make("label", {}, make("input", { type: "radio", name: "review_way", value: way, onchange: told }), " ", WAYS[way]());
}
