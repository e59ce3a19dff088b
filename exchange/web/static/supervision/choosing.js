// Choosing rows of a table: all at once, and the buttons for what is chosen wait until something is.
const form = document.querySelector("[data-choosing]");
if (form) {
  const boxes = [...document.querySelectorAll(`input[type=checkbox][name=${form.dataset.choosing}]`)];
  const all = document.querySelector("[data-choose-all]");
  const buttons = [...form.querySelectorAll("button[name=chosen]")];

  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    for (const button of buttons) button.disabled = chosen === 0;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };

  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  show();
}
