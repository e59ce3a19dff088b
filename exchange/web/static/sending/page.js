// The page of what has no receipt yet: the browser's own list, how far each is in whatever tab, and what was refused.
import { askJson, Unreachable } from "../core/api.js";
import { complain, say } from "../core/page.js";
import { _, language } from "../core/texts.js";
import { discard, entryOf, list, refusals, sweep, watch } from "./outbox.js";
import { Unproved } from "./receipts.js";
import { send } from "./send.js";
import { spoken } from "./standings.js";
import { giveUp as giveUpUpload } from "./upload.js";

const STATES = {
  kept: () => _("Waiting to be sent"),
  sending: () => _("Being sent"),
  checking: () => _("Being looked at by the county"),
};
const element = (id) => document.getElementById(id);
const rows = new Map(); // submission: its row
const stops = new Map(); // submission: what stops the sending that this page began
const names = offices(); // asked for once, when the page is opened
let showing = Promise.resolve();

/** Show what is kept now. Asked again meanwhile, it looks once more afterwards: an older list never replaces a newer one. */
function show() {
  const look = async () => drawn(await list(), await refusals(), await names);
  showing = showing.catch(() => {}).then(look);
  return showing;
}

function drawn(kept, refused, named) {
  for (const submission of rows.keys()) if (!kept.some((entry) => entry.submission === submission)) rows.delete(submission);
  const shown = kept.map((entry) => keptRow(entry, named));
  const before = element("kept").children;
  // a row that is put in its place anew loses the focus
  if (shown.length !== before.length || shown.some((row, place) => row !== before[place])) element("kept").replaceChildren(...shown);
  element("kept").hidden = kept.length === 0;
  element("kept-nothing").hidden = kept.length !== 0;
  element("refused").hidden = refused.length === 0;
  element("refused").querySelector("ul").replaceChildren(...refused.map(refusedRow));
}

function keptRow(entry, named) {
  const { submission, title, to, keptAt, state, problem } = entry;
  const row = rows.get(submission) ?? made("kept-row");
  if (!rows.has(submission)) {
    rows.set(submission, row);
    row.id = submission;
    row.querySelector("[data-send]").onclick = () => sendNow(submission);
    row.querySelector("[data-stop]").onclick = () => stops.get(submission)?.abort();
    row.querySelector("[data-discard]").onclick = () => giveUp(entry);
  }
  row.querySelector(".title").textContent = title;
  row.querySelector("[data-to]").textContent = to.map((code) => named.get(code) ?? code).join("、");
  row.querySelector("[data-when]").textContent = moment(keptAt);
  row.querySelector("[data-state]").textContent = STATES[state]?.() ?? STATES.kept();
  told(row.querySelector(".why"), problem && why(problem).filter(Boolean).join(" "));
  return row;
}

function refusedRow({ submission, refusedAt, problem }) {
  const row = made("refused-row");
  const [title, advice] = why(problem);
  row.querySelector(".title").textContent = title;
  row.querySelector(".title").lang = language;
  row.querySelector("[data-when]").textContent = moment(refusedAt);
  told(row.querySelector(".why"), advice);
  row.querySelector(".rules code").textContent = problem.rules.join(" ");
  row.querySelector(".rules").hidden = problem.rules.length === 0;
  row.querySelector("[data-discard]").onclick = () => discard(submission).catch(complain);
  return row;
}

/** Say what happened and what to do next, in the language of this page. */
function why({ type, title, title_en, advice, advice_en, message }) {
  const own = { unreachable: Unreachable, unproved: Unproved }[type];
  if (own) {
    const error = new own();
    return [error.message, error.advice];
  }
  const chinese = language === "zh-CN";
  return [(chinese ? title : title_en) ?? message ?? type, (chinese ? advice : advice_en) ?? advice ?? ""];
}

async function sendNow(submission) {
  const stop = new AbortController();
  stops.set(submission, stop);
  marked(submission);
  try {
    await send(submission, { signal: stop.signal });
    say(_("The county has taken it in; the receipt is here and verified."), { tone: "good" });
  } catch (error) {
    if (error.name !== "AbortError") complain(error);
  } finally {
    stops.delete(submission);
    marked(submission);
  }
}

function marked(submission) {
  const row = rows.get(submission);
  if (!row) return;
  const running = stops.has(submission);
  row.querySelector("[data-send]").hidden = running;
  row.querySelector("[data-stop]").hidden = !running;
  if (!running) row.querySelector(".progress").hidden = true;
}

function standing(submission, how) {
  const row = rows.get(submission);
  if (!row) return;
  const box = row.querySelector(".progress");
  const bar = box.querySelector("progress");
  const words = spoken(how);
  box.hidden = false;
  if (box.querySelector("span").textContent !== words) box.querySelector("span").textContent = words;
  bar.ariaLabel = words;
  if (how.total) [bar.max, bar.value] = [how.total, how.done];
  else bar.removeAttribute("value");
}

function giveUp({ submission, title }) {
  const dialog = element("giving-up");
  dialog.querySelector("[data-content]").textContent = title;
  dialog.onclose = () => {
    if (dialog.returnValue === "discard") dropped(submission).catch(complain);
  };
  dialog.returnValue = "";
  dialog.showModal();
}

async function dropped(submission) {
  stops.get(submission)?.abort();
  const entry = await entryOf(submission);
  await discard(submission);
  if (entry?.upload) await giveUpUpload(entry.upload);
}

function told(place, words) {
  place.textContent = words ?? "";
  place.hidden = !words;
}

function made(template) {
  return element(template).content.firstElementChild.cloneNode(true);
}

function moment(instant) {
  return new Date(instant).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" });
}

async function offices() {
  try {
    const { items } = await askJson("GET", "/api/v1/offices");
    return new Map(items.map(({ code, name }) => [code, name]));
  } catch {
    return new Map(); // without the county the codes do
  }
}

watch(({ submission, standing: how }) => (submission ? standing(submission, how) : show().catch(complain)));
show().catch(complain);
sweep().catch(complain);
