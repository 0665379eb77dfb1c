// Takes over what somebody ticked in the question above, for answers in the same words: one click in place of many.
// Never for a heading under which "yes" may mean no.
const questions = [...document.querySelectorAll(".question:not([data-inverted])")];

function boxes(question) {
  return [...question.querySelectorAll("[data-answer]")];
}

function words(question) {
  return new Map(boxes(question).map((box) => [box.dataset.answer, box]));
}

function take(question, known) {
  const fresh = boxes(question).filter((box) => !known.has(box.dataset.answer));
  for (const box of boxes(question)) {
    box.checked = known.get(box.dataset.answer)?.checked ?? false;
  }
  const ticked = boxes(question).filter((box) => box.checked).length;
  const left = fresh.length > 0 ? ` Not in the question above: ${fresh.map((box) => `"${box.dataset.answer}"`).join(", ")}.` : "";
  return `${ticked} ticked.${left}`;
}

for (const [place, question] of questions.entries()) {
  const earlier = questions.slice(0, place);
  const offer = question.querySelector(".same-answers");
  offer.hidden = !earlier.some((other) => boxes(question).some((box) => words(other).has(box.dataset.answer)));
  offer.querySelector("button").addEventListener("click", () => {
    const used = earlier.filter((other) => !other.querySelector(".not-used").checked);
    offer.querySelector("[role=status]").textContent =
      used.length > 0 ? take(question, words(used.at(-1))) : "No question above is about pictures.";
  });
}
