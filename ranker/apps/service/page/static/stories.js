// The front page: weights that re-order the list at once, filters that need no reload, and stories that keep up with what happens.

import { announce } from "./announce.js";
import { keep, kept } from "./storage.js";
import { tellTimes } from "./times.js";
import { cards, list, reweigh } from "./cards.js";
import { extend, markFresh, parsed, results, swap } from "./swap.js";
import { follow } from "./live.js";
import * as asking from "./asking.js";

const WEIGHTS_PAUSE = 350; // milliseconds after a slider came to rest until the service is asked
const TYPING_PAUSE = 300;
const LIVE_PAUSE = 1_000;
const CLOCK_PAUSE = 60_000; // how often the list is brought up to the clock while it keeps up
const STEP_PAUSE = 3_000; // changes that follow each other faster are one step of the history
const AGAIN_PAUSE = 3_000;
const KEEP_UP = "ranker-keep-up";

const showNew = document.getElementById("show-new");
const keepUp = document.getElementById("keep-up");
const changed = new Map(); // stories that changed since the list was told -> { number of the event, whether they are new }
let asked = null; // what is under way
let waiting = null; // how the list is asked for next, or just now
let timer = 0;

/** Ask the service for the list. What the reader asks for goes before what happens by itself: that is told with it. */
function ask({ after = 0, ...how } = {}) {
  if (how.live && waiting && !waiting.live) return;
  waiting = how;
  clearTimeout(timer);
  timer = setTimeout(() => fetchList(how), after);
}

/**
 * @param {{live?: boolean, say?: (total: number) => string, then?: () => void}} how live: nothing was asked for by
 * the reader, what he reads stays where it is
 */
async function fetchList(how) {
  asked?.abort();
  const mine = new AbortController();
  asked = mine;
  if (!how.live) tellAddress();
  const more = { part: "stories" };
  if (cards().length > limit("limit")) more.limit = String(Math.min(cards().length, limit("pageLimit")));
  try {
    const answer = await fetch(asking.address(more), { signal: mine.signal });
    if (answer.status === 401) return location.reload();
    const found = await parsed(await answer.text());
    if (mine.signal.aborted) return;
    if (!found) throw new TypeError("no list");
    waiting = null;
    take(found, how);
  } catch (error) {
    if (error.name === "AbortError") return;
    announce("The service does not answer. The list is asked for again in a moment.", { shown: true });
    waiting = null;
    ask({ after: AGAIN_PAUSE, ...how });
  }
}

/** How many stories a page has, or may have. */
function limit(name) {
  return Number(results().dataset[name]) || Infinity;
}

/** Whether the list is brought up to date by itself: not one that was read on beyond what one page may hold. */
function keepsUp() {
  return keepUp.checked && cards().length <= limit("pageLimit");
}

/** The address says what is shown. Changes in quick succession are one step back; Back undoes them. */
let changedAt = -Infinity;
function tellAddress() {
  const address = asking.address();
  if (address === location.pathname + location.search) return;
  const isOneStep = performance.now() - changedAt < STEP_PAUSE;
  changedAt = performance.now();
  history[isOneStep ? "replaceState" : "pushState"](null, "", address);
}

addEventListener("popstate", () => {
  changedAt = -Infinity;
  asking.readAddress();
  asking.fillForms();
  ask({ say: (total) => `${stories(total)}.` });
});

function take(found, { live, say, then }) {
  const { asOf, lastEvent, total } = found.shell.dataset;
  const wasThere = new Set(cards().map((card) => card.dataset.story));
  swap(found, { keepPlace: live });
  const last = Number(lastEvent) || 0; // the service may answer with a list that is a moment old
  const seen = [...changed].filter(([, { number }]) => number <= last).map(([story]) => story);
  for (const story of seen) changed.delete(story);
  if (seen.length) markFresh(seen, wasThere);
  tellNew();
  if (changed.size && keepsUp()) ask({ after: LIVE_PAUSE, live: true });
  tellClock(asOf);
  startFollowing();
  if (say) announce(say(Number(total)));
  then?.();
}

function tellClock(asOf) {
  const clock = document.querySelector("#clock time");
  if (!clock || !asOf) return;
  clock.dateTime = asOf;
  clock.removeAttribute("title");
  tellTimes(document.getElementById("clock"));
}

const leadsElsewhere = (event) => event.ctrlKey || event.metaKey || event.shiftKey; // a link is opened in another tab or window
const stories = (number) => `${number} ${number === 1 ? "story" : "stories"}`;

// Weights

function sayMoved() {
  const all = cards();
  const moved = all.filter((card) => card.querySelector(".move")?.textContent).length;
  return `${moved} of ${stories(all.length)} stand elsewhere than in the service’s own order.`;
}

const isLaterPage = new URLSearchParams(location.search).has("cursor"); // its first story is not the first of the list
let drawing = 0;
function drawSoon(weights) {
  cancelAnimationFrame(drawing);
  drawing = requestAnimationFrame(() => {
    const byScore = results().hasAttribute("data-by-score");
    list()?.classList.add("provisional");
    if (list()) reweigh(weights, { reorder: byScore, renumber: byScore && !asking.hasFilters() && !isLaterPage });
  });
}

for (const slider of asking.sliders) {
  slider.addEventListener("input", () => {
    const weights = asking.sliderMoved(slider);
    if (!weights) {
      clearTimeout(timer);
      waiting = null;
      announce("Something must count: move one of the sliders up.", { shown: true });
      return;
    }
    drawSoon(weights);
    ask({ after: WEIGHTS_PAUSE, say: sayMoved });
  });
}

const sayOrder = (words) => (total) => `${words}: ${stories(total)}.`;
asking.profile.addEventListener("change", () => {
  asking.profileChosen();
  ask({ say: sayOrder(asking.profile.value ? `Profile ${asking.profile.value}` : "The service’s own order") });
});
asking.weightsForm.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("own").addEventListener("click", (event) => {
  if (leadsElsewhere(event)) return;
  event.preventDefault();
  asking.ownWeights();
  asking.profile.focus({ preventScroll: true }); // the link goes away
  ask({ say: sayOrder("The service’s own order") });
});

// Filters

const sayFound = (total) => (total ? `${stories(total)} found.` : "No story has all of this.");
asking.filtersForm.addEventListener("input", (event) => {
  asking.readFilters(event.target);
  ask({ after: event.target.matches("select") ? 0 : TYPING_PAUSE, say: sayFound });
});
asking.filtersForm.addEventListener("submit", (event) => {
  event.preventDefault();
  asking.readFilters();
  ask({ say: sayFound });
});
document.getElementById("clear").addEventListener("click", (event) => {
  if (leadsElsewhere(event)) return;
  event.preventDefault();
  asking.clearFilters();
  asking.filtersForm.elements.q.focus({ preventScroll: true });
  ask({ say: sayFound });
});

// More

document.querySelector(".listing").addEventListener("click", async (event) => {
  const link = event.target.closest("#more");
  if (!link || leadsElsewhere(event)) return;
  event.preventDefault();
  try {
    const answer = await fetch(`${link.href}&part=stories`);
    const found = await parsed(await answer.text());
    if (!answer.ok || !found) throw new TypeError("no list");
    const added = extend(found);
    added[0]?.querySelector("h2 a")?.focus();
    announce(`${stories(added.length)} more.`);
  } catch {
    location.assign(link.href);
  }
});

// What happens meanwhile

/** "2 stories changed", "1 new story", "1 new story, 2 changed". */
function changes() {
  const fresh = [...changed.values()].filter(({ isNew }) => isNew).length;
  const others = changed.size - fresh;
  if (!fresh) return `${stories(others)} changed`;
  return `${fresh} new ${fresh === 1 ? "story" : "stories"}${others ? `, ${others} changed` : ""}`;
}

function tellNew() {
  showNew.hidden = !changed.size || keepsUp();
  if (!showNew.hidden) showNew.textContent = `${changes()} - show`;
}

function showChanges(then) {
  ask({ live: true, say: (total) => `The list is up to date: ${stories(total)}.`, then });
}

let announced = 0;
function onChange({ story, number, kind }) {
  changed.set(story, { number, isNew: kind === "created" || (changed.get(story)?.isNew ?? false) });
  tellNew();
  clearTimeout(announced);
  announced = setTimeout(() => {
    if (keepsUp()) ask({ live: true, say: () => "The list was brought up to date." });
    else if (changed.size) announce(`${changes()}.`);
  }, LIVE_PAUSE);
}

showNew.addEventListener("click", () => {
  // The button goes away when there is nothing new; who pressed it goes on with the list.
  showChanges(() => list()?.querySelector("h2 a")?.focus({ preventScroll: true }));
});
keepUp.checked = kept(KEEP_UP) === "yes";
keepUp.addEventListener("change", () => {
  keep(KEEP_UP, keepUp.checked ? "yes" : "no");
  tellNew();
  if (keepUp.checked) showChanges();
});
setInterval(() => keepsUp() && !document.hidden && !asking.state.has("asOf") && ask({ live: true }), CLOCK_PAUSE);

// Forms that are folded on narrow screens

for (const opener of document.querySelectorAll(".opener")) {
  opener.hidden = false;
  opener.addEventListener("click", () => {
    const isOpen = opener.closest(".panel").classList.toggle("open");
    opener.setAttribute("aria-expanded", String(isOpen));
    opener.textContent = isOpen ? "Close" : "Change";
  });
}

let isFollowing = false;
function startFollowing() {
  const { lastEvent } = results().dataset;
  if (isFollowing || lastEvent === undefined || asking.state.has("asOf")) return;
  isFollowing = true;
  document.getElementById("keep-up-label").hidden = false;
  follow(Number(lastEvent), {
    changed: onChange,
    lost: () => announce("The connection to the service is lost. What is shown may be out of date.", { shown: true }),
    found: () => announce("The connection is back."),
  });
}

asking.tellLinks();
startFollowing();
