// What every page gets: "/" goes to the search. Nothing here is needed to read or to send a form.
const search = document.querySelector("[data-search]");

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing || !search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// One opened confirmation at a time; Escape shuts it and gives the focus back.
for (const confirm of document.querySelectorAll("details.km-confirm")) {
  confirm.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !confirm.open) return;
    confirm.open = false;
    confirm.querySelector("summary").focus();
  });
}

// Copies what a page shows only once.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });
}

// A form is sent once: a second press while the first is on its way does nothing.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.dataset.sent) {
    if (event.target.dataset.sent) event.preventDefault();
    return;
  }
  if (event.target.method !== "post") return;
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
