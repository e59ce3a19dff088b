// A small reader of ZIP files, for OFD, Office files and archives. Bounded: what is too large or too deep is left to the county.
import { blank, read as readAny, reader } from "./text.js";

const MOST_MEMBERS = 4096;
const MOST_BYTES = 128 * 1024 * 1024;
const DEEPEST = 2;
const STORED = 0;
const DEFLATED = 8;

/** The members of a package: names, and `bytes(name)`, `xml(name)` for one that is there. Throws RangeError and TypeError. */
export class Package {
  constructor(members, view) {
    this.members = members;
    this.view = view;
    this.left = MOST_BYTES;
  }

  static async open(blob) {
    const view = new DataView(await blob.arrayBuffer());
    return new Package(directory(view), view);
  }

  names() {
    return [...this.members.keys()];
  }

  has(name) {
    return this.members.has(name);
  }

  async bytes(name) {
    const { method, offset, size, packed } = this.members.get(name);
    this.left -= size;
    if (this.left < 0) throw new RangeError("too large");
    const start = offset + 30 + this.view.getUint16(offset + 26, true) + this.view.getUint16(offset + 28, true);
    const raw = new Uint8Array(this.view.buffer, start, packed);
    if (method === STORED) return raw;
    if (method !== DEFLATED) throw new RangeError("packed in another way");
    return inflated(raw, size);
  }

  async xml(name) {
    const bytes = await this.bytes(name);
    const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
    const root = new DOMParser().parseFromString(new TextDecoder(encoding).decode(bytes), "text/xml");
    if (root.getElementsByTagName("parsererror").length) throw new TypeError("no XML");
    return root.documentElement;
  }
}

function directory(view) {
  let end = view.byteLength - 22;
  const first = Math.max(0, end - 65535);
  while (end >= first && view.getUint32(end, true) !== 0x06054b50) end -= 1;
  if (end < first) throw new RangeError("no directory");
  const count = view.getUint16(end + 10, true);
  if (count > MOST_MEMBERS) throw new RangeError("too many members");
  const members = new Map();
  let at = view.getUint32(end + 16, true);
  for (let number = 0; number < count; number += 1) {
    if (view.getUint32(at, true) !== 0x02014b50) throw new RangeError("broken directory");
    const flags = view.getUint16(at + 8, true);
    const [nameSize, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const name = named(new Uint8Array(view.buffer, at + 46, nameSize), Boolean(flags & 0x800));
    if (flags & 1) throw new RangeError("encrypted");
    members.set(
      name,
      {
        method: view.getUint16(at + 10, true),
        packed: view.getUint32(at + 20, true),
        size: view.getUint32(at + 24, true),
        offset: view.getUint32(at + 42, true),
      },
    );
    at += 46 + nameSize + extra + comment;
  }
  return members;
}

function named(bytes, isUtf8) {
  for (const encoding of isUtf8 ? ["utf-8"] : ["utf-8", "gb18030"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // old programs write names as GBK
    }
  }
  return new TextDecoder("latin1").decode(bytes);
}

async function inflated(raw, size) {
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const whole = new Uint8Array(size);
  let at = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > size) {
      await reader.cancel();
      throw new RangeError("larger than it says");
    }
    whole.set(value, at);
    at += value.length;
  }
  return whole.subarray(0, at);
}

/** Read a ZIP: an OFD, an Office file, or an archive whose files are read one by one. */
export async function readPackage(name, blob, { signal, depth }) {
  const held = await Package.open(blob);
  const names = held.names();
  if (held.has("OFD.xml")) return (await reader("ofd")).read(held, { signal, depth });
  if (held.has("[Content_Types].xml")) return (await reader("docx")).read(held, { signal, depth });
  const reading = blank("zip");
  for (const member of names) {
    signal?.throwIfAborted();
    if (member.endsWith("/")) continue;
    if (depth >= DEEPEST) reading.unread.push("inside");
    else reading.parts.push([member, await readAny(member, new Blob([await held.bytes(member)]), { signal, depth: depth + 1 })]);
  }
  return reading;
}
