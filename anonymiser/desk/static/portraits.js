// Sends one person's portraits without their names, has them learned, and says beside each picture what became of it.
import { post, put } from "./api.js";
import { takeFiles } from "./zone.js";

const zone = document.getElementById("drop");
const chooser = document.getElementById("files");
const state = document.getElementById("state");
const list = document.getElementById("portraits");
const learn = document.getElementById("learn");
const address = `/people/${zone.dataset.person}/portraits`;
const queue = [];
let shown = [];
let sending = false;
let finished = false;

function photos(count) {
  return count === 1 ? "1 photo" : `${count} photos`;
}

function entry(file) {
  const item = document.createElement("li");
  const picture = document.createElement("img");
  const line = document.createElement("p");
  picture.alt = `Photo ${list.children.length + 1}`;
  picture.src = URL.createObjectURL(file);
  picture.addEventListener("error", () => {
    picture.hidden = true; // a kind of file that this browser cannot show
  });
  line.textContent = `${picture.alt}: being sent.`;
  item.className = "pick";
  item.append(picture, line);
  list.append(item);
  return { file, line, name: picture.alt };
}

async function send() {
  if (sending) {
    return;
  }
  sending = true;
  learn.hidden = true;
  while (queue.length > 0) {
    const photo = queue.shift();
    try {
      await put(address, photo.file, Number(zone.dataset.largest));
      shown.push(photo);
      photo.line.textContent = `${photo.name}: ready.`;
    } catch (trouble) {
      photo.line.textContent = `${photo.name}: ${trouble.status === 413 ? "it is too large." : trouble.sentence}`;
    }
  }
  sending = false;
  learn.hidden = shown.length === 0;
  state.textContent = shown.length > 0 ? `${photos(shown.length)} ready.` : "No photo is ready.";
}

function add(files) {
  if (finished) {
    list.replaceChildren();
    finished = false;
  }
  for (const file of files) {
    queue.push(entry(file));
  }
  if (queue.length > 0) {
    send();
  }
}

learn.addEventListener("click", async () => {
  learn.hidden = true;
  state.textContent = "Learning. This takes some seconds.";
  try {
    const done = await post(address, {});
    done.photos.forEach((reason, place) => {
      shown[place].line.textContent = `${shown[place].name}: ${reason ? `not used, ${reason}` : "used"}.`;
    });
    state.textContent =
      done.used > 0
        ? `The face was learned from ${photos(done.used)}.`
        : `Nothing was learned: ${done.because}.`;
    if (done.kept > 0) {
      state.textContent += ` What was learned from ${photos(done.kept)} before stays.`;
    }
    document.getElementById("alike").hidden = done.alike === 0;
    if (done.alike > 0) {
      state.textContent += " They look like somebody else who is learned: please compare them.";
    }
  } catch (trouble) {
    state.textContent = trouble.sentence;
  }
  shown = [];
  finished = true;
});

takeFiles(zone, chooser, add);
