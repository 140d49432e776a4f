"""Measure the page: `python benchmarks/service/page.py [--articles N]`, with Chromium on this machine (or RANKER_CHROMIUM=/path).

A service in a process of its own holds mixed headlines (as measure.py does). Asked are the server's time and bytes for a page of stories,
after a new article (nothing is made yet) and again, the browser's time until it shows something, and the longest time in which it could
answer nobody while a slider is dragged over 200 stories.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(HERE), str(ROOT / "tests")]

import httpx  # noqa: E402 - the folders are put on the path first
import measure  # noqa: E402
from playwright.sync_api import Browser, Page  # noqa: E402
from run import machine  # noqa: E402
from support.chromium import chromium  # noqa: E402

STORIES = 500  # of the largest page
WEIGHED = 200  # stories that a slider orders
USUAL = 20
PATHS = {"20 stories": f"/?limit={USUAL}", "200 stories": f"/?limit={WEIGHED}", "500 stories": f"/?limit={STORIES}"}
TIMES, WARM_TIMES = 9, 50
STEPS, STEP_MILLISECONDS = 60, 16  # of a drag across a slider, one a frame
BOUND_MILLISECONDS = 200.0  # of the longest task: below it an answer to a hand feels immediate (https://web.dev/articles/inp)
SETTLED_MILLISECONDS = 1500  # after a drag: what it set going has ended
WATCH = """() => {
  window.tasks = []; window.gaps = []; let last = performance.now();
  new PerformanceObserver(list => window.tasks.push(...list.getEntries().map(each => each.duration))).observe({type: 'longtask'});
  const frame = now => { window.gaps.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(now => { last = now; requestAnimationFrame(frame); });
}"""
PAINTED = """() => new Promise(done => new PerformanceObserver((list, observer) => {
  const found = list.getEntriesByName('first-contentful-paint');
  if (found.length) { observer.disconnect(); done(found[0].startTime); }
}).observe({type: 'paint', buffered: true}))"""


def articles(n: int) -> list[dict[str, Any]]:
    """Mixed headlines, each with an excerpt of its own words and another's."""
    made: list[dict[str, Any]] = measure.articles_of(n)
    for article, other in zip(made, [*made[1:], made[0]], strict=True):
        article["excerpt"] = f"{article['title']}. {other['title']}."
        article["topics"] = article["title"].split()[:2]
    return made


def milliseconds(values: list[float]) -> dict[str, float]:
    """Median and highest of some seconds, in milliseconds."""
    return {"median": round(1000 * statistics.median(values), 1), "max": round(1000 * max(values), 1)}


def served(url: str, path: str) -> dict[str, Any]:
    """Time and bytes of a page, each time after a new article, and then again."""
    cold, warm = [], []
    with httpx.Client(base_url=url, headers={"Accept-Encoding": "identity"}, timeout=60) as client:
        for number in range(TIMES):
            news = {"id": f"{path} {number}", "title": f"News number {number} of {path}", "webUrl": f"https://paper.example/{number}"}
            client.post("/v1/articles?wait=20", json=news).raise_for_status()
            cold.append(_timed(client, path)[0])
        for _ in range(WARM_TIMES):
            seconds, answer = _timed(client, path)
            warm.append(seconds)
        known = {"If-None-Match": answer.headers["etag"]}
        unchanged = [_timed(client, path, known)[0] for _ in range(WARM_TIMES)]
    return {
        "stories": answer.text.count('<li class="story"'),
        "bytes": len(answer.content),
        "bytesGzipped": len(gzip.compress(answer.content, 4)),  # the level that the service uses
        "coldMilliseconds": milliseconds(cold),
        "warmMilliseconds": milliseconds(warm),
        "unchangedMilliseconds": milliseconds(unchanged),
    }


def _timed(client: httpx.Client, path: str, headers: dict[str, str] | None = None) -> tuple[float, httpx.Response]:
    begun = time.perf_counter()
    answer = client.get(path, headers=headers or {})
    seconds = time.perf_counter() - begun
    if answer.is_error:
        raise SystemExit(f"{path}: {answer.status_code} {answer.text[:500]}")
    return seconds, answer


def painted(browser: Browser, url: str) -> list[float]:
    """Seconds until something is shown, each time by a browser that has nothing of it yet."""
    found = []
    for _ in range(TIMES):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(url, wait_until="load")
        found.append(page.evaluate(PAINTED) / 1000)
        context.close()
    return found


def dragged(browser: Browser, url: str) -> dict[str, Any]:
    """What dragging a slider over the stories of a page costs: long tasks (50 ms or more) and the longest wait for a frame."""
    tasks, gaps, orders = [], [], set[str]()
    for _ in range(TIMES):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(url, wait_until="load")
        page.wait_for_timeout(SETTLED_MILLISECONDS)
        page.evaluate(WATCH)
        _drag(page, orders)
        page.wait_for_timeout(SETTLED_MILLISECONDS)
        tasks.append(max(page.evaluate("window.tasks"), default=0.0) / 1000)
        gaps.append(max(page.evaluate("window.gaps"), default=0.0) / 1000)
        context.close()
    if len(orders) < STEPS // 10:
        raise SystemExit("the order did not follow the slider: nothing was measured")
    return {
        "longestTaskMilliseconds": milliseconds(tasks),
        "longestFrameMilliseconds": milliseconds(gaps),
        "boundMilliseconds": BOUND_MILLISECONDS,
    }


def _drag(page: Page, orders: set[str]) -> None:
    """From one end of a slider to the other; `orders` takes the order after each step of some."""
    box = page.locator("#weights input[name=heat]").bounding_box()
    if box is None:
        raise SystemExit("there is no slider")
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, middle)
    page.mouse.down()
    for step in range(STEPS):
        page.mouse.move(box["x"] + box["width"] * step / (STEPS - 1), middle)
        page.wait_for_timeout(STEP_MILLISECONDS)
        if step % 6 == 0:
            orders.add(page.evaluate("[...document.querySelectorAll('li.story')].slice(0, 20).map(each => each.dataset.story).join()"))
    page.mouse.up()


def main() -> None:
    """Measure, and keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--port", type=int, default=8739)
    arguments = parser.parse_args()
    os.environ |= {"RANKER_SERVICE_PAGE_LIMIT": str(STORIES), "RANKER_SERVICE_TICK_SECONDS": "3600"}
    results: dict[str, Any] = {"machine": machine(), "articles": arguments.articles}
    url = f"http://127.0.0.1:{arguments.port}"
    with tempfile.TemporaryDirectory() as folder, measure.service(Path(folder) / "desk.sqlite", "static", arguments.port):
        lines = "\n".join(json.dumps(article) for article in articles(arguments.articles))
        headers = {"Content-Type": "application/x-ndjson"}
        httpx.post(f"{url}/v1/articles?wait=30", content=lines, headers=headers, timeout=60).raise_for_status()
        results["server"] = {name: served(url, path) for name, path in PATHS.items()}
        with chromium() as found:
            results["chromium"] = found.do(lambda: found.browser.version)
            results["firstContentfulPaintMilliseconds"] = {
                name: milliseconds(found.do(partial(painted, found.browser, url + path))) for name, path in PATHS.items()
            }
            results["slider over 200 stories"] = found.do(partial(dragged, found.browser, f"{url}/?limit={WEIGHED}"))
    text = json.dumps(results, indent=1) + "\n"
    (HERE / "page.json").write_text(text, "utf-8")
    print(text)
    if results["slider over 200 stories"]["longestTaskMilliseconds"]["median"] > BOUND_MILLISECONDS:
        raise SystemExit(f"dragging a slider holds the page up for longer than {BOUND_MILLISECONDS:g} ms")


if __name__ == "__main__":
    main()
