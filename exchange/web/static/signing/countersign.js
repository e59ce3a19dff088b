// A further signature for a container 公文数据包 that somebody else has packed, as keys/countersignature.py writes it: its own manifest with
// equal references, nothing else of it changes, so it stays the same submission. What is not laid out as our writers lay it out, or does
// not hold what its manifest says, is refused: nobody signs what was not shown to them.
import { _ } from "../core/texts.js";
import { verifyDetached } from "../sending/signatures.js";
import { certificate as readCertificate, isSignedBy } from "../sending/certificates.js";
import { sign } from "./cms.js";
import { children, compare, join, oid } from "./der.js";
import { changed, hex, hold, sha256 } from "./hash.js";
import { Problem } from "./problem.js";
import { crc32, laidOut, localHeader, tail } from "./zip.js";

const MEDIA_TYPE = "application/vnd.etsi.asic-e+zip";
const METADATA = "metadata.json";
const LARGEST = 500_000_000;
const LARGEST_HEAD = 2 ** 20;
const MOST_MEMBERS = 128;
const MOST_SIGNATURES = 20;
const END = 22; // bytes of the end record, which has no comment
const DIRECTORY = 46; // bytes of a header of the central directory without its name
const COMMON_NAME = oid("2.5.4.3");
const ORGANIZATION = oid("2.5.4.10");
const UNIT = oid("2.5.4.11");
const ALTERNATIVE_NAME = oid("2.5.29.17");
const PERSON = /^urn:yizhan:(office|person):(.+)$/;
const REFERENCE =
  /<asic:DataObjectReference URI="([^"]+)" MimeType="([^"]+)"( Rootfile="true")?><ds:DigestMethod Algorithm="http:\/\/www\.w3\.org\/2001\/04\/xmlenc#sha256"\/><ds:DigestValue>([A-Za-z0-9+/=]{44})<\/ds:DigestValue><\/asic:DataObjectReference>\n/g;
const FRAME = [
  '<?xml version="1.0" encoding="UTF-8"?>\n<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n',
  "</asic:ASiCManifest>\n",
];
const numbered = (number) => String(number).padStart(3, "0");
const manifestName = (number) => `META-INF/ASiCManifest${numbered(number)}.xml`;
const signatureName = (number) => `META-INF/signature${numbered(number)}.p7s`;
const signed = (number) => `<asic:SigReference URI="${signatureName(number)}" MimeType="application/pkcs7-signature"/>\n`;
const utf8 = (text) => new TextEncoder().encode(text);
const text = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

/**
 * What stands in a container.
 * @typedef {object} Opened
 * @property {Blob} blob
 * @property {string} submission id
 * @property {{manifest: Uint8Array, signature: Uint8Array}[]} signatures that of whoever packed it first
 * @property {Uint8Array} metadata
 * @property {object} message what metadata.json says
 * @property {{name: string, member: string, mediaType: string, blob: Blob, sha256: string, crc: number, role: string, origin: string}[]} files
 */

/**
 * Read a container whole: every file has the digest that was signed, and nothing else is in it.
 * @returns {Promise<Opened>} Throws Problem `container-malformed` or `input-changed`, and what the signal was aborted with.
 */
export async function open(chosen, { progress = () => {}, signal, name = chosen.name } = {}) {
  const blob = hold(chosen);
  const entries = await laid(blob, name);
  const count = (entries.findIndex((entry) => entry.name === METADATA) - 1) / 2;
  require(Number.isInteger(count) && count >= 1 && count <= MOST_SIGNATURES && entries[0].name === "mimetype");
  const head = entries.slice(0, 2 + 2 * count);
  require(head.at(-1).end <= LARGEST_HEAD);
  const contents = await Promise.all(head.map((entry) => bytes(content(blob, entry), name)));
  for (const [at, entry] of head.entries()) require(crc32(0, contents[at]) === entry.crc);
  require(text(contents[0]) === MEDIA_TYPE);
  const signatures = [];
  for (let number = 1; number <= count; number++) {
    require(head[2 * number - 1].name === manifestName(number) && head[2 * number].name === signatureName(number));
    signatures.push({ manifest: contents[2 * number - 1], signature: contents[2 * number] });
  }
  const listed = references(signatures[0].manifest);
  for (const [at, { manifest }] of signatures.entries()) require(compare(manifest, manifestFor(signatures[0].manifest, at + 1)) === 0);
  const metadata = contents.at(-1);
  require(listed[0].name === METADATA && (await digest(metadata)) === listed[0].sha256);
  const message = parsed(metadata);
  const files = await measured(blob, entries.slice(head.length), listed.slice(1), message, { progress, signal, name });
  return { blob, submission: await digest(signatures[0].manifest), signatures, metadata, message, files };
}

/**
 * Add a person's signature to what was opened.
 * @param {Opened} opened
 * @param key of signing/keys.js
 * @param {Date} at the claimed signing time
 * @returns {Promise<Blob>} refers to the files of the one that was opened. Throws Problem `container-malformed` when it holds as many
 * signatures as it may.
 */
export async function countersign(opened, key, at = new Date()) {
  const number = opened.signatures.length + 1;
  require(number <= MOST_SIGNATURES && 2 * number + 2 + opened.files.length <= MOST_MEMBERS);
  const manifest = manifestFor(opened.signatures[0].manifest, number);
  const signature = await sign(key, new Uint8Array(await crypto.subtle.digest("SHA-256", manifest)), at);
  const pairs = [...opened.signatures, { manifest, signature }].flatMap((pair, place) => [
    [manifestName(place + 1), pair.manifest],
    [signatureName(place + 1), pair.signature],
  ]);
  const head = [["mimetype", utf8(MEDIA_TYPE)], ...pairs, [METADATA, opened.metadata]];
  const entries = laidOut([
    ...head.map(([name, bytes_]) => ({ name, crc: crc32(0, bytes_), size: bytes_.length })),
    ...opened.files.map(({ member, crc, blob }) => ({ name: member, crc, size: blob.size })),
  ]);
  const contents = [...head.map(([, bytes_]) => bytes_), ...opened.files.map(({ blob }) => blob)];
  const whole = new Blob([...entries.flatMap((entry, place) => [localHeader(entry), contents[place]]), join(...tail(entries))], { type: MEDIA_TYPE });
  require(entries[head.length - 1].end <= LARGEST_HEAD && whole.size <= LARGEST);
  return whole;
}

/**
 * Say who made each signature, the one of whoever packed it first. Revocation is for the county to judge: it does so when it takes it in.
 * @param {Opened} opened
 * @param {Uint8Array} issuing the county's issuing certificate, as this browser has it
 * @returns {Promise<{office: string, officeName: string, person: string, name: string, at: Date, certificate: Uint8Array}[]>} Throws Problem
 * `signature-invalid`.
 */
export async function signers(opened, issuing) {
  const found = [];
  for (const { manifest, signature } of opened.signatures) {
    try {
      const { signer, at } = await verifyDetached(signature, manifest);
      const issuer = readCertificate(issuing);
      const ours = compare(signer.issuer, issuer.subject) === 0 && (await isSignedBy(issuer, signer.body, signer.signature));
      require(ours && signer.notBefore <= at && at <= signer.notAfter);
      found.push({ ...identity(signer), at, certificate: signer.der });
    } catch (error) {
      const advice = _("Do not sign it. Ask whoever gave it to you for a new one.");
      throw Object.assign(new Problem("signature-invalid", _("A signature in this package does not hold."), advice), { cause: error });
    }
  }
  return found;
}

function identity({ subject, extensions }) {
  const names = Object.fromEntries(children(subject).map((set) => named(subject, set)));
  const alternative = extensions.find(({ type }) => compare(type, ALTERNATIVE_NAME) === 0);
  const parts = {};
  for (const { start, end } of children(alternative.value)) {
    const [, kind, value] = PERSON.exec(text(alternative.value.slice(start, end))) ?? [];
    if (kind) parts[kind] = value;
  }
  require(parts.office && parts.person);
  return { ...parts, name: names.name ?? parts.person, officeName: names.unit ?? names.organization ?? parts.office };
}

function named(subject, set) {
  const [type, value] = children(subject, children(subject, set)[0]);
  const kinds = [[COMMON_NAME, "name"], [ORGANIZATION, "organization"], [UNIT, "unit"]];
  const [, kind] = kinds.find(([known]) => compare(known, type.whole) === 0) ?? [null, "other"];
  return [kind, text(subject.slice(value.start, value.end))];
}

/** The manifest of a signature: that of the first one, but for the signature that it names. */
function manifestFor(first, number) {
  return utf8(text(first).replace(signed(1), signed(number)));
}

function references(manifest) {
  const whole = text(manifest);
  const listed = [...whole.matchAll(REFERENCE)];
  require(whole === FRAME[0] + signed(1) + listed.map(([each]) => each).join("") + FRAME[1]);
  require(listed.length >= 2 && listed.every(([, , , rootfile], at) => Boolean(rootfile) === (at === 1)));
  return listed.map(([, uri, mediaType, , value]) => ({
    name: decodeURIComponent(uri),
    mediaType,
    sha256: hex(Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0))),
  }));
}

async function measured(blob, entries, listed, message, { progress, signal, name }) {
  const documents = message.documents;
  require(entries.length === listed.length && Array.isArray(documents) && documents.length === listed.length);
  const files = [];
  const total = entries.reduce((sum, entry) => sum + entry.size, 0);
  let before = 0;
  for (const [at, entry] of entries.entries()) {
    const said = documents[at];
    require([entry.name, said.name].every((each) => each === listed[at].name));
    const part = content(blob, entry);
    let crc = 0;
    const also = (piece) => (crc = crc32(crc, piece));
    const told = ({ done }) => progress({ done: before + done, total });
    const found = hex(await sha256(part, { also, signal, name, progress: told }));
    require(found === listed[at].sha256 && found === said.sha256 && part.size === said.size && crc === entry.crc);
    before += part.size;
    const { media_type: mediaType, role, origin } = said;
    files.push({ name: entry.name.replace(/^attachments\//, ""), member: entry.name, mediaType, blob: part, sha256: found, crc, role, origin });
  }
  return files;
}

/** Read the central directory, and require that every byte outside the members is what it would be had we written it. */
async function laid(blob, name) {
  require(blob.size >= END && blob.size <= LARGEST);
  const end = await bytes(blob.slice(blob.size - END), name);
  const view = new DataView(end.buffer);
  const [count, size, offset] = [view.getUint16(10, true), view.getUint32(12, true), view.getUint32(16, true)];
  require(count <= MOST_MEMBERS && offset + size + END === blob.size);
  const directory = await bytes(blob.slice(offset), name);
  const members = listedIn(directory, count);
  const entries = laidOut(members).map((entry, at) => ({ ...entry, name: members[at].name }));
  require(entries.length >= 5 && entries.at(-1).end === offset && compare(join(...tail(entries)), directory) === 0);
  for (const entry of entries) {
    const header = localHeader(entry);
    require(compare(await bytes(blob.slice(entry.offset, entry.offset + header.length), name), header) === 0);
  }
  return entries;
}

function listedIn(directory, count) {
  const view = new DataView(directory.buffer);
  const members = [];
  let place = 0;
  for (let number = 0; number < count; number++) {
    require(place + DIRECTORY <= directory.length);
    const length = view.getUint16(place + 28, true);
    const [crc, size] = [16, 20].map((at) => view.getUint32(place + at, true));
    require(place + DIRECTORY + length <= directory.length);
    try {
      members.push({ name: text(directory.slice(place + DIRECTORY, place + DIRECTORY + length)), crc, size });
    } catch {
      throw malformed();
    }
    place += DIRECTORY + length;
  }
  return members;
}

function content(blob, entry) {
  return blob.slice(entry.end - entry.size, entry.end);
}

async function bytes(blob, name) {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (error) {
    if (error.name === "NotReadableError" || error.name === "NotFoundError") throw changed(name);
    throw error;
  }
}

async function digest(content_) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", content_)));
}

function parsed(metadata) {
  try {
    const message = JSON.parse(text(metadata));
    require(message.type === "submission/v1");
    return message;
  } catch {
    throw malformed();
  }
}

function require(condition) {
  if (!condition) throw malformed();
}

function malformed() {
  return new Problem(
    "container-malformed",
    _("This is no signed package of this system, or it was damaged on its way."),
    _("Choose the file that ends in .asice, or let it be saved anew."),
  );
}
