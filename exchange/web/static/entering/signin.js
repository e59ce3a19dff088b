// Signing in with what this browser holds: one button for each person who has enrolled here.
import { Refusal } from "../core/api.js";
import { complain, say } from "../core/page.js";
import { _ } from "../core/texts.js";
import { all, requireFit } from "../signing/keys.js";
import { signIn } from "../signing/requests.js";

const ENDED = ["signer-expired", "signer-revoked", "signer-unknown", "signer-purpose", "request-not-signed"];
const place = document.getElementById("signin");

const keys = await all().catch(() => []);
const now = new Date();
for (const key of keys) place.append(key.notAfter > now ? entrance(key) : ended(key));
const some = keys.some((key) => key.notAfter > now);
document.getElementById("with-key").hidden = !some;
document.getElementById("without-key").hidden = some;
place.querySelector("button")?.focus();
requireFit().catch(complain);

function entrance(key) {
  const button = document.createElement("button");
  button.textContent = _("Enter as %(name)s (%(office)s)", { name: key.name, office: key.officeName });
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await signIn(key);
      location.assign(place.dataset.next);
    } catch (error) {
      button.disabled = false;
      refused(key, error);
    }
  });
  return button;
}

function ended(key) {
  const line = document.createElement("p");
  const day = key.notAfter.toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });
  line.textContent = _("The enrolment of %(name)s (%(office)s) on this computer ended on %(day)s.", { name: key.name, office: key.officeName, day });
  return line;
}

function refused(key, error) {
  if (!(error instanceof Refusal)) return complain(error);
  if (error.type === "request-out-of-time") {
    const here = new Date().toLocaleString("sv-SE").slice(0, 16);
    return say(_("The clock of this computer is wrong: it shows %(here)s.", { here }), { tone: "bad", advice: _("Set the clock, then sign in again.") });
  }
  if (error.type === "not-allowed")
    return say(_("%(name)s is not among the people whom the county knows any more.", { name: key.name }), {
      tone: "bad",
      advice: _("Ask the county's administrator."),
    });
  if (!ENDED.includes(error.type)) return complain(error);
  say(_("The enrolment of %(name)s on this computer does not count any more.", { name: key.name }), {
    tone: "bad",
    advice: _("Ask the county's administrator for a new one-time code and enrol again: it takes a minute."),
  });
  document.getElementById("without-key").hidden = false;
}
