// A story's page: the map and the list point at each other, changes are told as they happen, and the story is put in place anew.

import { announce } from "./announce.js";
import { tellTimes } from "./times.js";
import { follow } from "./live.js";
import { setUpCorrections } from "./story_corrections.js";

const article = () => document.getElementById("story");
const change = document.getElementById("show-change");

/** The places of an article on the page: its circle, its lines and its entry in the list. */
function placesOf(id) {
  const name = CSS.escape(id);
  return article().querySelectorAll(`circle[data-article="${name}"], line[data-of="${name}"], .member[data-article="${name}"]`);
}

function point(target, is) {
  const id = target.closest?.("[data-article], .map a")?.querySelector?.("circle")?.dataset.article ?? target.closest?.("[data-article]")?.dataset.article;
  if (id === undefined) return;
  for (const place of placesOf(id)) place.classList.toggle("pointed", is);
}

for (const [event, is] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
  document.addEventListener(event, (happening) => article().contains(happening.target) && point(happening.target, is));
}

/** Open what an address leads to, also where it is folded away. */
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = target && target.parentElement.closest("details");
  if (folded && !folded.open) {
    folded.open = true;
    target.scrollIntoView();
  }
}

function tickedNow() {
  return [...article().querySelectorAll(".member > input:checked")].map((box) => box.closest(".member").dataset.article);
}

/** Put the story as it is now in the place of the one that is shown; what is ticked and unfolded stays, and where the focus was. */
async function showAnew(ticked = new Set(tickedNow())) {
  const address = new URL(location.href);
  address.searchParams.set("part", "story");
  address.hash = "";
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const wanted = new URL(answer.url).pathname;
  if (!answer.ok || (answer.redirected && wanted !== location.pathname)) {
    // It is gone, or part of another: the page for that says so.
    location.assign(answer.redirected ? `${wanted}${new URL(answer.url).search.replace(/([?&])part=story&?/, "$1")}` : location.href);
    return;
  }
  const open = new Set([...article().querySelectorAll("details[open]")].map((each) => each.closest("[data-article]")?.dataset.article));
  const focus = document.activeElement?.closest("[data-action]")?.dataset.action;
  article().outerHTML = await answer.text();
  tellTimes(article());
  for (const each of article().querySelectorAll(".member > details")) each.open = open.has(each.closest("[data-article]").dataset.article);
  setUpCorrections(article(), showAnew, ticked);
  change.hidden = true;
  if (focus) article().querySelector(`[data-action="${focus}"]`)?.focus();
}

function heard({ number, kind, story, stories, cause }) {
  const id = article().dataset.story;
  if (number <= Number(article().dataset.event) || (kind && story !== id && !stories.includes(id))) return;
  change.hidden = false;
  change.textContent = kind ? `This story changed (${kind}: ${cause}). Show` : "This story may have changed. Show";
  announce(change.textContent);
}

change.addEventListener("click", async () => {
  change.disabled = true;
  try {
    await showAnew();
    announce("This is the story as it is now");
    document.getElementById("main").focus();
  } catch {
    announce("The service does not answer; try again");
  } finally {
    change.disabled = false;
  }
});
addEventListener("hashchange", openTarget);
setUpCorrections(article(), showAnew, new Set());
openTarget();
if (article().dataset.event) {
  follow(Number(article().dataset.event), {
    changed: heard,
    lost: () => announce("The connection to the service is lost. What is shown may be out of date.", { shown: true }),
    found: () => announce("The connection is back."),
  });
}
