// Choosing offices by a piece of their name or their code, or a group of them at once; groups and those used last stand first.
import { askJson } from "../core/api.js";
import { _ } from "../core/texts.js";
import { by, content, make } from "./dom.js";

const MOST_SHOWN = 12;
const MOST_RECENT = 8;
let directory = null;
let known = null;

/** Every office of today but one's own. Asked once. */
export function offices(own) {
  directory ??= fetchAll().then((all) => all.filter((office) => office.code !== own));
  directory.catch(() => (directory = null));
  return directory;
}

/** The groups of recipients that one may choose, each with those of its members that are `all` offices of today. Asked once. */
export function groups(all) {
  known ??= askJson("GET", "/api/v1/groups");
  known.catch(() => (known = null));
  return known.then(({ items }) => items.map((group) => withMembers(group, all)).filter((group) => group.members.length));
}

/** A group with its members as the directory knows them: a closed office is in none, nor is one's own. Pure. */
export function withMembers({ name, members }, all) {
  const codes = new Set(members);
  return { name, members: all.filter((office) => codes.has(office.code)) };
}

/** The groups that fit what was typed and would add anybody. Pure. */
export function fittingGroups(all, typed, chosen) {
  const wanted = typed.trim().replace(/^@/, "").toLowerCase();
  return all
    .map((group) => ({ ...group, members: group.members.filter((office) => !chosen.includes(office.code)) }))
    .filter(({ name, members }) => members.length > 0 && name.toLowerCase().includes(wanted));
}

async function fetchAll() {
  const all = [];
  for (let after = ""; ; ) {
    const page = await askJson("GET", `/api/v1/offices${after && `?after=${encodeURIComponent(after)}`}`);
    all.push(...page.items);
    if (!page.next) return all;
    after = page.next;
  }
}

/** The offices that fit what was typed, best first. Pure. */
export function fitting(all, typed, recent, chosen) {
  const wanted = typed.trim().toLowerCase();
  const place = (office) => (recent.includes(office.code) ? recent.indexOf(office.code) : recent.length);
  const rank = ({ code, name }) => (
    code.toLowerCase() === wanted ? 0 : name.startsWith(wanted) ? 1 : code.toLowerCase().startsWith(wanted) ? 2 : 3
  );
  return all
    .filter(({ code, name }) => !chosen.includes(code) && (name.includes(wanted) || code.toLowerCase().includes(wanted)))
    .sort((one, other) => (wanted ? rank(one) - rank(other) : 0) || place(one) - place(other) || one.code.localeCompare(other.code))
    .slice(0, MOST_SHOWN);
}

/** A field into which offices are chosen. `told` is called whenever they change; `others` are chosen elsewhere. */
export class Recipients {
  constructor(name, { own, person, told, others = () => [] }) {
    this.input = by(name);
    this.list = by(`${name}-chosen`);
    this.found = by(`${name}-found`);
    this.own = own;
    this.others = others;
    this.told = told;
    this.store = `recent offices ${person}`;
    this.chosen = [];
    this.at = -1;
    this.input.addEventListener("input", () => this.suggest());
    this.input.addEventListener("focus", () => this.suggest());
    this.input.addEventListener("keydown", (event) => this.press(event));
    // a while later, for a click on what was found comes after it; whoever is back by then goes on
    this.input.addEventListener("blur", () => setTimeout(() => document.activeElement === this.input || this.close(), 150));
  }

  get codes() {
    return this.chosen.map((office) => office.code);
  }

  get recent() {
    try {
      return JSON.parse(localStorage.getItem(this.store) ?? "[]");
    } catch {
      return [];
    }
  }

  /** Remember those that were used, for the next time. */
  remember() {
    const codes = [...new Set([...this.codes, ...this.recent])].slice(0, MOST_RECENT);
    localStorage.setItem(this.store, JSON.stringify(codes));
  }

  set(offices_) {
    this.chosen = [...offices_];
    this.show();
  }

  add(option) {
    if (option.members) return this.addAll(option.members);
    return this.addAll([option]);
  }

  addAll(offices_) {
    for (const office of offices_) this.take(office);
    this.input.value = "";
    this.close();
    this.show();
    this.told();
  }

  take(office) {
    if (!this.codes.includes(office.code)) this.chosen.push({ code: office.code, name: office.name });
  }

  remove(code) {
    this.chosen = this.chosen.filter((office) => office.code !== code);
    this.show();
    this.told();
    this.input.focus();
  }

  show() {
    this.list.replaceChildren(
      ...this.chosen.map((office) =>
        make(
          "li",
          {},
          make(
            "button",
            { type: "button", "aria-label": _("Take out %(name)s", { name: office.name }), onclick: () => this.remove(office.code) },
            content(office.name),
            make("span", { "aria-hidden": "true" }, " ×"),
          ),
        ),
      ),
    );
    this.list.hidden = this.chosen.length === 0;
  }

  async suggest() {
    const all = await offices(this.own).catch(() => []);
    const together = await groups(all).catch(() => []);
    const taken = [...this.codes, ...this.others()];
    const typed = this.input.value;
    const found = fitting(all, typed.startsWith("@") ? "\0" : typed, this.recent, taken);
    this.options = [...fittingGroups(together, typed, taken), ...found];
    this.at = this.input.value ? 0 : -1;
    this.draw();
  }

  draw() {
    const id = (at) => `${this.input.id}-option-${at}`;
    this.found.replaceChildren(
      ...this.options.map((office, at) =>
        make(
          "li",
          {
            role: "option",
            id: id(at),
            "aria-selected": String(at === this.at),
            onmousedown: (event) => (event.preventDefault(), this.add(office)),
          },
          content(office.name),
          " ",
          office.members
            ? make("span", { class: "muted" }, _("%(count)s offices", { count: office.members.length }))
            : make("span", { class: "muted", "data-content": true }, office.code),
        ),
      ),
    );
    const open = this.options.length > 0 && document.activeElement === this.input;
    this.found.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    if (open && this.at >= 0) this.input.setAttribute("aria-activedescendant", id(this.at));
    else this.input.removeAttribute("aria-activedescendant");
  }

  press(event) {
    const open = !this.found.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return void this.suggest();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.options.length) % this.options.length;
      this.draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      // many are not added by a key pressed in passing: without a choice it is the first single office
      const option = this.at >= 0 ? this.options?.[this.at] : this.options?.find(({ members }) => !members);
      if (open && option) this.add(option);
    } else if (event.key === "Escape") {
      this.close();
    } else if (event.key === "Backspace" && !this.input.value && this.chosen.length) {
      this.remove(this.codes.at(-1));
    }
  }

  close() {
    this.found.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
