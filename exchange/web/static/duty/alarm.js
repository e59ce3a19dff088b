// What is extra urgent, told at once on the first page and in the inbox: a banner, the window's title, and a sound where one asked for it.
import { _ } from "../core/texts.js";

const AGAIN = 30000;
const BLINK = 1000;
const SOUND = "duty-sound";
const QUIET = matchMedia("(prefers-reduced-motion: reduce)");

/** Take up how it stands, and return what is to be called whenever that is told anew; null where the page has no banner. */
export function taken(box = document.getElementById("duty")) {
  if (!box) return null;
  const title = document.title;
  const word = _("Extra urgent");
  let known = Number(box.dataset.urgent);
  let blinking = null;

  const calm = () => {
    clearInterval(blinking);
    blinking = null;
    document.title = title;
  };
  const blink = () => {
    if (blinking || !document.hidden) return;
    const loud = `【${word}】${title}`;
    document.title = loud;
    blinking = setInterval(() => {
      if (!QUIET.matches) document.title = document.title === loud ? title : loud;
    }, BLINK);
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) calm();
  });

  choose(box);
  return ({ urgent, reminded, answers }) => {
    for (const [name, count] of Object.entries({ urgent, reminded, answers })) {
      const line = document.getElementById(`duty-${name}`);
      line.hidden = !count;
      line.querySelector(".count").textContent = count;
    }
    if (urgent > known) {
      blink();
      if (wanted()) sound();
    }
    if (!urgent) calm();
    known = urgent;
  };
}

/** Follow by a stream of its own: a page that has one already asks there for `duty` beside its events. */
export function follow(show) {
  const begin = () => {
    const stream = new EventSource("/api/v1/events?beside=duty");
    stream.addEventListener("duty", (event) => show(JSON.parse(event.data)));
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED) setTimeout(begin, AGAIN);
    });
    addEventListener("pagehide", () => stream.close(), { once: true });
  };
  begin();
}

const wanted = () => localStorage.getItem(SOUND) === "1";

function choose(box) {
  const tick = document.getElementById(SOUND);
  tick.closest("label").hidden = false;
  tick.checked = wanted();
  tick.addEventListener("change", () => {
    localStorage.setItem(SOUND, tick.checked ? "1" : "0");
    if (tick.checked) sound(); // one hears what one will hear, and the browser learns that one wants it
  });
  box.dataset.ready = "1";
}

/** Two short tones. A browser that was not touched yet makes none, which is no fault. */
function sound() {
  const audio = new AudioContext();
  for (const [begin, pitch] of [[0, 880], [0.25, 660]]) {
    const tone = new OscillatorNode(audio, { frequency: pitch });
    const volume = new GainNode(audio, { gain: 0.15 });
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + begin);
    tone.stop(audio.currentTime + begin + 0.2);
  }
  setTimeout(() => void audio.close(), 1000);
}

