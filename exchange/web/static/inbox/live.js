// What happens while one looks: the service's stream of events, followed from where the page was made, so that nothing falls between.
import { taken } from "../duty/alarm.js";
import { claimed } from "./claims.js";
import { refresh, shows } from "./list.js";

const MOVES = ["ContentConsignment", "ContentHandover", "ConsignmentAcceptance", "ConsignmentRejection", "Sealing", "SealRelease", "Destruction"];
const GATHER = 300;
const AGAIN = 5000;

/** Follow from a mark on; the browser itself goes on after a break (Last-Event-ID), we where it gives up. */
export function follow(mark) {
  let last = mark;
  let timer = null;
  let stirred = [];
  const alarmed = taken();
  const stir = (event) => {
    last = event.lastEventId || last;
    stirred.push(event);
    timer ??= setTimeout(() => {
      const known = stirred.map((each) => each.type === "ContentHandover" && shows(JSON.parse(each.data).submission));
      timer = null;
      stirred = [];
      if (!known.every(Boolean)) void refresh(); // what one opened oneself is in the list
    }, GATHER);
  };
  const begin = () => {
    const stream = new EventSource(`/api/v1/events?beside=claims,duty&after=${encodeURIComponent(last)}`);
    for (const name of MOVES) stream.addEventListener(name, stir);
    stream.addEventListener("claims", (event) => claimed(JSON.parse(event.data))); // it has no id: nothing of where we are changes
    if (alarmed) stream.addEventListener("duty", (event) => alarmed(JSON.parse(event.data)));
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return; // it comes back by itself
      setTimeout(begin, AGAIN);
    });
    addEventListener("pagehide", () => stream.close(), { once: true });
  };
  begin();
}
