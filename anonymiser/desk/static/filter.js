// Narrows the lists of the classes as somebody types. What is typed may be a name, so it goes nowhere.
const field = document.getElementById("filter");
let classes = null; // read when they are first needed: most people find a name by looking

function plain(text) {
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();
}

function read(section) {
  const name = section.querySelector("h3").textContent;
  const rows = [...section.querySelectorAll("tbody tr")];
  return {
    section,
    rows,
    texts: rows.map((row) => plain(`${row.cells[0].textContent} ${row.cells[1].textContent} ${name}`)),
  };
}

document.getElementById("filter-field").hidden = false;
field.addEventListener("input", () => {
  const words = plain(field.value).split(/\s+/).filter(Boolean);
  classes ??= [...document.querySelectorAll("#list .class")].map(read);
  let found = 0;
  let everybody = 0;
  for (const one of classes) {
    let here = 0;
    everybody += one.rows.length;
    one.rows.forEach((row, index) => {
      row.hidden = !words.every((word) => one.texts[index].includes(word));
      here += row.hidden ? 0 : 1;
    });
    one.section.hidden = here === 0;
    found += here;
  }
  document.getElementById("filter-count").textContent = words.length ? `${found} of ${everybody} people` : "";
});
