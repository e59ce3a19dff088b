// What scripts say, in the language of the page: the page brings a table of English key to text.
const table = JSON.parse(document.getElementById("texts")?.textContent || "{}");

/** Return the text of an English key; `%(name)s` in it is filled from `values`. */
export function _(key, values = {}) {
  return (table[key] ?? key).replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The language of the page: "zh-CN" or "en". */
export const language = document.documentElement.lang;
