// What every page does: the theme, times in the reader's zone, ages that stay right, and polite announcements.

export const page = document.documentElement;
export const root = page.dataset.root;
const THEME = "ranker-theme";
const MINUTE = 60_000;
const opened = Date.now();

/** What is kept in this browser under a name; null without storage. */
export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keep a text in this browser, if it keeps any. */
export function keep(name, text) {
  try {
    localStorage.setItem(name, text);
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
}

/** Say something politely to those who listen to the page (`#live`); `shown` is for what all should see. */
export function announce(text, { shown = false } = {}) {
  const live = document.getElementById("live");
  if (!live) return;
  live.classList.toggle("shown", shown);
  if (live.textContent !== text) live.textContent = text;
}

/** The service's clock: its moment when the page was made (or last told), and what has passed since; ours where it tells none. */
let told = Date.parse(page.dataset.asOf) || opened;
let toldAt = opened;
export function now() {
  return told + (Date.now() - toldAt);
}
export function setNow(iso) {
  told = Date.parse(iso);
  toldAt = Date.now();
}

/** How long ago, as the service writes it. */
export function age(moment, at = now()) {
  const minutes = (at - moment) / MINUTE;
  if (minutes < 1) return "just now";
  if (minutes < 90) return `${Math.floor(minutes)} min ago`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h ago`;
  return `${Math.round(minutes / 1440)} days ago`;
}

const zoned = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const inFull = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** Write the times below an element in the reader's zone, and ages as of now. */
export function tellTimes(within = document) {
  for (const time of within.querySelectorAll("time[data-when], time[data-age]")) {
    const moment = Date.parse(time.dateTime);
    if (Number.isNaN(moment)) continue;
    const text = "age" in time.dataset ? age(moment) : zoned.format(moment);
    if (time.textContent !== text) time.textContent = text;
    if (!time.title) time.title = inFull.format(moment);
  }
}

function setUpTheme() {
  const button = document.getElementById("theme");
  if (!button) return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (page.dataset.theme ? page.dataset.theme === "dark" : dark.matches);
  const tell = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
  };
  button.addEventListener("click", () => {
    page.dataset.theme = isDark() ? "light" : "dark";
    keep(THEME, page.dataset.theme);
    tell();
  });
  dark.addEventListener("change", tell);
  button.hidden = false;
  tell();
}

setUpTheme();
tellTimes();
setInterval(tellTimes, MINUTE);
