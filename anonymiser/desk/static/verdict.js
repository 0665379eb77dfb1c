// What stands beside the verdict: what was not done, and which buttons can be used now.
import { same } from "./acts.js";

const byId = (id) => document.getElementById(id);

export function paintRefused(data) {
  const box = byId("refused");
  box.hidden = data.refused.length === 0;
  box.replaceChildren();
  for (const refused of data.refused) {
    const face = data.faces.find((one) => same(one.box, refused.box));
    const line = document.createElement("p");
    line.textContent = `${face ? `Face ${face.number}` : "An area"}: not done, ${refused.why}.`;
    box.append(line);
  }
}

// `number` counts changes that the copy does not have yet.
export function paintActs({ number, busy, steps, mayApprove, mayDecide }) {
  if (byId("send") === null) {
    return;
  }
  byId("send").hidden = number === 0 && !busy;
  byId("send").disabled = busy;
  byId("count").hidden = number > 0; // those of a copy that will be another one
  byId("send-number").textContent = number === 1 ? "1 change" : `${number} changes`;
  byId("approve").setAttribute("aria-disabled", String(!(mayDecide && mayApprove)));
  byId("reject").setAttribute("aria-disabled", String(!mayDecide));
  byId("undo")?.setAttribute("aria-disabled", String(!steps.canUndo));
  byId("redo")?.setAttribute("aria-disabled", String(!steps.canRedo));
}
