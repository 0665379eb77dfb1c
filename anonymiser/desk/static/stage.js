// The picture with its outlines. Boxes live in the photo's own pixels, so zoom and window never move them.
const SVG = "http://www.w3.org/2000/svg";
const ZOOMS = [1, 1.5, 2, 3, 4, 6];
const NAMES = { published: "as published", edit: "edit: what is underneath", before: "before: nothing is covered" };

export function shape(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  parent?.append(made);
  return made;
}

export class Stage {
  #zoom = 0;
  #data;

  constructor(data) {
    this.#data = data;
    this.view = "published";
    this.kept = null; // the part of the photo that a crop leaves
    this.box = document.getElementById("stage");
    this.canvas = document.getElementById("canvas");
    this.image = document.getElementById("picture");
    this.svg = document.getElementById("outlines");
    this.bar = document.getElementById("faces");
    this.onshow = () => {};
    this.onlook = () => {};
    this.canvas.addEventListener("click", () => this.view === "edit" || this.onlook()); // nothing there can be clicked
    new ResizeObserver(() => this.fit()).observe(this.box);
    this.image.addEventListener("load", () => {
      this.fit();
      this.onshow();
    });
  }

  // The picture of a photo that opened behind a button.
  uncover() {
    document.getElementById("curtain").hidden = true;
    this.box.hidden = false;
    this.image.src = this.image.dataset.src;
    this.box.focus();
  }

  set data(data) {
    this.#data = data;
  }

  // Whether the copy itself, and nothing else, is what the person sees.
  get showsCopy() {
    const shown = new URL(this.image.src || "about:blank", location.href).pathname;
    return this.view === "published" && shown === this.#data.published && this.image.complete && this.image.naturalWidth > 0;
  }

  get frame() {
    return this.view === "published" ? this.#data.frame : [0, 0, ...this.#data.size];
  }

  get scale() {
    return this.canvas.clientWidth / (this.frame[2] - this.frame[0]) || 1;
  }

  show(view) {
    this.view = view;
    const source = view === "published" ? this.#data.published : this.#data.before;
    if (new URL(this.image.src || "about:blank", location.href).pathname !== source) {
      this.image.src = source;
    }
    this.image.alt =
      view === "published"
        ? `Photo ${this.#data.id}, as it would be published: ${this.#data.sentence}`
        : `Photo ${this.#data.id} before anybody was covered.`;
    document.getElementById("view-name").textContent = NAMES[view];
    this.fit();
    this.onshow();
  }

  zoom(step) {
    this.#zoom = step === 0 ? 0 : Math.min(Math.max(this.#zoom + step, 0), ZOOMS.length - 1);
    this.fit();
  }

  fit() {
    const [left, top, right, bottom] = this.frame;
    const width = right - left;
    const height = bottom - top;
    if (!width || !height || !this.box.clientWidth) {
      return;
    }
    const whole = Math.min(this.box.clientWidth / width, this.box.clientHeight / height);
    const scale = whole * ZOOMS[this.#zoom];
    this.image.style.width = `${Math.floor(width * scale)}px`;
    this.image.style.height = `${Math.floor(height * scale)}px`;
    this.svg.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
    this.onfit?.();
  }

  // The place in the photo of a point of the window.
  point(event) {
    const area = this.canvas.getBoundingClientRect();
    const [left, top] = this.frame;
    return [left + (event.clientX - area.left) / this.scale, top + (event.clientY - area.top) / this.scale];
  }

  place(element, box) {
    const [left, top, right, bottom] = this.frame;
    const across = (x) => `${((x - left) / (right - left)) * 100}%`;
    const down = (y) => `${((y - top) / (bottom - top)) * 100}%`;
    element.style.left = across(box[0]);
    element.style.top = down(box[1]);
    element.style.width = `${((box[2] - box[0]) / (right - left)) * 100}%`;
    element.style.height = `${((box[3] - box[1]) / (bottom - top)) * 100}%`;
  }

  // Outlines of faces, each told by its line, its shade and its word, never by colour alone.
  outline(faces, here) {
    this.svg.replaceChildren();
    const unit = 1 / this.scale;
    const defs = shape("defs", {}, this.svg);
    const hatching = shape(
      "pattern",
      {
        id: "hatching",
        width: 8,
        height: 8,
        patternUnits: "userSpaceOnUse",
        patternTransform: `scale(${unit}) rotate(45)`,
      },
      defs,
    );
    shape("rect", { width: 8, height: 8, fill: "rgba(16,22,31,0.28)" }, hatching);
    shape("line", { x1: 0, y1: 0, x2: 0, y2: 8, stroke: "rgba(255,255,255,0.55)", "stroke-width": 3 }, hatching);
    if (this.view === "edit" && this.kept) {
      const [left, top, right, bottom] = this.kept;
      const [width, height] = this.#data.size;
      const around = `M0 0H${width}V${height}H0Z M${left} ${top}V${bottom}H${right}V${top}Z`;
      shape("path", { d: around, class: "cut-away", "fill-rule": "evenodd" }, this.svg);
    }
    const drawn = this.view === "edit" ? faces : faces.filter((face) => face.key === here);
    for (const face of drawn) {
      const [left, top, right, bottom] = face.box;
      const wide = 3 * unit; // around the face, so that the line hides nothing of it
      const at = { x: left - wide, y: top - wide, width: right - left + 2 * wide, height: bottom - top + 2 * wide };
      const group = shape("g", { class: `${face.style}${face.key === here ? " here" : ""}` }, this.svg);
      if (face.style === "covered" && this.view === "edit") {
        shape("rect", { ...at, class: "shade", fill: "url(#hatching)" }, group);
      }
      shape("rect", { ...at, class: "ring" }, group);
      shape("rect", { ...at, class: "line", ...(face.style === "covered" ? {} : { fill: "none" }) }, group);
      const text = shape("text", { x: left - wide, y: top - (face.key === here ? 10 : 7) * unit, "font-size": 12 * unit }, group);
      const name = face.key === here && face.name ? ` ${face.name}` : "";
      text.textContent = face.style === "shown" ? `${face.number}\u2713${name}` : `${face.number}`;
    }
  }

  reveal(box) {
    const [left, top] = this.frame;
    const x = ((box[0] + box[2]) / 2 - left) * this.scale;
    const y = ((box[1] + box[3]) / 2 - top) * this.scale;
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.box;
    const outside = x < scrollLeft || x > scrollLeft + clientWidth || y < scrollTop || y > scrollTop + clientHeight;
    if (outside) {
      this.box.scrollTo(x - clientWidth / 2, y - clientHeight / 2);
    }
  }
}

// A face from the picture of the original, with a little around it, on a canvas of the page.
export function portrait(canvas, image, size, box) {
  if (!image.complete || image.naturalWidth === 0) {
    return;
  }
  const ratio = image.naturalWidth / size[0];
  const side = Math.max(box[2] - box[0], box[3] - box[1]) * 1.5 * ratio;
  const middle = [((box[0] + box[2]) / 2) * ratio, ((box[1] + box[3]) / 2) * ratio];
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, middle[0] - side / 2, middle[1] - side / 2, side, side, 0, 0, canvas.width, canvas.height);
}
