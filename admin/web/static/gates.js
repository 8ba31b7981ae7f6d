// While a box is on its way: fetches this page's words again, and puts them in where they changed.
const PAUSE_MS = 1500;

let live = document.getElementById("join-live");

async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("join-live");
  if (!fresh || fresh.dataset.waiting === live.dataset.waiting && same(fresh)) return;
  live.replaceWith(document.adoptNode(fresh));
  live = document.getElementById("join-live");
}

// The form tokens differ each time, and buttons are shown by script: only words count.
function same(fresh) {
  const words = (node) => node.textContent.replace(/\s+/g, " ");
  return words(fresh) === words(live);
}

async function watch() {
  while (live?.dataset.waiting) {
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
    const busy = live.contains(document.activeElement) || live.querySelector("details[open]");
    if (!document.hidden && !busy) await renew().catch(() => {}); // the network is away: the page stays as it is
  }
}

watch();
