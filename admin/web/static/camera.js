// The camera of the enrolment desk: one instruction at a time, a shot by hand or by itself, a look before it is sent.
// It fills the form's file field, so a picture goes the same way whether taken or chosen.
const part = (id) => document.getElementById(id);
const [camera, live, taken, instruction, upload, file] = ["camera", "live", "taken", "instruction", "upload", "photo"].map(part);
const [start, shoot, send, again, auto, self] = ["start", "shoot", "send", "again", "auto", "self"].map(part);

const LOOK_MS = 120;
const STILL_LOOKS = 10; // about 1.2 s
const SMALL = { width: 64, height: 48 };
const DARK = 55;
const BRIGHT = 215;
const MOVED = 7; // mean difference of grey levels between two looks; sensor noise stays near 2
const LONGEST_EDGE = 1920;

const small = new OffscreenCanvas(SMALL.width, SMALL.height).getContext("2d", { willReadFrequently: true });
let stream = null;
let before = null;
let still = 0;
let timer = 0;

camera.hidden = !navigator.mediaDevices?.getUserMedia;
start.addEventListener("click", open);
shoot.addEventListener("click", take);
again.addEventListener("click", open);
send.addEventListener("click", () => upload.requestSubmit());
window.addEventListener("pagehide", close);

async function open() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 } } });
  } catch {
    camera.classList.add("km-camera-on");
    say("refused");
    return;
  }
  live.srcObject = stream;
  await live.play();
  show("live");
  say("frame");
  [before, still] = [null, 0];
  timer = setInterval(look, LOOK_MS);
}

function close() {
  clearInterval(timer);
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
}

// Light and movement inside the oval decide what is said and when the shot is taken. Faces are judged by the server.
function look() {
  const light = grey();
  const mean = light.reduce((sum, value) => sum + value, 0) / light.length;
  const moved = before ? light.reduce((sum, value, i) => sum + Math.abs(value - before[i]), 0) / light.length : 255;
  before = light;
  if (mean < DARK || mean > BRIGHT) {
    still = 0;
    say(mean < DARK ? "dark" : "bright");
  } else if (moved > MOVED) {
    still = 0;
    say("frame");
  } else {
    still += 1;
    say("steady");
    if (auto.checked && still >= STILL_LOOKS) take();
  }
}

function grey() {
  const [width, height] = [live.videoWidth, live.videoHeight];
  small.drawImage(live, width * 0.29, height * 0.1, width * 0.42, height * 0.8, 0, 0, SMALL.width, SMALL.height);
  const { data } = small.getImageData(0, 0, SMALL.width, SMALL.height);
  return Uint8Array.from({ length: data.length / 4 }, (_, i) => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
}

async function take() {
  clearInterval(timer);
  const shrink = Math.min(1, LONGEST_EDGE / Math.max(live.videoWidth, live.videoHeight));
  const canvas = new OffscreenCanvas(Math.round(live.videoWidth * shrink), Math.round(live.videoHeight * shrink));
  canvas.getContext("2d").drawImage(live, 0, 0, canvas.width, canvas.height);
  const picture = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
  close();
  const chosen = new DataTransfer();
  chosen.items.add(new File([picture], "face.jpg", { type: "image/jpeg" }));
  file.files = chosen.files;
  URL.revokeObjectURL(taken.src);
  taken.src = URL.createObjectURL(picture);
  show("taken");
  say("taken");
  send.focus();
}

function show(what) {
  camera.classList.add("km-camera-on");
  const living = what === "live";
  [live.hidden, taken.hidden] = [!living, living];
  [start.hidden, shoot.hidden, self.hidden, send.hidden, again.hidden] = [true, !living, !living, living, living];
}

function say(what) {
  if (instruction.textContent !== camera.dataset[what]) instruction.textContent = camera.dataset[what];
}
