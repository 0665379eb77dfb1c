// One way to talk to the desk. Every change carries the page's token; every answer is a value, never markup.
const token = document.body.dataset.token;

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
    throw new Trouble("the desk does not answer", "It may have been closed: start it again.", 0);
  }
  if (answer.status === 401) {
    throw new Trouble("you are signed out", "Reload the page; nothing that you sent is lost.", 401);
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
