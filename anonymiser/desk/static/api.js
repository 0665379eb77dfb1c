// One way to talk to the desk. Every change carries the page's token; every answer is a value, never markup.
const token = document.body.dataset.token;
const SILENT = ["the desk does not answer", "It may have been closed: start it again.", 0];
const SIGNED_OUT = ["you are signed out", "Reload the page; nothing that you sent is lost.", 401];

export class Trouble extends Error {
  constructor(message, remedy, status) {
    super(message);
    this.remedy = remedy;
    this.status = status;
  }

  get sentence() {
    const whole = `${this.message.charAt(0).toUpperCase()}${this.message.slice(1)}`;
    return this.remedy ? `${whole}. ${this.remedy}` : `${whole}.`;
  }
}

async function answered(promise) {
  let answer;
  try {
    answer = await promise;
  } catch {
    throw new Trouble(...SILENT);
  }
  if (answer.status === 401) {
    throw new Trouble(...SIGNED_OUT);
  }
  const kind = answer.headers.get("content-type") ?? "";
  const value = kind.startsWith("application/json") ? await answer.json() : {};
  if (!answer.ok) {
    const refused = kind.startsWith("text/plain") ? (await answer.text()).trim() : "the desk refused it";
    throw new Trouble(value.message ?? refused, value.remedy ?? "", answer.status);
  }
  return value;
}

export function get(path) {
  return answered(fetch(path, { headers: { accept: "application/json" } }));
}

// Send a form; the answer is a page, as a document whose scripts do not run, and the path that it belongs to: null for a
// page that says why not. There is no document where the desk leaves it to the browser to go there.
export function turned(path, fields) {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", path);
    asked.responseType = "document";
    asked.addEventListener("loadend", () => {
      const next = asked.getResponseHeader("content-location");
      const isPage = (asked.getResponseHeader("content-type") ?? "").startsWith("text/html");
      const page = isPage ? asked.response : null; // nothing at all would be read as damaged XML
      if (next !== null || page?.querySelector("#main .trouble")) {
        resolve({ page, next });
      } else {
        const why = { 0: SILENT, 401: SIGNED_OUT };
        reject(new Trouble(...(why[asked.status] ?? ["the desk refused it", "Reload the page.", asked.status])));
      }
    });
    asked.send(fields);
  });
}

export function post(path, fields) {
  const body = fields instanceof URLSearchParams ? fields : new URLSearchParams(fields);
  return answered(
    fetch(path, {
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/x-www-form-urlencoded",
        "x-desk-token": token,
      },
      body,
    }),
  );
}

// A file larger than `largest` bytes is not even sent: the desk would close the connection in the middle of it.
export function put(path, blob, largest = Infinity) {
  if (blob.size > largest) {
    return Promise.reject(new Trouble("it is too large", "", 413));
  }
  return answered(
    fetch(path, {
      method: "PUT",
      headers: { accept: "application/json", "content-type": "application/octet-stream", "x-desk-token": token },
      body: blob,
    }),
  );
}
