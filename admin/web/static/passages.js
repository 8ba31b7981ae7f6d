// The log's filters and rows without a reload; every view keeps its own address.
let latest = 0;

async function show(address, remember) {
  const turn = ++latest;
  const log = document.getElementById("log");
  const focused = document.activeElement?.name;
  log.setAttribute("aria-busy", "true");
  let answer;
  try {
    answer = await fetch(address, { headers: { Accept: "text/html" } });
  } catch {
    location.assign(address);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("log");
  if (turn !== latest) return;
  if (!answer.ok || !fresh) {
    location.assign(address);
    return;
  }
  log.replaceWith(document.adoptNode(fresh));
  if (remember) history.pushState(null, "", answer.url);
  withoutButton();
  if (focused) document.querySelector(`#log [name="${focused}"]`)?.focus();
  else document.querySelector(".passages-shut")?.focus({ preventScroll: true });
}

function addressOf(form) {
  const said = [...new FormData(form)].filter(([, value]) => value !== "");
  return `${form.action}?${new URLSearchParams(said)}`;
}

function withoutButton() {
  for (const button of document.querySelectorAll("[data-no-script]")) button.hidden = true;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-log-form]");
  if (form) show(addressOf(form), true);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-log-form]");
  if (!form) return;
  event.preventDefault();
  show(addressOf(form), true);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("#log a[data-swap]");
  const row = event.target.closest("#log tbody tr");
  const way = link ?? (event.target.closest("a, button") ? null : row?.querySelector("a[data-swap]"));
  if (!way || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  show(way.href, true);
});

document.addEventListener("keydown", (event) => {
  const shut = document.querySelector(".passages-shut");
  if (event.key === "Escape" && shut) shut.click();
});

window.addEventListener("popstate", () => show(location.href, false));
withoutButton();
