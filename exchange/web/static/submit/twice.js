// A number 发文字号 under which the own office has sent something already: said, never refused, for there are good reasons for it.
import { askJson } from "../core/api.js";
import { _ } from "../core/texts.js";
import { content, make } from "./dom.js";

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

/** What is said of it; null when there is nothing. */
export function warning(items) {
  if (!items.length) return null;
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
    make("p", {}, _("If it is a correction, a paper issued jointly, or really another item, go on; if not, check the number.")),
  );
}
