// The way of one item: documents are chosen and judged here, read off, confirmed, signed, sent, and receipted.
import { askJson, ask as request, Refusal, Unreachable } from "../core/api.js";
import { complain, say } from "../core/page.js";
import { _ } from "../core/texts.js";
import { Asking } from "../countersign/asking.js";
import { summary } from "../forms/asked.js";
import { Asked } from "../forms/compose.js";
import { memberName } from "../signing/names.js";
import { able } from "./able.js";
import * as chosen from "./chosen.js";
import { guessOrigin, guessRoles, inOrder, mediaTypeOf, refusal } from "./documents.js";
import { by, make, reveal } from "./dom.js";
import { Drafts } from "./drafts.js";
import { Fields } from "./fields.js";
import { judge, prepare } from "./judging.js";
import { documentProblem, messageOf, SCAN, UNCLASSIFIED } from "./message.js";
import { receiptView, tell } from "./onward.js";
import { offices, Recipients } from "./recipients.js";
import { hinted } from "./elements.js";
import { chosenUse, sentBefore, warning } from "./twice.js";
import { findingsList, stopped } from "./words.js";

const told = JSON.parse(by("submit-told").textContent);
const person = document.body.dataset.person;
const form = by("submit");
const parts = ["confirm", "sending", "stopped", "done"].map(by);
const purpose = told.replaces?.submission ?? told.answers?.submission ?? "new";
const drafts = new Drafts(person, purpose);
const asking = new Asking(told, () => show());
const STOPS = new Set(["secrecy-mark", "classified-declared"]);
const DELETED = "#deleted";
let files = [];
let under = new AbortController();
let turn = Promise.resolve();
let ready = null;
let compared = "";
let tools = null;

/** What signs and sends; fetched when the first file is there, for the page is to be light. Throws Unreachable. */
function onward() {
  tools ??= Promise.all([
    import("../sending/outbox.js"),
    import("../sending/send.js"),
    import("../signing/container.js"),
    import("./confirming.js"),
    import("./looking.js"),
  ]).then((modules) => Object.assign({}, ...modules));
  tools.catch(() => (tools = null));
  return tools.catch(() => {
    throw new Unreachable();
  });
}

const fields = new Fields(form, { statutory: told.statutory, number: told.number, told: typed });
const to = new Recipients("to", { own: told.office, person, told: typed, others: () => [...cc.codes, ...joint.codes] });
const cc = new Recipients("cc", { own: told.office, person, told: typed, others: () => [...to.codes, ...joint.codes] });
const joint = new Recipients("joint", { own: told.office, person, told: typed, others: () => [...to.codes, ...cc.codes] });

const reply = new Asked(form, { told: typed, files: () => files });

function typed() {
  if (to.codes.length) fields.wrong("to", "");
  if (fields.validNumber() !== compared) twice().catch(complain);
  drafts.saveFields({ ...fields.values(), to: to.chosen, cc: cc.chosen, joint: joint.chosen, reply: reply.said() });
}

/** Say whether the office has sent something under this number before; the number may be another one by the time it is answered. */
async function twice() {
  const number = (compared = fields.validNumber());
  const before = number ? await sentBefore(number, told.replaces?.submission) : [];
  if (number === compared) by("number-twice").replaceChildren(...[warning(before)].filter(Boolean));
  return before;
}

drafts.told = (kept) => {
  by("saved").textContent = kept
    ? _("Draft kept on this computer")
    : _("This draft cannot be kept on this computer: do not close the page.");
};
addEventListener("beforeunload", (event) => {
  if (!drafts.kept) event.preventDefault();
});
addEventListener("pagehide", () => drafts.flush());

// ---- documents

function show() {
  chosen.show(files, told, {
    role: (file, role) => changeRole(file, role),
    origin: (file, origin) => changeOrigin(file, origin),
    move: (file, step) => {
      const at = files.indexOf(file);
      files.splice(at, 1);
      files.splice(at + step, 0, file);
      changed();
    },
    remove: (file) => {
      files = files.filter((other) => other !== file);
      guessRoles(files);
      changed();
    },
  });
  const review = files.some((file) => file.state === "review");
  reply.templates();
  by("review").hidden = !review && !asking.way && !files.some((file) => file.role === "review_form");
  if (!by("review").hidden) void asking.offer(files);
  by("review-why").replaceChildren(...files.filter((file) => file.state === "review").map((file) => findingsList(file.findings, told)));
  if (!documentProblem(files)) fields.wrong("choose", "");
}

function changed() {
  show();
  // what has not been judged yet is not kept
  drafts.saveFiles(files.filter((file) => file.state !== "checking")).catch(complain);
}

function changeRole(file, role) {
  if (role === "main") for (const other of files) if (other !== file && other.role === "main") Object.assign(
    other,
    { role: "attachment", roleChosen: false },
  );
  Object.assign(file, { role, roleChosen: true });
  guessRoles(files);
  changed();
  queue(() => consider(file));
}

function changeOrigin(file, origin) {
  Object.assign(file, { origin, originChosen: true });
  changed();
  queue(() => consider(file));
}

function add(blobs) {
  onward().catch(() => {});
  const wrong = [];
  for (const blob of blobs) {
    const why = refusal(blob, files);
    if (why) {
      wrong.push(why);
      continue;
    }
    const file = {
      id: crypto.randomUUID(),
      name: blob.name.normalize("NFC"),
      blob,
      mediaType: mediaTypeOf(blob.name),
      origin: guessOrigin(blob.name),
      state: "checking",
    };
    files.push(file);
    guessRoles(files);
    queue(() => check(file));
  }
  if (wrong.length) say(wrong.slice(0, 5).join(" "), { tone: "bad", advice: wrong.length < blobs.length ? _("The other files were added.") : "" });
  show();
}

/** One thing after the other: questions do not stand side by side, and a stop stops what waits. */
function queue(work) {
  const signal = under.signal;
  turn = turn.then(() => (signal.aborted ? undefined : work())).catch((error) => error.name !== "AbortError" && complain(error));
  return turn;
}

async function check(file) {
  const signal = under.signal;
  if (!files.includes(file) || file.state !== "checking") return;
  const result = await judge(
    { classification: UNCLASSIFIED },
    [{ name: memberName(file.name, "attachment"), blob: file.blob }],
    { signal },
  );
  signal.throwIfAborted();
  if (result.verdict === "BLOCK") return stop("secrecy-mark", result.findings);
  [file.reading] = result.readings.values();
  file.findings = result.findings;
  file.state = { PASS: "clear", UNREAD: "unread", REVIEW: "review" }[result.verdict];
  if (!file.originChosen) file.origin = guessOrigin(file.name, file.reading.scan);
  changed();
  await consider(file);
}

/** A scan is looked at by the person before it leaves; then the county reads the main document, for what it says of itself. */
async function consider(file) {
  const signal = under.signal;
  if (!files.includes(file)) return;
  if (file.origin === SCAN && !file.look) {
    const answer = await (await onward()).ask(by("looks"), file, { signal });
    if (answer === "yes") return stop("secrecy-mark", []);
    if (answer !== "no") return;
    file.look = { at: new Date().toISOString() };
    changed();
  }
  // nobody waits for it: what is typed meanwhile stays
  if (file.role === "main" && !file.told && !["review", "refused"].includes(file.state)) {
    read(file, signal).catch((error) => error.name !== "AbortError" && complain(error));
  }
}

async function read(file, signal) {
  const words = by("reading");
  file.told = true;
  words.textContent = _("The document is being read…");
  try {
    const headers = { "Yizhan-Document-Name": encodeURIComponent(file.name), "Content-Type": file.mediaType };
    const answer = await (await request("POST", "/submit/reading", { body: file.blob, headers, signal })).json();
    if (answer.verdict === "BLOCK") return stop("secrecy-mark", answer.findings, { left: true });
    if (!files.includes(file)) return;
    if (answer.verdict === "REVIEW") Object.assign(file, { state: "review", findings: answer.findings });
    else if (answer.looked && file.state === "unread") file.state = "clear";
    file.said = answer.said;
    words.textContent = outcome(fields.propose(answer.guesses));
    typed();
    changed();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    words.textContent = "";
    if (error instanceof Refusal && error.status === 422) {
      Object.assign(file, { state: "refused", problem: `${error.message} ${error.advice}` });
    }
    else if (error instanceof Refusal && error.status === 401) signedOut();
    else words.textContent = _("The document could not be read just now: please type it.");
    show();
  }
}

/** What came of reading, in words. */
function outcome({ read: count, same, other }) {
  if (other) return _("Elements that differ between the document and this form: %(count)s. Please check them.", { count: other });
  if (count) return _("%(count)s elements were read from the document: please check them.", { count });
  if (same) return _("The elements agree with the document: please check them.");
  return _("Nothing could be read from the document: please type it.");
}

function signedOut() {
  const { title, advice } = told.problems["signed-out"];
  say(title, { tone: "bad", advice }).append(
    make("p", {}, make("a", { href: "/signin?next=/submit", target: "_blank" }, _("Sign in in another tab, then go on here")))
  );
}

/** A mark: nothing leaves, and nothing of it stays here. */
async function stop(type, findings, options = {}) {
  under.abort(new DOMException("stopped", "AbortError"));
  by("looks").replaceChildren();
  files = [];
  ready = null;
  await drafts.remove();
  form.reset();
  chosen.show([], told, {});
  const panel = by("stopped");
  by("about")?.remove();
  panel.replaceChildren(...stopped(type, findings, told, options));
  reveal(panel, form, ...parts.filter((part) => part !== panel));
}

// ---- confirming and sending

async function next() {
  for (const file of files) {
    if (file.state === "checking") queue(() => check(file));
    else if (file.origin === SCAN && !file.look) queue(() => consider(file));
  }
  await turn;
  if (under.signal.aborted) return;
  const reviewed = asking.answers(files);
  const first = fields.check({ recipients: to.codes.length, isReviewed: reviewed });
  const problem = documentProblem(files);
  fields.wrong("choose", problem);
  by("messages").replaceChildren();
  if (problem) return void fields.go("choose");
  if (!reviewed && files.some((file) => file.state === "review")) return reviewNeeded();
  if (first) return void fields.go(first);
  if (!reply.check()) return;
  const { measure, view } = await onward();
  const key = await able();
  if (!key) return;
  const message = messageOf({ key, told, files, values: fields.values(), to: to.codes, cc: cc.codes, joint: joint.codes, reviewed, reply: reply.value() });
  if (reviewed) Object.assign(message.secrecy_review, asking.members());
  const ordered = inOrder(files);
  const result = await judge(
    { ...message, others: [message.signatory, message.secrecy_review?.by, message.secrecy_review?.conclusion, message.reply_form && summary(message.reply_form)].filter(Boolean) },
    ordered.map((file) => ({ name: memberName(file.name, file.role), blob: file.blob, reading: file.reading })),
  );
  if (result.verdict === "BLOCK") return stop("secrecy-mark", result.findings);
  if (result.verdict === "REVIEW" && !reviewed) return reviewNeeded(result.findings);
  const measured = await measure(ordered);
  const names = new Map(
    [...(await offices(told.office).catch(() => [])), ...to.chosen, ...cc.chosen, ...joint.chosen].map((office) => [office.code, office.name])
  );
  ready = { key, message, measured };
  const hints = await hinted(message, files);
  by("signed").replaceChildren(...[hints, ...view(message, measured, key, { offices: names, labels, told, before: await twice() })].filter(Boolean));
  // nothing leaves this computer yet when others are to sign: the button must not say that it does
  by("send").textContent = asking.way === "leader"
    ? _("Sign, then hand over to the leader")
    : joint.codes.length ? _("Sign, then hand over to the other office") : _("Sign and submit");
  reveal(by("confirm"), form);
  by("send").focus();
}

/** Somebody else has to look at it first: why, and what to do, stands in its own part of the form. */
function reviewNeeded(findings = null, refused = false) {
  by("review").hidden = false;
  void asking.offer();
  if (findings) by("review-why").replaceChildren(findingsList(findings, told));
  const words = refused ? told.problems["secrecy-review-needed"].title : _("Nothing was sent yet: it needs a secrecy review first.");
  say(words, { tone: "warn", advice: _("See “Secrecy review” below.") });
}

const option = (name, value) => [...form.elements[name].options].find((each) => each.value === value)?.textContent ?? value;
const radio = (name, value) => form.querySelector(`input[name="${name}"][value="${value}"]`)?.parentElement.textContent.trim() ?? value;
const labels = {
  kind: (value) => option("kind", value),
  urgency: (value) => radio("urgency", value),
  handling: (value) => radio("handling", value),
  classification: (value) => option("classification", value),
};

async function sign() {
  const { key, message, measured } = ready;
  reveal(by("sending"), by("confirm"));
  try {
    const { pack, keep, send } = await onward();
    const packed = await pack(key, message, measured, {});
    if (asking.way === "leader" || joint.codes.length) return await handedOver(packed, message);
    await keep({
      submission: packed.submission,
      reference: packed.reference,
      title: message.title,
      to: message.to,
      blob: packed.blob,
      keptAt: new Date().toISOString(),
      use: chosenUse(),
    });
    await drafts.note(packed.submission);
    to.remember();
    await send(
      packed.submission,
      { progress: (standing) => tell(by("sending-progress").querySelector("progress"), by("sending-words"), standing) },
    );
    await drafts.remove();
    files = [];
    await receipted(packed.submission);
  } catch (error) {
    await failed(error);
  }
}

/** What others are to sign is not sent from here: see countersign/handing.js. */
async function handedOver(packed, message) {
  const { handOver } = await import("../countersign/handing.js");
  handOver(by("done"), packed, message, {
    leader: asking.way === "leader" ? message.secrecy_review.by : "",
    offices: joint.chosen.map(({ name }) => name),
    use: chosenUse(),
    kept: () => drafts.remove(),
  });
  reveal(by("done"), form, ...parts.filter((part) => part !== by("done")));
}

async function failed(error) {
  if (error instanceof Refusal && STOPS.has(error.type)) {
    return stop(error.type, error.members.findings ?? error.members.hits ?? [], { left: true });
  }
  const waits = drafts.sending && (await (await onward()).list().catch(() => [])).some((entry) => entry.submission === drafts.sending);
  if (waits) {
    complain(error);
    by("sending-words").textContent = _("It is kept on this computer and is sent again by itself.");
    return;
  }
  await drafts.note("");
  reveal(form, ...parts);
  if (error instanceof Refusal && error.status === 401) return signedOut();
  complain(error);
  if (error instanceof Refusal && error.type === "secrecy-review-needed") reviewNeeded(error.members.findings ?? [], true);
}

async function receipted(submission) {
  const panel = by("done");
  by("about")?.remove();
  panel.replaceChildren(...receiptView(submission, await askJson("GET", `/api/v1/submissions/${submission}`).catch(() => null)));
  reveal(panel, form, ...parts.filter((part) => part !== panel));
}

// ---- beginning

async function isGone(submission) {
  const { list, refusals } = await onward();
  return ![...(await list()), ...(await refusals())].some((entry) => entry.submission === submission);
}

async function begin() {
  prepare();
  const deleted = location.hash === DELETED;
  if (deleted) {
    history.replaceState(null, "", location.pathname);
    say(_("The draft was deleted."), { tone: "good" });
  }
  const draft = await drafts.resume(isGone).catch(() => null);
  const given = draft?.fields ?? told.fields ?? {};
  fields.fill(given);
  reply.fill(given.reply);
  to.set(given.to ?? (told.office === told.county.code ? [] : [told.county]));
  cc.set(given.cc ?? []);
  joint.set(given.joint ?? []);
  fields.hint();
  form.hidden = false;
  twice().catch(complain);
  if (!deleted) able().catch(complain);
  if (draft) {
    by("saved").textContent = _("Your draft of last time is here again.");
    restore(draft.files, Boolean(given.title));
  }
  show();
}

function restore(kept, isRead) {
  for (const each of kept) {
    const file = { ...each, id: crypto.randomUUID(), mediaType: mediaTypeOf(each.name), state: "checking", told: isRead };
    files.push(file);
    queue(() => check(file));
  }
}

addEventListener("online", () => files.filter((file) => file.state === "checking").forEach((file) => queue(() => check(file))));
by("choose").addEventListener("click", () => by("files").click());
by("files").addEventListener("change", (event) => {
  add([...event.target.files]);
  event.target.value = "";
});
for (const name of ["dragenter", "dragover"]) addEventListener(name, (event) => (event.preventDefault(), by("drop").classList.add("over")));
addEventListener("dragleave", (event) => event.relatedTarget === null && by("drop").classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  by("drop").classList.remove("over");
  if (!form.hidden) add([...event.dataTransfer.files]);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  next().catch(complain);
});
form.elements.classification.addEventListener("change", (event) => {
  if (event.target.value !== UNCLASSIFIED) {
    stop("classified-declared", [{ rule: "declared", part: "", page: 0, text: event.target.value, place: "" }]).catch(complain);
  }
});
by("back").addEventListener("click", () => reveal(form, ...parts));
by("send").addEventListener("click", (event) => {
  event.target.disabled = true;
  sign().finally(() => (event.target.disabled = false));
});
by("clear").addEventListener("click", () => by("clearing").showModal());
by("kept").addEventListener("click", () => by("clearing").close());
by("cleared").addEventListener("click", async () => {
  under.abort(new DOMException("deleted", "AbortError"));
  await drafts.remove();
  history.replaceState(null, "", `/submit${DELETED}`);
  location.reload();
});
begin().catch(complain);
