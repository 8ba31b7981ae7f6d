// Keeps the progress page up to date: asks for codes, and fetches the page's words when they changed.
const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10000;

let section = document.getElementById("progress");
let pause = PAUSE_MS;

async function look() {
  try {
    const answer = await fetch(section.dataset.status, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { mark } = await answer.json();
    if (mark !== section.dataset.mark) await renew();
    else pause = Math.min(pause * 1.2, LONGEST_PAUSE_MS);
  } catch {
    pause = LONGEST_PAUSE_MS; // the network is away: the page stays as it is
  }
}

async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const place of ["progress", "steps"]) {
    const from = fresh.getElementById(place);
    const to = document.getElementById(place);
    if (from && to) to.replaceWith(document.adoptNode(from));
  }
  section = document.getElementById("progress");
  pause = PAUSE_MS;
}

async function watch() {
  while (section.dataset.waiting) {
    await new Promise((resume) => setTimeout(resume, pause));
    if (!document.hidden) await look();
  }
}

watch();
