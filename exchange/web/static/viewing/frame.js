// The inside of the viewer's frame. It has no origin: no cookie, no store, no network; its bytes come from the page around it, and it
// asks the page for the pieces of the PDF program as well, because a frame without an origin keeps nothing in the browser's cache.
import "./quiet.js";
import { alone, drawn } from "./drawing.js";
import { passedOn } from "./messages.js";
import { opened } from "./pdf.js";
import { picture } from "./pictures.js";
import { preview } from "./preview.js";
import { Sheets } from "./sheets.js";

const say = (message) => parent.postMessage(message, "*"); // nothing that is said is a secret: which page, how high, which key
const waiting = new Map();

function asked(message, name) {
  if (!waiting.has(name)) {
    waiting.set(name, Promise.withResolvers());
    say(message);
  }
  return waiting.get(name).promise;
}

/** A piece of the PDF program, as bytes. Rejects where there is none. */
const part = (name) => asked({ is: "part", name }, name);

/** The piece of a preview that begins with a sheet, as bytes. */
const leaf = (number) => asked({ is: "leaf", number }, `leaf ${number}`);

function given({ name, bytes }) {
  const { resolve, reject } = waiting.get(name) ?? {};
  if (bytes) resolve?.(bytes);
  else reject?.(new Error(`no ${name}`));
}

async function source({ way, bytes, name }) {
  if (way === "pdf") return opened(bytes, part);
  return way === "sheets" ? preview(bytes, leaf) : picture(bytes, name);
}

async function show(message) {
  try {
    const sheets = new Sheets(document.getElementById("view"), await source(message), say);
    await sheets.begin();
  } catch (error) {
    console.warn(error);
    say({ is: "failed" });
  }
}

let taken = Promise.withResolvers();

const next = () => {
  taken = Promise.withResolvers();
  return taken.promise;
};

async function print(message) {
  try {
    const pages = await source(message);
    if (message.way === "sheets") await alone(pages, message.page, document.getElementById("view"), say);
    else await drawn(pages, say, next);
  } catch (error) {
    console.warn(error);
    say({ is: "failed" });
  }
}

addEventListener("message", (event) => {
  if (event.source !== parent) return;
  if (event.data.is === "print") void print(event.data);
  if (event.data.is === "taken") taken.resolve();
  if (event.data.is === "show") void show(event.data);
  if (event.data.is === "given") given(event.data);
});

addEventListener("keydown", (event) => {
  if (event.target.closest("input")) return;
  const key = passedOn(event);
  if (!key) return;
  event.preventDefault();
  say({ is: "key", key });
});

say({ is: "ready" });
