"""Time scoring, blending, ordering and explaining, stories given: `python benchmarks/ranking.py [--articles N] [--stories N]`."""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from ranker.articles.article import Article, Provider
from ranker.ranking.explanation import why_above
from ranker.ranking.order import StoryFacts, listed
from ranker.ranking.quality import Scorecard
from ranker.ranking.ranked import RankedStories
from ranker.ranking.scores import Scores, SignalSettings, scores_of
from ranker.ranking.table import story_table
from ranker.settings import BlendWeights, Settings
from ranker.settings_file import load_settings
from ranker.stories.publishers import load_publishers
from ranker.stories.story import Story

RESULT = Path(__file__).parent / "results" / "ranking.json"
AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
RUNS = 7
PROVIDERS = 1500
COPIES, WITH_IMAGE = 0.2, 0.7  # shares of articles
TOPICS = ("politics", "sport", "science", "business", "weather", "health", "crime", "culture")


def invented_stories(n_articles: int, n_stories: int, seed: int = 0) -> tuple[list[Story], dict[str, str]]:
    """Stories of heavy-tailed sizes over a week, with topics, images, extras and copies as a crawl has them; and the texts."""
    draw = random.Random(seed)
    sizes = np.random.default_rng(seed).pareto(1.2, n_stories) + 0.2
    sizes = np.maximum(1, np.round(sizes * n_articles / sizes.sum())).astype(int)
    while sizes.sum() != n_articles:
        place = int(np.argmax(sizes))
        sizes[place] = max(1, sizes[place] + n_articles - sizes.sum())
    providers = [Provider(f"Paper {number}", f"paper-{number}.example") for number in range(PROVIDERS)]
    texts: dict[str, str] = {}
    stories: list[Story] = []
    for number, size in enumerate(sizes.tolist()):
        start = AS_OF - timedelta(hours=draw.uniform(0, 168))
        articles = []
        for place in range(size):
            key = f"a{number:06d}-{place:05d}"
            texts[key] = f"{number}-{place // 2 if draw.random() < COPIES else place}"
            articles.append(
                Article(
                    id=key,
                    title=f"Report {place} of story {number}: the minister answers questions of the council on the harbour",
                    excerpt="An excerpt of usual length, as feeds carry it, with a sentence that says what has happened and where.",
                    provider=draw.choice(providers),
                    published=min(AS_OF, start + timedelta(hours=draw.expovariate(1 / 10))),
                    url=f"https://paper.example/{key}",
                    topics=tuple(draw.sample(TOPICS, draw.randrange(3))),
                    images=({"url": "https://paper.example/i.jpg"},) if draw.random() < WITH_IMAGE else (),
                )
            )
        articles.sort(key=lambda article: (article.published or AS_OF, article.id))
        stories.append(Story(f"s{number:06d}", tuple(articles), {}))
    return stories, texts


def scored(stories: list[Story], texts: dict[str, str], settings: Settings) -> Scores:
    """The signals of all stories, qualities included."""
    publishers = load_publishers(settings.publishers)
    table = story_table(stories, texts, Scorecard(settings.quality), publishers, settings.heat, as_of=AS_OF)
    return scores_of(table, AS_OF, SignalSettings.of(settings))


def ordered(scores: Scores, settings: Settings) -> RankedStories:
    """The list under some weights, its rules applied."""
    columns = scores.blended(settings.blend)

    def facts(story: int) -> StoryFacts:
        topics = scores.table.stories[story].articles[0].topics
        return StoryFacts(topics[0] if topics else "", scores.table.group_names[scores.table.groups[scores.leads[story]]], None)

    return RankedStories(scores, columns, listed(scores.ordered(columns).tolist(), facts, settings.order))


def timed(work: Callable[[], object], runs: int = RUNS) -> list[float]:
    """Seconds of each run, after one that is not counted."""
    work()
    seconds = []
    for _ in range(runs):
        gc.collect()
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--stories", type=int, default=20_000)
    asked = parser.parse_args()
    settings = load_settings()
    stories, texts = invented_stories(asked.articles, asked.stories)
    scores = scored(stories, texts, settings)
    other = msgspec.structs.replace(
        settings, blend=msgspec.structs.replace(settings.blend, weights=BlendWeights(quality=0.2, heat=0.5, recency=0.3))
    )
    rules = load_settings(profile="editorial")
    first = ordered(scores, settings)
    turn = iter(range(10**9))

    def explained() -> None:
        fresh = ordered_page[next(turn) % len(ordered_page)]
        again = RankedStories(scores, columns, listing)[fresh]
        _ = (again.blend, again.quality, again.heat, again.recency, again.phase, again.counts)
        why_above(again, RankedStories(scores, columns, listing)[fresh + 1], settings)

    columns = scores.blended(settings.blend)
    listing = first._listing  # noqa: SLF001 - a benchmark may look inside
    ordered_page = list(range(min(200, len(first) - 1)))
    cases = {
        "scored, blended, ordered (qualities included)": timed(lambda: ordered(scored(stories, texts, settings), settings)),
        "blended again with other weights, ordered": timed(lambda: ordered(scores, other)),
        "the same with the rules of profile editorial": timed(lambda: ordered(scores, rules)),
        "one story explained, with why it is above the next": timed(explained, runs=200),
    }
    told = {
        "articles": asked.articles,
        "stories": asked.stories,
        "largest": int(scores.table.sizes.max()),
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count(), "load": os.getloadavg()},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "seconds": cases,
    }
    for name, seconds in cases.items():
        print(f"{statistics.median(seconds) * 1000:10.2f} ms  ({min(seconds) * 1000:.2f} to {max(seconds) * 1000:.2f})  {name}")
    RESULT.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
