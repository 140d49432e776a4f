"""Measure the service under load from a second process: `python benchmarks/service/measure.py [--articles N] [--seconds S]`.

Articles are mixed from headlines as in nearest.py: stories of heavy-tailed size, all in one window. A service is started on an empty
store, takes them in over HTTP while it is read, is stopped, started again on what it kept, and asked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import nearest  # noqa: E402
from load import Connection, Timed, as_fast_as_possible, at_rate, get, post  # noqa: E402 - the folder is put on the path first
from run import RESULTS, machine  # noqa: E402

HOST = "127.0.0.1"
LARGE_STORIES = (150, 120, 100, 80, 60, 60)  # of 50,000 articles, the others fall off as a Pareto law: the largest of a week of news
IN_A_REQUEST = 1000  # articles
READS_A_SECOND = 50  # while articles are taken in
CONNECTIONS = 16
READY_SECONDS = 120.0
LOOK_SECONDS, WATCHED = 0.1, 10  # how often, and the last article of every so manieth request, is looked whether it is in its story
FINE, NOT_THERE, WAIT = 200, 404, 429  # statuses


def articles_of(n: int) -> list[dict[str, Any]]:
    """N articles in order of time, the newest published now."""
    nearest.LARGE_STORIES = LARGE_STORIES
    made = nearest.mixed_articles(n)
    order = made.times.argsort(kind="stable").tolist()
    shift = datetime.now(tz=UTC) - datetime.fromtimestamp(float(made.times[order[-1]]), UTC) - timedelta(minutes=1)
    return [
        {
            "id": f"b{row:07}",
            "title": made.texts[row].capitalize()[:900],
            "provider": {"name": f"Paper {row % 400}", "domain": f"paper-{row % 400}.example"},
            "publishedDateTime": (datetime.fromtimestamp(float(made.times[row]), UTC) + shift).isoformat(),
            "webUrl": f"https://paper-{row % 400}.example/{row}",
        }
        for row in order
    ]


@contextmanager
def service(store: Path, encoder: str, port: int) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A service on a store, and the seconds until it was ready."""
    begun = time.perf_counter()
    options = ["--store", str(store), "--encoder", encoder, "--port", str(port)]
    command = [sys.executable, "-c", "from ranker.apps.cli import main; main()", "serve", *options]
    process = subprocess.Popen(command, stderr=(store.parent / "service.log").open("ab"))
    try:
        asyncio.run(_ready(port, process, begun + READY_SECONDS))
        yield process, time.perf_counter() - begun
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=120)


async def _ready(port: int, process: subprocess.Popen[bytes], deadline: float) -> None:
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the service ended with {process.returncode}; see its log")
        try:
            status, _ = await Connection(HOST, port).ask(get("/readyz"))
        except OSError:
            status = 0
        if status == FINE:
            return
        await asyncio.sleep(0.05)
    raise SystemExit("the service was not ready in time")


def megabytes(process: subprocess.Popen[bytes], name: str = "VmRSS") -> int:
    """Resident memory of a process (Linux)."""
    lines = Path(f"/proc/{process.pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(name))


async def take_in(articles: list[dict[str, Any]], port: int) -> dict[str, Any]:
    """Post all articles, as fast as they are taken, while somebody reads; and how long the last of a request takes to be in its story."""
    bodies = [
        "\n".join(json.dumps(article) for article in articles[start : start + IN_A_REQUEST]).encode()
        for start in range(0, len(articles), IN_A_REQUEST)
    ]
    lags: list[float] = []
    busy = 0
    done = asyncio.Event()
    reads = Timed()

    async def write() -> None:
        nonlocal busy
        connection = Connection(HOST, port)
        watchers = []
        for number, body in enumerate(bodies):
            while True:
                status, answer = await connection.ask(post("/v1/articles", body, "application/x-ndjson"))
                if status != WAIT:
                    break
                busy += 1
                await asyncio.sleep(0.2)
            if status != FINE:
                raise SystemExit(f"{status}: {answer[:500]!r}")
            if number % WATCHED == 0:
                last = articles[min(len(articles), (number + 1) * IN_A_REQUEST) - 1]["id"]
                watchers.append(asyncio.create_task(_visible(last, port, lags)))
        await asyncio.gather(*watchers)
        done.set()

    async def read() -> None:
        draw, connection, number = random.Random(0), Connection(HOST, port), 0
        while not done.is_set():
            number += 1
            path = "/v1/stories?limit=20" if number % 2 else f"/v1/articles/{draw.choice(articles)['id']}"
            since = time.perf_counter()
            status, _ = await connection.ask(get(path))
            if status in (FINE, NOT_THERE):  # not there yet is an answer
                reads.seconds.append(time.perf_counter() - since)
            else:
                reads.failed[status] = reads.failed.get(status, 0) + 1
            await asyncio.sleep(max(0.0, 1 / READS_A_SECOND - (time.perf_counter() - since)))

    begun = time.perf_counter()
    await asyncio.gather(write(), read())
    wall = reads.wall = time.perf_counter() - begun
    ordered = sorted(lags)
    return {
        "articles": len(articles),
        "seconds": round(wall, 1),
        "perSecond": round(len(articles) / wall, 1),
        "told to wait": busy,
        "visibleSeconds": {"median": round(ordered[len(ordered) // 2], 2), "max": round(ordered[-1], 2)},
        "reads": reads.told(),
    }


async def _visible(article: str, port: int, lags: list[float]) -> None:
    since, connection = time.perf_counter(), Connection(HOST, port)
    while True:
        status, body = await connection.ask(get(f"/v1/articles/{article}"))
        if status == FINE and json.loads(body).get("story"):
            break
        await asyncio.sleep(LOOK_SECONDS)
    lags.append(time.perf_counter() - since)
    connection.close()


def asked(articles: list[dict[str, Any]], port: int, seconds: float) -> dict[str, Any]:
    """All reads, one kind after the other."""
    draw = random.Random(1)
    ids = [article["id"] for article in articles]
    related = [get(f"/v1/articles/{draw.choice(ids)}/related") for _ in range(20_000)]
    texts = [post("/v1/related", json.dumps({"title": draw.choice(articles)["title"] + " again"}).encode()) for _ in range(500)]
    stories = get("/v1/stories?limit=20")
    found: dict[str, Any] = {}
    asyncio.run(as_fast_as_possible(HOST, port, lambda n: related[n % len(related)], connections=CONNECTIONS, seconds=2))
    most = asyncio.run(as_fast_as_possible(HOST, port, lambda n: related[n % len(related)], connections=CONNECTIONS, seconds=seconds))
    found["related, as fast as possible"] = most.told()
    half = 0.5 * most.told()["perSecond"]
    for name, rate in (("half that load", half), ("400 a second", 400.0)):
        found[f"related, {name}"] = asyncio.run(at_rate(HOST, port, lambda n: related[n % len(related)], rate=rate, seconds=seconds)).told()
    found["related to a text, 20 a second"] = asyncio.run(
        at_rate(HOST, port, lambda n: texts[n % len(texts)], rate=20, seconds=seconds)
    ).told()
    found["stories, first page, 50 a second"] = asyncio.run(at_rate(HOST, port, lambda _: stories, rate=50, seconds=seconds)).told()
    return found


def main() -> None:
    """Run the cases and keep the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=15, help="of each kind of reads")
    parser.add_argument("--encoder", default="static")
    parser.add_argument("--port", type=int, default=8719)
    parser.add_argument("--store", type=Path, help="a folder to keep the store in, and to go on with")
    arguments = parser.parse_args()
    articles = articles_of(arguments.articles)
    results: dict[str, Any] = {"machine": machine(), "load": os.getloadavg(), "encoder": arguments.encoder, "articles": len(articles)}
    with tempfile.TemporaryDirectory() as folder:
        store = (arguments.store or Path(folder)) / "desk.sqlite"
        if not store.exists():
            with service(store, arguments.encoder, arguments.port) as (process, _):
                results["taken in"] = asyncio.run(take_in(articles, arguments.port))
                results["taken in"]["megabytes"] = megabytes(process)
                results["taken in"]["peakMegabytes"] = megabytes(process, "VmHWM")
                print(json.dumps(results["taken in"], indent=1), flush=True)
        with service(store, arguments.encoder, arguments.port) as (process, seconds):
            results["start"] = {"seconds": round(seconds, 2), "megabytes": megabytes(process)}
            print(json.dumps(results["start"]), flush=True)
            results["reads"] = asked(articles, arguments.port, arguments.seconds)
            results["reads"]["megabytes"] = megabytes(process)
            print(json.dumps(results["reads"], indent=1), flush=True)
    path = RESULTS.parent / "service" / f"{arguments.encoder}.json"
    path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    print(f"kept in {path}")


if __name__ == "__main__":
    main()
