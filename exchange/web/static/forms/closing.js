// To close a form is on the person's own word where this browser holds their key.
import { onOwnAct } from "../signing/own_act.js";

const form = document.querySelector("form[data-closes]");
onOwnAct(form, () => ({ event: "FormClosure", submission: form.dataset.closes }));
