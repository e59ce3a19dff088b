// Who acts for whom is on the person's own word where this browser holds their key: the two people and the days are signed.
import { onOwnAct } from "../signing/own_act.js";

const naming = document.querySelector("form[data-names-deputy]");
onOwnAct(naming, () => {
  const { away, deputy, first_day: first, last_day: last } = naming.elements;
  return { event: "DeputyAppointment", subject: [away, deputy, first, last].map(({ value }) => value).join(" ") };
});

for (const form of document.querySelectorAll("form[data-ends-deputy]")) {
  onOwnAct(form, () => ({ event: "DeputyEnd", subject: form.dataset.endsDeputy }));
}
