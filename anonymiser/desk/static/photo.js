// The page of one photo: what is shown, what a person says about it, and the verdict on exactly what was seen.
import { Steps, actOn, cropOf, cropped, same, uncropped, unsent, without, withoutText } from "./acts.js";
import { post } from "./api.js";
import { Bar } from "./bar.js";
import { Decider } from "./decide.js";
import { Draw } from "./draw.js";
import { cropEntries, faceEntries, nameEntries } from "./entries.js";
import { bindKeys } from "./keys.js";
import { ask, choose, sureNoFace, sureNoName, sureShown } from "./picker.js";
import { rows } from "./rows.js";
import { Stage, portrait } from "./stage.js";
import { lookAhead, renamed } from "./turn.js";
import { paintActs, paintRefused } from "./verdict.js";

const HOW = "To show or cover somebody, press Edit above the picture, then click the face.";
const KEEP = { button: "Keep this part", verb: "keep it alone" };
const byId = (id) => document.getElementById(id);

open();

function open(told) {
  const source = byId("data");
  if (source !== null) {
    begin(JSON.parse(source.textContent), new AbortController(), told);
  } else if (told !== undefined) {
    byId("main").focus(); // a photo that somebody else has decided meanwhile
  }
}

// Everything that is bound to more than this photo's own part of the page ends with `page`.
function begin(first, page, told) {
  let data = first;
  let here = null;
  let busy = false;
  const stage = new Stage(data);
  const steps = new Steps(data.acts);
  const names = new Map();
  const before = new Image();
  const draw = data.editable ? new Draw(stage, say) : null;
  const bar = new Bar(stage, press, point);
  const decider = new Decider({ page, told, say, open, paint: () => paintVerdict(), whyNot: () => whyNotApprove(), changes: () => unsent(steps.acts, data.acts) });

  function say(text) {
    byId("live").textContent = text;
  }

  // --- what is known of each face, with what was said since ---------------------------------------------------

  function faces() {
    return faceEntries(data, steps.acts, names);
  }

  function buttons(entry) {
    if (!data.editable) {
      return [];
    }
    const made = [];
    if (!entry.found) {
      made.push(["Move or size", () => adjust(entry)], ["Remove", () => change(without(steps.acts, entry.box), `${entry.called} is removed`)]);
      return made;
    }
    if (entry.style !== "covered") {
      made.push(["Cover", () => cover(entry)]);
    } else {
      made.push(["Show \u2026", () => show(entry)], ["Not a face \u2026", () => notAFace(entry)]);
    }
    if (entry.mine) {
      made.push(["Undo my change", () => change(without(steps.acts, entry.box), `${entry.called} is as the program decides`)]);
    }
    return made;
  }

  // --- acts ---------------------------------------------------------------------------------------------------

  function change(acts, text) {
    if (busy) {
      return;
    }
    steps.push(acts);
    if (data.editable && stage.view !== "edit") {
      stage.show("edit");
    }
    paint();
    say(`${text.charAt(0).toUpperCase()}${text.slice(1)}. Undo: Control Z.`);
  }

  function cover(entry) {
    change([...steps.acts, { do: "cover", box: entry.box }], `${entry.called} will be covered`);
  }

  async function show(entry) {
    const back = document.activeElement;
    let chosen;
    try {
      const face = Number.isInteger(entry.number) ? `${data.seen}/${entry.number}` : null;
      chosen = await choose(data.id, face, (canvas) => portrait(canvas, before, data.size, entry.box));
    } catch (trouble) {
      say(trouble.sentence);
      return;
    }
    if (chosen !== null) {
      const [surname, forename] = chosen.name.split(", ");
      names.set(chosen.person, forename ? `${forename} ${surname}` : chosen.name);
      change(
        [...steps.acts, { do: "show", box: entry.box, person: chosen.person }],
        `${entry.called} will be shown: ${names.get(chosen.person)}`,
      );
    }
    refocus(back, entry);
  }

  async function notAFace(entry) {
    const back = document.activeElement;
    if (await sureNoFace(entry.called)) {
      change([...steps.acts, { do: "not-a-face", box: entry.box, confirmed: true }], `${entry.called} will stay visible`);
    }
    refocus(back, entry);
  }

  async function notAName(label) {
    const back = document.activeElement;
    if (await (label.clue ? sureShown(label) : sureNoName(label.number))) {
      change([...steps.acts, { do: "not-a-name", box: label.box, confirmed: true }], `text ${label.number} will ${label.clue ? "stay readable" : "not count as a name"}`);
    }
    refocus(back, { key: `text-${label.number}` });
  }

  function adjust(entry) {
    stage.show("edit");
    draw.start(entry.box, (box) => {
      change([...without(steps.acts, entry.box), { do: "cover", box }], `${entry.called} is moved`);
    });
  }

  // The focus goes back to where a question was asked, or to the same face if the page was painted anew meanwhile.
  function refocus(back, entry) {
    const inBar = bar.button(entry.key);
    const inRows = document.querySelector(`.rows [data-key="${entry.key}"] button`);
    const places = back?.dataset.key ? [back, inBar, inRows] : [back, inRows, inBar];
    const seen = places.find((one) => one?.isConnected && one.checkVisibility() && one !== document.body);
    (seen ?? stage.box).focus();
  }

  function press(entry) {
    if (entry.style === "covered" && entry.found) {
      show(entry);
    } else if (entry.found) {
      cover(entry);
    } else {
      adjust(entry);
    }
  }

  async function send() {
    busy = true;
    paint();
    say("Making the copy again. This takes a few seconds.");
    try {
      data = await post(`/photo/${data.id}/rule`, { seen: data.seen, acts: JSON.stringify(steps.acts) });
    } catch (trouble) {
      busy = false;
      paint();
      say(trouble.sentence);
      return;
    }
    busy = false;
    steps.settle(data.acts);
    stage.data = data;
    renamed(`/photo/${data.id}`);
    for (const verdict of ["approve", "reject"]) {
      byId(`${verdict}-form`).action = `/photo/${data.id}/${verdict}`;
    }
    byId("approve-form").elements.seen.value = data.seen ?? "";
    if (!data.seen) {
      location.reload();
      return;
    }
    here = null;
    stage.show("published");
    paint();
    say(`Done: ${data.numbers}. This is the new copy, as it would be published.`);
    stage.box.focus();
  }

  // --- the page -----------------------------------------------------------------------------------------------

  function paint() {
    const entries = faces();
    paintCrop();
    stage.outline(entries, here);
    draw?.paint();
    rows(byId("rows"), entries, buttons, before, data.size);
    paintNames();
    bar.paint(entries, here);
    paintRefused(data);
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === stage.view));
    }
    byId("count").firstElementChild.textContent = data.sentence;
    paintVerdict();
    mark();
  }

  function paintNames() {
    byId("names").hidden = data.labels.length === 0;
    rows(byId("name-rows"), nameEntries(data, steps.acts), nameButtons, before, data.size);
  }

  function nameButtons(entry) {
    if (!data.editable) {
      return [];
    }
    if (entry.mine) {
      return [["Undo my change", () => change(withoutText(steps.acts, entry, data.labels), `${entry.called} is as the program decides`)]];
    }
    if (!entry.label.clue) {
      return [["Not a name \u2026", () => notAName(entry.label)]];
    }
    return [entry.covered ? ["Show \u2026", () => notAName(entry.label)] : ["Cover", () => cover(entry)]];
  }

  function paintCrop() {
    const entries = cropEntries(data, steps.acts);
    byId("part").hidden = entries.length === 0;
    stage.kept = cropOf(steps.acts)?.box ?? null;
    rows(byId("part-rows"), entries, cropButtons, before, data.size);
  }

  function cropButtons(entry) {
    if (!data.editable || !entry.crop) {
      return [];
    }
    return [["Change \u2026", crop], ["Keep the whole photo", () => change(uncropped(steps.acts), "The whole photo is kept")]];
  }

  function paintVerdict() {
    paintActs({ number: unsent(steps.acts, data.acts), busy, steps, mayApprove: whyNotApprove() === "", mayDecide: decider.looked });
  }

  function whyNotApprove() {
    if (busy) {
      return "The copy is being made again.";
    }
    if (unsent(steps.acts, data.acts) > 0) {
      return "First make the copy with your changes, or undo them.";
    }
    return stage.showsCopy ? "" : "First look at the copy as it would be published: key 1.";
  }

  function point(key) {
    if (here === key) {
      return;
    }
    here = key;
    const entries = faces();
    stage.outline(entries, here);
    draw?.paint();
    mark();
    const entry = entries.find((one) => one.key === key);
    if (entry) {
      stage.reveal(entry.box);
    }
  }

  function mark() {
    for (const line of document.querySelectorAll("#rows li")) {
      line.classList.toggle("here", line.dataset.key === here);
    }
    const line = document.querySelector("#rows li.here");
    const side = byId("side");
    if (line && side.scrollHeight > side.clientHeight) {
      // Not where the list is part of the page, as on a tablet: the picture would move away under the finger.
      line.scrollIntoView({ block: "nearest" });
    }
    bar.mark(here);
  }

  function look(view) {
    if (document.querySelector(`[data-view="${view}"]`) === null) {
      return;
    }
    here = view === "edit" ? here : null;
    if (view === "edit") {
      ask(data.id).catch(() => {}); // whoever then chooses is told
    }
    stage.show(view);
    paint();
    say(byId("view-name").textContent);
  }

  function back(step) {
    if (busy || !(step < 0 ? steps.canUndo : steps.canRedo)) {
      return;
    }
    if (step < 0) {
      steps.undo();
    } else {
      steps.redo();
    }
    paint();
    const left = unsent(steps.acts, data.acts);
    say(`${step < 0 ? "Undone" : "Done again"}. ${left === 0 ? "The copy is up to date." : "Not in the copy yet."}`);
  }

  function drawPlace() {
    if (!draw || busy) {
      return;
    }
    look("edit");
    draw.start(null, (box) => change([...steps.acts, { do: "cover", box }], "the area will be covered"));
  }

  // Begins with what is kept now, or with the largest part in which nobody has to be covered.
  function crop() {
    if (!draw || busy) {
      return;
    }
    look("edit");
    const [width, height] = data.size;
    const most = [width * 0.05, height * 0.05, width * 0.95, height * 0.95];
    const first = cropOf(steps.acts)?.box ?? data.part ?? most;
    draw.start(first, (box) => change(cropped(steps.acts, box), "only this part will be kept"), KEEP);
    if (data.part && same(first, data.part)) {
      say("This part holds those who are shown and nobody who is covered. Press Enter to keep it, or change it.");
    }
  }

  // --- events -------------------------------------------------------------------------------------------------

  stage.onshow = paintVerdict;
  stage.onlook = () => data.editable && say(HOW);
  stage.onfit = () => {
    stage.outline(faces(), here);
    draw?.paint();
    bar.fit(faces());
  };
  before.addEventListener("load", paint);
  for (const kind of ["load", "error"]) {
    before.addEventListener(kind, () => lookAhead(data.id, page.signal));
  }

  // Not before the copy can be painted: the desk starts a process to open the original, and then another.
  async function loadBefore() {
    await stage.image.decode().catch(() => {});
    if (!data.before) {
      lookAhead(data.id, page.signal);
    } else if (!before.src) {
      before.src = data.before;
    }
  }
  stage.image.addEventListener("load", loadBefore);

  byId("tools").hidden = false;
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => look(button.dataset.view));
  }
  byId("smaller").addEventListener("click", () => stage.zoom(-1));
  byId("larger").addEventListener("click", () => stage.zoom(1));
  byId("fit").addEventListener("click", () => stage.zoom(0));
  byId("draw")?.addEventListener("click", drawPlace);
  byId("crop")?.addEventListener("click", crop);
  byId("undo")?.addEventListener("click", () => back(-1));
  byId("redo")?.addEventListener("click", () => back(1));
  byId("send")?.addEventListener("click", send);
  byId("keys").addEventListener("click", () => byId("help").showModal());
  byId("uncover")?.addEventListener("click", () => stage.uncover());
  for (const list of ["rows", "name-rows"]) {
    byId(list).addEventListener("focusin", (event) => point(event.target.closest("li")?.dataset.key ?? null));
    byId(list).addEventListener("pointerover", (event) => point(event.target.closest("li")?.dataset.key ?? here));
  }

  bindKeys({
    ...{ stage, draw, bar, signal: page.signal, letters: byId("letters") },
    undo: () => back(-1),
    redo: () => back(1),
    deeds: {
      1: () => look("published"),
      2: () => look("edit"),
      3: () => look("before"),
      a: () => byId("approve")?.click(),
      c: crop,
      r: () => byId("reject")?.click(),
      d: drawPlace,
      "+": () => stage.zoom(1),
      "-": () => stage.zoom(-1),
      "?": () => byId("help").showModal(),
    },
  });

  paint();
  if (stage.image.complete && stage.image.naturalWidth > 0) {
    stage.fit();
    loadBefore();
  }
  if (!stage.box.hidden) {
    stage.box.focus({ preventScroll: true });
  } else {
    byId("uncover").focus();
  }
}
