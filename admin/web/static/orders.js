// Shows what becomes of an order while its answer may come any moment: fetches this page's words again.
const PAUSE_MS = 300;

let live = document.getElementById("orders-live");

async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("orders-live");
  if (!fresh) return;
  if (fresh.innerHTML !== live.innerHTML || fresh.dataset.waiting !== live.dataset.waiting) live.replaceWith(document.adoptNode(fresh));
  live = document.getElementById("orders-live");
}

async function watch() {
  while (live?.dataset.waiting) {
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
    if (!document.hidden) await renew().catch(() => {}); // the network is away: the page stays as it is
  }
}

watch();
