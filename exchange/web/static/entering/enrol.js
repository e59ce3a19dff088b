// From the slip of paper to being signed in: the code, a look at who one is, done.
import { complain } from "../core/page.js";
import { enrol, forget, requireFit } from "../signing/keys.js";
import { signIn } from "../signing/requests.js";

const form = document.getElementById("enrol");
const found = document.getElementById("found");
const code = document.getElementById("code");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await busy(form, async () => {
    const key = await enrol(code.value);
    for (const place of found.querySelectorAll("[data-fact]")) place.textContent = key[place.dataset.fact];
    document.getElementById("messages").replaceChildren();
    form.hidden = true;
    found.hidden = false;
    document.getElementById("enter").onclick = () => busy(found, () => enter(key));
    document.getElementById("not-me").onclick = () => busy(found, () => leave(key));
    document.getElementById("enter").focus();
  });
});

async function enter(key) {
  await signIn(key);
  location.assign(form.dataset.next);
}

async function leave(key) {
  await forget(key.person);
  found.hidden = true;
  document.getElementById("someone-else").hidden = false;
  document.getElementById("someone-else").focus();
}

/** Do something that takes a moment, once; what stops it is said. */
async function busy(part, act) {
  const buttons = part.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  part.setAttribute("aria-busy", "true");
  try {
    await act();
  } catch (error) {
    complain(error);
  } finally {
    part.removeAttribute("aria-busy");
    for (const button of buttons) button.disabled = false;
  }
}

/** The slip's QR code brings the code behind the #, which browsers send to nobody; it does not stay in the address. */
function takeCode() {
  const brought = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!brought) return;
  code.value = brought;
  history.replaceState(null, "", location.pathname + location.search);
  form.querySelector("button").focus();
}

code.focus();
takeCode();
// a code brought while the page is open already
addEventListener("hashchange", takeCode);
requireFit().catch((error) => {
  complain(error);
  for (const part of form.elements) part.disabled = true;
});
