// A page with documents of which one is shown when somebody asks for it.
import { show } from "./viewer.js";

document.addEventListener("click", (event) => {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest(".documents a[data-way]");
  if (!link) return;
  event.preventDefault();
  void show(link);
  document.getElementById("viewer").scrollIntoView({ block: "nearest" });
});
