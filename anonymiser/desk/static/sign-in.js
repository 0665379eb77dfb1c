// Exchanges the secret behind the # for a cookie. The secret is wiped from the address before anything else happens.
const secret = location.hash.slice(1);
history.replaceState(null, "", "/sign-in");

document.getElementById("wait").textContent = "One moment.";

async function enter() {
  const answer = await fetch("/sign-in", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ secret }),
  }).catch(() => null);
  // A link that was used is no matter to a browser that has come in already.
  const inside = answer?.ok || (answer !== null && (await fetch("/alive").catch(() => null))?.ok);
  if (inside) {
    location.replace("/");
    return;
  }
  document.getElementById("wait").textContent = "";
  document.getElementById("lost").hidden = false;
}

enter();
