// Urging on the receipt matrix and on the screen of what is to be looked after: see exchange/supervision/urging.py.
import { askJson, Refusal } from "../core/api.js";
import { inPieces, onOwnWord } from "./own.js";

const form = document.getElementById("urging");

/** Urge offices about one item; `count` is told of what came of each piece. */
async function urge(key, submission, offices, button, count) {
  const way = { call: "phone", urge: "web" }[button.name] ?? button.value;
  const note = form.elements.note.value.split(/\s+/u).filter(Boolean).join(" ");
  const reason = `${way} ${note}`.trim(); // as it is kept: `written` of exchange/supervision/urging.py
  await inPieces(key, { event: "NotificationForAcceptance", submission, reason }, offices, async (these, signed) => {
    try {
      const told = await askJson("POST", `/api/v1/submissions/${submission}/urge`, { offices: these, way, note, signed });
      count[way === "phone" ? "called" : "urged"] += told.urged.length;
      count.before += told.before.length;
    } catch (error) {
      if (error.type !== "urged-lately") throw error;
      count.before += these.length; // the page says from when on
    }
  });
}

const chosen = (name, button) =>
  ["urge", "call"].includes(button.name) ? [button.value] : [...document.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value);

async function ofOneItem(key, button) {
  const count = { urged: 0, called: 0, before: 0 };
  const offices = button.name === "everyone" ? form.dataset.waiting.split(" ") : chosen("offices", button);
  await urge(key, form.dataset.item, offices, button, count);
  return `${location.pathname}?${new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(location.search)), ...count })}`;
}

async function ofSeveral(key, button) {
  const count = { urged: 0, called: 0, before: 0 };
  const items = new Map();
  for (const [submission, office] of chosen("items", button).map((value) => value.split(":"))) {
    items.set(submission, [...(items.get(submission) ?? []), office]);
  }
  for (const [submission, offices] of items) {
    try {
      await urge(key, submission, offices, button, count);
    } catch (error) {
      // somebody has given it back, or taken it back, meanwhile: nobody is urged about that one
      if (!(error instanceof Refusal) || items.size === 1) throw error;
    }
  }
  const address = new URL(form.action);
  for (const [name, number] of Object.entries(count)) address.searchParams.set(name, number);
  return `/watch${address.search}`;
}

if (form) void onOwnWord(form, form.dataset.item ? ofOneItem : ofSeveral);
