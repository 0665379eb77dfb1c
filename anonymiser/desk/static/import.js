// Sends the export as raw bytes, without its name, and goes to the next step.
import { put } from "./api.js";

const zone = document.getElementById("drop");
const chooser = document.getElementById("file");
const trouble = document.getElementById("trouble");
const state = document.getElementById("state");

async function send(file) {
  trouble.hidden = true;
  state.textContent = "Reading the file.";
  try {
    const answer = await put("/import", file);
    location.assign(answer.next);
  } catch (refused) {
    state.textContent = "";
    document.getElementById("trouble-text").textContent = refused.sentence;
    trouble.hidden = false;
  }
}

function chosen() {
  if (chooser.files.length > 0) {
    send(chooser.files[0]);
    chooser.value = "";
  }
}

chooser.addEventListener("change", chosen);
chosen(); // what was chosen before this script had come
for (const kind of ["dragenter", "dragover"]) {
  zone.addEventListener(kind, (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
}
zone.addEventListener("dragleave", () => zone.classList.remove("over"));
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  zone.classList.remove("over");
  if (event.dataTransfer.files.length > 0) {
    send(event.dataTransfer.files[0]);
  }
});
