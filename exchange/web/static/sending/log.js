// The proof that a receipt stands in the county's log: C2SP tlog-proof over a checkpoint that the log's own key has signed, and the path
// of RFC 9162 section 2.1.3.2, as keys/notes.py and keys/merkle.py read them.
import { same, require } from "./certificates.js";
import { sha256 } from "./signatures.js";
import { join } from "../signing/der.js";

const HEAD = "c2sp.org/tlog-proof@v1\n";
const ED25519 = 1;
const DECIMAL = /^(0|[1-9][0-9]{0,14})$/;

/** Read a log's verifier line, `origin+id+base64`; returns `{origin, key}`. Throws RangeError. */
export function readVerifier(line) {
  const [origin, , ...encoded] = line.split("+");
  const bytes = decoded(encoded.join("+"));
  require(origin && bytes.length === 33 && bytes[0] === ED25519, "the log's key");
  return { origin, key: bytes.slice(1) };
}

/**
 * Check that the entry is in the log; returns whether the checkpoint's signature could be checked, which browsers without Ed25519
 * cannot. Throws RangeError.
 */
export async function verifyLogged(proof, entry, { origin, key }) {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(proof);
  const blank = text.indexOf("\n\n");
  require(text.startsWith(HEAD) && blank > 0, "not a proof");
  const lines = text.slice(HEAD.length, blank).split("\n").filter((line, place) => place > 0 || !line.startsWith("extra "));
  const [, index] = /^index (\d+)$/.exec(lines[0]) ?? [];
  require(DECIMAL.test(index ?? ""), "no index");
  const path = lines.slice(1).map(decoded);
  const checkpoint = await opened(text.slice(blank + 2), origin, key);
  const root = await climbed(Number(index), checkpoint.size, await sha256(join(Uint8Array.of(0), entry)), path);
  require(same(root, checkpoint.root), "not in the log");
  return checkpoint.signed;
}

async function opened(note, origin, key) {
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const [named, size, root] = text.split("\n");
  require(end > 0 && named === origin && DECIMAL.test(size ?? ""), "not a checkpoint of this log");
  const bytes = new TextEncoder();
  const id = (await sha256(join(bytes.encode(`${origin}\n`), Uint8Array.of(ED25519), key))).slice(0, 4);
  const signatures = note
    .slice(end + 2)
    .split("\n")
    .filter((line) => line.startsWith(`— ${origin} `))
    .map((line) => decoded(line.slice(`— ${origin} `.length)))
    .filter((value) => same(value.slice(0, 4), id));
  require(signatures.length > 0, "not signed by the log's key");
  let signed = true;
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error.name !== "NotSupportedError") throw error;
    signed = false;
  }
  for (const value of signed ? signatures : [])
    require(await crypto.subtle.verify({ name: "Ed25519" }, imported, value.slice(4), bytes.encode(text)), "the log's signature");
  return { size: Number(size), root: decoded(root), signed };
}

async function climbed(index, size, leaf, path) {
  require(index < size && path.every((node) => node.length === 32), "no such leaf");
  const node = (left, right) => sha256(join(Uint8Array.of(1), left, right));
  const half = (number) => Math.floor(number / 2);
  let [first, last, found] = [index, size - 1, leaf];
  for (const sibling of path) {
    require(last > 0, "the path is too long");
    if (first % 2 === 1 || first === last) {
      found = await node(sibling, found);
      while (first !== 0 && first % 2 === 0) [first, last] = [half(first), half(last)];
    } else {
      found = await node(found, sibling);
    }
    [first, last] = [half(first), half(last)];
  }
  require(last === 0, "the path is too short");
  return found;
}

function decoded(text) {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    throw new RangeError("not base64");
  }
}
