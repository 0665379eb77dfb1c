// Says on the page when the desk has ended, or has signed this browser out: nothing on it would work any more.
import { get } from "./api.js";

const PAUSE = 10_000; // milliseconds, as AGAIN
const AGAIN = 1000;
const ENDED = [
  "The desk has ended",
  "Start it again the way you started it before: it then opens a page of its own, and you can close this one. Whatever you sent was done.",
];
const SIGNED_OUT = [
  "You are signed out",
  "Load this page again: it then says how to go on. Whatever you sent was done.",
];

function tell([title, remedy]) {
  const box = document.createElement("div");
  box.id = "gone";
  box.className = "trouble";
  box.setAttribute("role", "alert");
  const heading = document.createElement("strong");
  heading.textContent = `${title}. `;
  const text = document.createElement("span");
  text.textContent = remedy;
  box.append(heading, text);
  document.getElementById("main").before(box);
  box.scrollIntoView({ block: "nearest" });
}

const asked = () => get("/alive").then(() => 204, (trouble) => trouble.status);
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Asked twice before anything is said: a request that is under way when somebody leaves the page fails, too.
async function look() {
  if ([0, 401].includes(await asked())) {
    await pause(AGAIN);
    const status = await asked();
    if (status === 0 || status === 401) {
      tell(status === 0 ? ENDED : SIGNED_OUT);
      return false;
    }
  }
  return true;
}

// Asks now and then, and when somebody comes back to the page; not while nobody sees it.
export function watch() {
  let next = null;
  let asking = false;
  const ask = async () => {
    if (asking) {
      return;
    }
    asking = true; // and for ever, once it has been said
    clearTimeout(next);
    if (document.hidden || (await look())) {
      asking = false;
      next = setTimeout(ask, PAUSE);
    }
  };
  addEventListener("focus", ask);
  next = setTimeout(ask, PAUSE);
}
