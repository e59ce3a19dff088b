// What this computer is enrolled for, and taking it back.
import { complain } from "../core/page.js";
import { current, forget } from "../signing/kept.js";

const enrolled = document.getElementById("enrolled");
const key = await current().catch(() => null);
document.getElementById("not-enrolled").hidden = key !== null;
enrolled.hidden = key === null;
if (key) {
  const shown = { ...key, until: key.notAfter.toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" }) };
  for (const place of enrolled.querySelectorAll("[data-fact]")) place.textContent = shown[place.dataset.fact];
  document.getElementById("forget").addEventListener("click", () => document.getElementById("sure").showModal());
  document.getElementById("sure").addEventListener("close", async ({ target }) => {
    if (target.returnValue !== "yes") return;
    try {
      await forget(key.person);
      location.reload();
    } catch (error) {
      complain(error);
    }
  });
}
