// The lines of the lists: what is known of each face, name and part of the photo, with what was said since.
import { actOn, cropOf, newPlaces, same } from "./acts.js";

const STYLES = { cover: "covered", show: "shown", "not-a-face": "not-a-face" };

// `names` holds those of pupils that were chosen on this page.
export function faceEntries(data, acts, names) {
  const known = data.faces.map((face) => {
    const act = actOn(acts, face.box);
    const entry = {
      key: `face-${face.number}`,
      number: face.number,
      box: face.box,
      name: face.name,
      style: face.state.replaceAll(" ", "-"),
      found: face.found,
      mine: act !== undefined,
      called: `face ${face.number}`,
      title: `${face.number}. ${word(face.state, face.name)}`,
      detail: face.by === "you" ? "by you" : face.reason,
      changed: !same(act, actOn(data.acts, face.box)),
    };
    if (entry.changed) {
      const next = act === undefined ? "as the program decides" : told(act, names);
      entry.style = STYLES[act?.do] ?? entry.style;
      entry.name = act?.do === "show" ? names.get(act.person) : "";
      entry.title = `${face.number}. ${next}`;
      entry.detail = "when you make the copy again";
    }
    return entry;
  });
  const added = newPlaces(acts, data.acts, [...data.faces, ...data.labels.filter((label) => label.clue)]).map((act, index) => ({
    key: `place-${index}`,
    number: `+${index + 1}`,
    box: act.box,
    name: "",
    style: "covered",
    found: false,
    mine: true,
    changed: true,
    called: `new area ${index + 1}`,
    title: `New area ${index + 1}: to be covered`,
    detail: "when you make the copy again",
  }));
  return [...known, ...added];
}

export function nameEntries(data, acts) {
  return data.labels.map((label) => {
    const act = actOnText(acts, label, data.labels);
    const changed = !same(act, actOnText(data.acts, label, data.labels));
    return {
      key: `text-${label.number}`,
      box: label.box,
      called: `text ${label.number}`,
      title: `Text ${label.number}: ${changed ? "to be changed" : state(label)}`,
      detail: label.reason,
      mine: act !== undefined,
      label,
      covered: label.covered,
    };
  });
}

// The act that counts for a text: names can only be called none, anything else can be covered as well.
function actOnText(acts, label, labels) {
  return actOn(acts, label.box, true, labels) ?? (label.clue ? actOn(acts, label.box, false, labels) : undefined);
}

function state(label) {
  if (label.clue) {
    return label.covered ? "covered" : "stays as it is";
  }
  return label.covered ? "removed" : "not a name: stays readable";
}

// The part that is kept, as a list of one line or none.
export function cropEntries(data, acts) {
  const crop = cropOf(acts);
  const changed = !same(crop, cropOf(data.acts));
  if (!crop && !changed) {
    return [];
  }
  const title = crop ? "Cropped: only a part is kept" : "The whole photo again";
  const detail = changed ? "when you make the copy again" : "by you";
  return [{ key: "crop", box: crop?.box ?? [0, 0, ...data.size], called: "the crop", title, detail, crop }];
}

function word(state, name) {
  if (state === "shown") {
    return name ? `Shown: ${name}` : "Shown";
  }
  return state === "covered" ? `Covered${name ? ` (${name})` : ""}` : "Not a face: stays visible";
}

function told(act, names) {
  const texts = {
    cover: "to be covered",
    show: `to be shown: ${names.get(act.person) ?? ""}`,
    "not-a-face": "not a face",
  };
  return texts[act.do];
}
