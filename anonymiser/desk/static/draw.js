// Drawing, moving and sizing one box: by dragging, by clicking two corners, by touch, or by keys alone.
import { shape } from "./stage.js";

const DRAG = 5; // pixels of the screen before a press counts as a drag
const LEAST = 8; // pixels of the photo
const STEP = 2;
const LEAP = 10;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const CORNERS = [
  [0, 1],
  [2, 1],
  [0, 3],
  [2, 3],
]; // places of x and y in a box
const COVER = { button: "Cover this area", verb: "cover it" };

export class Draw {
  #words = COVER;
  #stage;
  #say;
  #done = null;
  #press = null;
  #corner = null;

  constructor(stage, say) {
    this.#stage = stage;
    this.#say = say;
    this.box = null;
    stage.canvas.addEventListener("pointerdown", (event) => this.#down(event));
    stage.canvas.addEventListener("pointermove", (event) => this.#move(event));
    stage.canvas.addEventListener("pointerup", (event) => this.#up(event));
    stage.canvas.addEventListener("pointercancel", () => {
      this.#press = null;
    });
    document.getElementById("draw-done").addEventListener("click", () => this.finish());
    document.getElementById("draw-leave").addEventListener("click", () => this.leave());
  }

  get active() {
    return this.#done !== null;
  }

  // Ask for a box; `done` gets it. Without a box to begin with, one stands in the middle of what is seen.
  start(box, done, words = COVER) {
    this.#done = done;
    this.#words = words;
    document.getElementById("draw-word").textContent = words.button;
    this.box = box ? [...box] : this.#middle();
    this.#corner = null;
    this.#stage.box.classList.add("drawing");
    document.getElementById("draw-acts").hidden = false;
    this.#stage.box.focus();
    this.paint();
    this.#say(
      "Drag over the area, or click two corners of it. Arrow keys move the box; with Alt, they change its size. " +
        `Press Enter to ${words.verb}, Escape to cancel.`,
    );
  }

  finish() {
    const done = this.#done;
    const box = this.box;
    this.#end();
    done?.(box.map((number) => Math.round(number)));
  }

  leave() {
    this.#end();
    this.#say("Nothing was drawn.");
  }

  #end() {
    this.#done = null;
    this.#press = null;
    this.#stage.box.classList.remove("drawing");
    document.getElementById("draw-acts").hidden = true;
    this.paint();
    this.#stage.box.focus();
  }

  key(event) {
    if (event.key === "Enter") {
      this.finish();
    } else if (event.key === "Escape" && !event.shiftKey) {
      this.leave();
    } else if (event.key in ARROWS) {
      const [x, y] = ARROWS[event.key].map((way) => (way * (event.shiftKey ? LEAP : STEP)) / this.#stage.scale);
      const [left, top, right, bottom] = this.box;
      this.#set(event.altKey ? [left, top, right + x, bottom + y] : [left + x, top + y, right + x, bottom + y]);
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }

  paint() {
    this.#stage.svg.querySelector(".adjusting")?.remove();
    if (!this.active) {
      return;
    }
    const [left, top, right, bottom] = this.box;
    const at = { x: left, y: top, width: right - left, height: bottom - top };
    const group = shape("g", { class: "adjusting" }, this.#stage.svg);
    shape("rect", { ...at, class: "ring" }, group);
    shape("rect", { ...at, class: "line" }, group);
    for (const [x, y] of CORNERS) {
      const slant = y - x === 1 ? "falling" : "rising";
      shape("circle", { cx: this.box[x], cy: this.box[y], r: 9 / this.#stage.scale, class: `handle ${slant}` }, group);
    }
  }

  #middle() {
    const { box, scale, frame } = this.#stage;
    const size = Math.min(box.clientWidth, box.clientHeight) / 6 / scale;
    const x = frame[0] + (box.scrollLeft + box.clientWidth / 2) / scale;
    const y = frame[1] + (box.scrollTop + box.clientHeight / 2) / scale;
    const middle = [Math.min(x, (frame[0] + frame[2]) / 2), Math.min(y, (frame[1] + frame[3]) / 2)];
    return [middle[0] - size, middle[1] - size, middle[0] + size, middle[1] + size];
  }

  #set(box) {
    const [left, top, right, bottom] = this.#stage.frame;
    const width = Math.min(Math.max(box[2] - box[0], LEAST), right - left);
    const height = Math.min(Math.max(box[3] - box[1], LEAST), bottom - top);
    const x = Math.min(Math.max(box[0], left), right - width);
    const y = Math.min(Math.max(box[1], top), bottom - height);
    this.box = [x, y, x + width, y + height];
    this.paint();
  }

  #down(event) {
    if (!this.active || event.button !== 0) {
      return;
    }
    event.preventDefault();
    this.#stage.canvas.setPointerCapture(event.pointerId);
    const point = this.#stage.point(event);
    const near = (a, b) => Math.abs(a - b) * this.#stage.scale <= 16;
    const inside = point[0] > this.box[0] && point[0] < this.box[2] && point[1] > this.box[1] && point[1] < this.box[3];
    const corner = CORNERS.find(([x, y]) => near(point[0], this.box[x]) && near(point[1], this.box[y]));
    const kind = corner ? "size" : inside && this.#corner === null ? "move" : "new";
    this.#press = { kind, corner, at: [event.clientX, event.clientY], point, box: [...this.box], dragged: false };
  }

  #move(event) {
    const press = this.#press;
    if (press === null) {
      return;
    }
    const far = Math.hypot(event.clientX - press.at[0], event.clientY - press.at[1]) >= DRAG;
    if (!far && !press.dragged) {
      return;
    }
    press.dragged = true;
    this.#corner = null;
    const point = this.#stage.point(event);
    const [x, y] = [point[0] - press.point[0], point[1] - press.point[1]];
    const [left, top, right, bottom] = press.box;
    if (press.kind === "move") {
      this.#set([left + x, top + y, right + x, bottom + y]);
    } else if (press.kind === "size") {
      const [across, down] = press.corner;
      const opposite = [press.box[2 - across], press.box[4 - down]];
      this.#set(between(opposite, [press.box[across] + x, press.box[down] + y]));
    } else {
      this.#set(between(press.point, point));
    }
  }

  #up() {
    const press = this.#press;
    this.#press = null;
    if (press === null || press.dragged) {
      return;
    }
    if (this.#corner === null) {
      this.#corner = press.point;
      this.#set([...press.point, press.point[0] + LEAST, press.point[1] + LEAST]);
      this.#say("One corner is set. Click the opposite corner.");
    } else {
      this.#set(between(this.#corner, press.point));
      this.#corner = null;
      this.#say(`The box is drawn. Press Enter or the button to ${this.#words.verb}.`);
    }
  }
}

function between(a, b) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
}
