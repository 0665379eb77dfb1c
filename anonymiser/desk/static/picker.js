// "Who is this?" Everybody is listed: who may not be shown stands there with the reason, so that nobody is hunted for.
import { get } from "./api.js";

const dialog = document.getElementById("who");
const list = document.getElementById("who-people");
const filter = document.getElementById("who-filter");
const maybe = document.getElementById("who-maybe");
const told = document.getElementById("who-count");
let people = null;
let known = [];
let finish = () => {};

// What a question was answered with: the value of the button, or nothing. Each answer belongs to one question, however
// fast the next one is asked.
function answered(question) {
  question.showModal();
  return new Promise((resolve) => {
    const control = new AbortController();
    finish = (value) => {
      control.abort();
      question.close();
      resolve(value);
    };
    const listen = (kind, act) => question.addEventListener(kind, act, { signal: control.signal });
    listen("submit", (event) => {
      event.preventDefault();
      finish(event.submitter?.value ?? "");
    });
    listen("cancel", (event) => {
      event.preventDefault();
      finish("");
    });
  });
}

// Ask before anybody wants to choose, so that the list opens at once.
export async function ask(photo) {
  people ??= get(`/photo/${photo}/people`);
  try {
    return await people;
  } catch (trouble) {
    people = null;
    throw trouble;
  }
}

// `face` says which face of which copy, for the program to say who it may be; null for a place that it did not find.
export async function choose(photo, face, draw) {
  known = await ask(photo);
  filter.value = "";
  suggest(photo, face);
  fill(() => true);
  draw(document.getElementById("who-face"));
  const answer = answered(dialog);
  filter.focus();
  const chosen = await answer;
  list.replaceChildren();
  return known.find((one) => one.person === chosen) ?? null;
}

// In a place of its own, so that no name moves under somebody's finger when an answer comes.
async function suggest(photo, face) {
  if (maybe === null) {
    return;
  }
  const asked = (maybe.asked = {});
  remark(face === null ? "The program found no face here." : "Looking who this may be.");
  if (face === null) {
    return;
  }
  let found = [];
  try {
    found = await get(`/photo/${photo}/who/${face}`);
  } catch (trouble) {
    found = null;
    if (maybe.asked === asked) {
      remark(trouble.sentence);
    }
  }
  if (found === null || maybe.asked !== asked) {
    return;
  }
  const likely = found.map((person) => known.find((one) => one.person === person)).filter(Boolean);
  remark(likely.length > 0 ? "It may be:" : "The program recognises nobody here.");
  for (const one of likely) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "second";
    button.textContent = one.name;
    button.addEventListener("click", () => finish(one.person));
    maybe.append(button);
  }
}

function remark(text) {
  const line = document.createElement("p");
  line.setAttribute("role", "status");
  line.textContent = text;
  maybe.replaceChildren(line);
}

function fill(wanted) {
  list.replaceChildren();
  const shown = known.filter(wanted);
  const order = [...shown.filter((one) => !one.why), ...shown.filter((one) => one.why)];
  for (const one of order) {
    const line = document.createElement("li");
    const text = `${one.name}${one.groups ? ` (${one.groups})` : ""}`;
    if (one.why) {
      line.className = "cannot";
      line.textContent = `${text}: cannot be shown, ${one.why}`;
    } else {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", () => finish(one.person));
      line.append(button);
    }
    list.append(line);
  }
  const can = shown.filter((one) => !one.why).length;
  told.textContent = `${can} can be shown, ${shown.length - can} cannot.`;
}

function plain(text) {
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();
}

filter.addEventListener("input", () => {
  const words = plain(filter.value).split(/\s+/).filter(Boolean);
  fill((one) => words.every((word) => plain(`${one.name} ${one.groups}`).includes(word)));
});
filter.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") {
    event.preventDefault();
    list.querySelector("button")?.focus();
  } else if (event.key === "Enter") {
    event.preventDefault();
    const only = list.querySelectorAll("button");
    if (only.length === 1) {
      only[0].click();
    }
  }
});
list.addEventListener("keydown", (event) => {
  const buttons = [...list.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined) {
    return;
  }
  event.preventDefault();
  (buttons[to] ?? filter).focus();
});

// Asked twice where something is uncovered for good.
async function sure(title, text, yes) {
  const question = document.getElementById("sure");
  document.getElementById("sure-title").textContent = title;
  document.getElementById("sure-text").textContent = text;
  document.getElementById("sure-yes").textContent = yes;
  return (await answered(question)) === "yes";
}

export function sureNoFace(called) {
  return sure(
    `Is ${called} really not a face?`,
    "It then stays visible in the copy, exactly as it is. A face on a poster, a screen or a jumper is a face.",
    "Yes, it is not a face",
  );
}

export function sureNoName(number) {
  return sure(
    `Is text ${number} really not a name?`,
    "The program reads somebody's full name there. If you continue, it stays readable in the copy.",
    "Yes, it is not a name",
  );
}

export function sureShown(label) {
  return sure(
    `Should text ${label.number} really be shown?`,
    `The program finds something there that tells where a child is: ${label.reason}. If you continue, it stays as it is in the copy.`,
    "Yes, show it",
  );
}
