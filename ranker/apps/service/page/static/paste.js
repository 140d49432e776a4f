// The page that takes a text, with the answer in place.

import { announce } from "./announce.js";
import { tellTimes } from "./times.js";

const area = () => document.getElementById("pasted");

async function find(event) {
  const form = event.target;
  if (form.id !== "paste") return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  announce("Looking ...");
  try {
    const answer = await fetch(`${form.action}?part=answer`, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.redirected || (!answer.ok && answer.status !== 422)) throw new Error(answer.statusText);
    show(await answer.text());
  } catch {
    form.submit(); // the page itself says what is wrong
  }
}

function show(html) {
  area().outerHTML = html;
  tellTimes(area());
  const wrong = area().querySelector("[aria-invalid]");
  const heading = document.getElementById("belongs-title");
  (wrong ?? heading)?.focus();
  const found = area().querySelectorAll("#related > li").length;
  announce(wrong ? "Something in the form is wrong" : `${heading?.textContent ?? ""}; ${found} related articles`);
}

document.addEventListener("submit", find);
