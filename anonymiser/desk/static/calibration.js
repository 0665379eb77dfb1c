// Sends photos for a calibration without their names, or tells how far one is; the page is loaded again at its end.
import { get, put } from "./api.js";
import { takeFiles } from "./zone.js";

const PAUSE = 1500;
const box = document.getElementById("progress");
const zone = document.getElementById("drop");

async function look() {
  const text = document.getElementById("progress-text");
  const bar = document.getElementById("progress-bar");
  let state;
  try {
    state = await get("/recognition/calibrate/progress");
  } catch (trouble) {
    text.textContent = trouble.sentence;
    return;
  }
  if (!state.running) {
    history.replaceState(null, "", "#result");
    location.reload();
    return;
  }
  if (state.total > 0) {
    bar.max = state.total;
    bar.value = state.done;
  }
  const sentence = state.stopping
    ? "Stopping after this photo."
    : state.total > 0
      ? `Looking at the photos: ${state.done} of ${state.total}.`
      : "Looking for the photos.";
  if (text.textContent !== sentence) {
    text.textContent = sentence;
  }
  setTimeout(look, PAUSE);
}

function takePhotos() {
  const state = document.getElementById("state");
  const queue = [];
  let sending = false;
  let added = 0;
  let refused = 0;

  async function send() {
    if (sending) {
      return;
    }
    sending = true;
    while (queue.length > 0) {
      let why = "";
      try {
        added = (await put("/recognition/calibrate/photos", queue.shift(), Number(zone.dataset.largest))).received;
      } catch (trouble) {
        refused += 1;
        why = trouble.status === 413 ? " One is too large." : ` ${trouble.sentence}`;
      }
      state.textContent = `${added === 1 ? "1 photo" : `${added} photos`} added${refused ? `, ${refused} not` : ""}.${why}`;
    }
    sending = false;
  }

  takeFiles(zone, document.getElementById("files"), (files) => {
    queue.push(...files);
    send();
  });
  addEventListener("beforeunload", (event) => {
    if (sending) {
      event.preventDefault();
    }
  });
}

if (box !== null) {
  look();
}
if (box === null && location.hash === "#result") {
  document.getElementById("result")?.focus(); // somebody has waited for it
}
if (zone !== null) {
  takePhotos();
}
