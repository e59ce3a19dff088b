// What this computer keeps and has no receipt for yet: until there is one, nothing was sent.
import { language } from "../core/texts.js";
import { list } from "../sending/outbox.js";

/** Show the card and the list; nothing of them is there while nothing is kept. */
export async function show() {
  const kept = await list();
  const card = document.getElementById("unreceipted-card");
  const section = document.getElementById("unreceipted");
  card.hidden = section.hidden = kept.length === 0;
  card.querySelector(".figure").textContent = String(kept.length);
  section.querySelector("ul").replaceChildren(...kept.map(line));
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
  below.textContent = [said, [to].flat().join("、"), moment(keptAt)].filter(Boolean).join(" · ");
  row.append(link, below);
  return row;
}

function moment(keptAt) {
  const at = new Date(keptAt);
  return Number.isNaN(at.valueOf()) ? "" : at.toLocaleString("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" });
}

// a browser that cannot keep anything has nothing to show either
show().catch((error) => console.warn(error.name));
