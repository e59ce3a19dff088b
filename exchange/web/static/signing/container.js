// The container 公文数据包, made in the browser: byte for byte what keys/container.py writes of the same files, message, key and time.
import { _ } from "../core/texts.js";
import { sign } from "./cms.js";
import { join } from "./der.js";
import { changed, hex, hold, requireUnchanged, sha256 } from "./hash.js";
import { memberNames } from "./names.js";
import { Problem } from "./problem.js";
import { crc32, laidOut, localHeader, tail } from "./zip.js";

const MEDIA_TYPE = "application/vnd.etsi.asic-e+zip";
const SIGNATURE = "META-INF/signature001.p7s";
const LARGEST = 500_000_000;
const LARGEST_PART = 200 * 2 ** 20;
const LARGEST_HEAD = 2 ** 20;
const MOST_FILES = 100;
const DEFAULTS = { urgency: "normal", handling: "normal", repeat: "none", required: false };
const utf8 = (text) => new TextEncoder().encode(text);

/**
 * A file of a container, the main document first.
 * @typedef {object} Chosen
 * @property {string} name as the person knows it
 * @property {Blob} blob what `hold` of hash.js gave when it was chosen
 * @property {"main" | "editable" | "attachment" | "review_form"} role
 * @property {"born_digital" | "scan_of_sealed_paper"} origin
 * @property {string} mediaType
 * @property {string} [member] its name in the container; this and the following are added by `measure`
 * @property {string} [sha256] in hexadecimal; where the caller gives it, the file must still have it
 * @property {number} [crc]
 */

/**
 * Read every file once; returns them with `member`, `sha256` and `crc`, for a page that shows what is going to be signed.
 *
 * Throws Problem `unsafe-name`, `duplicate-name`, `document-empty`, `part-too-large`, `container-too-large`, `too-many-members`
 * or `input-changed`.
 * @param {Chosen[]} files
 */
export async function measure(files, { progress = () => {}, signal } = {}) {
  const names = memberNames(files);
  const held = files.map((file) => ({ ...file, blob: hold(file.blob) }));
  requireSizes(held);
  const total = held.reduce((sum, { blob }) => sum + blob.size, 0);
  const measured = [];
  let before = 0;
  for (const [index, file] of held.entries()) {
    let crc = 0;
    const digest = await sha256(file.blob, {
      progress: ({ done }) => progress({ phase: "reading", name: file.name, done: before + done, total }),
      signal,
      name: file.name,
      also: (piece) => (crc = crc32(crc, piece)),
    });
    if (file.sha256 && file.sha256 !== hex(digest)) throw changed(file.name);
    before += file.blob.size;
    measured.push({ ...file, member: names[index], sha256: hex(digest), crc });
  }
  return measured;
}

/**
 * Describe the files in the message, sign, and lay everything out as one Blob that refers to the files: they are not copied.
 *
 * @param key of signing/keys.js
 * @param {object} message what submission.v1 says, without `documents`; `type` and `from` are added, `reference` and
 * `version` where they are not given
 * @param {Chosen[]} files those that `measure` has returned are not read again
 * @param {{progress?: Function, signal?: AbortSignal, at?: Date}} options `progress` is told `{phase: "reading", name, done, total}`
 * @returns {Promise<{blob: Blob, submission: string, reference: string, size: number, message: object}>} `submission` is the SHA-256
 * of the manifest, in hexadecimal. Throws what `measure` throws, and Problem `metadata-malformed` for a character that no text may hold.
 */
export async function pack(key, message, files, { progress, signal, at = new Date() } = {}) {
  const unread = files.some((file) => file.crc === undefined);
  const measured = unread ? await measure(files, { progress, signal }) : files;
  for (const { blob, name } of measured) await requireUnchanged(blob, name);
  const whole = complete(key, message, measured);
  const metadata = utf8(canonical(whole));
  const manifest = utf8(await manifestOf(metadata, measured));
  const digest = await sha256(new Blob([manifest]));
  signal?.throwIfAborted();
  const signature = await sign(key, digest, at);
  const head = [
    ["mimetype", utf8(MEDIA_TYPE)],
    ["META-INF/ASiCManifest001.xml", manifest],
    [SIGNATURE, signature],
    ["metadata.json", metadata],
  ];
  const blob = assembled(head, measured);
  return { blob, submission: hex(digest), reference: whole.reference, size: blob.size, message: whole };
}

/** Return the JSON that is signed: keys sorted, no spaces, no `\u`; what is absent or has its default is left out. */
export function canonical(message) {
  const text = JSON.stringify(sorted(message));
  if (text.includes("\\u"))
    throw new Problem(
      "metadata-malformed",
      _("What was typed contains an invisible control character, or \\u."),
      _("Delete what was pasted and type it by hand."),
    );
  return text;
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.keys(value).filter((name) => !isLeftOut(name, value[name]));
  return Object.fromEntries(kept.sort().map((name) => [name, sorted(value[name])]));
}

function isLeftOut(name, value) {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0) || DEFAULTS[name] === value;
}

function complete(key, message, files) {
  const documents = files.map((file) => ({
    name: file.member,
    role: file.role,
    origin: file.origin,
    media_type: file.mediaType,
    size: file.blob.size,
    sha256: file.sha256,
  }));
  return {
    ...message,
    type: "submission/v1",
    reference: message.reference ?? crypto.randomUUID(),
    version: message.version ?? (message.replaces ? 2 : 1),
    from: key.office,
    documents,
  };
}

async function manifestOf(metadata, files) {
  const described = { member: "metadata.json", mediaType: "application/json", sha256: hex(await sha256(new Blob([metadata]))) };
  const references = [described, ...files].map((file) => reference(file, file === files[0])).join("");
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n' +
    `<asic:SigReference URI="${SIGNATURE}" MimeType="application/pkcs7-signature"/>\n` +
    `${references}</asic:ASiCManifest>\n`
  );
}

function reference({ member, mediaType, sha256 }, isMain) {
  const value = btoa(sha256.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16))));
  return (
    `<asic:DataObjectReference URI="${quoted(member)}" MimeType="${mediaType}"${isMain ? ' Rootfile="true"' : ""}>` +
    '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>' +
    `<ds:DigestValue>${value}</ds:DigestValue></asic:DataObjectReference>\n`
  );
}

/** Escape a name for a URI; unreserved characters (RFC 3986) and the slash stand as they are. */
function quoted(name) {
  return encodeURIComponent(name)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%2F", "/");
}

function assembled(head, files) {
  const entries = laidOut([
    ...head.map(([name, content]) => ({ name, crc: crc32(0, content), size: content.length })),
    ...files.map(({ member, crc, blob }) => ({ name: member, crc, size: blob.size })),
  ]);
  if (entries[head.length - 1].end > LARGEST_HEAD) throw tooLarge("head-too-large");
  const contents = [...head.map(([, content]) => content), ...files.map(({ blob }) => blob)];
  const blob = new Blob([...entries.flatMap((entry, index) => [localHeader(entry), contents[index]]), join(...tail(entries))], { type: MEDIA_TYPE });
  if (blob.size > LARGEST) throw tooLarge("container-too-large");
  return blob;
}

function requireSizes(files) {
  if (files.length > MOST_FILES)
    throw new Problem(
      "too-many-members",
      _("One submission holds at most %(most)s files.", { most: MOST_FILES }),
      _("Put some of them together, or send them in two submissions."),
    );
  for (const { name, blob } of files) {
    if (blob.size === 0)
      throw new Problem("document-empty", _("The file %(name)s is empty (0 bytes).", { name }), _("Choose the right file."));
    if (blob.size > LARGEST_PART)
      throw new Problem(
        "part-too-large",
        _("The file %(name)s is larger than 200 MB.", { name }),
        _("Split it, or make its pictures smaller."),
      );
  }
  if (files.reduce((sum, { blob }) => sum + blob.size, 0) > LARGEST) throw tooLarge("container-too-large");
}

function tooLarge(type) {
  return new Problem(type, _("The files are too large together: one submission holds 500 MB."), _("Send them in two submissions."));
}
