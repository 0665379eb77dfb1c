// The faces as a list of rows: state in words, why, and buttons whose names never change their meaning.
import { portrait } from "./stage.js";

export function rows(list, entries, acts, picture, size) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const back = focused && [focused.closest("li").dataset.key, focused.textContent];
  list.replaceChildren();
  for (const entry of entries) {
    const line = document.createElement("li");
    line.dataset.key = entry.key;
    const face = document.createElement("canvas");
    face.width = 64;
    face.height = 64;
    face.setAttribute("aria-hidden", "true");
    portrait(face, picture, size, entry.box);
    const text = document.createElement("p");
    const state = document.createElement("strong");
    state.textContent = entry.title;
    text.append(state, document.createElement("br"), entry.detail);
    const buttons = document.createElement("div");
    buttons.className = "acts";
    for (const [name, act] of acts(entry)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.textContent = name;
      button.setAttribute("aria-label", `${name}: ${entry.called}`);
      button.addEventListener("click", act);
      buttons.append(button);
    }
    line.append(face, text, buttons);
    list.append(line);
  }
  if (back) {
    const [key, name] = back;
    const own = [...list.querySelectorAll(`[data-key="${key}"] button`)];
    (own.find((button) => button.textContent === name) ?? own[0])?.focus({ preventScroll: true });
  }
}
