// Live rows: they slide in where the list is at its top, else they wait behind a button.
const board = document.querySelector("[data-board]");
const link = document.querySelector("[data-link]");
const alarms = document.querySelector("[data-alarms]");
const KEPT = 40;
const waiting = new Map();

function drawn(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

function columnOf(gate) {
  return board.querySelector(`[data-gate="${CSS.escape(gate)}"]`);
}

function isKnown(place, key) {
  return Boolean(place.querySelector(`[data-key="${CSS.escape(key)}"]`));
}

function isAtTop(column) {
  const cards = column.querySelector("[data-cards]");
  if (getComputedStyle(cards).overflowY === "auto") return cards.scrollTop < 8;
  return column.getBoundingClientRect().top > -120;
}

// Rows that come late stand where their time puts them.
function place(cards, card) {
  const at = card.querySelector("time").dateTime;
  const after = [...cards.children].find((one) => one.querySelector("time").dateTime <= at);
  cards.insertBefore(card, after ?? null);
  card.classList.add("km-slide-in");
  while (cards.children.length > KEPT) cards.lastElementChild.remove();
}

function release(column) {
  const cards = column.querySelector("[data-cards]");
  for (const card of waiting.get(column) ?? []) if (!isKnown(cards, card.dataset.key)) place(cards, card);
  waiting.delete(column);
  column.querySelector("[data-new]").hidden = true;
}

function announce(column) {
  const button = column.querySelector("[data-new]");
  const count = waiting.get(column).length;
  button.textContent = count === 1 ? button.dataset.one : button.dataset.many.replace("{n}", count);
  button.hidden = false;
}

function onPassage(news) {
  const column = columnOf(news.gate);
  if (!column) return;
  const held = waiting.get(column) ?? [];
  if (isKnown(column, news.key) || held.some((card) => card.dataset.key === news.key)) return;
  column.querySelector("[data-none]").hidden = true;
  waiting.set(column, [...held, drawn(news.html).firstElementChild]);
  if (isAtTop(column)) release(column);
  else announce(column);
}

function onAlarm(news) {
  if (isKnown(alarms, news.key)) return;
  const alarm = drawn(news.html);
  for (const field of alarm.querySelectorAll("[data-csrf-here]")) field.value = alarms.dataset.csrf;
  alarms.prepend(alarm);
}

function say(state) {
  link.hidden = false;
  link.dataset.state = state;
  link.textContent = link.dataset[state];
}

if (board) {
  const stream = new EventSource(`${board.dataset.stream}?since=${encodeURIComponent(board.dataset.since)}`);
  stream.addEventListener("open", () => say("live"));
  stream.addEventListener("error", () => say("lost"));
  stream.addEventListener("passage", (event) => onPassage(JSON.parse(event.data)));
  stream.addEventListener("alarm", (event) => onAlarm(JSON.parse(event.data)));
  stream.addEventListener("gate", (event) => {
    const news = JSON.parse(event.data);
    columnOf(news.gate)?.querySelector("[data-head]").replaceChildren(drawn(news.html));
  });
  for (const column of board.querySelectorAll("[data-gate]")) {
    column.querySelector("[data-new]").addEventListener("click", () => {
      const cards = column.querySelector("[data-cards]");
      cards.scrollTop = 0;
      column.scrollIntoView({ block: "nearest" });
      release(column);
    });
    column.querySelector("[data-cards]").addEventListener("scroll", () => {
      if (isAtTop(column) && waiting.has(column)) release(column);
    });
  }
  window.addEventListener("pagehide", () => stream.close());
}
