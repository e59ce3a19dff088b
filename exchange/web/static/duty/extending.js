// An extension bears the person's own signature, where this browser has their key: one for each recipient.
import { askJson, Refusal } from "../core/api.js";
import { inPieces, onOwnWord } from "../supervision/own.js";

const form = document.querySelector("form[data-extend]");

async function extend(key) {
  const { office, until, reason } = form.elements;
  const submission = form.dataset.extend;
  const words = reason.value.trim();
  const offices = office.value ? [office.value] : [...office.options].map((option) => option.value).filter(Boolean);
  const act = { event: "DeadlineExtension", submission, reason: `${until.value} ${words}` };
  let done = false;
  try {
    await inPieces(key, act, offices, async (these, signed) => {
      await askJson("POST", `/api/v1/submissions/${submission}/extension`, { until: until.value, reason: words, offices: these, signed });
      done = true;
    });
  } catch (error) {
    if (done || !(error instanceof Refusal)) throw error;
    return null; // the page says beside the field what is wrong
  }
  return `/sent/${submission}/extend?done=1`;
}

if (form) void onOwnWord(form, extend);
