// The keyboard: what keys do on the page one is on, and the help that lists them.
//
//     import { bind } from "../core/keyboard.js";
//     const unbind = bind(_("Inbox"), [
//       { key: "j", label: _("Next item"), run: next, repeat: true },   // repeat: also while the key is held down
//       { key: "Ctrl+Enter", label: _("Sign for and next"), run: signFor },
//     ]);
//
// `key` is KeyboardEvent.key ("j", "J" with Shift, "Enter", "ArrowDown", "Escape", "?"), with "Ctrl+" before it for a chord (Command
// on a Mac). `run(event)` may return false to let the browser do what it does with the key. A later binding goes before an earlier one.
//
// Single characters can be switched off in the help (WCAG 2.2, 2.1.4): the choice stays in this browser. Nothing is heard while one
// types in a field (chords are), while a dialog is open, or while Chinese is being composed. Every page has `?` (the help) and `/`
// (to the page's search box, else to the search page); a `[data-keys]` button opens the help as well.
import { _ } from "./texts.js";

const SWITCH = "desk.single-keys";
const FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable=true]";
const PRESSED = "a[href], button, summary, [role=button], [type=checkbox], [type=radio]";
const layers = [];

/** Whether keys of a single character are heard in this browser. */
export function singleKeys() {
  return localStorage.getItem(SWITCH) !== "off";
}

/** Hear keys: `page` names in the help where they belong. Returns what takes them back. */
export function bind(page, bindings) {
  const layer = { page, bindings };
  layers.unshift(layer);
  return () => {
    const at = layers.indexOf(layer);
    if (at >= 0) layers.splice(at, 1);
  };
}

/** Show the keys of this page. */
export function help() {
  const dialog = document.createElement("dialog");
  dialog.className = "keys";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const title = element("h2", _("Keys on this page"));
  title.id = "keys-title";
  const close = element("button", _("Close"));
  close.type = "button";
  close.addEventListener("click", () => dialog.close());
  dialog.append(title, ...layers.filter((layer) => layer.bindings.length > 0).flatMap(listed), choice(), close);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function listed({ page, bindings }) {
  const list = element("dl");
  list.className = "keys";
  for (const { key, label } of bindings) {
    const term = element("dt");
    for (const part of key.split("+").filter(Boolean)) term.append(element("kbd", KEYS[part] ?? part), " ");
    list.append(term, element("dd", label));
  }
  return [element("h3", page), list];
}

function choice() {
  const label = element("label");
  const box = element("input");
  box.type = "checkbox";
  box.checked = singleKeys();
  box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
  label.append(box, " ", _("Keys of a single character work in this browser"));
  return label;
}

function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

const KEYS = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", " ": _("Space") };

function heard(event) {
  if (event.defaultPrevented || event.isComposing || event.altKey || document.querySelector("dialog[open]")) return null;
  const chord = event.ctrlKey || event.metaKey;
  if (!chord && event.target.closest?.(FIELDS)) return null;
  if (!chord && ["Enter", " "].includes(event.key) && event.target.closest?.(PRESSED)) return null;
  if (!chord && event.key.length === 1 && !singleKeys()) return null;
  const key = chord ? `Ctrl+${event.key}` : event.key;
  for (const { bindings } of layers) {
    const found = bindings.find((binding) => binding.key === key);
    if (found) return event.repeat && !found.repeat ? null : found;
  }
  return null;
}

function search() {
  const box = document.querySelector("main [type=search]");
  if (box) box.focus();
  else location.assign("/search");
}

document.addEventListener("keydown", (event) => {
  const found = heard(event);
  if (found && found.run(event) !== false) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-keys]")) help();
});
const everywhere = [{ key: "?", label: _("Show these keys"), run: () => void help() }];
if (document.body.dataset.person) everywhere.push({ key: "/", label: _("Search"), run: search });
bind(_("Everywhere"), everywhere);
