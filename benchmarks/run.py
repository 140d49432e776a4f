"""Time whole commands, with their peak memory, and keep the raw numbers: `python benchmarks/run.py [CASE ...]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
STREAM = ROOT.parent / "shared" / "data" / "stream-dev.jsonl"
NEWSROOM = ROOT / "data" / "newsroom" / "articles"
ARTICLES = 10_000
LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "sentence-transformers", "tokenizers", "PyYAML", "msgspec")


@dataclass(frozen=True)
class Case:
    """One command to time.

    `prepare` makes what the command needs in a folder and returns the command; `before` runs before each timed run.
    """

    name: str
    what: str
    limit: str
    prepare: Callable[[Path], list[str]]
    before: Callable[[Path], None] = lambda _: None


def stream_file(folder: Path) -> Path:
    """10,000 headlines: real ones where they are at hand, else the sample newsroom's, shuffled word by word."""
    path = folder / "stream.jsonl"
    if path.exists():
        return path
    if STREAM.exists():
        lines = STREAM.read_text("utf-8").splitlines()[:ARTICLES]
    else:
        lines = [json.dumps(article) for article in invented_articles(ARTICLES)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def invented_articles(n: int) -> list[dict[str, object]]:
    """Headlines of the sample newsroom, the words of each mixed with another's, over sixty days."""
    import random

    from ranker.articles.reading import read_articles
    from ranker.settings_file import load_settings

    draw = random.Random(0)
    titles = [article.title.split() for article in read_articles([str(NEWSROOM)], load_settings().reading).articles]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    result: list[dict[str, object]] = []
    for number in range(n):
        one, other = draw.choice(titles), draw.choice(titles)
        words = one[: len(one) // 2 + 1] + other[len(other) // 2 :]
        when = start + timedelta(days=60 * number / n)
        result.append(
            {
                "id": f"b{number}",
                "title": " ".join(words),
                "provider": {"name": f"Provider {draw.randrange(400)}"},
                "publishedDateTime": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )
    return result


def front_matter_folder(folder: Path) -> Path:
    """10,000 front matter files: the sample newsroom's again and again, each with an address and a day of its own."""
    target = folder / "posts"
    sources = [(path.name, path.read_bytes()) for path in sorted(NEWSROOM.glob("*.md"))]
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for number in range(ARTICLES):
        name, data = sources[number % len(sources)]
        round_ = number // len(sources)
        moved = (datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=11 * round_)).strftime("%Y-%m")
        text = data.replace(b".example/2026/03", f".example/{round_}/2026/03".encode())
        text = text.replace(b"publishedDateTime: 2026-03", f"publishedDateTime: {moved}".encode())
        (target / f"{round_:03}-{name}").write_bytes(text)
    return target


def run_once(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Wall and processor seconds of a command, and its peak memory in MB.

    Raises
    ------
    RuntimeError : if the command fails.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        outputs = [(os.POSIX_SPAWN_DUP2, log.fileno(), descriptor) for descriptor in (1, 2)]
        pid = os.posix_spawn(command[0], command, environment, file_actions=outputs)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status):
            log.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{log.read().decode()[-2000:]}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peakMegabytes": usage.ru_maxrss / 1024}


def ranker(*arguments: str) -> list[str]:
    """The command line that runs ranker with this Python."""
    return [str(Path(sys.executable).parent / "ranker"), *arguments]


def clear_cache(folder: Path) -> None:
    """A cold start: no vector is known."""
    shutil.rmtree(folder / "cache", ignore_errors=True)


CASES = [
    Case("import", "python -c 'import ranker'", "0.3 s", lambda _: [sys.executable, "-c", "import ranker"]),
    Case("help", "ranker --help", "0.5 s", lambda _: ranker("--help")),
    Case(
        "stream-static-cold",
        "10,000 headlines re-ranked, static encoder, nothing cached",
        "15 s, 800 MB",
        lambda folder: ranker("rerank", str(stream_file(folder)), "--encoder", "static", "--no-cache", "-o", str(folder / "out.jsonl")),
    ),
    Case(
        "stream-news-minilm-cold",
        "10,000 headlines re-ranked, news-minilm, nothing cached",
        "-",
        lambda folder: ranker("rerank", str(stream_file(folder)), "--encoder", "news-minilm", "-o", str(folder / "out.jsonl")),
        clear_cache,
    ),
    Case(
        "stream-news-minilm-warm",
        "10,000 headlines re-ranked, news-minilm, all vectors cached (run after stream-news-minilm-cold)",
        "15 s",
        lambda folder: ranker("rerank", str(stream_file(folder)), "--encoder", "news-minilm", "-o", str(folder / "out.jsonl")),
    ),
    Case(
        "front-matter-write",
        "10,000 front matter files read, re-ranked (static) and all written back",
        "20 s",
        lambda folder: ranker("rerank", str(folder / "posts"), "--encoder", "static", "--in-place"),
        lambda folder: (clear_cache(folder), front_matter_folder(folder), None)[-1],
    ),
    Case(
        "front-matter-again",
        "the same once more: nothing to write (run after front-matter-write)",
        "20 s",
        lambda folder: ranker("rerank", str(folder / "posts"), "--encoder", "static", "--in-place"),
    ),
]


def measured(case: Case, folder: Path, runs: int) -> dict[str, object]:
    """A case's figures, run by run, and their medians."""
    environment = dict(os.environ) | {"RANKER_CACHE_DIR": str(folder / "cache"), "HF_HUB_OFFLINE": "1"}
    timed = []
    for _ in range(runs):
        case.before(folder)
        timed.append(run_once(case.prepare(folder), environment))
    medians = {key: round(statistics.median(run[key] for run in timed), 3) for key in timed[0]}
    figures = f"{medians['wall']:>8.2f} s wall {medians['cpu']:>8.2f} s cpu {medians['peakMegabytes']:>7.0f} MB"
    print(f"{case.name:<20} {figures}   limit {case.limit}", flush=True)
    return {"name": case.name, "what": case.what, "limit": case.limit, "median": medians, "runs": timed}


def machine() -> dict[str, object]:
    """What the figures were taken on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "loadAverage": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "stream": "real headlines" if STREAM.exists() else "invented headlines",
    }


def main() -> None:
    """Run the cases asked for, all by default, and write results/speed.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[[], *(case.name for case in CASES)], help="names of cases; all by default")
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    about = machine()
    with tempfile.TemporaryDirectory() as folder:
        results = [measured(case, Path(folder), chosen.runs) for case in CASES if not chosen.cases or case.name in chosen.cases]
    RESULTS.mkdir(exist_ok=True)
    if not chosen.cases:
        text = json.dumps({"taken": datetime.now(tz=UTC).isoformat(timespec="seconds"), "machine": about, "cases": results}, indent=2)
        (RESULTS / "speed.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
