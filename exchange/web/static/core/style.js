// The style page's dialog, and its keys.
import { bind, help } from "./keyboard.js";
import { say } from "./page.js";
import { _ } from "./texts.js";

bind(_("Style"), [
  { key: "m", label: _("Show a message"), run: () => void say(_("Something new has come.")) },
  { key: "Ctrl+Enter", label: _("Show a good message"), run: () => void say(_("Submitted; the receipt is verified."), { tone: "good" }) },
]);
document.getElementById("style-dialog").addEventListener("click", help);
