// Finding in a document: page by page from where one is, spaces and capitals aside, for a PDF has a space wherever a line was set wider.
const SHOWN = "found";
const HALF = 0.5;

const plain = (text) => text.replace(/\s+/g, "").toLowerCase();

/** Where words stand next: {words, page, index} (which one on its page), behind `last` if that was the same question; null for nowhere. */
export async function find(source, words, from, last = null) {
  const sought = plain(words);
  if (!sought || !source.text) return null;
  const goesOn = last?.words === sought;
  const start = goesOn ? last.page : from;
  for (let step = 0; step <= source.of; step += 1) {
    const page = ((start - 1 + step) % source.of) + 1;
    const behind = goesOn && step === 0 ? last.index + 1 : 0;
    if (plain(await source.text(page)).split(sought).length - 1 > behind) return { words: sought, page, index: behind };
  }
  return null;
}

/** Mark what was found on a drawn sheet, and scroll `box` to it. Returns whether anything was found. */
export function mark(sheet, found, box = null) {
  globalThis.CSS?.highlights?.delete(SHOWN);
  if (!found) return false;
  const range = rangeOf(sheet.querySelector(".textLayer, .leaf"), found);
  if (!range) return true; // it is on this page; where exactly, the page does not tell
  globalThis.CSS?.highlights?.set(SHOWN, new Highlight(range));
  const [place, around] = [range.getBoundingClientRect(), box.getBoundingClientRect()];
  box.scrollBy(place.left < around.left || place.right > around.right ? place.left - around.left - HALF * around.width : 0, place.top - around.top - HALF * around.height);
  return true;
}

function rangeOf(layer, { words, index }) {
  if (!layer) return null;
  const places = [];
  let text = "";
  const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.data.length; at += 1) {
      const letter = plain(node.data[at]);
      text += letter;
      for (let each = 0; each < letter.length; each += 1) places.push([node, at]);
    }
  }
  let begin = -1;
  for (let count = 0; count <= index; count += 1) {
    begin = text.indexOf(words, begin < 0 ? 0 : begin + words.length);
    if (begin < 0) return null;
  }
  const range = new Range();
  range.setStart(...places[begin]);
  const [node, at] = places[begin + words.length - 1];
  range.setEnd(node, at + 1);
  return range;
}
