// The office that signed in here last is chosen already; only its code is kept, in this browser.
const OFFICE = "signin-office";
const office = document.getElementById("office");
const last = localStorage.getItem(OFFICE);
if (!office.value && [...office.options].some((option) => option.value === last)) office.value = last;
office.form.addEventListener("submit", () => localStorage.setItem(OFFICE, office.value));
