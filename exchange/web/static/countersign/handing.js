// After a clerk has packed what the leader is to sign: it is carried there as a file, or waits on this computer. It is not submitted yet.
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
 * @param {() => Promise<void>} kept is told once it lies somewhere else than on the page
 */
export function handOver(panel, packed, message, kept) {
  const whom = message.secrecy_review.by;
  const words = make("p", { role: "status", id: "handed" });
  const act = (id, label, tone, work) => make("button", { type: "button", id, class: tone, onclick: (event) => {
    event.target.disabled = true;
    // a file may be saved again: a stick is lost, or the folder was the wrong one
    void work().then(kept).catch(complain).finally(() => (event.target.disabled = false));
  } }, label);
  panel.replaceChildren(
    make(
      "div",
      { class: "message warn", role: "status" },
      make("h2", { id: "done-title" }, _("Not submitted yet: the signature of the leader is missing.")),
      make("p", {}, _("You have signed. Now it is for:"), " ", content(whom)),
    ),
    make(
      "ol",
      {},
      make("li", {}, _("Save the package and bring it to the leader, on a USB stick or over your own network.")),
      make("li", {}, _("On their computer the leader opens the page “Countersign”, looks at everything and signs.")),
      make("li", {}, _("It is sent from there, or the leader saves it for you and you send it on the same page here.")),
    ),
    make(
      "p",
      { class: "toolbar" },
      act("save-package", _("Save the package"), "", async () => {
        save(packed.blob, message.title);
        words.textContent = _("Saved. As long as there is no receipt, it is not submitted.");
      }),
      act("park-package", _("The leader signs on this computer"), "quiet", async () => {
        const { submission, reference, blob } = packed;
        await park({ submission, reference, title: message.title, by: whom, blob });
        words.replaceChildren(_("It waits on this computer. The leader signs in here and opens it:"), " ", make("a", { href: "/countersign" }, _("Countersign")));
      }),
    ),
    words,
  );
}
