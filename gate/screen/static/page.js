"use strict";
// The gate's own screen. Texts come from the gate in both languages; nothing is fetched from anywhere else.

const SHOWN_MS = 2500;
const PICTURE_MS = 125;
const FORGET_MS = 20000;
const SHAPES = { open: "●", refused: "▲", ask: "◆" };
const $ = (id) => document.getElementById(id);

// Answers ------------------------------------------------------------------------------------------------

let shownNumber = -1;
let hiding = 0;

function showAnswer(answer) {
  if (!answer || answer.number === shownNumber) return;
  shownNumber = answer.number;
  const left = SHOWN_MS - answer.age_ms;
  if (left <= 0) return;
  $("answer").className = `answer ${answer.shape}`;
  $("shape").textContent = SHAPES[answer.shape];
  $("word-zh").textContent = answer.text.zh.word;
  $("word-en").textContent = answer.text.en.word;
  $("remedy-zh").textContent = answer.text.zh.remedy;
  $("remedy-en").textContent = answer.text.en.remedy;
  $("answer").hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { $("answer").hidden = true; }, left);
}

function showConditions(conditions) {
  $("conditions").replaceChildren(...conditions.map(({ code, text }) => {
    const line = document.createElement("li");
    line.className = code;
    const parts = [["span", code === "demonstration" ? "◆" : "▲"], ["b", text.zh.word], ["span", text.zh.remedy], ["span", `${text.en.word}: ${text.en.remedy}`, "en"]];
    line.append(...parts.map(([kind, content, language]) => {
      const part = document.createElement(kind);
      part.textContent = content;
      if (language) part.lang = language;
      return part;
    }));
    return line;
  }));
}

function showPrompt({ code, text }) {
  $("prompt").className = `prompt ${code}`;
  // Written only when changed: a screen reader says it each time.
  if ($("prompt-zh").textContent === text.zh) return;
  $("prompt-zh").textContent = text.zh;
  $("prompt-en").textContent = text.en;
}

let mirror = true;
let zone = [];

function showBoard(board) {
  ({ mirror, zone } = board.look);
  $("code").hidden = !board.look.code;
  $("form").hidden = !board.look.pin;
  showAnswer(board.answer);
  showConditions(board.conditions);
  showPrompt(board.prompt);
  const { compound_zh, compound_en, gate_zh, gate_en } = board.place;
  $("place-zh").textContent = [compound_zh, gate_zh].filter(Boolean).join(" · ");
  $("place-en").textContent = [compound_en, gate_en].filter(Boolean).join(" · ");
}

new EventSource("/events").onmessage = (event) => showBoard(JSON.parse(event.data));

// The camera ---------------------------------------------------------------------------------------------

function drawFace(pen, [left, top, right, bottom]) {
  const arm = Math.min(right - left, bottom - top) * 0.24;
  const corners = [[left, top, 1, 1], [right, top, -1, 1], [left, bottom, 1, -1], [right, bottom, -1, -1]];
  pen.beginPath();
  for (const [x, y, across, down] of corners) {
    pen.moveTo(x + across * arm, y);
    pen.lineTo(x, y);
    pen.lineTo(x, y + down * arm);
  }
  pen.stroke();
}

// Faces count inside the zone alone: the rest of the picture is dimmed.
function drawZone(pen, corners, [left, top, right, bottom]) {
  const outline = new Path2D();
  for (const [x, y] of corners) outline.lineTo(x, y);
  outline.closePath();
  const outside = new Path2D(outline);
  outside.rect(left, top, right - left, bottom - top);
  pen.fillStyle = "rgb(20 18 15 / 45%)";
  pen.fill(outside, "evenodd");
  pen.stroke(outline);
}

function draw(image, faces) {
  const canvas = $("camera");
  const pen = canvas.getContext("2d");
  const density = Math.min(window.devicePixelRatio || 1, 2);
  const width = Math.round(canvas.clientWidth * density);
  const height = Math.round(canvas.clientHeight * density);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const scale = Math.max(width / image.width, height / image.height);
  const [shownWidth, shownHeight] = [image.width * scale, image.height * scale];
  const [left, top] = [(width - shownWidth) / 2, (height - shownHeight) / 2];
  pen.setTransform(mirror ? -1 : 1, 0, 0, 1, mirror ? width : 0, 0);
  pen.drawImage(image, left, top, shownWidth, shownHeight);
  pen.lineCap = pen.lineJoin = "round";
  if (zone.length) {
    pen.lineWidth = 2 * density;
    pen.strokeStyle = "rgb(255 255 255 / 60%)";
    const corners = zone.map(([x, y]) => [left + x * shownWidth, top + y * shownHeight]);
    drawZone(pen, corners, [left, top, left + shownWidth, top + shownHeight]);
  }
  pen.lineWidth = 4 * density;
  pen.strokeStyle = "rgb(255 255 255 / 92%)";
  for (const [l, t, r, b] of faces) {
    drawFace(pen, [left + l * shownWidth, top + t * shownHeight, left + r * shownWidth, top + b * shownHeight]);
  }
}

async function look() {
  const answer = await fetch("/picture.jpg", { cache: "no-store" });
  const sees = answer.status === 200;
  $("dark").hidden = sees;
  $("camera").hidden = $("prompt").hidden = !sees;
  if (!sees) return;
  const boxes = (answer.headers.get("X-Faces") || "").split(";").filter(Boolean);
  const image = await createImageBitmap(await answer.blob());
  draw(image, boxes.map((box) => box.split(",").map(Number)));
  image.close();
}

async function watch() {
  const begun = performance.now();
  let pause = PICTURE_MS;
  try {
    if (!document.hidden) await look();
  } catch {
    $("dark").hidden = false;
    $("camera").hidden = $("prompt").hidden = true;
    pause = 1000;
  }
  setTimeout(watch, Math.max(0, pause - (performance.now() - begun)));
}

// The keypad ---------------------------------------------------------------------------------------------

let field = $("room");
let forgetting = 0;

const isVisitor = () => $("form").elements.who.value === "visitor";

function choose(input) {
  field = input;
  $("dash").disabled = field !== $("room");
}

function clear() {
  $("room").value = $("pin").value = "";
  choose(isVisitor() ? $("pin") : $("room"));
}

function forgetLater() {
  clearTimeout(forgetting);
  forgetting = setTimeout(() => { clear(); say("", ""); }, FORGET_MS);
}

function say(zh, en) {
  $("note").textContent = [zh, en].filter(Boolean).join(" · ");
}

function press(key) {
  if (key === "back") field.value = field.value.slice(0, -1);
  else if (field.value.length < field.maxLength) field.value += key;
  forgetLater();
}

function changeWho() {
  $("room-field").hidden = isVisitor();
  $("pin-name").textContent = isVisitor() ? "8 位密码" : "密码";
  $("pin-name-en").textContent = isVisitor() ? "8-digit PIN" : "PIN";
  clear();
  field.focus();
}

async function send() {
  const room = isVisitor() ? "" : $("room").value.trim();
  const pin = $("pin").value;
  if (!isVisitor() && !room) { choose($("room")); field.focus(); return say("请先输入房号", "Room first"); }
  if (pin.length < 4) { choose($("pin")); field.focus(); return say("请输入密码", "Then the PIN"); }
  $("go").disabled = true;
  say("请稍候", "One moment");
  try {
    const answer = await fetch("/pin", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ room, pin }),
    });
    if (answer.ok) say("", "");
    else say("暂时无法确认，请联系门岗", "No answer: please ask the guard desk");
  } catch {
    say("暂时无法确认，请联系门岗", "No answer: please ask the guard desk");
  } finally {
    $("go").disabled = false;
    clear();
  }
}

$("keys").addEventListener("mousedown", (event) => {
  event.preventDefault(); // a finger on a key leaves the field its focus, so that a keyboard can go on
  field.focus();
});
$("keys").addEventListener("click", (event) => {
  const key = event.target.closest("button")?.dataset.key;
  if (key) press(key);
});
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (field === $("room") && !isVisitor() && $("room").value && !$("pin").value) {
    choose($("pin"));
    $("pin").focus();
  } else {
    send();
  }
});
for (const input of [$("room"), $("pin")]) {
  input.addEventListener("focus", () => choose(input));
  input.addEventListener("input", forgetLater);
}
for (const choice of $("form").elements.who) choice.addEventListener("change", changeWho);

// The clock ----------------------------------------------------------------------------------------------

// The time of the pages, whatever zone the machine is set to.
const CLOCK = { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

function tick() {
  const now = new Date();
  $("clock").textContent = now.toLocaleTimeString("zh-CN", CLOCK);
  setTimeout(tick, 60000 - (now % 60000));
}

$("form").reset();
changeWho();
tick();
watch();
