// A correction as the service keeps it, and the person signs it: see exchange/registers/rules.py.

const COUNTED = new Set(["copies", "pages"]);

/**
 * What is another now, and why: written as JSON it is what is kept, since its names stand in their order.
 * @param {Iterable<[string, string]>} given the form's fields; `was_NAME` holds what stood in the column NAME when it was shown
 */
export function correction(given) {
  const fields = new Map(given);
  const values = {};
  for (const [name, was] of [...fields].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const column = name.slice("was_".length);
    if (!name.startsWith("was_") || !fields.has(column)) continue;
    const value = fields.get(column).trim();
    if (value !== was) values[column] = COUNTED.has(column) && value ? String(Number(value)) : value;
  }
  return { reason: fields.get("reason").trim(), values };
}
