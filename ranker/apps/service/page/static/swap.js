// Swap: the list as the service has it now is put where the old one is, card by card, without losing focus or scroll.

import { setNow, tellTimes } from "./times.js";
import { cards, forget, glide, inSight, list, settle } from "./cards.js";

const FRESH_MILLISECONDS = 60_000;
const AT_ONCE = 50; // cards that are read together: more would hold up the reader's keys
const CARD = '<li class="story"'; // how each begins; what others wrote is escaped, so that it stands nowhere else
const sources = new WeakMap(); // card -> the HTML that it was made of
const fresh = new Map(); // story id -> { word, until }

export const results = () => document.getElementById("results");

/**
 * The results in an answer, read bit by bit.
 * @returns {Promise<{shell: Element, cards: {id: string, source: string, made: Element}[]} | null>} null if there are none
 */
export async function parsed(text) {
  const [head, ...rest] = text.split(CARD);
  const sourcesOfCards = rest.map((part) => CARD + part);
  const end = sourcesOfCards.length ? sourcesOfCards.at(-1).indexOf("</ol>") : 0;
  const tail = sourcesOfCards.length ? sourcesOfCards.at(-1).slice(end) : "";
  if (sourcesOfCards.length) sourcesOfCards.push(sourcesOfCards.pop().slice(0, end));
  const shell = new DOMParser().parseFromString(head + tail, "text/html").getElementById("results");
  if (!shell) return null;
  const made = [];
  for (let start = 0; start < sourcesOfCards.length; start += AT_ONCE) {
    if (start) await new Promise((go) => setTimeout(go));
    const template = document.createElement("template");
    const some = sourcesOfCards.slice(start, start + AT_ONCE);
    template.innerHTML = some.join("");
    [...template.content.children].forEach((card, place) => made.push({ id: card.dataset.story, source: some[place], made: card }));
  }
  return { shell, cards: made };
}

/**
 * Put new results in the place of the old ones.
 * @param {{shell: Element, cards: object[]}} found the new ones
 * @param {{keepPlace?: boolean}} options keepPlace: what is read stays where it is on the screen
 */
export function swap({ shell, cards: made }, { keepPlace = false } = {}) {
  const old = results();
  const ol = list();
  if (!ol || !shell.querySelector("#stories")) {
    shell.querySelector("#stories")?.append(...made.map((item) => taken(null, item)));
    old.replaceWith(document.adoptNode(shell));
    tellTimes(results());
    return;
  }
  const before = cards();
  const anchor = keepPlace ? readNow(before) : null;
  const anchorTop = anchor?.getBoundingClientRect().top ?? 0;
  const places = inSight(before);
  const focused = before.findIndex((card) => card.contains(document.activeElement));
  takeAttributes(old, shell);
  for (const part of [".summary", ".empty", ".more"]) takePart(old, ol, shell, part);
  const byId = new Map(before.map((card) => [card.dataset.story, card]));
  const ordered = made.map((item) => taken(byId.get(item.id), item));
  settle(ordered);
  if (focused >= 0 && document.activeElement === document.body) {
    // The story that had the focus is no longer in the list: who goes on by keys goes on at its place.
    ordered[Math.min(focused, ordered.length - 1)]?.querySelector("h2 a")?.focus({ preventScroll: true });
  }
  ol.classList.remove("provisional");
  if (anchor?.isConnected) scrollBy({ top: anchor.getBoundingClientRect().top - anchorTop, behavior: "instant" });
  else glide(ordered, places);
  tellTimes(results());
  if (shell.dataset.asOf) setNow(shell.dataset.asOf);
  refresh();
}

/** Add the cards of a later page behind the others. Returns those that are new. */
export function extend({ shell, cards: made }) {
  const known = new Set(cards().map((card) => card.dataset.story));
  const added = made.filter((item) => !known.has(item.id)).map((item) => taken(null, item));
  list().append(...added);
  takePart(results(), list(), shell, ".more");
  added.forEach(tellTimes);
  return added;
}

/** Mark stories for a while. */
export function markFresh(ids, wasThere) {
  const until = Date.now() + FRESH_MILLISECONDS;
  for (const id of ids) fresh.set(id, { word: wasThere.has(id) ? "changed" : "new", until });
  refresh();
  setTimeout(refresh, FRESH_MILLISECONDS + 100);
}

function refresh() {
  const now = Date.now();
  for (const [id, { until }] of fresh) if (until <= now) fresh.delete(id);
  for (const card of cards()) {
    const mark = fresh.get(card.dataset.story);
    const shown = card.querySelector(".fresh");
    if (!mark) {
      delete card.dataset.fresh;
      shown?.remove();
    } else if (!shown) {
      card.dataset.fresh = mark.word;
      const word = document.createElement("span");
      word.className = "fresh";
      word.textContent = mark.word;
      card.querySelector(".meta")?.prepend(word);
    }
  }
}

/** The card that is read just now; null at the top of the list, where one wants to see what is on top. */
function readNow(some) {
  if (scrollY < (list()?.offsetTop ?? 0)) return null;
  return some.find((card) => card.getBoundingClientRect().bottom > 0) ?? null;
}

/** The card to be shown for a new one: the old one with the new one's contents, or the new one. */
function taken(old, { source, made }) {
  if (!old) {
    const card = document.adoptNode(made);
    sources.set(card, source);
    return card;
  }
  if (sources.get(old) !== source || list().classList.contains("provisional")) {
    const focused = old.contains(document.activeElement) ? focusables(old).indexOf(document.activeElement) : -1;
    takeAttributes(old, made);
    old.replaceChildren(...made.childNodes);
    forget(old);
    sources.set(old, source);
    if (focused >= 0) (focusables(old)[focused] ?? focusables(old)[0])?.focus({ preventScroll: true });
  }
  return old;
}

const focusables = (element) => [...element.querySelectorAll("a[href], button, summary")];

function takeAttributes(old, made) {
  for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of made.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

/** Take over a part that may be there or not; behind the list stands `.more` alone. */
function takePart(old, ol, made, selector) {
  const was = old.querySelector(`:scope > ${selector}`);
  const is = made.querySelector(`:scope > ${selector}`);
  if (was && is && was.outerHTML === is.outerHTML) return;
  const focused = was?.contains(document.activeElement);
  if (is) {
    const part = document.adoptNode(is);
    if (was) was.replaceWith(part);
    else if (selector === ".more") old.append(part);
    else ol.before(part);
    if (focused) focusables(part)[0]?.focus({ preventScroll: true });
  } else was?.remove();
}
