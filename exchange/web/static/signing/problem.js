// What stops a person on this computer, before anything was sent: what happened and what to do next, as `complain` shows it.

/** `type` names it for scripts; `message` and `advice` are for the person. */
export class Problem extends Error {
  constructor(type, message, advice = "") {
    super(message);
    this.type = type;
    this.advice = advice;
  }
}
