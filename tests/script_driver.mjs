// Runs functions of the desk's modules in Node, asked by a test: one JSON question a line, one JSON answer a line.
import { openAsBlob } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const texts = JSON.stringify({});
globalThis.document = {
  documentElement: { lang: "en" },
  body: { dataset: {} },
  querySelectorAll: () => [],
  getElementById: (id) => (id === "texts" ? { textContent: texts } : null),
};

const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const EC = { name: "ECDSA", namedCurve: "P-256" };
const known = {
  $bytes: bytes,
  $blob: (text) => new Blob([bytes(text)]),
  $path: (path) => openAsBlob(path),
  $date: (text) => new Date(text),
  $key: (pkcs8) => crypto.subtle.importKey("pkcs8", bytes(pkcs8), EC, false, ["sign"]),
  $pair: () => crypto.subtle.generateKey(EC, false, ["sign"]),
};

async function alive(value) {
  if (Array.isArray(value)) return Promise.all(value.map(alive));
  if (value === null || typeof value !== "object") return value;
  for (const [name, make] of Object.entries(known)) if (name in value) return make(value[name]);
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([name, inside]) => [name, await alive(inside)])));
}

async function plain(value) {
  if (value instanceof Uint8Array) return { $bytes: base64(value) };
  if (value instanceof Blob) return { $bytes: base64(await value.arrayBuffer()) };
  if (value instanceof Date) return { $date: value.toISOString() };
  if (Array.isArray(value)) return Promise.all(value.map(plain));
  if (value === null || typeof value !== "object") return value ?? null;
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([name, inside]) => [name, await plain(inside)])));
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { module, name, values } = JSON.parse(line);
    const loaded = await import(pathToFileURL(module));
    answer = { value: await plain(await loaded[name](...(await alive(values)))) };
  } catch (error) {
    answer = { error: { type: error.type ?? error.name, message: error.message, advice: error.advice ?? "" } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
