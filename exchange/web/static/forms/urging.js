// Urging 催报 of whoever has not answered a form, on the person's own word: see exchange/forms/urging.py.
import { askJson } from "../core/api.js";
import { inPieces, onOwnWord } from "../supervision/own.js";

const form = document.querySelector("form[data-urging]");

async function urge(key) {
  const { urging: submission, reason, offices } = form.dataset;
  const period = form.elements.period.value;
  let urged = 0;
  await inPieces(key, { event: "NotificationForAcceptance", submission, reason }, offices.split(" "), async (these, signed) => {
    try {
      urged += (await askJson("POST", `/api/v1/forms/${submission}/urge`, { period, offices: these, signed })).urged.length;
    } catch (error) {
      if (error.type !== "urged-lately") throw error; // else the page says from when on
    }
  });
  return `/forms/${submission}?${new URLSearchParams({ period, urged })}`;
}

if (form) void onOwnWord(form, urge);
