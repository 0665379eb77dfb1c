// Sends the export as raw bytes, without its name, and goes to the next step.
import { put } from "./api.js";
import { takeFiles } from "./zone.js";

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

takeFiles(zone, chooser, (files) => send(files[0]));
