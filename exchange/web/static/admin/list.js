// A list is chosen by a button that speaks the page's language: a browser's own speaks the browser's, and lies unseen upon ours.
import { _ } from "../core/texts.js";

const input = document.getElementById("list");
const [button, said] = [document.createElement("span"), document.createElement("span")];

function tell() {
  const chosen = input.files[0];
  said.toggleAttribute("data-content", Boolean(chosen));
  said.textContent = chosen ? chosen.name : _("No file is chosen yet.");
}

button.className = "choose";
button.textContent = _("Choose a file");
input.replaceWith(button);
button.append(input);
button.after(" ", said);
input.addEventListener("change", tell);
tell();
