// Pages for paper: each is drawn as a picture and handed over as dots, which nobody has to read as a file; the page around says "go on".
const ACROSS = 1654; // an A4 sheet at 200 dots an inch

/** Draw every page and hand it over, one at a time. `next()` resolves when the one before has been taken. */
export async function drawn(source, say, next) {
  for (let page = 1; page <= source.of; page += 1) {
    const { width } = await source.size(page, 0);
    const sheet = document.createElement("div");
    await source.draw(page, sheet, { scale: ACROSS / width, turned: 0, dense: 1 }).done;
    const picture = await createImageBitmap(sheet.querySelector("canvas, img"));
    parent.postMessage({ is: "drawn", page, of: source.of, picture }, "*", [picture]);
    await next();
  }
  say({ is: "shown", page: source.of, of: source.of });
}

/** Show one sheet of a preview alone, as wide as the frame: it cannot be made a picture, so a frame of its own is printed. */
export async function alone(source, page, view, say) {
  const { width, height } = await source.size(page, 0);
  const sheet = document.createElement("div");
  sheet.className = "sheet";
  const scale = document.documentElement.clientWidth / width;
  Object.assign(sheet.style, { width: `${width * scale}px`, height: `${height * scale}px`, margin: 0 });
  view.replaceChildren(sheet);
  await source.draw(page, sheet, { scale, turned: 0, dense: 1 }).done;
  say({ is: "height", pixels: Math.ceil(sheet.getBoundingClientRect().height) || 1 });
  say({ is: "shown", page, of: source.of });
}
