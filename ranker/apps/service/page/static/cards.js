// Cards: the stories of the list, their scores under other weights, and moving them without losing anybody's place.

export const SIGNALS = ["quality", "heat", "recency"];
const DIGITS = 3; // of scores, as the service writes them
const STEPS = 16; // binary digits of a score, as the service reckons
const MOVE_MILLISECONDS = 280;
const AT_ONCE = 50; // cards that are drawn together
const IDLE_MILLISECONDS = 200; // the longest that the next ones wait
const cancelIdleCallback = window.cancelIdleCallback ?? clearTimeout; // Safari has none
const requestIdleCallback = window.requestIdleCallback ?? ((work) => setTimeout(work, 0));
const still = matchMedia("(prefers-reduced-motion: reduce)");
const known = new WeakMap(); // card -> what of it changes with weights

export const list = () => document.getElementById("stories");
export const cards = () => [...(list()?.children ?? [])];

/** Parts of a sum rounded so that what is shown adds up, and the sum; as the service does it. */
export function addedUp(terms) {
  const scaled = terms.map((term) => term * 10 ** DIGITS);
  const whole = scaled.map(Math.floor);
  const total = Math.round(scaled.reduce((sum, term) => sum + term, 0));
  const byRemainder = terms.map((_, place) => place).sort((a, b) => whole[a] - scaled[a] - (whole[b] - scaled[b]) || a - b);
  for (const place of byRemainder.slice(0, total - whole.reduce((sum, term) => sum + term, 0))) whole[place] += 1;
  return [...whole, total].map((number) => (number / 10 ** DIGITS).toFixed(DIGITS));
}

/** What contributions are multiples of, so that their sums are exact. */
function step(weights) {
  const sum = SIGNALS.reduce((total, name) => total + weights[name], 0);
  return 2 ** (Math.max(1, Math.floor(Math.log2(sum)) + 1) - 1 - STEPS);
}

function partsOf(card) {
  let parts = known.get(card);
  if (!parts) {
    const bar = card.querySelector(".blend");
    parts = {
      bar,
      normalised: SIGNALS.map((name) => Number(card.dataset[name])),
      rects: bar && SIGNALS.map((name) => bar.querySelector(`rect.${name}`)),
      shown: bar && SIGNALS.map((name) => card.querySelector(`.of-${name}`)),
      score: card.querySelector(".score"),
      most: card.querySelector(".most"),
      number: card.querySelector(".number"),
      move: card.querySelector(".move"),
      ownRank: Number(card.dataset.ownRank),
    };
    known.set(card, parts);
  }
  return parts;
}

/** Forget what was known of a card whose contents were put in anew. */
export function forget(card) {
  known.delete(card);
}

/** Score every card under other weights, draw it, and order the cards by it; the service's own rules of the list come later. */
export function reweigh(weights, { reorder, renumber }) {
  const full = SIGNALS.reduce((total, name) => total + weights[name], 0);
  const unit = step(weights);
  const scored = cards().map((card) => {
    const parts = partsOf(card);
    const contributions = SIGNALS.map((name, place) => Math.round((parts.normalised[place] * weights[name]) / unit) * unit);
    return { card, parts, contributions, score: parts.bar ? contributions[0] + contributions[1] + contributions[2] : -1 };
  });
  if (reorder) {
    scored.sort((a, b) => b.score - a.score);
    arrange(scored.map((item) => item.card));
  }
  drawFrom(0, scored, full, renumber);
}

/** Draw some cards now, the others when there is time: what is in sight is drawn first, and nothing else has to wait. */
let drawing = 0;
function drawFrom(start, scored, full, renumber) {
  cancelIdleCallback(drawing);
  const end = Math.min(start + AT_ONCE, scored.length);
  for (let place = start; place < end; place += 1) draw(scored[place], full, renumber ? place + 1 : 0);
  if (end < scored.length) drawing = requestIdleCallback(() => drawFrom(end, scored, full, renumber), { timeout: IDLE_MILLISECONDS });
}

function draw({ parts, contributions }, full, rank) {
  if (!parts.bar) return;
  let x = 0;
  contributions.forEach((contribution, place) => {
    const width = (contribution / full) * 100;
    parts.rects[place].setAttribute("x", x.toFixed(2));
    parts.rects[place].setAttribute("width", width.toFixed(2));
    x += width;
  });
  const [quality, heat, recency, score] = addedUp(contributions);
  parts.score.textContent = score;
  if (parts.most) parts.most.textContent = `mostly ${SIGNALS[contributions.indexOf(Math.max(...contributions))]}`;
  [quality, heat, recency].forEach((text, place) => (parts.shown[place].textContent = text));
  parts.bar.setAttribute("aria-label", `Score ${score}: quality ${quality}, heat ${heat}, recency ${recency}`);
  if (rank) {
    parts.number.textContent = String(rank);
    parts.move.textContent = moved(parts.ownRank ? parts.ownRank - rank : 0);
  }
}

/** How far a story stands from its place in the service's own order. */
export function moved(places) {
  return places > 0 ? `up ${places}` : places < 0 ? `down ${-places}` : "";
}

/** Put cards in an order; those in sight glide to their places, and the one that has the focus keeps it. */
export function arrange(ordered) {
  const before = inSight(cards());
  settle(ordered);
  glide(ordered, before);
}

/** The cards in sight, and where they are. */
export function inSight(some) {
  const seen = new Map();
  if (still.matches) return seen;
  for (const card of some) {
    const { top, bottom } = card.getBoundingClientRect();
    if (top > innerHeight) break;
    if (bottom > 0) seen.set(card, top);
  }
  return seen;
}

/** Put the children of the list in an order without taking out the one that has the focus. */
export function settle(ordered) {
  const ol = list();
  const wanted = new Set(ordered);
  for (const card of cards()) if (!wanted.has(card)) card.remove();
  // What has the focus is never moved, which would blur it: those before it are put before it, those behind it behind.
  const focused = ordered.find((card) => card.contains(document.activeElement));
  let next = ol.firstElementChild;
  for (const card of ordered) {
    if (card === focused || card === next) next = card.nextElementSibling;
    else ol.insertBefore(card, next);
  }
}

/** Let cards glide to their places: those that were in sight, and those that come into sight. */
export function glide(ordered, before) {
  if (!before.size) return;
  const height = innerHeight;
  const after = inSight(ordered);
  const moves = [];
  for (const [card, top] of after) moves.push([card, (before.get(card) ?? top + (top < height / 2 ? -height : height) / 4) - top]);
  for (const [card, by] of moves) {
    if (Math.abs(by) < 1) continue;
    card.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: MOVE_MILLISECONDS, easing: "cubic-bezier(0.2, 0.7, 0.3, 1)" });
  }
}
