// Times: in the reader's zone, and ages that stay right while a page is open.

const MINUTE = 60_000;
const opened = Date.now();

/** The service's clock: its moment when the page was made (or last told), and what has passed since; ours where it tells none. */
let told = Date.parse(document.documentElement.dataset.asOf) || opened;
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

tellTimes();
setInterval(tellTimes, MINUTE);
