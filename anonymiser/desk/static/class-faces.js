// Names for the faces of a class photo. Nothing leaves this page before "Learn", and then numbers and ids alone.
import { get, post } from "./api.js";
import { Bar } from "./bar.js";
import { pick } from "./chooser.js";
import { rows } from "./rows.js";
import { Stage, portrait } from "./stage.js";

const SAYS = { can: "can be learned", cannot: "cannot be learned" };
const WAYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: "first", End: "last" };
const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const named = new Map();
let people = null;
let here = null;
let busy = false;
let leaving = false;

const stage = new Stage({ ...data, frame: [0, 0, ...data.size] });
stage.view = "edit";
const bar = new Bar(stage, press, point);

function say(text) {
  byId("live").textContent = text;
}

function faces(count) {
  return count === 1 ? "1 face" : `${count} faces`;
}

function called(person) {
  const [surname, forename] = person.name.split(", ");
  return forename ? `${forename} ${surname}` : surname;
}

function entries() {
  return data.faces.map((face) => {
    const person = named.get(face.number);
    const name = person ? called(person) : "";
    return {
      key: `face-${face.number}`,
      number: face.number,
      box: face.box,
      why: face.why,
      name,
      style: face.why ? "unfit" : person ? "shown" : "free",
      called: `face ${face.number}`,
      asks: `Name face ${face.number}`,
      title: `${face.number}. ${face.why ? "Cannot be learned" : name || "Not named"}`,
      detail: face.why || (person ? person.remark || "will be learned" : "clear enough to be learned"),
    };
  });
}

function buttons(entry) {
  if (entry.why) {
    return [];
  }
  return entry.name ? [["Change \u2026", () => ask(entry)], ["Clear name", () => unname(entry)]] : [["Name \u2026", () => ask(entry)]];
}

// Who is named on another face already cannot be chosen a second time.
function choices(known, number) {
  const taken = new Map([...named].filter(([other]) => other !== number).map(([other, one]) => [one.person, other]));
  return known.map((one) =>
    taken.has(one.person) ? { ...one, why: `already named on face ${taken.get(one.person)}` } : one,
  );
}

async function ask(entry) {
  if (busy) {
    return;
  }
  const back = document.activeElement;
  let chosen;
  try {
    people ??= get("/recognition/class/people");
    const known = choices(await people, entry.number);
    chosen = await pick(known, SAYS, (canvas) => portrait(canvas, stage.image, data.size, entry.box));
  } catch (trouble) {
    people = null;
    say(trouble.sentence);
    return;
  }
  if (chosen !== null) {
    named.set(entry.number, chosen);
    point(entry.key);
    paint();
    say(`Face ${entry.number}: ${called(chosen)}.`);
  }
  refocus(back, entry);
}

function unname(entry) {
  const back = document.activeElement;
  named.delete(entry.number);
  paint();
  say(`Face ${entry.number} is not named any more.`);
  refocus(back, entry);
}

function press(entry) {
  if (entry.why) {
    say(`Face ${entry.number} cannot be learned: ${entry.why}.`);
  } else if (entry.name) {
    unname(entry);
  } else {
    ask(entry);
  }
}

// The focus goes back to where a question was asked, or to the same face if the page was painted anew meanwhile.
function refocus(back, entry) {
  const inBar = bar.button(entry.key);
  const inRows = document.querySelector(`.rows [data-key="${entry.key}"] button`);
  const places = back?.dataset.key ? [inBar, inRows] : [inRows, inBar];
  places.find((one) => one?.checkVisibility())?.focus();
}

function paint() {
  const all = entries();
  stage.outline(all, here);
  rows(byId("rows"), all, buttons, stage.image, data.size);
  bar.paint(all, here);
  const count = named.size;
  byId("count").textContent = count === 0 ? "Nobody is named yet." : `${count} of ${faces(data.faces.length)} named.`;
  byId("compare").hidden = count === 0;
  byId("learn").setAttribute("aria-disabled", String(count === 0 || busy));
  byId("learn-number").textContent = faces(count);
  mark();
}

function mark() {
  for (const line of document.querySelectorAll("#rows li")) {
    line.classList.toggle("here", line.dataset.key === here);
  }
  const side = byId("side");
  if (side.scrollHeight > side.clientHeight) {
    document.querySelector("#rows li.here")?.scrollIntoView({ block: "nearest" });
  }
  bar.mark(here);
}

function point(key) {
  if (here === key || key === null) {
    return;
  }
  here = key;
  const all = entries();
  stage.outline(all, here);
  mark();
  const entry = all.find((one) => one.key === key);
  if (entry) {
    stage.reveal(entry.box);
  }
}

async function learn() {
  if (busy) {
    return;
  }
  if (named.size === 0) {
    say("First name at least one face.");
    return;
  }
  busy = true;
  paint();
  say("Learning. This takes some seconds.");
  try {
    const list = [...named].map(([number, one]) => [number, one.person]);
    const done = await post("/recognition/class/learn", { seen: data.key, named: JSON.stringify(list) });
    leaving = true;
    location.assign(done.next);
  } catch (trouble) {
    busy = false;
    paint();
    say(trouble.sentence);
  }
}

stage.onfit = () => {
  const all = entries();
  stage.outline(all, here);
  bar.fit(all);
};
stage.onshow = paint;
stage.box.addEventListener("keydown", (event) => {
  if (event.target.closest("#faces") && event.key in WAYS && !event.altKey && !event.ctrlKey) {
    event.preventDefault();
    bar.walk(WAYS[event.key]);
  }
});
byId("smaller").addEventListener("click", () => stage.zoom(-1));
byId("larger").addEventListener("click", () => stage.zoom(1));
byId("fit").addEventListener("click", () => stage.zoom(0));
byId("learn").addEventListener("click", learn);
for (const kind of ["focusin", "pointerover"]) {
  byId("rows").addEventListener(kind, (event) => point(event.target.closest("li")?.dataset.key ?? null));
}
byId("leave").addEventListener("submit", () => {
  leaving = true;
});
addEventListener("beforeunload", (event) => {
  if (!leaving && named.size > 0) {
    event.preventDefault();
  }
});

paint();
stage.fit();
