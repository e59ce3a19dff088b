// The first page of each document that is about to be signed, small: drawn once it comes into view, one after the other.
import { _ } from "../core/texts.js";
import { make } from "./dom.js";
import { draw } from "./drawing.js";
import { endingOf } from "./documents.js";

const WIDTH = 240;
let turn = Promise.resolve();

/** A place for the first page of a file: until it is drawn, and where it cannot be, it says what kind of file it is. */
export function thumbnail(file) {
  const kind = make("span", { class: "ending", "data-content": true }, endingOf(file.name).toUpperCase() || "—");
  const place = make("div", { class: "thumbnail" }, make("span", { class: "icon paper", "aria-hidden": "true" }), kind);
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((each) => each.isIntersecting)) return;
    seen.disconnect();
    turn = turn.then(() => (place.isConnected ? drawn(file, place) : undefined));
  });
  seen.observe(place);
  return place;
}

async function drawn(file, place) {
  const canvas = make("canvas", { role: "img", "aria-label": _("The first page of %(name)s", { name: file.name }) });
  try {
    await draw(file, canvas, { width: WIDTH });
    place.replaceChildren(canvas);
  } catch {
    place.classList.add("undrawn"); // the icon stays: what cannot be drawn here is sent all the same
  }
}
