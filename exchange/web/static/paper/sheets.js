// The sheets of one print. A stranger's file is drawn in frames without an origin, as in the viewer; what comes out of them are dots, or the
// frame itself. The foot of every sheet is the page's own.
import { _ } from "../core/texts.js";
import { heard } from "../viewing/messages.js";

const PATIENCE = 60_000;
const MOST = 80; // pages of previews: each is a frame
const box = document.getElementById("sheets");
const progress = document.getElementById("progress");
const pieces = new Map();

async function bytesOf(address) {
  const response = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (!response.ok) throw new Error(String(response.status));
  return response.arrayBuffer();
}

function piece(name) {
  if (!pieces.has(name)) pieces.set(name, bytesOf(`${box.dataset.program}${name}`));
  return pieces.get(name);
}

/** Make a frame in a place, hand it a message once it is there, and hear it until `told(said)` returns something. */
function framed(place, message, told) {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts"); // and nothing else: above all not our origin
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.title = message.name;
  frame.src = box.dataset.frame;
  const { promise, resolve, reject } = Promise.withResolvers();
  const timer = setTimeout(() => reject(new Error("no answer")), PATIENCE);
  const listen = async (event) => {
    if (event.source !== frame.contentWindow || event.origin !== "null") return;
    const said = heard(event.data);
    if (said?.is === "ready") frame.contentWindow.postMessage({ is: "print", ...message }, "*");
    else if (said?.is === "failed") reject(new Error("not drawn"));
    else if (said?.is === "part") frame.contentWindow.postMessage({ is: "given", name: said.name, bytes: await piece(said.name).catch(() => null) }, "*");
    else if (said) {
      const end = await told(said, frame);
      if (end) resolve(end);
    }
  };
  addEventListener("message", listen);
  place.append(frame);
  return promise.finally(() => {
    clearTimeout(timer);
    removeEventListener("message", listen);
  });
}

async function pictures(section, message) {
  const hidden = document.createElement("div");
  hidden.className = "drawing";
  section.append(hidden);
  await framed(hidden, message, async (said, frame) => {
    if (said.is === "shown") return said;
    if (said.is !== "drawn") return null;
    section.append(await sheet(said));
    frame.contentWindow.postMessage({ is: "taken" }, "*");
    return null;
  });
  hidden.remove();
}

async function sheet({ page, of, picture }) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: picture.width, height: picture.height });
  canvas.getContext("2d").drawImage(picture, 0, 0);
  picture.close();
  const image = new Image();
  image.className = "paper-sheet";
  image.alt = _("Page %(page)s of %(of)s", { page, of });
  image.src = URL.createObjectURL(await new Promise((resolve) => canvas.toBlob(resolve, "image/png")));
  await image.decode();
  progress.textContent = image.alt;
  return image;
}

async function previews(section, source, name) {
  let of = 1;
  for (let page = 1; page <= Math.min(of, MOST); page += 1) {
    const bytes = await bytesOf(`${source}/preview?first=${page}`);
    const place = document.createElement("div");
    place.className = "paper-sheet";
    section.append(place);
    const said = await framed(place, { way: "sheets", bytes, name, page }, (told, frame) => {
      if (told.is === "height") frame.style.height = `${told.pixels}px`;
      return told.is === "shown" ? told : null;
    });
    of = said.of;
  }
}

async function words(section, source) {
  const made = document.createElement("template");
  made.innerHTML = new TextDecoder().decode(await bytesOf(`${source}/text`));
  section.append(made.content);
}

async function draw(section) {
  const { way, source, name } = section.dataset;
  if (way === "text") await words(section, source);
  else if (way === "sheets") await previews(section, source, name);
  else await pictures(section, { way, bytes: await bytesOf(source), name });
}

try {
  for (const section of box.querySelectorAll(".printed")) await draw(section);
  progress.textContent = _("All pages are here.");
  const button = document.getElementById("print");
  button.hidden = false;
  button.addEventListener("click", () => window.print());
} catch (error) {
  console.warn(error);
  progress.textContent = _("A page cannot be drawn here. Download the original and print it, with the number of this copy.");
}
