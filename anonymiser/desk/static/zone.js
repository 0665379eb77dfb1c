// A place for files, which can be chosen or dropped. `take` gets them as a list; `drop` reads what was dropped.
export function takeFiles(zone, chooser, take, drop = (transfer) => some([...transfer.files])) {
  function some(files) {
    if (files.length > 0) {
      take(files);
    }
  }

  function chosen() {
    some([...chooser.files]);
    chooser.value = "";
  }

  chooser.addEventListener("change", chosen);
  chosen(); // what was chosen before this script had come
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    drop(event.dataTransfer);
  });
}
