// What this computer keeps and has no receipt for yet: until there is one, nothing was sent.
import { askJson } from "../core/api.js";
import { language } from "../core/texts.js";
import { list, watch } from "../sending/outbox.js";

let names; // of offices by code; asked for once, when there is something to show

/** Show the card and the list; nothing of them is there while nothing is kept. */
export async function show() {
  const kept = await list();
  const card = document.getElementById("unreceipted-card");
  const section = document.getElementById("unreceipted");
  card.hidden = section.hidden = kept.length === 0;
  card.querySelector(".figure").textContent = String(kept.length);
  const nothing = document.getElementById("nothing-waits");
  if (nothing) nothing.hidden = kept.length > 0;
  if (kept.length > 0) names ??= await offices();
  section.querySelector("ul").replaceChildren(...kept.map(line));
}

async function offices() {
  try {
    const { items } = await askJson("GET", "/api/v1/offices");
    return new Map(items.map(({ code, name }) => [code, name]));
  } catch {
    return new Map(); // without the county the codes do
  }
}

function line({ submission, title, to, keptAt, problem }) {
  const row = document.createElement("li");
  row.className = "row";
  const link = document.createElement("a");
  link.className = "title";
  link.href = `/outbox#${submission}`;
  link.lang = "zh-CN";
  link.dataset.content = "";
  link.textContent = title;
  const below = document.createElement("span");
  below.className = "below";
  below.dataset.content = "";
  const said = language === "zh-CN" ? problem?.title : problem?.title_en;
  below.textContent = [said, [to].flat().map((code) => names.get(code) ?? code).join("、"), moment(keptAt)].filter(Boolean).join(" · ");
  row.append(link, below);
  return row;
}

function moment(keptAt) {
  const at = new Date(keptAt);
  return Number.isNaN(at.valueOf()) ? "" : at.toLocaleString("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" });
}

const failed = (error) => console.warn(error.name);
watch(({ changed }) => changed && show().catch(failed));
// a browser that cannot keep anything has nothing to show either
show().catch(failed);
