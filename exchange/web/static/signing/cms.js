// The signature 报送签名: detached CAdES-B-B (ETSI EN 319 122-1 over RFC 5652) in the one profile of the house, see keys/cms.py.
import { ECDSA_SHA256, signBytes } from "./csr.js";
import * as der from "./der.js";

const DATA = der.oid("1.2.840.113549.1.7.1");
const SIGNED_DATA = der.oid("1.2.840.113549.1.7.2");
const CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4");
const SIGNING_TIME = der.oid("1.2.840.113549.1.9.5");
const SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47");
const SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"));
const ONE = der.integer(Uint8Array.of(1));

/**
 * Sign the content that has this digest.
 * @param {{privateKey: CryptoKey, certificate: Uint8Array, issuing: Uint8Array}} key
 * @param {Uint8Array} digest SHA-256 of the content, 32 bytes
 * @param {Date} at the claimed signing time, cut to whole seconds
 * @returns {Promise<Uint8Array>} DER
 */
export async function sign(key, digest, at = new Date()) {
  if (digest.length !== 32) throw new RangeError("a SHA-256 digest has 32 bytes");
  const named = new Uint8Array(await crypto.subtle.digest("SHA-256", key.certificate));
  const attributes = [
    attribute(CONTENT_TYPE, DATA),
    attribute(MESSAGE_DIGEST, der.octets(digest)),
    attribute(SIGNING_TIME, der.time(at)),
    attribute(SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(der.sequence(der.octets(named))))),
  ].sort(der.compare);
  // RFC 5652 section 5.4: not the field's own tag [0] is signed, but a SET OF
  const signature = await signBytes(key.privateKey, der.setOf(...attributes));
  const { issuer, serial } = der.certificate(key.certificate);
  const name = der.sequence(issuer, serial);
  const signer = der.sequence(ONE, name, SHA256, der.tagged(0, ...attributes), ECDSA_SHA256, der.octets(signature));
  const certificates = der.tagged(0, ...[key.certificate, key.issuing].sort(der.compare));
  const signed = der.sequence(ONE, der.setOf(SHA256), der.sequence(DATA), certificates, der.setOf(signer));
  return der.sequence(SIGNED_DATA, der.tagged(0, signed));
}

function attribute(type, value) {
  return der.sequence(type, der.setOf(value));
}
