// Whom a receipt's signature speaks for: one step from the county's issuing certificate, of exactly the expected profile, not revoked at
// the moment that is asked about. What stands here of it is what keys/trust.py and keys/revocation.py ask of the county's own keys.
import { children as all, compare, oid, read } from "../signing/der.js";

const ECDSA_SHA256 = oid("1.2.840.10045.4.3.2");
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const KEY_USAGE = "2.5.29.15";
const ALTERNATIVE_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const UNDERSTOOD = [KEY_USAGE, ALTERNATIVE_NAME, BASIC_CONSTRAINTS, EXTENDED_KEY_USAGE];
const URI = 0x86;
const CONTEXT = 0xa0;

/** What a certificate for one purpose holds, no more and no less: key usage (DER), the one usage, the names. */
export const RECEIPT = { keyUsage: [3, 2, 6, 0xc0], usage: "1.3.6.1.5.5.7.3.4", names: ["urn:yizhan:office:county", "urn:yizhan:service:receipt"] };
export const TIME_STAMP = { keyUsage: [3, 2, 7, 0x80], usage: "1.3.6.1.5.5.7.3.8", names: ["urn:yizhan:service:timestamp"] };

export const same = (one, other) => compare(one, other) === 0;

/** Throw RangeError unless a condition holds. */
export function require(condition, what) {
  if (!condition) throw new RangeError(what);
}

/** Return the elements within a SEQUENCE, or within what has another tag. Throws RangeError. */
export function children(bytes, element = read(bytes), tag = 0x30) {
  require(element.tag === tag, "another element");
  return all(bytes, element);
}

/** Read a certificate: its parts as they stand in it. Throws RangeError. */
export function certificate(der) {
  const [body, algorithm, signature] = children(der);
  const parts = children(der, body);
  require(parts[0].tag === CONTEXT && same(children(der, algorithm)[0].whole, ECDSA_SHA256), "the certificate's form");
  const [, serial, , issuer, validity, subject, publicKey] = parts;
  const [notBefore, notAfter] = children(der, validity).map((element) => time(der, element));
  const listed = parts.find((part) => part.tag === 0xa3);
  const extensions = listed ? children(der, children(der, listed, 0xa3)[0]).map((element) => extension(der, element)) : [];
  return {
    der,
    body: body.whole,
    signature: bits(der, signature),
    serial: serial.whole,
    issuer: issuer.whole,
    subject: subject.whole,
    publicKey: publicKey.whole,
    notBefore,
    notAfter,
    extensions,
  };
}

/** Throw RangeError unless a signer was good for a profile at a moment, by the issuing certificate and the revocation lists. */
export async function believe({ signer, others }, { profile, at, issuing, lists }) {
  require(others.every(({ der }) => same(der, issuing)), "a certificate outside the signer's chain");
  const issuer = certificate(issuing);
  require(same(signer.issuer, issuer.subject) && (await isSignedBy(issuer, signer.body, signer.signature)), "issued by another");
  require([signer, issuer].every(({ notBefore, notAfter }) => notBefore <= at && at <= notAfter), "not valid then");
  requireProfile(signer, profile);
  const covering = [];
  for (const list of lists.map(revocationList)) {
    const ours = same(list.issuer, issuer.subject) && list.thisUpdate <= at && at <= list.nextUpdate;
    if (ours && (await isSignedBy(issuer, list.body, list.signature))) covering.push(list);
  }
  require(covering.length > 0, "no revocation list covers the moment");
  const revoked = covering.some((list) => list.revoked.some((entry) => same(entry.serial, signer.serial) && entry.at <= at));
  require(!revoked, "revoked");
}

/** Say whether an ECDSA signature (DER) over these bytes is by the certificate's key. */
export async function isSignedBy({ publicKey }, bytes, signature) {
  const raw = new Uint8Array(64);
  const numbers = children(signature);
  require(numbers.length === 2 && numbers.every(({ tag }) => tag === 0x02) && read(signature).end === signature.length, "the signature's form");
  numbers.forEach(({ start, end }, place) => {
    const digits = signature.subarray(start, end);
    const shortest = digits[0] === 0 ? digits.subarray(1) : digits;
    require(shortest.length <= 32, "the signature's form");
    raw.set(shortest, 32 * (place + 1) - shortest.length);
  });
  const key = await crypto.subtle.importKey("spki", publicKey, P256, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, bytes);
}

/** Read UTCTime or GeneralizedTime, to the second. */
export function time(bytes, { tag, start, end }) {
  const digits = new TextDecoder().decode(bytes.subarray(start, end));
  const century = tag === 0x18 ? "" : Number(digits.slice(0, 2)) < 50 ? "20" : "19";
  const read_ = new Date((century + digits).replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  require((tag === 0x17 || tag === 0x18) && !Number.isNaN(read_.getTime()), "a time");
  return read_;
}

function requireProfile({ extensions }, { keyUsage, usage, names }) {
  require(extensions.every(({ known, critical }) => known || !critical), "a critical extension that is not known");
  const value = (name) => {
    const found = extensions.filter((each) => same(each.type, oid(name)));
    require(found.length <= 1, "an extension twice");
    return found[0]?.value;
  };
  const usages = value(EXTENDED_KEY_USAGE);
  const alternative = value(ALTERNATIVE_NAME);
  const constraints = value(BASIC_CONSTRAINTS);
  require(value(KEY_USAGE) && same(value(KEY_USAGE), Uint8Array.from(keyUsage)), "key usage");
  require(usages && children(usages).length === 1 && same(children(usages)[0].whole, oid(usage)), "extended key usage");
  require(!constraints || children(constraints).length === 0, "an authority");
  const named = alternative ? children(alternative) : [];
  const written = named.map(({ start, end }) => new TextDecoder().decode(alternative.subarray(start, end)));
  require(named.every(({ tag }) => tag === URI) && written.sort().join(" ") === [...names].sort().join(" "), "names");
}

function extension(der, element) {
  const parts = children(der, element);
  const { start, end } = parts.at(-1);
  const known = UNDERSTOOD.some((name) => same(parts[0].whole, oid(name)));
  return { type: parts[0].whole, critical: parts.length === 3, known, value: der.slice(start, end) };
}

function revocationList(der) {
  const [body, algorithm, signature] = children(der);
  const [version, , issuer, thisUpdate, nextUpdate, ...rest] = children(der, body);
  require(version.tag === 0x02 && same(children(der, algorithm)[0].whole, ECDSA_SHA256), "the list's form");
  const entries = rest[0]?.tag === 0x30 ? children(der, rest[0]) : [];
  const revoked = entries.map((entry) => {
    const [serial, at] = children(der, entry);
    return { serial: serial.whole, at: time(der, at) };
  });
  const [from, until] = [thisUpdate, nextUpdate].map((element) => time(der, element));
  return { body: body.whole, signature: bits(der, signature), issuer: issuer.whole, thisUpdate: from, nextUpdate: until, revoked };
}

function bits(der, { tag, start, end }) {
  require(tag === 0x03 && der[start] === 0, "a bit string");
  return der.slice(start + 1, end);
}
