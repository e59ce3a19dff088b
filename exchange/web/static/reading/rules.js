// The county's own rule data: patterns, constants and what follows from each finding, as the service tells them.
// Loaded once a page; `pattern` gives a compiled one by the module and name that it has in the service.
import { ask } from "../core/api.js";

let table = null;
let pending = null;
const compiled = new Map();

/** Load the rules in force. `fetcher` is for tests. Throws what `ask` throws. */
export function load(fetcher = () => ask("GET", "/submit/patterns").then((answer) => answer.json())) {
  pending ??= fetcher().then(
    (told) => {
      table = told;
      compiled.clear();
    },
    (error) => {
      pending = null;
      throw error;
    },
  );
  return pending;
}

/** Forget them: the county has others now. */
export function forget() {
  pending = null;
}

/** What is told under a name: a constant of `module`, or with one argument what stands beside the modules. */
export function told(module, name) {
  return name === undefined ? table[module] : table[module][name];
}

/** A compiled pattern; `how` is "search", "match" (from the beginning), "full" (all of it) or "all" (every place). */
export function pattern(module, name, how = "search") {
  const key = `${module}.${name}.${how}`;
  if (!compiled.has(key)) compiled.set(key, compile(table[module][name], how));
  return compiled.get(key);
}

/** A pattern for a line that is an internal marking and nothing else. */
export function alone(marking) {
  const key = `marking ${marking}`;
  if (!compiled.has(key)) compiled.set(key, compile(table.markings[marking].alone, "full"));
  return compiled.get(key);
}

function compile({ source, flags }, how) {
  if (how === "search") return new RegExp(source, flags);
  if (how === "all") return new RegExp(source, `${flags}g`);
  return new RegExp(how === "full" ? `^(?:${source})$` : `^(?:${source})`, flags);
}
