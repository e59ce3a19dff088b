// Questions to the county's service, and its refusals (RFC 9457) as errors that know what a person should do next.
import { _, language } from "./texts.js";

/** A refusal: `type` names it, `message` says what happened, `advice` what to do next, `members` is the whole document. */
export class Refusal extends Error {
  constructor(status, members) {
    const chinese = language === "zh-CN";
    super((chinese ? members.title : members.title_en) || _("The county's service did not answer as expected."));
    this.status = status;
    this.members = members;
    this.type = String(members.type || "").split("/").pop();
    this.detail = members.detail || "";
    this.advice = (chinese ? members.advice : members.advice_en) || "";
  }
}

/** Nobody answered: no network, or the service is away. */
export class Unreachable extends Error {
  constructor() {
    super(_("The county's service cannot be reached."));
    this.advice = _("Check the network. What was not answered is kept here and sent again.");
  }
}

/** Ask; returns the response when it is a good one. Throws Refusal, or Unreachable, also without an answer in `patience` milliseconds. */
export async function ask(method, path, { body = null, headers = {}, signal = undefined, patience = 0 } = {}) {
  const line = new AbortController();
  const stop = () => line.abort(signal.reason);
  const timer = patience && setTimeout(() => line.abort(), patience);
  let response;
  try {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", stop);
    response = await fetch(path, { method, body, headers, signal: line.signal, credentials: "same-origin", redirect: "error" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
  if (response.ok) return response;
  throw new Refusal(response.status, await response.json().catch(() => ({})));
}

/** Ask with a JSON body, and for a JSON answer. */
export async function askJson(method, path, value = undefined, options = {}) {
  const body = value === undefined ? null : JSON.stringify(value);
  const headers = { ...(body === null ? {} : { "Content-Type": "application/json" }), ...options.headers };
  const response = await ask(method, path, { ...options, body, headers });
  return response.status === 204 ? null : response.json();
}
