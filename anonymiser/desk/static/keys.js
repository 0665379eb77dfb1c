// Keys of a photo's page: letters and digits in the picture, arrows between faces, undo and redo anywhere.
const WAYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: "first", End: "last" };

// `deeds` holds what each letter or digit does; they rest while the box `letters` is not ticked.
// What is bound to the document ends with `signal`.
export function bindKeys({ stage, draw, bar, letters, undo, redo, deeds, signal }) {
  stage.box.addEventListener("keydown", (event) => {
    if (draw?.active) {
      draw.key(event);
      return;
    }
    if (event.target.closest("#faces") && event.key in WAYS && !event.altKey && !event.ctrlKey) {
      event.preventDefault();
      bar.walk(WAYS[event.key]);
      return;
    }
    const deed = deeds[event.key.toLowerCase()];
    if (deed && letters.checked && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      if (!event.repeat) {
        deed(); // a key that is held down decides about one photo and not about the next ones
      }
    }
  });
  const back = (event) => {
    const typing = event.target.matches?.("input[type=search], input[type=text], textarea");
    if (!(event.ctrlKey || event.metaKey) || typing || draw?.active) {
      return;
    }
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) {
      event.preventDefault();
      undo();
    } else if (key === "y" || (key === "z" && event.shiftKey)) {
      event.preventDefault();
      redo();
    }
  };
  document.addEventListener("keydown", back, { signal });
}
