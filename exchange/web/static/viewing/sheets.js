// Sheets under each other, whatever is on them: drawn when they come into view, let go when they are far away. A source of sheets has `of`
// (how many), `size(number, turned)`, `draw(number, sheet, {scale, turned, dense})` → {done, stop}, `text(number)` where it has text, and
// `aside`, what is told above them.
import { _ } from "../core/texts.js";
import { bar } from "./bar.js";
import { find, mark } from "./finding.js";

const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const NEAR = "400px";
const MOST_DRAWN = 12;
const DENSEST = 2;
const MOST_DOTS = 16_777_216; // of one canvas: larger ones stay empty in some browsers
const MARGIN = 24;
const NARROWEST = 160;
const WIDEST = 960; // a sheet as wide as a large screen shows a few lines of itself
const SETTLED = 150;

export class Sheets {
  constructor(view, source, say) {
    Object.assign(this, { view, source, say, zoom: 1, turned: 0, at: 1, drawn: new Map() });
    this.box = document.createElement("div");
    Object.assign(this.box, { className: "sheets", tabIndex: 0 });
    this.box.setAttribute("role", "region");
    this.box.setAttribute("aria-label", _("Pages of the document"));
    this.stack = document.createElement("div");
    if (source.aside?.length) {
      const aside = document.createElement("div");
      aside.className = "aside";
      aside.append(...source.aside);
      this.box.append(aside);
    }
    this.box.append(this.stack);
    this.seen = new IntersectionObserver((entries) => this.moved(entries), { root: this.box, rootMargin: NEAR });
  }

  /** Show the first sheet, and the rest as one goes on. Rejects where the first cannot be drawn. */
  async begin() {
    this.first = await this.source.size(1, 0);
    this.bar = bar(this);
    this.view.replaceChildren(this.bar.element, this.box);
    this.lay();
    this.say({ is: "shown", page: 1, of: this.source.of }); // what is out of view is not drawn yet: the browser waits with it, and so do we
    this.box.addEventListener("scroll", () => this.note(), { passive: true });
    let width = this.box.clientWidth;
    let timer = null;
    new ResizeObserver(() => {
      if (this.box.clientWidth === width) return;
      width = this.box.clientWidth;
      clearTimeout(timer);
      timer = setTimeout(() => this.again(), SETTLED);
    }).observe(this.box);
    await this.drawn.get(1)?.done;
  }

  /** Make a sheet for every page, as large as the first; each gets its own size when it is drawn. */
  lay() {
    this.seen.disconnect();
    for (const each of this.drawn.values()) each.stop();
    this.drawn.clear();
    const { width, height } = this.turned % 180 ? { width: this.first.height, height: this.first.width } : this.first;
    this.scale = (Math.min(Math.max(this.box.clientWidth - MARGIN, NARROWEST), WIDEST) / width) * this.zoom;
    const sheets = Array.from({ length: this.source.of }, (_none, index) => {
      const sheet = document.createElement("div");
      sheet.className = "sheet";
      sheet.dataset.page = index + 1;
      sized(sheet, width * this.scale, height * this.scale);
      return sheet;
    });
    this.stack.replaceChildren(...sheets);
    for (const sheet of sheets) this.seen.observe(sheet);
    this.bar.told({ zoom: this.zoom, smallest: this.zoom === ZOOMS[0], largest: this.zoom === ZOOMS.at(-1) });
    this.measure();
    this.draw(1);
  }

  /** Say how high it all is: the page gives as much room as it has. */
  measure() {
    const pixels = Math.ceil(this.bar.element.offsetHeight + this.stack.offsetTop + this.stack.offsetHeight - this.box.offsetTop + MARGIN);
    if (pixels !== this.pixels) this.say({ is: "height", pixels });
    this.pixels = pixels;
  }

  again() {
    const { at } = this;
    this.lay();
    this.goTo(at);
  }

  zoomTo(step) {
    this.zoom = step === 0 ? 1 : (ZOOMS[ZOOMS.indexOf(this.zoom) + step] ?? this.zoom);
    this.again();
  }

  turn() {
    this.turned = (this.turned + 90) % 360;
    this.again();
  }

  goTo(page) {
    const number = Math.min(Math.max(Math.trunc(page) || 1, 1), this.source.of);
    const sheet = this.stack.children[number - 1];
    this.box.scrollTop = number === 1 ? 0 : sheet.offsetTop - this.stack.offsetTop;
    this.note();
  }

  /** Say which page one is at: the first whose middle is in view. */
  note() {
    const top = this.box.scrollTop + this.stack.offsetTop;
    const found = [...this.stack.children].findIndex((sheet) => sheet.offsetTop + sheet.offsetHeight / 2 > top);
    if (found < 0 || this.at === found + 1) return;
    this.at = found + 1;
    this.bar.at(this.at);
    this.say({ is: "shown", page: this.at, of: this.source.of });
  }

  moved(entries) {
    for (const { isIntersecting, target } of entries) {
      const number = Number(target.dataset.page);
      if (isIntersecting) this.draw(number).done.catch(console.warn);
      else if (this.drawn.size > MOST_DRAWN) this.drop(number);
    }
  }

  /** Draw a sheet where it is not drawn; returns {done, stop}. */
  draw(number) {
    const before = this.drawn.get(number);
    if (before) return before;
    const sheet = this.stack.children[number - 1];
    const { scale, turned } = this;
    let drawing = null;
    const done = this.source.size(number, turned).then(({ width, height }) => {
      if (this.drawn.get(number) !== entry) return null;
      sized(sheet, width * scale, height * scale);
      const room = Math.sqrt(MOST_DOTS / (width * scale * height * scale));
      drawing = this.source.draw(number, sheet, { scale, turned, dense: Math.min(globalThis.devicePixelRatio || 1, DENSEST, room) });
      return drawing.done.then(() => this.measure());
    });
    const entry = { done: done.catch((error) => this.drawn.get(number) === entry && Promise.reject(error)), stop: () => drawing?.stop() };
    this.drawn.set(number, entry);
    return entry;
  }

  drop(number) {
    this.drawn.get(number)?.stop();
    this.drawn.delete(number);
    this.stack.children[number - 1]?.replaceChildren();
  }

  /** Go to the next place where something is written; answers whether there is one. */
  async find(words) {
    const found = await find(this.source, words, this.at, this.found);
    this.found = found;
    if (!found) return mark(null, found);
    if (found.page !== this.at) this.goTo(found.page);
    await this.draw(found.page).done;
    return mark(this.stack.children[found.page - 1], found, this.box);
  }
}

function sized(sheet, width, height) {
  sheet.style.width = `${width}px`;
  sheet.style.height = `${height}px`;
}
