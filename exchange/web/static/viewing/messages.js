// What the page and the viewer's frame say to each other. The frame runs a stranger's file: of what it says, nothing else is heard than this.
const KEY = /^[^\p{C}\p{Z}]$/u;
const OTHER_KEYS = ["Escape", "Ctrl+Enter"];
const PROGRAM = /^(build\/pdf(\.worker)?\.min\.mjs|cmaps\/[A-Za-z0-9-]{1,40}\.bcmap|standard_fonts\/[A-Za-z-]{1,40}\.(pfb|ttf)|wasm\/(jbig2|openjpeg)\.wasm)$/;
const MOST_PAGES = 100_000;
const MOST_PIXELS = 10_000_000;
const MOST_DOTS = 8192;

const isCount = (value, most) => Number.isInteger(value) && value >= 1 && value <= most;

const isPicture = (value) => "ImageBitmap" in globalThis && value instanceof ImageBitmap && Math.max(value.width, value.height) <= MOST_DOTS;

/**
 * Read what a frame says. Returns null for anything but: {is: "ready"}, {is: "shown", page, of}, {is: "height", pixels}, {is: "failed"},
 * {is: "key", key}, {is: "part", name} (it needs a piece of the PDF program), {is: "leaf", number} (it needs more of a preview) and
 * {is: "drawn", page, of, picture} (a page for paper, as dots).
 */
export function heard(said) {
  if (typeof said !== "object" || said === null) return null;
  const { is } = said;
  if (is === "ready" || is === "failed") return { is };
  if (is === "shown" && isCount(said.of, MOST_PAGES) && isCount(said.page, said.of)) return { is, page: said.page, of: said.of };
  if (is === "height" && isCount(said.pixels, MOST_PIXELS)) return { is, pixels: said.pixels };
  if (is === "key" && typeof said.key === "string" && (KEY.test(said.key) || OTHER_KEYS.includes(said.key))) return { is, key: said.key };
  if (is === "part" && typeof said.name === "string" && PROGRAM.test(said.name)) return { is, name: said.name };
  if (is === "drawn" && isPicture(said.picture) && isCount(said.of, MOST_PAGES) && isCount(said.page, said.of)) return { is, page: said.page, of: said.of, picture: said.picture };
  if (is === "leaf" && isCount(said.number, MOST_PAGES)) return { is, number: said.number };
  return null;
}

/** The key that a frame passes on, of a keydown in it; null for what it keeps: writing, moving and copying. */
export function passedOn({ key, ctrlKey, metaKey, altKey, isComposing }) {
  if (isComposing || altKey) return null;
  if (ctrlKey || metaKey) return key === "Enter" ? "Ctrl+Enter" : null;
  return KEY.test(key) || key === "Escape" ? key : null;
}
