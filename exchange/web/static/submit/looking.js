// Before a scan leaves: the head of its first page, enlarged, and the question whether it bears a secrecy mark.
import { _ } from "../core/texts.js";
import { content, make } from "./dom.js";
import { draw } from "./drawing.js";

const HEAD = 0.36;
const WIDTH = 1400;
const FAINT = 16;

/**
 * Show the head of a scan and ask; what could not be drawn is not asked about, the person looks at the file itself and says so. Resolves to "yes", "no", or "" when the person wants to decide later; rejects with AbortError.
 * The dialog stands in `into` until it is answered.
 */
export async function ask(into, file, { signal } = {}) {
  const canvas = make("canvas", { role: "img", "aria-label": _("The head of the first page, enlarged") });
  const isShown = await draw(file, canvas, { width: WIDTH, share: HEAD }).then(
    () => isInked(canvas),
    () => false,
  );
  signal?.throwIfAborted();
  return new Promise((answer, failed) => {
    const press = (words, value, tone) => make("button", { type: "button", class: tone, onclick: () => dialog.close(value) }, words);
    const dialog = make(
      "dialog",
      { class: "look", "aria-labelledby": "look-title" },
      make(
        "h2",
        { id: "look-title" },
        isShown ? _("Is there a secrecy mark in the head of this page?") : _("This page could not be shown: open the file itself and look"),
      ),
      make("p", { class: "muted" }, content(file.name), " · ", _("Your answer is signed with the document.")),
      isShown
        ? make("div", { class: "head", tabindex: "0", role: "region", "aria-label": _("The head of the first page, enlarged") }, canvas)
        : make(
          "div",
          { class: "message warn", tabindex: "-1" },
          make("p", {}, _("Look at the head of the first page for a secrecy mark, then say here what you saw.")),
        ),
      make(
        "div",
        { class: "toolbar" },
        press(isShown ? _("No, there is none") : _("I have opened the file: there is no mark"), "no", "quiet none"),
        press(_("Yes, there is one"), "yes", "quiet some"),
        press(_("Decide later"), "", "quiet"),
      ),
    );
    const gone = () => (dialog.remove(), failed(signal.reason));
    dialog.addEventListener("close", () => {
      signal?.removeEventListener("abort", gone);
      dialog.remove();
      answer(dialog.returnValue);
    });
    signal?.addEventListener("abort", gone, { once: true });
    into.append(dialog);
    dialog.showModal();
    dialog.querySelector("[tabindex]").focus(); // neither answer is given by a press that was meant for something else
  });
}

// Whether anything is to be seen: a page that came out in one colour says nothing of its head.
function isInked(canvas) {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    for (let channel = 0; channel < 3; channel += 1) if (Math.abs(data[at + channel] - data[channel]) > FAINT) return true;
  }
  return false;
}
