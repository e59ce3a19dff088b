// The list beside the pane: where one is in it, and how it is brought up to date without losing one's place.

/** The list's state as the address has it: filters, order and page. */
export function state() {
  const query = new URLSearchParams(location.search);
  for (const name of ["done", "lang"]) query.delete(name);
  return query.toString();
}

/** The row of an item, where the list shows it. */
export const rowOf = (submission) => document.getElementById(`row-${submission}`);

const link = (row) => row?.querySelector("a.title") ?? null;

/** All rows, in their order. */
export const rows = () => [...document.querySelectorAll("#rows > .row:not(.leaving)")];

/** The row one is at: where the focus is, else the one that is open, else none. */
export function here() {
  return document.activeElement?.closest?.("#rows > .row") ?? document.querySelector("#rows > .row[aria-current]");
}

/** The item of a row. */
export const itemOf = (row) => link(row)?.dataset.submission ?? null;

/** Go a row up or down; returns whether there was one. */
export function go(step) {
  const all = rows();
  const at = all.indexOf(here());
  const next = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step];
  link(next)?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

/** Mark the row that is open in the pane. */
export function show(submission) {
  for (const row of document.querySelectorAll("#rows > .row[aria-current]")) row.removeAttribute("aria-current");
  const row = submission && rowOf(submission);
  row?.setAttribute("aria-current", "true");
  row?.scrollIntoView({ block: "nearest" });
}

const opened = new Set(); // here, and their rows came with the answer

/** Say, once, whether the list shows already that an item was opened. Where only unread ones are listed its row has yet to go. */
export const shows = (submission) => opened.delete(submission) && !new URLSearchParams(location.search).has("unread");

/** Put what an answer brought for the list into it: rows and folders in templates. */
export function take(piece) {
  for (const item of piece.querySelectorAll("[data-item]")) if (piece.querySelector(`template[data-row="${item.dataset.item}"]`)) opened.add(item.dataset.item);
  for (const template of piece.querySelectorAll("template[data-row]")) replace(rowOf(template.dataset.row), template.content.querySelector(".row"));
  for (const template of piece.querySelectorAll("template[data-folders]")) folders(template.content.querySelector("#folders"));
  for (const template of piece.querySelectorAll("template[data-row], template[data-folders]")) template.remove();
}

/** Put a fresh row in the place of another, which keeps its tick and the focus. */
export function replace(old, fresh) {
  if (!old || !fresh) return;
  if (old.hasAttribute("aria-current")) fresh.setAttribute("aria-current", "true");
  const box = old.querySelector("[name=items]");
  if (box?.checked) fresh.querySelector("[name=items]").checked = true;
  const places = [...old.querySelectorAll("a, button, input")];
  const focused = places.indexOf(document.activeElement);
  if (old.outerHTML === fresh.outerHTML) return;
  old.replaceWith(fresh);
  if (focused >= 0) fresh.querySelectorAll("a, button, input")[focused]?.focus();
}

function folders(fresh) {
  const old = document.getElementById("folders");
  if (!old || !fresh || old.outerHTML === fresh.outerHTML) return;
  const focused = [...old.querySelectorAll("a")].indexOf(document.activeElement);
  old.replaceWith(fresh);
  if (focused >= 0) fresh.querySelectorAll("a")[focused]?.focus();
  title(fresh.dataset.pending);
}

function title(pending) {
  document.title = `${Number(pending) ? `(${pending}) ` : ""}${document.title.replace(/^\(\d+\) /, "")}`;
}

let asked = 0;

/** Ask for the list anew and change what has changed: rows that came, went or look otherwise. */
export async function refresh() {
  const turn = ++asked;
  const list = document.getElementById("list");
  if (!list) return;
  const response = await fetch(`/inbox?${state()}`, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
  if (!response?.ok || turn !== asked) return; // what is newer is on its way
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  if (turn !== asked) return;
  const old = document.getElementById("rows");
  const fresh = template.content.querySelector("#rows");
  if (old.hidden !== fresh.hidden) return void whole(list, template.content);
  folders(template.content.querySelector("#folders"));
  reconcile(old, fresh);
}

function whole(list, content) {
  const current = document.querySelector("#pane [data-item]")?.dataset.item;
  list.replaceChildren(...content.childNodes);
  list.querySelector(".everything").hidden = false;
  title(document.getElementById("folders").dataset.pending);
  show(current);
}

function reconcile(old, fresh) {
  const kept = new Set([...fresh.children].map((row) => row.id));
  const at = here();
  const leaving = new Set([...old.querySelectorAll(".row.leaving")].map((row) => row.id));
  if (at && !kept.has(at.id) && at.contains(document.activeElement)) (link(at.nextElementSibling) ?? link(at.previousElementSibling))?.focus();
  for (const row of [...old.children]) if (!kept.has(row.id)) row.remove();
  let place = old.firstElementChild;
  for (const row of [...fresh.children]) {
    const known = document.getElementById(row.id);
    if (leaving.has(row.id)) row.classList.add("leaving");
    if (known && known === place) {
      place = place.nextElementSibling;
      replace(known, row);
    } else if (known) {
      old.insertBefore(known, place);
      replace(known, row);
    } else old.insertBefore(row, place);
  }
}
