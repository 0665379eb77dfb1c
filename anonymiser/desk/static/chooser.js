// A dialog with a list of everybody: who cannot be chosen stands there with the reason, so that nobody is hunted for.
const dialog = document.getElementById("who");
const list = document.getElementById("who-people");
const filter = document.getElementById("who-filter");
const told = document.getElementById("who-count");
let known = [];
let words = { can: "", cannot: "" };
let finish = () => {};

// What a question was answered with: the value of the button, or nothing. Each answer belongs to one question, however
// fast the next one is asked.
export function answered(question) {
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

// Answer the question that is being asked.
export function answer(value) {
  finish(value);
}

// One of `people`, or null. `says` has the words for who can be chosen and who cannot.
export async function pick(people, says, draw) {
  known = people;
  words = says;
  filter.value = "";
  fill(() => true);
  draw(document.getElementById("who-face"));
  const asked = answered(dialog);
  filter.focus();
  const chosen = await asked;
  list.replaceChildren();
  return known.find((one) => one.person === chosen) ?? null;
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
      line.textContent = `${text}: ${words.cannot}, ${one.why}`;
    } else {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = one.remark ? `${text}, ${one.remark}` : text;
      button.addEventListener("click", () => finish(one.person));
      line.append(button);
    }
    list.append(line);
  }
  const can = shown.filter((one) => !one.why).length;
  told.textContent = `${can} ${words.can}, ${shown.length - can} cannot.`;
}

function plain(text) {
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();
}

filter.addEventListener("input", () => {
  const parts = plain(filter.value).split(/\s+/).filter(Boolean);
  fill((one) => parts.every((part) => plain(`${one.name} ${one.groups}`).includes(part)));
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
