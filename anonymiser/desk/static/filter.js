// Narrows a table as somebody types. What is typed may be a name, so it goes nowhere.
const field = document.getElementById("filter");
const rows = [...document.querySelectorAll("#list tbody tr")];
const texts = rows.map((row) => plain([...row.cells].slice(0, 3).map((cell) => cell.textContent).join(" ")));

function plain(text) {
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();
}

document.getElementById("filter-field").hidden = false;
field.addEventListener("input", () => {
  const words = plain(field.value).split(/\s+/).filter(Boolean);
  let found = 0;
  rows.forEach((row, index) => {
    row.hidden = !words.every((word) => texts[index].includes(word));
    found += row.hidden ? 0 : 1;
  });
  document.getElementById("filter-count").textContent = words.length ? `${found} of ${rows.length} people` : "";
});
