// The little bar over a document: page, size, turning, finding.
import { _ } from "../core/texts.js";

function button(sign, label, run) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: sign, title: label });
  made.setAttribute("aria-label", label);
  made.addEventListener("click", run);
  return made;
}

function field(type, label, more = {}) {
  const made = document.createElement("input");
  Object.assign(made, { type, autocomplete: "off", ...more });
  made.setAttribute("aria-label", label);
  made.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector(".sheets").focus();
  });
  return made;
}

/** The bar of some sheets: {element, at(page), told({zoom, smallest, largest})}. */
export function bar(sheets) {
  const element = document.createElement("div");
  element.className = "tools";
  element.setAttribute("role", "toolbar");
  element.setAttribute("aria-label", _("Document view"));
  const { of } = sheets.source;
  const page = field("number", _("Page"), { min: 1, max: of, value: 1, readOnly: of === 1 });
  page.addEventListener("change", () => sheets.goTo(Number(page.value)));
  const count = document.createElement("span");
  count.textContent = `/ ${of}`;
  const scale = document.createElement("span");
  scale.className = "number";
  const smaller = button("−", _("Smaller"), () => sheets.zoomTo(-1));
  const larger = button("+", _("Larger"), () => sheets.zoomTo(1));
  element.append(group(page, count), group(smaller, scale, larger, button("↔", _("As wide as there is room"), () => sheets.zoomTo(0)), button("↻", _("Turn"), () => sheets.turn())));
  if (sheets.source.text) element.append(finder(sheets));
  return {
    element,
    at: (number) => void (document.activeElement === page || (page.value = number)),
    told({ zoom, smallest, largest }) {
      scale.textContent = `${Math.round(zoom * 100)}%`;
      smaller.disabled = smallest;
      larger.disabled = largest;
    },
  };
}

function group(...parts) {
  const made = document.createElement("span");
  made.className = "group";
  made.append(...parts);
  return made;
}

function finder(sheets) {
  const words = field("search", _("Find in this document"), { placeholder: _("Find"), maxLength: 100 });
  const told = document.createElement("span");
  told.setAttribute("role", "status");
  const go = async () => {
    if (!words.value.trim()) return void (told.textContent = "");
    told.textContent = "…";
    const isFound = await sheets.find(words.value).catch(() => false);
    told.textContent = isFound ? "" : _("not found");
  };
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) void go();
  });
  return group(words, button("↓", _("Next place"), () => void go()), told);
}
