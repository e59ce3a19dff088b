// A picture as one sheet.
const TURNED = { 0: [0, 0], 90: [1, 0], 180: [1, 1], 270: [0, 1] }; // where the corner goes, in widths and heights of the turned sheet
const WIDEST = 16384;

async function decoded(bytes, name) {
  const image = new Image();
  image.alt = name;
  image.src = URL.createObjectURL(new Blob([bytes]));
  await image.decode();
  return image;
}

/** Lay an element of a size into a turned sheet. */
export function placed(element, { width, height }, turned, scale) {
  const [x, y] = TURNED[turned];
  const [across, down] = turned % 180 ? [height, width] : [width, height];
  Object.assign(element.style, {
    width: `${width * scale}px`,
    height: `${height * scale}px`,
    transform: `translate(${x * across * scale}px, ${y * down * scale}px) rotate(${turned}deg)`,
  });
}

/** The size of a sheet that is turned. */
export const sized = ({ width, height }, turned) => (turned % 180 ? { width: height, height: width } : { width, height });

/** A picture. Rejects for what the browser cannot draw. */
export async function picture(bytes, name) {
  const image = await decoded(bytes, name);
  const natural = { width: Math.min(image.naturalWidth, WIDEST), height: Math.min(image.naturalHeight, WIDEST) };
  if (!natural.width || !natural.height) throw new Error("empty picture");
  return {
    of: 1,
    size: async (_number, turned) => sized(natural, turned),
    draw(_number, sheet, { scale, turned }) {
      image.className = "leaf";
      placed(image, natural, turned, scale);
      sheet.replaceChildren(image);
      return { done: Promise.resolve(), stop() {} };
    },
    text: null,
  };
}
