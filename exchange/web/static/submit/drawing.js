// The first page of a document as a picture: a PDF by pdf.js, a picture by the browser itself. Nothing leaves this computer for it.
import { MOST, reader } from "../reading/text.js";

/**
 * Draw the first page, or the upper `share` of it, `width` dots wide. Throws TypeError for what a browser cannot draw, and what readers throw.
 * @param {{blob: Blob, mediaType: string}} file
 * @param {HTMLCanvasElement} canvas
 */
export async function draw(file, canvas, { width, share = 1 }) {
  if (file.blob.size > MOST) throw new TypeError("large");
  if (file.mediaType.startsWith("image/")) return picture(file.blob, canvas, width, share);
  if (file.mediaType === "application/pdf") return pdf(file.blob, canvas, width, share);
  throw new TypeError(file.mediaType);
}

async function picture(blob, canvas, width, share) {
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, width / bitmap.width);
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale * share);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, bitmap.width, bitmap.height * share, 0, 0, canvas.width, canvas.height);
  bitmap.close();
}

async function pdf(blob, canvas, width, share) {
  const { open } = await reader("pdf");
  const document_ = await open(blob);
  try {
    const page = await document_.getPage(1);
    const viewport = page.getViewport({ scale: width / page.getViewport({ scale: 1 }).width });
    canvas.width = Math.round(viewport.width);
    canvas.height = Math.round(viewport.height * share);
    await page.render({ canvas, canvasContext: canvas.getContext("2d"), viewport }).promise;
  } finally {
    await document_.loadingTask.destroy();
  }
}
