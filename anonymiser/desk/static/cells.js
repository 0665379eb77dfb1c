// Shows the first cells of whatever column is chosen, beside the choice.
const cells = JSON.parse(document.getElementById("cells-data").textContent);

for (const choice of document.querySelectorAll("select")) {
  const shown = document.getElementById(`${choice.id}-cells`);
  const tell = () => {
    shown.textContent = cells[choice.value] ?? "";
  };
  choice.addEventListener("change", tell);
  tell(); // a browser that goes back keeps what was chosen
}
