// Blanks the page when somebody comes to the desk. Nothing is lost: what is on it comes back with the button.
export function blank() {
  if (document.getElementById("blank") !== null) {
    return;
  }
  const curtain = document.createElement("dialog");
  curtain.id = "blank";
  const text = document.createElement("p");
  text.textContent = "The page is hidden.";
  const show = document.createElement("button");
  show.type = "button";
  show.textContent = "Show it again";
  show.addEventListener("click", () => curtain.close());
  curtain.append(text, show);
  curtain.addEventListener("close", () => {
    curtain.remove();
    document.body.classList.remove("hidden-page");
  });
  document.body.append(curtain);
  document.body.classList.add("hidden-page");
  curtain.showModal();
  show.focus();
}
