// Sheets that the service has made of a document: markup of its own making, shown here all the same, for what stands in it is a stranger's.
// They come in pieces; `more(number)` gives the piece that begins with a sheet.
import { placed, sized } from "./pictures.js";

const MILLIMETRE = 96 / 25.4;
const PAGE = { width: 210, height: 297 };

/** Open a preview by its first piece. Rejects when it has no sheet. */
export function preview(bytes, more) {
  const sheets = new Map();
  const take = (piece) => {
    const whole = new DOMParser().parseFromString(new TextDecoder().decode(piece), "text/html").querySelector(".preview");
    for (const leaf of whole?.querySelectorAll(":scope > .leaf[data-number]") ?? []) sheets.set(Number(leaf.dataset.number), document.adoptNode(leaf));
    return whole;
  };
  const whole = take(bytes);
  if (!sheets.size) throw new Error("no sheet");
  const leaf = async (number) => {
    if (!sheets.has(number)) take(await more(number));
    if (!sheets.has(number)) throw new Error(`no sheet ${number}`);
    return sheets.get(number);
  };
  return {
    of: Math.max(Number(whole.dataset.total) || 0, ...sheets.keys()),
    aside: [...whole.children].map((each) => document.adoptNode(each)),
    size: async (number, turned) => measured(sheets.get(number) ?? null, turned),
    draw: (number, sheet, { scale, turned }) => drawn(leaf(number), sheet, scale, turned),
    text: async (number) => (await leaf(number)).textContent,
  };
}

function measured(leaf, turned) {
  const width = Number(leaf?.dataset.width) || PAGE.width;
  const height = Number(leaf?.dataset.height) || (width * PAGE.height) / PAGE.width;
  return sized({ width: width * MILLIMETRE, height: height * MILLIMETRE }, turned);
}

function drawn(coming, sheet, scale, turned) {
  let stopped = false;
  const done = coming.then((leaf) => {
    if (stopped) return;
    sheet.replaceChildren(leaf);
    const { width, height } = measured(leaf, 0);
    if (leaf.dataset.height) return void placed(leaf, { width, height }, turned, scale);
    sheet.classList.add("flows"); // as high as its words make it
    leaf.style.zoom = scale;
    if (leaf.dataset.width) leaf.style.width = `${width}px`;
  });
  return { done, stop: () => void (stopped = true) };
}
