// A file is chosen by a button that speaks the page's language: a browser's own speaks the browser's, and lies unseen upon ours.
import { _ } from "./texts.js";

function dress(input) {
  const [button, said] = [document.createElement("span"), document.createElement("span")];
  const tell = () => {
    const names = [...input.files].map(({ name }) => name);
    said.toggleAttribute("data-content", names.length > 0);
    said.textContent = names.join(" · ") || _("No file is chosen yet.");
  };
  button.className = "choose";
  button.textContent = input.multiple ? _("Choose files") : _("Choose a file");
  said.className = "muted small";
  said.setAttribute("role", "status");
  input.replaceWith(button);
  button.append(input);
  button.after(" ", said);
  input.addEventListener("change", tell);
  tell();
}

for (const input of document.querySelectorAll(".field > input[type='file']")) dress(input);
