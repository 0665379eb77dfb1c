// Sends one photo of a class without its name; the page is loaded again once its faces are found.
import { put } from "./api.js";
import { takeFiles } from "./zone.js";

const zone = document.getElementById("drop");
const state = document.getElementById("state");
let busy = false;

async function send(files) {
  if (busy) {
    return;
  }
  if (files.length > 1) {
    state.textContent = "Drop one photo at a time.";
    return;
  }
  busy = true;
  state.textContent = "Looking for faces. This takes some seconds.";
  try {
    await put("/recognition/class/photo", files[0], Number(zone.dataset.largest));
    location.reload();
  } catch (trouble) {
    state.textContent = trouble.status === 413 ? "The photo is too large." : trouble.sentence;
  }
  busy = false;
}

takeFiles(zone, document.getElementById("files"), send);
