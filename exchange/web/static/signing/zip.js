// The strict zip of a container, as keys/zip_stream.py writes it: stored members, sizes and CRC-32 in the local headers, fixed times.

const VERSION = 20;
const MADE_BY = (3 << 8) | VERSION;
const UTF8_NAME = 0x800;
const FIRST_DATE = (1 << 5) | 1; // 1980-01-01, the first day of the zip calendar
const PLAIN_FILE = 0o600 * 65536;

const tables = crcTables();

/** Continue a CRC-32 over more bytes; begin with 0. Eight bytes a step, a table for each of their places. */
export function crc32(crc, bytes) {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let c = ~crc;
  let place = 0;
  for (const last = bytes.length - 7; place < last; place += 8) {
    c ^= bytes[place] | (bytes[place + 1] << 8) | (bytes[place + 2] << 16) | (bytes[place + 3] << 24);
    c =
      t7[c & 255] ^ t6[(c >>> 8) & 255] ^ t5[(c >>> 16) & 255] ^ t4[c >>> 24] ^
      t3[bytes[place + 4]] ^ t2[bytes[place + 5]] ^ t1[bytes[place + 6]] ^ t0[bytes[place + 7]];
  }
  for (; place < bytes.length; place++) c = t0[(c ^ bytes[place]) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

/** Lay members `{name, crc, size}` out one behind the other: adds where each local header begins, and where the member ends. */
export function laidOut(members) {
  let offset = 0;
  return members.map(({ name, crc, size }) => {
    const bytes = new TextEncoder().encode(name);
    const entry = { bytes, crc, size, offset, flags: bytes.length === name.length ? 0 : UTF8_NAME, end: offset + 30 + bytes.length + size };
    offset = entry.end;
    return entry;
  });
}

/** Return a member's local header with its name. */
export function localHeader(entry) {
  return record(0x04034b50, [2, VERSION], ...common(entry), entry.bytes);
}

/** Return all that follows the last member: the central directory and the end record. */
export function tail(entries) {
  const directory = entries.map((entry) =>
    // no comment, first disk, no internal attributes
    record(0x02014b50, [2, MADE_BY], [2, VERSION], ...common(entry), [2, 0], [2, 0], [2, 0], [4, PLAIN_FILE], [4, entry.offset], entry.bytes),
  );
  const size = directory.reduce((sum, header) => sum + header.length, 0);
  const count = entries.length;
  return [...directory, record(0x06054b50, [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, entries.at(-1).end], [2, 0])];
}

function common({ flags, crc, size, bytes }) {
  return [[2, flags], [2, 0], [2, 0], [2, FIRST_DATE], [4, crc], [4, size], [4, size], [2, bytes.length], [2, 0]];
}

/** Write a record: its signature, numbers as [width, value], little-endian, and the name at the end. */
function record(signature, ...fields) {
  const bytes = [];
  for (const field of [[4, signature], ...fields]) {
    if (field instanceof Uint8Array) bytes.push(...field);
    else for (let place = 0; place < field[0]; place++) bytes.push((field[1] >>> (8 * place)) & 255);
  }
  return Uint8Array.from(bytes);
}

function crcTables() {
  const made = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    made[0][byte] = c;
  }
  for (let table = 1; table < 8; table++)
    for (let byte = 0; byte < 256; byte++) {
      const before = made[table - 1][byte];
      made[table][byte] = made[0][before & 255] ^ (before >>> 8);
    }
  return made;
}
