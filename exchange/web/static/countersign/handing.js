// After a clerk has packed what others are to sign, the leader or the offices that issue it together 联合发文: it is carried there as a
// file, or waits on this computer. It is not submitted yet.
import { complain } from "../core/page.js";
import { _ } from "../core/texts.js";
import { content, make } from "../submit/dom.js";
import { park } from "./parked.js";
import { save } from "./save.js";

/**
 * Fill a panel with what can be done with a packed container.
 * @param {HTMLElement} panel
 * @param {{blob: Blob, submission: string, reference: string}} packed what `pack` returned
 * @param {object} message
 * @param {{leader: string, offices: string[], use: string, kept: () => Promise<void>}} others who is to sign: a leader's name or "", and the names of
 * offices; `use` is why its number is used again; `kept` is told once the package lies somewhere else than on the page
 */
export function handOver(panel, packed, message, { leader, offices, use = "", kept }) {
  const whom = [leader, ...offices].filter(Boolean).join("、");
  const words = make("p", { role: "status", id: "handed" });
  const stay = () => {
    const { submission, reference, blob } = packed;
    return park({ submission, reference, title: message.title, by: whom, use, blob });
  };
  const act = (id, label, tone, work) => make("button", { type: "button", id, class: tone, onclick: (event) => {
    event.target.disabled = true;
    // a file may be saved again: a stick is lost, or the folder was the wrong one
    void work().then(kept).catch(complain).finally(() => (event.target.disabled = false));
  } }, label);
  const saving = act("save-package", _("Save the package"), "", async () => {
    if (offices.length) await stay(); // it may be days until the other office has signed: the page of what was not sent reminds of it
    save(packed.blob, message.title);
    words.textContent = _("Saved. As long as there is no receipt, it is not submitted.");
  });
  const parking = act("park-package", _("The leader signs on this computer"), "quiet", async () => {
    await stay();
    words.replaceChildren(_("It waits on this computer. The leader signs in here and opens it:"), " ", make("a", { href: "/countersign" }, _("Countersign")));
  });
  panel.replaceChildren(
    make(
      "div",
      { class: "message warn", role: "status" },
      make("h2", { id: "done-title" }, heading(leader, offices)),
      make("p", {}, _("You have signed. Now it is for:"), " ", content(whom)),
    ),
    make("ol", {}, ...[...(leader ? byLeader(offices) : []), ...(offices.length ? byOffices(offices) : [])].map((step) => make("li", {}, step))),
    make("p", { class: "toolbar" }, ...[saving, leader ? parking : null].filter(Boolean)),
    words,
  );
}

function heading(leader, offices) {
  if (!offices.length) return _("Not submitted yet: the signature of the leader is missing.");
  return leader
    ? _("Not submitted yet: the signatures of the leader and of the other office are missing.")
    : _("Not submitted yet: the signature of the other office is missing.");
}

const byLeader = (offices) => [
  _("Save the package and bring it to the leader, on a USB stick or over your own network."),
  _("On their computer the leader opens the page “Countersign”, looks at everything and signs."),
  ...(offices.length ? [] : [_("It is sent from there, or the leader saves it for you and you send it on the same page here.")]),
];

const byOffices = (offices) => [
  offices.length > 1
    ? _("Save the package and give it to the first of these offices. Each signs it on the page “Countersign” and gives the file that it has saved to the next, the last one back to you.")
    : _("Save the package and give it to that office. It signs it on the page “Countersign” and gives you the file that it has saved."),
  _("Open the signed file on the page “Countersign” here and send it: it is submitted then."),
  _("If the other office wants something changed, submit it anew: what was signed cannot be changed."),
];
