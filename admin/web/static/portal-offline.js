// The visitor's pass without a network: the newest copy is asked for first, the kept one shown where none comes.
const STORE = "kaimen-pass-1";
const PATIENCE_MS = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const addresses = (event.data.keep ?? []).filter((one) => new URL(one).origin === self.location.origin);
  event.waitUntil(caches.open(STORE).then((store) => Promise.all(addresses.map((one) => keep(store, one)))));
});

async function keep(store, address) {
  const answer = await fetch(address);
  if (answer.ok) await store.put(address, answer);
}

async function newestOrKept(request) {
  const store = await caches.open(STORE);
  const kept = await store.match(request);
  const slow = new Promise((_, fail) => setTimeout(fail, kept ? PATIENCE_MS : 60_000));
  try {
    const answer = await Promise.race([fetch(request), slow]);
    // A pass that is gone is forgotten here too; a cancelled one is kept as cancelled.
    if (kept && answer.ok) await store.put(request, answer.clone());
    else if (kept && [404, 410].includes(answer.status)) await store.delete(request);
    return answer;
  } catch {
    return kept ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const own = new URL(event.request.url).origin === self.location.origin;
  if (event.request.method === "GET" && own) event.respondWith(newestOrKept(event.request));
});
