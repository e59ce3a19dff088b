// A PDF as sheets: by pdf.js, whose program comes from the page around the frame. Scripts, forms, links and attachments in a PDF are not run
// nor shown: its pages are drawn, and their text lies above them to be selected.
const script = (bytes) => URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));

/** Open a PDF. `part` gives pieces of the program by name. Rejects for what is none, or is locked. */
export async function opened(bytes, part) {
  const [program, worker] = await Promise.all(["build/pdf.min.mjs", "build/pdf.worker.min.mjs"].map(part));
  const pdfjs = await import(script(program));
  pdfjs.GlobalWorkerOptions.workerSrc = script(worker);
  const file = await pdfjs.getDocument({
    data: new Uint8Array(bytes),
    CMapReaderFactory: class {
      async fetch({ name }) {
        return { cMapData: new Uint8Array(await part(`cmaps/${name}.bcmap`)), isCompressed: true };
      }
    },
    StandardFontDataFactory: class {
      fetch = async ({ filename }) => new Uint8Array(await part(`standard_fonts/${filename}`));
    },
    WasmFactory: class {
      fetch = async ({ filename }) => new Uint8Array(await part(`wasm/${filename}`));
    },
    useWorkerFetch: false, // neither it nor its worker may fetch anything
    enableXfa: false,
    isEvalSupported: false,
    stopAtErrors: false,
    verbosity: 0,
  }).promise;
  return new Pages(pdfjs, file);
}

/** The pages of a PDF, as sheets.js asks for them. */
class Pages {
  constructor(pdfjs, file) {
    Object.assign(this, { pdfjs, file, of: file.numPages });
  }

  /** Width and height of a page at 100 %, turned by so many degrees. */
  async size(number, turned) {
    const page = await this.file.getPage(number);
    const { width, height } = page.getViewport({ scale: 1, rotation: (page.rotate + turned) % 360 });
    return { width, height };
  }

  /** Draw a page into a sheet. Returns what stops it. */
  draw(number, sheet, { scale, turned, dense }) {
    let task = null;
    let stopped = false;
    const done = (async () => {
      const page = await this.file.getPage(number);
      const viewport = page.getViewport({ scale, rotation: (page.rotate + turned) % 360 });
      if (stopped) return;
      const canvas = document.createElement("canvas");
      canvas.width = Math.floor(viewport.width * dense);
      canvas.height = Math.floor(viewport.height * dense);
      canvas.setAttribute("aria-hidden", "true");
      const words = document.createElement("div");
      words.className = "textLayer";
      words.style.setProperty("--total-scale-factor", scale);
      words.style.setProperty("--scale-factor", scale);
      task = page.render({ canvas, viewport, transform: dense === 1 ? null : [dense, 0, 0, dense, 0, 0] });
      await task.promise;
      if (stopped) return;
      sheet.replaceChildren(canvas, words);
      await new this.pdfjs.TextLayer({ textContentSource: page.streamTextContent(), container: words, viewport }).render();
    })();
    const stop = () => {
      stopped = true;
      task?.cancel();
    };
    return { done, stop };
  }

  /** The text of a page, as its text layer will have it. */
  async text(number) {
    const page = await this.file.getPage(number);
    return (await page.getTextContent()).items.map((item) => item.str ?? "").join("");
  }
}
