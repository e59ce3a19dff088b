// On the page of what has no receipt: packages that lie on this computer and wait for somebody's signature. They are not submitted either.
import { _ } from "../core/texts.js";
import { by, content, make } from "../submit/dom.js";
import { parked } from "./parked.js";

const waiting = await parked().catch(() => []);
by("parked").hidden = waiting.length === 0;
by("parked").querySelector("ul").replaceChildren(...waiting.map(({ title, by: whom }) => make(
  "li",
  { class: "row parked" },
  make("a", { class: "title", href: "/countersign" }, content(title)),
  make("span", { class: "below" }, _("Waits for:"), " ", content(whom)),
)));
