// "Who is this?", asked of a face that is covered; and questions that are asked twice.
import { get } from "./api.js";
import { answer, answered, pick } from "./chooser.js";

const maybe = document.getElementById("who-maybe");
const SAYS = { can: "can be shown", cannot: "cannot be shown" };
let people = null;
let of = ""; // the photo that they were asked about

// Ask before anybody wants to choose, so that the list opens at once.
export async function ask(photo) {
  if (of !== photo) {
    people = null;
    of = photo;
  }
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
  const known = await ask(photo);
  suggest(photo, face, known);
  return pick(known, SAYS, draw);
}

// In a place of its own, so that no name moves under somebody's finger when an answer comes.
async function suggest(photo, face, known) {
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
    button.addEventListener("click", () => answer(one.person));
    maybe.append(button);
  }
}

function remark(text) {
  const line = document.createElement("p");
  line.setAttribute("role", "status");
  line.textContent = text;
  maybe.replaceChildren(line);
}

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
    "The program reads somebody's full name there. If you continue, it stays readable in the copy, unless it also tells where a child is and your school covers that.",
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
