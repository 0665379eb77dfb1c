// After a refusal the summary of what is wrong comes first, for the eye and for a screen reader.
const first = document.querySelector("[data-focus]");
if (first !== null) {
  first.focus();
}
