// The service worker: where the county cannot be reached, a navigation gets one page that says so. It keeps that page with its two
// files, and nothing else; it looks at no other request, and changes none. `VERSION` and the addresses of those `FILES` stand before
// this text, so that a new version is a new worker.
const KEPT = `offline ${VERSION}`;
const PAGES = ["zh-CN", "en"].map((language) => `/offline?lang=${language}`);

self.addEventListener("install", (event) => {
  // what does not concern the worker need not even wake it, where the browser knows how
  const own = { or: [{ requestMode: "navigate" }, ...FILES.map((urlPattern) => ({ urlPattern }))] };
  event.addRoutes?.({ condition: { not: own }, source: "network" })?.catch(() => {});
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(answered(event));
  else if (FILES.includes(new URL(request.url).pathname)) event.respondWith(filed(request));
});

/** Keep the page as a stranger sees it: without a cookie it names nobody. */
async function keep() {
  const cache = await caches.open(KEPT);
  for (const page of [...PAGES, ...FILES]) {
    const answer = await fetch(page, { credentials: "omit", cache: "no-store" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    await cache.put(page, answer);
  }
  await self.skipWaiting();
}

async function tidy() {
  await self.registration.navigationPreload?.enable();
  for (const name of await caches.keys()) if (name.startsWith("offline ") && name !== KEPT) await caches.delete(name);
  await self.clients.claim();
}

async function answered(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (error) {
    const cache = await caches.open(KEPT);
    const language = new URL(event.request.url).searchParams.get("lang") ?? self.navigator.language;
    return (await cache.match(PAGES[language.startsWith("en") ? 1 : 0])) ?? Promise.reject(error);
  }
}

async function filed(request) {
  return (await caches.match(request.url)) ?? fetch(request);
}
