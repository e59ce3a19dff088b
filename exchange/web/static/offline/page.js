// On the page that stands in for another while the county cannot be reached: how much is kept here, and back as soon as it is there.
// It stands alone, for nothing else can be fetched now.
const LOOK = 15_000; // milliseconds between two looks whether the county is there again

/** Count what is kept without a receipt; 0 where nothing was ever kept. */
function count() {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("sending");
    opening.onupgradeneeded = () => opening.transaction.abort(); // there is none: none is made either
    opening.onerror = () => done(0);
    opening.onsuccess = () => {
      const asked = opening.result.transaction("entries").objectStore("entries").getAll();
      asked.onerror = () => failed(asked.error);
      asked.onsuccess = () => done(asked.result.filter((entry) => entry.state !== "refused").length);
      opening.result.close();
    };
  });
}

async function tell() {
  const kept = await count();
  document.getElementById("count").textContent = String(kept);
  document.getElementById("kept").hidden = kept === 0;
}

async function look() {
  const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
}

document.getElementById("again").addEventListener("click", () => location.reload());
addEventListener("online", look);
setInterval(look, LOOK);
tell().catch(() => {}); // a private window keeps nothing
