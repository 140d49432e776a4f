// Live: what happens to stories while the page is looked at, from the service's stream of events.

import { root } from "./service.js";

const KINDS = ["created", "grown", "shrunk", "merged", "split", "sealed", "emptied", "corrected"];
const AGAIN_MILLISECONDS = [2_000, 5_000, 15_000, 60_000];

/**
 * Follow the stream while the page is in sight: a browser opens a handful of connections to a service, for all its tabs together.
 * @param {number} since number of the last event that the page tells of
 * @param {{changed: (event: {number: number, kind: string, story: string, stories: string[], cause: string}) => void,
 * lost: () => void, found: () => void}} told changed: of events that are kept no more one of the kind "" is told, of no story
 */
export function follow(since, told) {
  let last = since;
  let source = null;
  let timer = 0;
  let failures = 0;

  function open() {
    if (source || document.hidden) return;
    clearTimeout(timer);
    source = new EventSource(`${root}/v1/changes/stream?since=${last}`);
    source.addEventListener("open", () => {
      if (failures) told.found();
      failures = 0;
    });
    source.addEventListener("error", () => {
      const isOver = source.readyState === EventSource.CLOSED;
      if (!failures) told.lost();
      failures += 1;
      if (isOver) again();
    });
    for (const kind of KINDS) source.addEventListener(kind, take);
  }

  function close() {
    source?.close();
    source = null;
    clearTimeout(timer);
  }

  /** The browser has given up: too many readers, or events after `last` are kept no more. Begin again, then from now on. */
  function again() {
    close();
    const wait = AGAIN_MILLISECONDS[Math.min(failures, AGAIN_MILLISECONDS.length) - 1];
    timer = setTimeout(async () => {
      last = Math.max(last, await newest(last)); // meanwhile the page may have come into sight, and gone on
      open();
    }, wait);
  }

  async function newest(number) {
    try {
      const answer = await fetch(`${root}/v1/changes?since=${number}&limit=1`);
      if (answer.status !== 410) return number;
      const gone = await answer.json();
      const newest = gone.last ?? number;
      told.changed({ number: newest, kind: "", story: "", stories: [], cause: "" }); // nobody knows which
      return newest;
    } catch {
      return number;
    }
  }

  function take(event) {
    try {
      const happened = JSON.parse(event.data);
      last = Math.max(last, happened.number);
      told.changed(happened);
    } catch {
      // What cannot be read is told again with the next list.
    }
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
}
