// On every page: a key that blanks the screen, forms that are sent once, and a word when the desk has ended.
import { blank } from "./hide.js";
import { watch } from "./alive.js";

const PATIENCE = 700; // milliseconds without an answer until somebody is told that it takes a while
const busy = document.createElement("p");
busy.id = "busy";
busy.setAttribute("role", "status");
document.body.append(busy);
watch();

const button = document.getElementById("hide");
button.hidden = false;
button.addEventListener("click", blank);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.shiftKey) {
    event.preventDefault();
    blank();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") {
    return;
  }
  if (form.dataset.sent === "yes") {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => {
    busy.textContent = form.dataset.sent === "yes" ? "One moment. This is being done." : "";
  }, PATIENCE);
});
addEventListener("pageshow", () => {
  busy.textContent = "";
  for (const form of document.forms) {
    delete form.dataset.sent;
  }
});
