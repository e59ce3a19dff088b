// The page of a package: opened, checked, shown, signed by whoever may, then sent from here or saved for the one who packed it.
import { askJson, Unreachable } from "../core/api.js";
import { complain, say } from "../core/page.js";
import { _ } from "../core/texts.js";
import { all } from "../signing/kept.js";
import { by, content, make, reveal } from "../submit/dom.js";
import { offices } from "../submit/recipients.js";
import { endsWith, isReady, lacking, whyNot } from "./entitled.js";
import { park, parked, unpark } from "./parked.js";
import { save } from "./save.js";

const told = JSON.parse(by("countersign-told").textContent);
const UNCLASSIFIED = "非涉密";
const parts = ["choosing", "opened", "sending", "stopped", "done"].map(by);
let held = null; // what is shown, and nothing else, for it is what is signed: {opened, message, signers, judged, key, waits}
let turn = null; // the package that is being read; what is chosen meanwhile, or a press on what is shown, takes its place

let tools = null;

/** What opens, judges, shows and signs a package; fetched with the first one, for the page is to be light. Throws Unreachable. */
function work() {
  tools ??= Promise.all([
    import("../signing/countersign.js"),
    import("../submit/judging.js"),
    import("../submit/onward.js"),
    import("../submit/words.js"),
    import("./showing.js"),
  ]).then((modules) => Object.assign({}, ...modules));
  tools.catch(() => (tools = null));
  return tools.catch(() => {
    throw new Unreachable();
  });
}

const only = (part) => reveal(part, ...parts.filter((each) => each !== part));

/** Open a package, judge it by the county's rules as they are now, and show it. `waits` says that it lies on this computer. */
async function take(blob, waits = false) {
  const mine = (turn = {});
  by("messages").replaceChildren();
  by("reading").hidden = false;
  try {
    const { judge, open, signers: signersOf } = await work();
    const bar = by("reading").querySelector("progress");
    const opened = await open(blob, { progress: ({ done, total }) => Object.assign(bar, { max: total || 1, value: done }) });
    const { message } = opened;
    if (mine === turn && message.from !== told.office && !message.joint?.includes(told.office)) {
      only(by("choosing")); // a stranger's file is not even read here
      return void say(_("It is another office's: only its own leader or confidentiality officer may sign."), { tone: "warn" });
    }
    const keys = await all();
    const issuing = keys.find(({ person }) => person === told.person)?.issuing ?? keys[0]?.issuing;
    if (!issuing) return void unable();
    const signers = await signersOf(opened, issuing);
    const judged = await judge(
      { ...message, classification: message.classification ?? UNCLASSIFIED, others: [message.signatory, message.secrecy_review?.by, message.secrecy_review?.conclusion].filter(Boolean) },
      opened.files.map((file) => ({ name: file.member, blob: file.blob })),
    );
    if (mine !== turn) return;
    const taken = { opened, message, signers, judged, waits, key: keys.find(({ person }) => person === told.person) ?? null };
    if (judged.verdict === "BLOCK") return await blocked(taken);
    await show(taken, mine);
  } finally {
    if (mine === turn) by("reading").hidden = true;
  }
}

function unable() {
  say(_("This browser cannot check the package: enrol this computer first."), { tone: "warn" })
    .append(make("p", {}, make("a", { href: "/enrol" }, _("Enrol this computer"))));
}

async function blocked({ judged, opened }) {
  const { stopped } = await work();
  await unpark(opened.submission).catch(() => {});
  held = null;
  by("stopped").replaceChildren(...stopped("secrecy-mark", judged.findings, told));
  only(by("stopped"));
}

async function show(taken, mine) {
  const { view } = await work();
  const names = new Map((await offices("").catch(() => [])).map(({ code, name }) => [code, name]));
  if (mine !== turn) return;
  held = { ...taken, names }; // from here on without a pause: what can be signed is what stands on the page
  const { opened, message, signers, judged } = held;
  by("opened-view").replaceChildren(...view({ opened, message, signers, judged, told, offices: names }));
  const why = whyNot({ ...held, told });
  const ready = isReady({ told, message, signers, judged });
  explain(why);
  by("sign-send").hidden = Boolean(why) || !endsWith({ told, message, signers });
  by("sign-save").hidden = Boolean(why);
  by("sign-save").classList.toggle("quiet", !by("sign-send").hidden); // where it is all that can be done, it is what is meant
  by("send-it").hidden = !ready || !why;
  by("drop-it").hidden = !held.waits;
  by("close-it").textContent = why ? _("Close") : _("Close without signing");
  only(by("opened"));
}

const called = (codes) => codes.map((code) => held.names.get(code) ?? code).join("、");

/** Say why this person cannot sign, or what they say by signing; of a joint issue, whose signature is still missing. */
function explain(why) {
  const { message, signers } = held;
  const missing = lacking(message, signers);
  const packer = signers[0].person === told.person; // who packed a joint issue waits for others, and is not asked to sign again
  const words = [
    message.joint?.length && packer ? "" : why,
    missing.length ? _("Still to sign: %(offices)s.", { offices: called(missing) }) : "",
    message.joint?.length && !missing.length ? _("Every office that issues it has signed.") : "",
  ].filter(Boolean);
  by("why-not").hidden = !words.length;
  by("why-not").textContent = words.join(" ");
  by("conclusion").hidden = Boolean(why) || message.from !== told.office;
  by("conclusion-joint").hidden = Boolean(why) || message.from === told.office;
  by("sign-save").textContent = message.from === told.office ? _("Sign and save for the clerk") : _("Sign and save, to hand it on");
  by("conclusion-joint").textContent = _(
    "By signing you say that your office issues these documents together with %(office)s, that you have looked at them, and that they hold no state secret.",
    { office: called([message.from]) },
  );
}

async function signed() {
  const { opened, key } = held; // before any pause
  turn = null;
  by("reading").hidden = true;
  const { countersign, open } = await work();
  const blob = await countersign(opened, key);
  await open(blob); // what is given on is read again as a stranger reads it
  return blob;
}

async function signAndSave() {
  const blob = await signed();
  save(blob, held.message.title);
  if (held.waits) await park({ ...waiting(), use: await useOf(held.opened.submission), blob });
  await take(blob, held.waits); // which begins with an empty place for messages
  const next = lacking(held.message, held.signers);
  say(
    next.length
      ? _("Signed and saved. Hand the saved file on to: %(office)s.", { office: called(next.slice(0, 1)) })
      : _("Signed and saved. Whoever packed it opens the file on this page and sends it."),
    { tone: "good" },
  );
}

const waiting = () => ({ submission: held.opened.submission, reference: held.message.reference, title: held.message.title, by: held.message.secrecy_review?.by ?? called(lacking(held.message, held.signers)) });

async function sendOut(blob) {
  const { opened: { submission }, message: { reference, title, to } } = held;
  const [{ discard, keep }, { isFinal, send }, { receiptView, tell }] = await Promise.all([import("../sending/outbox.js"), import("../sending/send.js"), work()]);
  only(by("sending"));
  try {
    await keep({ submission, reference, title, to, blob, use: await useOf(submission) });
  } catch (error) {
    only(by("opened"));
    throw error;
  }
  try {
    await unpark(submission).catch(() => {}); // the outbox has it now
    await send(submission, { progress: (standing) => tell(by("sending-progress").querySelector("progress"), by("sending-words"), standing) });
    const status = await askJson("GET", `/api/v1/submissions/${submission}`).catch(() => null);
    by("done").replaceChildren(...receiptView(submission, status));
    only(by("done"));
    await list();
  } catch (error) {
    complain(error);
    if (isFinal(error)) return refused(error, discard);
    by("sending-words").textContent = _("It is kept on this computer and is sent again by itself.");
  }
}

/** Why the number of an item that waits here is used again, as whoever packed it chose. */
const useOf = async (submission) => (await parked().catch(() => [])).find((entry) => entry.submission === submission)?.use ?? "";

/** The county has said no: nothing of it is kept, here as there. */
async function refused(error, discard) {
  await discard(held.opened.submission).catch(() => {});
  held = null;
  const contacts = (await work()).contactsList(told);
  by("stopped").replaceChildren(
    ...[
      make("h2", { id: "stopped-title" }, error.message),
      make("p", {}, error.advice),
      contacts,
      make("p", {}, make("a", { class: "button quiet", href: "/countersign" }, _("Open another package"))),
    ].filter(Boolean),
  );
  only(by("stopped"));
}

async function list() {
  const waiting_ = [];
  for (const entry of await parked().catch(() => [])) {
    if (await isAccepted(entry.submission)) await unpark(entry.submission); // it was sent from somewhere else
    else waiting_.push(entry);
  }
  by("parked").hidden = waiting_.length === 0;
  by("parked").querySelector("ul").replaceChildren(
    ...waiting_.map(({ title, by: whom, keptAt, blob }) =>
      make(
        "li",
        { class: "row" },
        make("button", { type: "button", class: "plain title", onclick: () => void take(blob, true).catch(complain) }, content(title)),
        make("span", { class: "below" }, whom ? make("span", {}, _("Waits for:"), " ", content(whom)) : null, " ", make("time", {}, moment(keptAt))),
      )),
  );
}

const isAccepted = (submission) => askJson("GET", `/api/v1/submissions/${submission}`).then(() => true, () => false);

const moment = (at) => new Date(at).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" });

/** Do something that a button asks for, once at a time. */
function press(id, work) {
  by(id).addEventListener("click", async () => {
    by(id).disabled = true;
    await work().catch(complain);
    by(id).disabled = false;
  });
}

press("sign-send", async () => sendOut(await signed()));
press("sign-save", signAndSave);
press("send-it", () => sendOut(held.opened.blob));
press("drop-it", async () => {
  await unpark(held.opened.submission);
  held = null;
  only(by("choosing"));
  await list();
  say(_("It is not kept on this computer any more."));
});
press("close-it", async () => {
  held = null;
  by("messages").replaceChildren();
  only(by("choosing"));
  await list();
});

by("choose").addEventListener("click", () => by("file").click());
by("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (file) take(file).catch(complain);
});
for (const name of ["dragenter", "dragover"]) addEventListener(name, (event) => (event.preventDefault(), by("drop").classList.add("over")));
addEventListener("dragleave", (event) => event.relatedTarget === null && by("drop").classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  by("drop").classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (file && !by("choosing").hidden) take(file).catch(complain);
});

list().catch(complain);
by("choosing").hidden = false;
