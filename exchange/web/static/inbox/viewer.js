// Documents in the pane. The PDF program is only loaded when a PDF is to be shown; it draws what is in the file and changes nothing.
import { complain } from "../core/page.js";
import { _ } from "../core/texts.js";

const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const box = () => document.getElementById("viewer");
let showing = 0;
let open = null;

/** Show what a link of the documents' list stands for. */
export async function show(link) {
  const viewer = box();
  if (!viewer) return;
  const turn = ++showing;
  open?.destroy();
  open = null;
  for (const each of document.querySelectorAll(".documents [aria-current]")) each.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  viewer.setAttribute("aria-busy", "true");
  viewer.replaceChildren();
  try {
    if (link.dataset.way === "pdf") await pdf(viewer, link, turn);
    else if (link.dataset.way === "picture") picture(viewer, link);
    else await text(viewer, link, turn);
  } catch (error) {
    if (turn === showing) failed(viewer, error);
  } finally {
    if (turn === showing) viewer.removeAttribute("aria-busy");
  }
}

/** Show the first document of the item in the pane. */
export function showFirst() {
  const first = document.querySelector(".documents a.show");
  if (first) void show(first);
}

function failed(viewer, error) {
  if ("advice" in error) return void complain(error);
  const words = document.createElement("p");
  words.textContent = _("It cannot be shown here. Use the text, or download the original.");
  viewer.replaceChildren(words);
}

function picture(viewer, link) {
  const image = document.createElement("img");
  image.alt = link.textContent;
  image.src = link.dataset.source;
  image.addEventListener("error", () => failed(viewer, new Error("picture")));
  viewer.replaceChildren(image);
}

async function text(viewer, link, turn) {
  const response = await fetch(link.dataset.text, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  if (turn === showing) viewer.replaceChildren(...template.content.childNodes);
}

async function pdf(viewer, link, turn) {
  const modules = new URL(viewer.dataset.modules, location.href).href;
  const program = await import(`${modules}build/pdf.min.mjs`);
  program.GlobalWorkerOptions.workerSrc = viewer.dataset.worker;
  const loading = program.getDocument({
    url: link.dataset.source,
    disableRange: true,
    cMapUrl: `${modules}cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${modules}standard_fonts/`,
    wasmUrl: `${modules}wasm/`,
    useWorkerFetch: false, // the worker's own policy lets it fetch nothing
    enableXfa: false,
    isEvalSupported: false,
    stopAtErrors: false,
  });
  const document_ = await loading.promise;
  if (turn !== showing) return void loading.destroy();
  open = new Pages(program, loading, document_, viewer);
  await open.begin();
}

/** The pages of one PDF: drawn when they come into view, with their text above them to be selected. */
class Pages {
  constructor(program, loading, file, viewer) {
    Object.assign(this, { program, loading, file, viewer, zoom: 1, drawn: new Map() });
    this.seen = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) void this.draw(Number(target.dataset.page));
    }, { rootMargin: "300px" });
  }

  async begin() {
    const first = await this.file.getPage(1);
    this.ratio = first.getViewport({ scale: 1 });
    this.sheets = document.createElement("div");
    this.sheets.className = "sheets";
    this.sheets.tabIndex = 0;
    this.sheets.setAttribute("role", "region");
    this.sheets.setAttribute("aria-label", _("Pages of the document"));
    this.sheets.addEventListener("scroll", () => this.note(), { passive: true });
    this.viewer.replaceChildren(this.tools(), this.sheets);
    this.lay();
    await this.draw(1); // at once, wherever the pane is scrolled to
  }

  tools() {
    const bar = document.createElement("div");
    bar.className = "tools";
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", _("Document view"));
    const page = document.createElement("input");
    Object.assign(page, { type: "number", min: 1, max: this.file.numPages, value: 1 });
    page.setAttribute("aria-label", _("Page"));
    page.addEventListener("change", () => this.goTo(Number(page.value)));
    const count = document.createElement("span");
    count.textContent = `/ ${this.file.numPages}`;
    const button = (words, label, run) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "quiet small";
      made.textContent = words;
      made.setAttribute("aria-label", label);
      made.addEventListener("click", run);
      return made;
    };
    this.scale = document.createElement("span");
    this.scale.className = "number";
    bar.append(
      page, count,
      button("−", _("Smaller"), () => this.zoomTo(-1)), this.scale, button("+", _("Larger"), () => this.zoomTo(1)),
    );
    this.page = page;
    return bar;
  }

  zoomTo(step) {
    const at = ZOOMS.indexOf(this.zoom) + step;
    if (!(at in ZOOMS)) return;
    const page = Number(this.page.value);
    this.zoom = ZOOMS[at];
    this.lay();
    this.goTo(page);
  }

  goTo(page) {
    const sheet = this.sheets.children[Math.min(Math.max(page, 1), this.file.numPages) - 1];
    if (sheet) this.sheets.scrollTop = sheet.offsetTop - this.sheets.offsetTop;
  }

  /** Say which page one is at: the first whose middle is in view. */
  note() {
    const top = this.sheets.scrollTop + this.sheets.offsetTop;
    const at = [...this.sheets.children].findIndex((sheet) => sheet.offsetTop + sheet.offsetHeight / 2 > top);
    if (at >= 0 && document.activeElement !== this.page) this.page.value = at + 1;
  }

  /** Make a sheet for every page, as large as the first; each gets its own size when it is drawn. */
  lay() {
    this.seen.disconnect();
    this.drawn.clear();
    this.scale.textContent = `${Math.round(this.zoom * 100)}%`;
    const fitting = Math.max(this.viewer.clientWidth - 24, 200) / this.ratio.width;
    this.points = fitting * this.zoom;
    this.sheets.replaceChildren();
    for (let number = 1; number <= this.file.numPages; number += 1) {
      const sheet = document.createElement("div");
      sheet.className = "sheet";
      sheet.dataset.page = number;
      this.size(sheet, this.ratio.width * this.points, this.ratio.height * this.points);
      this.sheets.append(sheet);
      this.seen.observe(sheet);
    }
  }

  size(sheet, width, height) {
    sheet.style.width = `${width}px`;
    sheet.style.height = `${height}px`;
  }

  async draw(number) {
    const sheets = this.sheets.children;
    if (this.drawn.has(number)) return;
    this.drawn.set(number, true);
    const page = await this.file.getPage(number);
    const viewport = page.getViewport({ scale: this.points });
    const sheet = sheets[number - 1];
    if (!sheet) return;
    this.size(sheet, viewport.width, viewport.height);
    const canvas = document.createElement("canvas");
    const dense = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.floor(viewport.width * dense);
    canvas.height = Math.floor(viewport.height * dense);
    canvas.setAttribute("aria-hidden", "true");
    const words = document.createElement("div");
    words.className = "textLayer";
    words.dataset.content = "";
    words.style.setProperty("--total-scale-factor", this.points);
    words.style.setProperty("--scale-factor", this.points);
    sheet.replaceChildren(canvas, words);
    await page.render({ canvas, viewport, transform: dense === 1 ? null : [dense, 0, 0, dense, 0, 0] }).promise;
    await new this.program.TextLayer({ textContentSource: page.streamTextContent(), container: words, viewport }).render();
  }

  destroy() {
    this.seen.disconnect();
    void this.loading.destroy();
  }
}
