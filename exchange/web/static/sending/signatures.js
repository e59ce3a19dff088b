// Signatures of receipts and their time stamps, read as keys/cms.py and keys/timestamp.py read them: one signer, whose certificate is
// embedded and named by what was signed, ECDSA P-256 with SHA-256.
import { integer, oid, read, setOf } from "../signing/der.js";
import { certificate, children, isSignedBy, require, same, time } from "./certificates.js";

const SIGNED_DATA = oid("1.2.840.113549.1.7.2");
const DATA = oid("1.2.840.113549.1.7.1");
const STAMP = oid("1.2.840.113549.1.9.16.1.4");
const SHA256 = oid("2.16.840.1.101.3.4.2.1");
const ECDSA_SHA256 = oid("1.2.840.10045.4.3.2");
const CONTENT_TYPE = oid("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4");
const SIGNING_TIME = oid("1.2.840.113549.1.9.5");
const SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47");
const OCTETS = 0x04;
const SET = 0x31;
const TAGGED = 0xa0;

/** Check a detached signature over content; returns `{signer, others, at}`: who signed, not yet believed, what else came along, the time. */
export async function verifyDetached(signature, content) {
  const signed = await opened(signature, DATA, content);
  return { ...signed, at: time(signed.signingTime.bytes, signed.signingTime) };
}

/** Check an RFC 3161 response over a message; returns `{signer, others, at}`. */
export async function verifyStamp(response, message) {
  const [status, token] = wholly(response);
  const [granted] = children(response, status);
  require([0, 1].some((code) => same(granted.whole, integer(Uint8Array.of(code)))) && token, "not granted");
  const { signer, others, content } = await opened(token.whole, STAMP, null);
  const [, , imprint, , at] = children(content);
  const [algorithm, digest] = children(content, imprint);
  require(same(children(content, algorithm)[0].whole, SHA256), "the imprint's digest");
  require(same(octets(content, digest), await sha256(message)), "the stamp is over another message");
  return { signer, others, at: time(content, at) };
}

/** Return the SHA-256 of bytes. */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

async function opened(der, type, detached) {
  const [outer, explicit] = wholly(der);
  require(same(outer.whole, SIGNED_DATA), "not a signature");
  const [version, algorithms, encapsulated, certificates, signers, ...more] = children(der, children(der, explicit, TAGGED)[0]);
  require(same(version.whole, integer(Uint8Array.of(type === DATA ? 1 : 3))), "another version"); // RFC 5652 section 5.1
  require(more.length === 0 && children(der, signers, SET).length === 1, "the signature's profile");
  const [contentType, embedded] = children(der, encapsulated);
  require(same(contentType.whole, type) && Boolean(embedded) === (detached === null), "another content");
  const content = detached ?? octets(der, children(der, embedded, TAGGED)[0]);
  const [first, name, digestAlgorithm, signedAttributes, algorithm, value] = children(der, children(der, signers, SET)[0]);
  require(same(first.whole, integer(Uint8Array.of(1))), "another version");
  require(same(algorithms.whole, setOf(digestAlgorithm.whole)), "the listed digest");
  require(same(children(der, digestAlgorithm)[0].whole, SHA256) && same(children(der, algorithm)[0].whole, ECDSA_SHA256), "the suite");
  const [signer, ...others] = named(children(der, certificates, TAGGED), children(der, name));
  const attributes = children(der, signedAttributes, TAGGED).map((element) => attribute(der, element));
  const one = (wanted) => {
    const found = attributes.filter((each) => same(each.type, wanted));
    require(found.length === 1, "an attribute is missing, or twice");
    return found[0].value;
  };
  require(same(one(CONTENT_TYPE).whole, type), "another content type");
  require(same(octets(der, one(MESSAGE_DIGEST)), await sha256(content)), "another content was signed");
  // SigningCertificateV2, its references, the first one, whose digest comes last unless a name follows; ours have none
  const [reference] = children(der, children(der, one(SIGNING_CERTIFICATE_V2))[0]);
  require(same(octets(der, children(der, reference)[0]), await sha256(signer.der)), "another certificate was named");
  // RFC 5652 section 5.4: not the field's own tag [0] is signed, but a SET OF
  const bytes = signedAttributes.whole.slice();
  bytes[0] = SET;
  require(await isSignedBy(signer, bytes, octets(der, value)), "the signature does not match");
  return { signer, others, content, signingTime: { ...one(SIGNING_TIME), bytes: der } };
}

/** Return the certificates that came along, the named one first. */
function named(certificates, [issuer, serial]) {
  const all = certificates.map(({ whole }) => certificate(whole));
  const isNamed = (each) => same(each.issuer, issuer.whole) && same(each.serial, serial.whole);
  require(all.filter(isNamed).length === 1, "the signer's certificate is not embedded");
  return [all.find(isNamed), ...all.filter((each) => !isNamed(each))];
}

function attribute(der, element) {
  const [type, values] = children(der, element);
  const [value, ...more] = children(der, values, SET);
  require(value && more.length === 0, "an attribute without one value");
  return { type: type.whole, value };
}

function octets(bytes, { tag, start, end }) {
  require(tag === OCTETS, "not octets");
  return bytes.slice(start, end);
}

function wholly(der) {
  require(read(der).end === der.length, "something follows");
  return children(der);
}
