// DER (X.690): as much of it as a certificate request, a signature and the reading of our own certificates need.

/** Put byte strings one behind the other. */
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** Compare byte strings as DER sorts the elements of a SET OF: negative, zero or positive. */
export function compare(one, other) {
  const shorter = Math.min(one.length, other.length);
  for (let place = 0; place < shorter; place++) if (one[place] !== other[place]) return one[place] - other[place];
  return one.length - other.length;
}

/** Return an element: tag, length, content. */
export function element(tag, ...content) {
  const body = join(...content);
  const size = [];
  for (let left = body.length; left; left >>>= 8) size.unshift(left & 255);
  const head = body.length < 128 ? [tag, body.length] : [tag, 128 | size.length, ...size];
  return join(Uint8Array.from(head), body);
}

export const sequence = (...content) => element(0x30, ...content);
export const setOf = (...content) => element(0x31, ...content.sort(compare));
export const octets = (bytes) => element(0x04, bytes);
export const bits = (bytes) => element(0x03, Uint8Array.of(0), bytes);
export const text = (characters) => element(0x0c, new TextEncoder().encode(characters));
export const tagged = (number, ...content) => element(0xa0 | number, ...content);

/** Return an INTEGER for an unsigned number that is given as bytes, the most significant first. */
export function integer(bytes) {
  let first = 0;
  while (first < bytes.length - 1 && bytes[first] === 0) first++;
  const shortest = bytes.subarray(first);
  return shortest[0] & 128 ? element(0x02, Uint8Array.of(0), shortest) : element(0x02, shortest);
}

/** Return an OBJECT IDENTIFIER, from its dotted form. */
export function oid(dotted) {
  const [first, second, ...others] = dotted.split(".").map(Number);
  const bytes = [40 * first + second];
  for (const arc of others) {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left; left = Math.floor(left / 128)) digits.unshift(128 | left % 128);
    bytes.push(...digits);
  }
  return element(0x06, Uint8Array.from(bytes));
}

/** Return a UTCTime or, from 2050 on, a GeneralizedTime (RFC 5652 section 11.3), cut to whole seconds. */
export function time(at) {
  const digits = at.toISOString().replace(/[-:T]|\..*/g, "");
  const [tag, written] = at.getUTCFullYear() < 2050 ? [0x17, digits.slice(2)] : [0x18, digits];
  return element(tag, new TextEncoder().encode(`${written}Z`));
}

/** Read the element that begins at a place: its tag, where its content begins and ends, and itself. Throws RangeError. */
export function read(bytes, place = 0) {
  let size = bytes[place + 1];
  let start = place + 2;
  if (size > 128) {
    const count = size & 127;
    size = 0;
    for (let digit = 0; digit < count; digit++) size = size * 256 + bytes[start++];
  }
  const end = start + size;
  if (!(end <= bytes.length)) throw new RangeError("DER ends early");
  return { tag: bytes[place], start, end, whole: bytes.slice(place, end) };
}

/** Return the elements within one. */
export function children(bytes, { start, end } = read(bytes)) {
  const found = [];
  for (let place = start; place < end; place = found.at(-1).end) found.push(read(bytes, place));
  return found;
}

/** Return what we ask of a certificate (DER): serial, issuer and public key as they stand in it, and until when it is valid. */
export function certificate(der) {
  const [body] = children(der);
  const parts = children(der, body).filter((part) => part.tag !== 0xa0);
  const [serial, , issuer, validity, , publicKey] = parts;
  const [, until] = children(der, validity);
  return { serial: serial.whole, issuer: issuer.whole, publicKey: publicKey.whole, notAfter: readTime(der, until) };
}

function readTime(bytes, { tag, start, end }) {
  const digits = new TextDecoder().decode(bytes.subarray(start, end));
  // RFC 5280 section 4.1.2.5.1: two digits below 50 are of this century
  const year = tag === 0x18 ? "" : Number(digits.slice(0, 2)) < 50 ? "20" : "19";
  return new Date((year + digits).replace(/^(....)(..)(..)(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
