// Tells how far the photos are. The page is loaded again once they are done, because its numbers are then old.
import { get } from "./api.js";

const box = document.getElementById("progress");
const text = document.getElementById("progress-text");
const bar = document.getElementById("progress-bar");
const PAUSE = 1500;

function tell(state) {
  if (state.total) {
    bar.max = state.total;
    bar.value = state.done;
    text.textContent = `Processing the photos: ${state.done} of ${state.total}.`;
  }
}

async function look() {
  let state;
  try {
    state = await get("/progress");
  } catch (trouble) {
    text.textContent = trouble.sentence;
    return;
  }
  if (state.running) {
    tell(state);
    setTimeout(look, PAUSE);
  } else {
    location.reload();
  }
}

if (box.dataset.running === "yes") {
  look();
}
