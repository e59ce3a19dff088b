// Small hands for the page: elements are made with text, never with markup.

/** Make an element; `attributes` go on it, a function under "on…" listens. Children are elements or text; nothing is left out. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** What people wrote: no text of the page. */
export const content = (text) => make("bdi", { "data-content": true, lang: "zh-CN" }, text);

/** The element of an id. */
export const by = (id) => document.getElementById(id);

/** A size as people say it. */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** Show one part of the page and bring it into view. */
export function reveal(shown, ...hidden) {
  for (const each of hidden) each.hidden = true;
  shown.hidden = false;
  shown.focus?.();
  shown.scrollIntoView({ block: "start" });
}
