// What a person did to a photo, as plain lists of acts. No list is ever changed: every step makes a new one.
const SAME_PLACE = 0.5;

export function overlap(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) {
    return 0;
  }
  const area = (box) => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}

export function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

// An act with the very box of one of `others` is about that one: the boxes of slanting lines share most of their area.
function about(act, box, label, others) {
  const concerns = (act.do === "not-a-name") === label && act.do !== "crop";
  const near = () => overlap(act.box, box) >= SAME_PLACE && !others.some((other) => same(act.box, other.box));
  return concerns && (same(act.box, box) || near());
}

// The act that counts for a face or a name, or undefined.
export function actOn(acts, box, label = false, others = []) {
  return acts.findLast((act) => about(act, box, label, others));
}

export function without(acts, box, label = false, others = []) {
  return acts.filter((act) => !about(act, box, label, others));
}

// Without anything that a person said of a text; of a clue, neither that it is shown nor that it is covered.
export function withoutText(acts, entry, labels) {
  const left = entry.label.clue ? without(acts, entry.box, false, labels) : acts;
  return without(left, entry.box, true, labels);
}

// Changes that the copy on the screen does not have yet: acts added and acts taken away.
export function unsent(acts, sent) {
  const missing = (some, others) => some.filter((act) => !others.some((other) => same(act, other)));
  return [...missing(acts, sent), ...missing(sent, acts)].length;
}

// Covered places that the copy on the screen does not have yet, and that are no face.
export function newPlaces(acts, sent, faces) {
  return acts.filter(
    (act) =>
      act.do === "cover" &&
      !sent.some((other) => same(act, other)) &&
      !faces.some((face) => overlap(face.box, act.box) >= SAME_PLACE),
  );
}

// The part of the photo that is kept, or undefined for all of it.
export function cropOf(acts) {
  return acts.findLast((act) => act.do === "crop");
}

export function uncropped(acts) {
  return acts.filter((act) => act.do !== "crop");
}

export function cropped(acts, box) {
  return [...uncropped(acts), { do: "crop", box }];
}

export class Steps {
  #lists;
  #at = 0;

  constructor(first) {
    this.#lists = [first];
  }

  get acts() {
    return this.#lists[this.#at];
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at + 1 < this.#lists.length;
  }

  push(acts) {
    this.#lists.splice(this.#at + 1, Infinity, acts);
    this.#at += 1;
  }

  // What the program made of the present list stands for it from now on.
  settle(acts) {
    this.#lists[this.#at] = acts;
  }

  undo() {
    this.#at -= this.canUndo ? 1 : 0;
  }

  redo() {
    this.#at += this.canRedo ? 1 : 0;
  }
}
