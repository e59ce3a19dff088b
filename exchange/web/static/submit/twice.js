// A number 发文字号 under which the own office has sent something already: said, never refused, for there are good reasons for it.
import { askJson } from "../core/api.js";
import { _ } from "../core/texts.js";
import { content, make } from "./dom.js";

let use = ""; // why the number is used again, as the person chose
let place = 0; // the same question stands in the form and above what is signed
const USES = () => ({ correction: _("It is a correction"), joint: _("It is issued jointly"), distinct: _("They are really two items") });
const asked = new Map(); // number: what the county said, for as long as the page is open

/** Return what the own office has sent under this number, `{submission, title, day, returned}`; nothing when it cannot be asked. */
export function sentBefore(number, replaces) {
  if (!asked.has(number)) {
    const asking = askJson("POST", "/submit/number", { number, replaces }).then(({ items }) => items);
    asking.catch(() => asked.delete(number)); // asked again the next time
    asked.set(number, asking);
  }
  return asked.get(number).catch(() => []);
}

/** Return why the number is used again, "" where nobody chose why: it is kept with the item and told once the county has it. */
export const chosenUse = () => use;

/** What is said of it; null when there is nothing. */
export function warning(items) {
  if (!items.length) {
    use = "";
    return null;
  }
  place += 1;
  const rows = items.map(({ submission, title, day, returned }) => make(
    "li",
    {},
    make("a", { href: `/items/${submission}`, target: "_blank" }, content(title)),
    " ",
    make("time", {}, day),
    returned ? [" · ", make("a", { href: `/submit?replaces=${submission}` }, _("It was returned: correct it"))] : null,
  ));
  return make(
    "div",
    { class: "message warn twice", role: "status" },
    make("p", {}, _("Your office has already sent an item with this number:")),
    make("ul", {}, ...rows),
    make(
      "fieldset",
      { class: "radios" },
      make("legend", {}, _("Why is the number used again? The recipients are told.")),
      ...Object.entries(USES()).map(([code, words]) => make(
        "label",
        {},
        make("input", { type: "radio", name: `use-${place}`, value: code, ...(use === code ? { checked: "" } : {}), onchange: () => (use = code) }),
        ` ${words}`,
      )),
    ),
    make("p", {}, _("If none of these, check the number.")),
  );
}
