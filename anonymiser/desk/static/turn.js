// From one photo to the next without leaving the page: the copy that comes next is fetched and opened while somebody
// looks at this one. The page around it comes with the answer to the verdict, so it is never older than that.
import { get, turned } from "./api.js";

let ahead = null; // the picture of the copy that comes next, or null: one at most
let shown = location.pathname;

// Fetch what comes after a photo. Where that fails, it is fetched when it is shown.
export async function lookAhead(photo, signal) {
  ahead = null;
  const found = await get(`/photo/${photo}/ahead`).catch(() => ({}));
  if (found.picture && !signal.aborted) {
    ahead = new Image();
    ahead.src = found.picture;
    ahead.decode().catch(() => {});
  }
}

// Give the verdict of a form and show what comes after it, or why it was not taken. Returns what to tell of that; throws
// a Trouble where the desk gave no answer that can be shown.
export async function turn(form) {
  const fields = new URLSearchParams(new FormData(form));
  fields.set("turn", "yes");
  const { page, next } = await turned(new URL(form.action).pathname, fields);
  if (page === null || page.body.dataset.token !== document.body.dataset.token) {
    location.assign(next ?? location.pathname);
    return new Promise(() => {}); // nothing more happens here
  }
  return put(page, next);
}

function put(page, path) {
  const main = page.getElementById("main");
  const picture = main.querySelector("#picture");
  const place = page.createElement("div"); // the picture of that document is never fetched, and never comes here
  picture?.replaceWith(place);
  document.adoptNode(main);
  if (picture !== null) {
    const fetched = ahead !== null && ahead.getAttribute("src") === picture.getAttribute("src");
    const fresh = fetched ? ahead : new Image();
    for (const { name, value } of picture.attributes) {
      if (!(fetched && name === "src")) {
        fresh.setAttribute(name, value);
      }
    }
    place.replaceWith(fresh);
  }
  ahead = null;
  document.getElementById("main").replaceWith(main);
  document.title = page.title;
  document.body.classList.toggle("photo-page", page.body.classList.contains("photo-page"));
  if (path !== null) {
    history.pushState(null, "", path);
    shown = path;
  }
  return [main.querySelector(".notice")?.firstChild?.textContent.trim(), `${page.title.split(" - ")[0]}.`].filter(Boolean).join(" ");
}

// A photo that was made again has another address.
export function renamed(path) {
  history.replaceState(null, "", path);
  shown = path;
}

addEventListener("popstate", () => {
  if (location.pathname !== shown) {
    location.reload(); // back to an earlier photo, as it is now
  }
});
