// What a package says, before anybody signs it: elements, what was found, who signed, and every file to be looked at here.
import { _ } from "../core/texts.js";
import { reader } from "../reading/text.js";
import { content, make, size } from "../submit/dom.js";
import { findingsList, ruleNodes } from "../submit/words.js";
import { further } from "./elements.js";

const WIDTH = 900;
const moment = (at) => new Date(at).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" });

/** The whole view. `offices` is a Map of code to name. */
export function view({ opened, message, signers, judged, told, offices }) {
  const named = (codes) => make("span", {}, ...codes.flatMap((code, at) => [at ? "、" : "", content(offices.get(code) ?? code)]));
  const pairs = [
    [_("Leading office"), message.joint?.length ? named([message.from]) : null],
    [_("Issued together with"), message.joint?.length ? named(message.joint) : null],
    [_("To"), named(message.to)],
    [_("Copy to"), message.cc?.length ? named(message.cc) : null],
    [_("Kind"), told.kinds[message.kind] ?? message.kind],
    [_("Number"), message.number ? content(message.number) : null],
    [_("Date issued"), make("time", {}, message.date_issued)],
    [_("Signed off by"), message.signatory ? content(message.signatory) : null],
    [_("Urgency"), told.urgencies[message.urgency ?? "normal"]],
    [_("Handling"), message.handling === "internal" ? told.handlings.internal : null],
    [_("Notes"), message.notes ? content(message.notes) : null],
    ...further(message, { disclosure: told.disclosures }).map((each) => [each.term, meant(each)]),
    [_("Signed by"), make("span", {}, ...signers.flatMap((one, at) => [at ? "；" : "", content(`${one.officeName} ${one.name}`), ` ${moment(one.at)}`]))],
  ];
  const shown = pairs.filter(([, value]) => value).flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]);
  return [
    make("h2", { id: "opened-title", class: "title" }, content(message.title)),
    review(message, judged, told),
    make("dl", { class: "facts" }, ...shown),
    make("ol", { class: "documents" }, ...opened.files.map((file) => fileRow(file, judged, told))),
  ].filter(Boolean);
}

/** What an element says; an item is to be looked at, in a page of its own. */
function meant({ said, item }) {
  return item ? make("a", { href: `/items/${item}`, target: "_blank", rel: "noopener" }, `${item.slice(0, 8)}…`) : content(said);
}

/** What asked for a review, what was concluded, and how far it reaches. */
function review(message, judged, told) {
  const said = message.secrecy_review;
  if (!said && !judged.findings.length) return null;
  return make(
    "section",
    { class: "message warn", "aria-labelledby": "review-title" },
    make("h3", { id: "review-title" }, _("Secrecy review")),
    judged.findings.length ? findingsList(judged.findings, told) : null,
    judged.unread.length ? make("p", {}, _("Some of it cannot be judged in the browser: look at it yourself; the county judges it when it is sent.")) : null,
    said ? make("p", {}, _("Conclusion that you put your word to:"), " ", make("strong", {}, content(said.conclusion)), " · ", content(said.by)) : null,
    said?.series ? series(said.series, judged, told) : null,
    said?.approved_by ? make("p", {}, _("It refers to a series that was approved before."), " ", content(String(said.approved_by).slice(0, 8))) : null,
  );
}

function series({ name, months }, judged, told) {
  const rules = [...new Set(judged.findings.map(({ rule }) => rule))].flatMap((rule, place) => [place ? "；" : "", ...ruleNodes(rule, told)]);
  return make(
    "div",
    { class: "series" },
    make("p", {}, make("strong", {}, _("You approve this also for the whole series:"), " "), content(name)),
    make(
      "ul",
      {},
      make("li", {}, _("Only for items that this office says belong to it, and only for what was found here:"), " ", ...(rules.length ? rules : ["—"])),
      make("li", {}, _("For %(months)s months from the day on which the county takes this item in.", { months })),
      make("li", {}, _("Never for secrecy marks: those are refused whatever was approved.")),
    ),
  );
}

function fileRow(file, judged, told) {
  const box = make("div", { class: "looked-at", hidden: true, tabindex: "0", role: "region", "aria-label": file.name });
  const look = make("button", { type: "button", class: "quiet small", "aria-expanded": "false", onclick: () => void toggle() }, _("Look at it"));
  const toggle = async () => {
    box.hidden = !box.hidden;
    look.setAttribute("aria-expanded", String(!box.hidden));
    if (!box.hidden && !box.childElementCount) await fill(box, file, judged.readings.get(file.member));
  };
  const link = make("a", { class: "button quiet small", download: file.name, href: URL.createObjectURL(file.blob) }, _("Save it"));
  return make(
    "li",
    { class: "document" },
    make(
      "div",
      { class: "what" },
      make("strong", {}, content(file.name)),
      make("span", { class: "muted" }, `${told.roles[file.role]} · ${told.origins[file.origin]} · ${size(file.blob.size)}`),
    ),
    make("div", { class: "toolbar" }, look, link),
    make("details", {}, make("summary", {}, _("Details")), make("p", {}, _("Fingerprint:"), " ", make("code", { class: "whole" }, file.sha256))),
    box,
  );
}

async function fill(box, file, reading) {
  box.setAttribute("aria-busy", "true");
  try {
    if (file.mediaType === "application/pdf") await pages(box, file);
    else if (file.mediaType.startsWith("image/")) await picture(box, file);
    else words(box, reading);
  } catch {
    box.replaceChildren(make("p", { class: "muted" }, _("It cannot be shown here: save it and open it with the program that you use for it.")));
  } finally {
    box.removeAttribute("aria-busy");
  }
}

async function pages(box, file) {
  const { open } = await reader("pdf");
  const document_ = await open(file.blob);
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) void draw(document_, target);
      else if (target.dataset.drawn) seen.observe(blank(target));
    }
  }, { root: box, rootMargin: "100%" });
  for (let number = 1; number <= document_.numPages; number += 1) {
    const canvas = make("canvas", { role: "img", width: WIDTH, height: Math.round(WIDTH * 1.414), "data-page": number });
    canvas.setAttribute("aria-label", _("page %(page)s", { page: number }));
    box.append(canvas);
    seen.observe(canvas);
  }
}

/** Put an empty page in the place of one that is out of sight: five hundred drawn ones would fill the memory. */
function blank(canvas) {
  const fresh = canvas.cloneNode();
  delete fresh.dataset.drawn;
  canvas.replaceWith(fresh);
  return fresh;
}

async function draw(document_, canvas) {
  if (canvas.dataset.drawn) return;
  canvas.dataset.drawn = "yes";
  const page = await document_.getPage(Number(canvas.dataset.page));
  const viewport = page.getViewport({ scale: WIDTH / page.getViewport({ scale: 1 }).width });
  [canvas.width, canvas.height] = [Math.round(viewport.width), Math.round(viewport.height)];
  await page.render({ canvas, canvasContext: canvas.getContext("2d"), viewport }).promise;
}

async function picture(box, file) {
  const image = make("img", { alt: file.name, src: URL.createObjectURL(file.blob) });
  await image.decode();
  box.append(image);
}

function words(box, reading) {
  const lines = reading.pages.flatMap((page) => page.lines.map((line) => line.text));
  if (!lines.length) throw new TypeError("no text");
  box.append(make("pre", { "data-content": true, lang: "zh-CN" }, lines.join("\n")));
}
