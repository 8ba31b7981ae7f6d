// Sending and copying a link, keeping the visitor's pass for when there is no network. Nothing here is needed.
for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = !navigator.share;
  button.addEventListener("click", () => navigator.share({ url: button.dataset.share }).catch(() => {}));
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });
}

if ("serviceWorker" in navigator && location.pathname.startsWith("/p/")) {
  const ready = await navigator.serviceWorker.register("/p/offline.js").then(() => navigator.serviceWorker.ready);
  const needed = [...document.querySelectorAll("link[rel~=stylesheet], link[rel=icon]")].map((one) => one.href);
  // Only a page that carries its code is worth keeping.
  if (document.querySelector(".portal-code")) needed.push(location.href, import.meta.url);
  ready.active.postMessage({ keep: needed });
}
