// Sends photos one after another as raw bytes, without their names, and says what became of each.
import { Trouble, post, put } from "./api.js";
import { takeFiles } from "./zone.js";

const zone = document.getElementById("drop");
const chooser = document.getElementById("files");
const state = document.getElementById("state");
const text = document.getElementById("state-text");
const bar = document.getElementById("state-bar");
const troubles = document.getElementById("state-troubles");
const TOO_LARGE = `it is too large. At most ${Math.floor(zone.dataset.largest / 1e6)} MB: save a smaller copy of it, and add that.`;
const queue = [];
const counts = { sent: 0, refused: 0, all: 0 };
let sending = false;

function say() {
  bar.max = counts.all;
  bar.value = counts.sent + counts.refused;
  const refused = counts.refused ? `, ${counts.refused} not` : "";
  const done = counts.sent + counts.refused === counts.all;
  text.textContent = done
    ? `${counts.sent} of ${counts.all} photos added${refused}.`
    : `Adding photos: ${counts.sent} of ${counts.all}${refused}.`;
}

function complain(sentence) {
  const line = document.createElement("li");
  line.textContent = sentence;
  troubles.append(line);
}

async function send() {
  if (sending) {
    return;
  }
  sending = true;
  while (queue.length > 0) {
    const { file, number } = queue.shift();
    try {
      if (file.size === 0) {
        throw new Trouble("the file is empty", "Copy it again from the camera.", 0);
      }
      await put(`/drop/${zone.dataset.number}`, file, Number(zone.dataset.largest));
      counts.sent += 1;
    } catch (trouble) {
      counts.refused += 1;
      complain(`Photo ${number}: ${trouble.status === 413 ? TOO_LARGE : trouble.sentence}`);
    }
    say();
  }
  sending = false;
  if (counts.sent > 0) {
    await post("/process", {}).catch((trouble) => complain(trouble.sentence));
    const next = document.getElementById("finished");
    next.hidden = false;
    next.focus();
  }
}

function add(files) {
  for (const file of files) {
    counts.all += 1;
    queue.push({ file, number: counts.all });
  }
  if (counts.all > 0) {
    state.hidden = false;
    say();
    send();
  }
}

async function inside(entry) {
  if (entry.isFile) {
    return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) {
      return found;
    }
    for (const child of some) {
      found.push(...(await inside(child)));
    }
  }
}

takeFiles(zone, chooser, add, async (transfer) => {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  for (const entry of entries) {
    add(await inside(entry).catch(() => []));
  }
});
addEventListener("beforeunload", (event) => {
  if (sending) {
    event.preventDefault();
  }
});
