// The verdict on a photo, given once and not before somebody has looked; and the question before changes are lost.
import { turn } from "./turn.js";

const LEAST_LOOK = 500; // milliseconds, as long as a double click: its second half is no verdict on the next photo
const LOOK_FIRST = "First look at this photo: it has only just come.";

export class Decider {
  #leaving = false;

  // `told` is what there is to say of a photo that took the place of another, undefined for one with a page of its own.
  // `whyNot` says why the copy cannot be approved, `changes` how many it does not have; `open` shows the next photo.
  // What is bound to more than this photo's own part of the page ends with `page`.
  constructor({ page, told, say, paint, whyNot, changes, open }) {
    this.looked = told === undefined;
    const decide = async (event) => {
      event.preventDefault();
      const why = event.target.id === "approve-form" ? whyNot() : "";
      if (!this.looked || why !== "" || this.#leaving) {
        say(this.looked ? why : LOOK_FIRST);
        return;
      }
      this.#leaving = true;
      try {
        const next = await turn(event.target);
        page.abort();
        open(next);
      } catch (trouble) {
        this.#leaving = false;
        say(trouble.sentence);
      }
    };
    for (const verdict of ["approve", "reject"]) {
      document.getElementById(`${verdict}-form`)?.addEventListener("submit", decide);
    }
    const sent = (event) => {
      this.#leaving ||= !event.defaultPrevented && event.target.method !== "dialog";
    };
    const leave = (event) => {
      if (!this.#leaving && changes() > 0) {
        event.preventDefault();
      }
    };
    document.addEventListener("submit", sent, { signal: page.signal });
    addEventListener("beforeunload", leave, { signal: page.signal });
    if (told) {
      say(told);
      setTimeout(() => {
        this.looked = true;
        paint();
      }, LEAST_LOOK);
    }
  }
}
