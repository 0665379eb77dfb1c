// Faces as switches on the picture: a toolbar with one stop for the Tab key, and arrows between the faces.
export class Bar {
  #stage;
  #bar;
  #press;
  #point;

  // `press` is called with the entry that was clicked, `point` with the key of the one that is pointed at.
  constructor(stage, press, point) {
    this.#stage = stage;
    this.#bar = stage.bar;
    this.#press = press;
    this.#point = point;
  }

  paint(entries, here) {
    this.#bar.hidden = this.#stage.view !== "edit";
    const focused = document.activeElement?.closest?.("#faces button")?.dataset.key;
    this.#bar.replaceChildren(...entries.map((entry) => this.#button(entry)));
    this.mark(here);
    if (focused) {
      this.button(focused)?.focus();
    }
  }

  button(key) {
    return this.#bar.querySelector(`[data-key="${key}"]`);
  }

  fit(entries) {
    for (const entry of entries) {
      const button = this.button(entry.key);
      if (button) {
        this.#stage.place(button, entry.box);
      }
    }
  }

  // Which of them the Tab key stops at.
  mark(here) {
    const stop = (here && this.button(here)) || this.#bar.firstElementChild;
    for (const button of this.#bar.children) {
      button.tabIndex = button === stop ? 0 : -1;
    }
  }

  walk(step) {
    const all = [...this.#bar.children];
    const at = all.indexOf(document.activeElement);
    const to = { first: 0, last: all.length - 1 }[step] ?? (at + step + all.length) % all.length;
    all[to]?.focus();
  }

  #button(entry) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.key = entry.key;
    button.setAttribute("aria-pressed", String(entry.style === "shown"));
    button.setAttribute("aria-label", `${entry.asks ?? `Show ${entry.called} in the copy`}. ${entry.title}, ${entry.detail}`);
    this.#stage.place(button, entry.box);
    button.addEventListener("click", () => this.#press(entry));
    button.addEventListener("focus", () => this.#point(entry.key));
    button.addEventListener("pointerenter", () => this.#point(entry.key));
    return button;
  }
}
