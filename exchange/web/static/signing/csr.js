// The certificate request (PKCS #10, RFC 2986) with which a browser shows that it holds its key.
import * as der from "./der.js";

const ECDSA = { name: "ECDSA", hash: "SHA-256" };

/** The algorithm identifier ecdsa-with-SHA256 (RFC 5758 section 3.2). */
export const ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"));

/** Sign bytes with a P-256 key of WebCrypto; returns the DER of ECDSA-Sig-Value, where WebCrypto gives r and s side by side. */
export async function signBytes(privateKey, bytes) {
  const raw = new Uint8Array(await crypto.subtle.sign(ECDSA, privateKey, bytes));
  return der.sequence(der.integer(raw.subarray(0, 32)), der.integer(raw.subarray(32)));
}

/** Return the request for a pair of keys, as DER. The name is for whoever looks at the file: the register says who one is. */
export async function request(pair, name = "yizhan") {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const subject = der.sequence(der.setOf(der.sequence(der.oid("2.5.4.3"), der.text(name))));
  const body = der.sequence(der.integer(Uint8Array.of(0)), subject, publicKey, der.tagged(0));
  return der.sequence(body, ECDSA_SHA256, der.bits(await signBytes(pair.privateKey, body)));
}
