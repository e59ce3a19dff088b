// The list of chosen files: what each is, where it comes from, how far it has been checked, and its place.
import { _ } from "../core/texts.js";
import { by, content, make, size } from "./dom.js";
import { shown } from "./documents.js";

const STATES = {
  checking: () => [_("being checked"), ""],
  clear: () => [_("checked: nothing found"), "good"],
  unread: () => [_("the county will check it"), "note"],
  review: () => [_("needs a secrecy review"), "warn"],
  refused: () => [_("cannot be accepted"), "bad"],
};

/** Show the files. `act` is {role(file, value), origin(file, value), move(file, step), remove(file)}. */
export function show(files, told, act) {
  const list = by("chosen");
  const focused = document.activeElement?.dataset?.act;
  list.replaceChildren(...files.map((file, at) => row(file, at, files.length, told, act)));
  list.hidden = files.length === 0;
  const total = by("total");
  total.hidden = files.length === 0;
  total.textContent = _(
    "Files: %(count)s, %(size)s in all",
    { count: files.length, size: size(files.reduce((sum, file) => sum + file.blob.size, 0)) },
  );
  by("drop").classList.toggle("small", files.length > 0);
  if (focused) list.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
}

function row(file, at, count, told, act) {
  const [state, tone] = STATES[file.state ?? "checking"]();
  const name = shown(file.name);
  const labelled = (text, attributes, ...children) =>
    make("button", { type: "button", class: "plain", "aria-label": text, title: text, ...attributes }, ...children);
  return make(
    "li",
    { class: "document" },
    make(
      "div",
      { class: "what" },
      make("strong", {}, content(name)),
      make("span", { class: "muted" }, size(file.blob.size)),
      make("span", { class: `badge ${tone}` }, state),
    ),
    file.problem ? make("p", { class: "error" }, file.problem) : null,
    make(
      "div",
      { class: "toolbar" },
      choice(_("Role of %(name)s", { name }), told.roles, file.role, (value) => act.role(file, value), `role ${file.id}`),
      choice(_("Origin of %(name)s", { name }), told.origins, file.origin, (value) => act.origin(file, value), `origin ${file.id}`),
      labelled(
        _("Move %(name)s up", { name }),
        { disabled: at === 0, "data-act": `up ${file.id}`, onclick: () => act.move(file, -1) },
        "↑",
      ),
      labelled(
        _("Move %(name)s down", { name }),
        { disabled: at === count - 1, "data-act": `down ${file.id}`, onclick: () => act.move(file, 1) },
        "↓",
      ),
      labelled(_("Remove %(name)s", { name }), { "data-act": `remove ${file.id}`, onclick: () => act.remove(file) }, _("Remove")),
    ),
  );
}

function choice(label, words, value, told, id) {
  const options = Object.entries(words).map(([code, text]) => make("option", { value: code, selected: code === value }, text));
  return make("select", { "aria-label": label, "data-act": id, onchange: (event) => told(event.target.value) }, ...options);
}
