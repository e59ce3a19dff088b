// Documents beside what is known of them. A stranger's file never comes near the keys, the cookie or this page: it is drawn in a frame that
// has no origin, may load nothing and is heard in a handful of words. This page fetches the bytes and hands them over.
import { _ } from "../core/texts.js";
import { heard } from "./messages.js";

const FRAMED = ["pdf", "picture", "sheets"];
const LARGEST = 256 * 1024 * 1024;
const PATIENCE = 20_000;
const LEAST = 120;
const MOST = 0.78; // of the window: what may be done stays in view
const PROGRAM = ["build/pdf.min.mjs", "build/pdf.worker.min.mjs"];
const pieces = new Map(); // of the PDF program: fetched once, handed to each frame
let showing = null;

const box = () => document.getElementById("viewer");
const asPiece = { headers: { "HX-Request": "true" }, credentials: "same-origin" };

/** Show what a link of a documents' list stands for. */
export async function show(link) {
  const viewer = box();
  if (!viewer) return;
  const turn = { link, viewer };
  close();
  showing = turn;
  for (const each of document.querySelectorAll(".documents [aria-current]")) each.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  viewer.setAttribute("aria-busy", "true");
  viewer.replaceChildren();
  try {
    await (FRAMED.includes(link.dataset.way) ? framed(turn) : text(turn));
  } catch (error) {
    failed(turn, error);
  }
}

/** Show the first document, where one is to be read. */
export function showFirst() {
  const first = document.querySelector(".documents a.show");
  if (first && box()) void show(first);
}

function close() {
  showing?.stop?.();
  showing = null;
}

function settled(turn) {
  if (turn === showing) turn.viewer.removeAttribute("aria-busy");
}

function failed(turn, error) {
  if (turn !== showing) return;
  console.warn(error);
  const words = document.createElement("p");
  words.textContent = _("It cannot be shown here. Use the text, or download the original.");
  turn.stop?.();
  turn.viewer.replaceChildren(...(error.piece ?? [words]));
  settled(turn);
}

/** Ask the service; what it refuses is shown in its words. */
async function fetched(address) {
  const response = await fetch(address, asPiece);
  if (response.ok) return response;
  const piece = template(await response.text());
  throw Object.assign(new Error(String(response.status)), piece.firstElementChild?.classList.contains("message") ? { piece: [...piece.childNodes] } : {});
}

function template(html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  return made.content;
}

const bytesOf = async (address) => (await fetched(address)).arrayBuffer();

async function text(turn) {
  const piece = template(await (await fetched(turn.link.dataset.text)).text());
  if (turn !== showing) return;
  turn.viewer.replaceChildren(...piece.childNodes);
  settled(turn);
}

async function content({ way, source, sheets, size }) {
  if (way !== "sheets" && Number(size) > LARGEST) throw new Error("too large to be shown");
  return { way, bytes: await bytesOf(way === "sheets" ? sheets : source) };
}

async function framed(turn) {
  const { link, viewer } = turn;
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts"); // and nothing else: above all not our origin
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.title = link.textContent.trim();
  frame.dataset.content = "";
  frame.src = viewer.dataset.frame;
  const ready = Promise.withResolvers();
  const listen = (event) => {
    if (event.source !== frame.contentWindow || event.origin !== "null") return;
    const said = heard(event.data);
    if (said) answer(turn, frame, said, ready);
  };
  const timer = setTimeout(() => ready.reject(new Error("no frame")), PATIENCE);
  turn.stop = () => {
    clearTimeout(timer);
    removeEventListener("message", listen);
    frame.remove();
  };
  addEventListener("message", listen);
  viewer.replaceChildren(frame);
  if (link.dataset.way === "pdf") for (const name of PROGRAM) void piece(viewer, name).catch(() => null); // while the frame loads
  const [message] = await Promise.all([content(link.dataset), ready.promise]);
  clearTimeout(timer);
  if (turn !== showing) return;
  // the frame has no origin that could be named; whose window it is was settled when it was made
  frame.contentWindow?.postMessage({ is: "show", name: link.textContent.trim(), ...message }, "*", [message.bytes]);
}

function answer(turn, frame, said, ready) {
  if (turn !== showing) return;
  if (said.is === "ready") ready.resolve();
  else if (said.is === "failed") failed(turn, new Error("not drawn"));
  else if (said.is === "shown") settled(turn);
  else if (said.is === "height") high(frame, said.pixels);
  else if (said.is === "key") pressed(frame, said.key);
  else if (said.is === "part") void give(frame, said.name, piece(turn.viewer, said.name));
  else if (said.is === "leaf" && turn.link.dataset.sheets) void give(frame, `leaf ${said.number}`, more(turn, said.number));
}

function high(frame, pixels) {
  frame.dataset.pixels = pixels;
  frame.style.height = `${Math.max(LEAST, Math.min(pixels, innerHeight * MOST))}px`;
}

addEventListener("resize", () => {
  const frame = box()?.querySelector("iframe[data-pixels]"); // it says nothing anew while it is as wide as before
  if (frame) high(frame, Number(frame.dataset.pixels));
});

/** Hand the frame a piece of the PDF program, or more of this preview; where there is none, say so. */
async function give(frame, name, coming) {
  frame.contentWindow?.postMessage({ is: "given", name, bytes: await coming.catch(() => null) }, "*");
}

/** More of a preview, one piece after the other: a frame that was taken over asks for no more than a person who turns the pages. */
function more(turn, number) {
  const before = turn.coming ?? Promise.resolve();
  turn.coming = before.catch(() => null).then(() => {
    if (turn !== showing) throw new Error("closed");
    return bytesOf(`${turn.link.dataset.sheets}?first=${number}`);
  });
  return turn.coming;
}

function piece(viewer, name) {
  if (!pieces.has(name)) {
    const coming = bytesOf(`${viewer.dataset.program}${name}`);
    pieces.set(name, coming);
    coming.catch(() => pieces.delete(name)); // it may be had later
  }
  return pieces.get(name);
}

/**
 * Press here what was pressed in the frame: only while it has the focus, and a person has just done something. A file that took the frame
 * over could press once what the person may press about this very item; whatever is done to it ends the frame.
 */
function pressed(frame, key) {
  if (document.activeElement !== frame || navigator.userActivation?.isActive === false) return;
  const [name, ctrlKey] = key === "Ctrl+Enter" ? ["Enter", true] : [key, false];
  frame.dispatchEvent(new KeyboardEvent("keydown", { key: name, ctrlKey, bubbles: true, cancelable: true }));
}
