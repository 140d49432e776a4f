"""Streams: invented stories told over days, with the pace at which each one goes on planted."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from ranker.articles.article import Article, Provider
from ranker.ranking.quality import Scorecard
from ranker.ranking.table import StoryTable, story_table
from ranker.settings import Settings
from ranker.settings_file import load_settings
from ranker.stories.publishers import Publishers, load_publishers
from ranker.stories.story import Membership, Story

START = datetime(2026, 3, 2, tzinfo=UTC)  # midnight: moments every few hours fall on full hours of the stream
ALONE = Membership(None, None, None)
SUBJECTS = (  # eight words of its own for each story, as news of it would use them
    "ferry Corinne aground Gannet ledge lifeboat passengers captain",
    "quake Tarapay coast magnitude tremor evacuated rubble survivors",
    "snooker Bellweather maximum break schoolboy Crucible frame final",
    "Marenien parliament confidence coalition chancellor Oberholz resignation ballot",
    "wildfire Solana canyon hectares firefighters containment smoke ranch",
    "Vexatron merger antitrust regulator shareholders semiconductor takeover bid",
    "orchestra Lindqvist conductor symphony premiere violin Stockholm ovation",
    "vaccine malaria trial Kisumu infants dosage immunity researchers",
    "glacier Jostedal meltwater retreat survey ice hydrologists valley",
    "heist museum Valdoria emerald tiara thieves curator alarm",
    "strike railway drivers union Brackenfield timetable pay walkout",
    "comet Hashimoto telescope perihelion tail astronomers orbit visible",
    "cholera Port Amadi outbreak wells chlorine clinic rehydration aid",
    "avalanche Piz Corvo skiers rescue dogs helicopter snowpack warning",
    "doping cyclist Renaud peloton steroids ban tribunal yellow jersey",
    "bakery Honeyfield bread recall salmonella flour supermarket loaves customers",
)

Report = tuple[float | None, str]  # hours since START, None without a date; and the provider


def told(*hours: float | None) -> list[Report]:
    """Reports at such hours, each by another provider."""
    return [(hour, f"Paper {place}") for place, hour in enumerate(hours)]


def stream_table(
    stories: Sequence[Sequence[Report]], *, topics: Sequence[Sequence[str]] = (), settings: Settings | None = None
) -> StoryTable:
    """The table of stories "s000", "s001", ... with these reports, each text its own.

    Parameters
    ----------
    topics : of every article of a story, by story; none by default.
    """
    chosen = settings or _defaults()
    made = [_story(number, reports, topics[number] if topics else ()) for number, reports in enumerate(stories)]
    texts = {article.id: article.id for story in made for article in story.articles}
    return story_table(made, texts, Scorecard(chosen.quality), _publishers(), chosen.heat, as_of=START)


def make_fading_stream(*, days: float, every_hours: int, half_life_hours: float, seed: int) -> list[list[Report]]:
    """Stories that go on at half the pace after each half-life, so that those that are hot now are the ones covered next.

    One starts every few hours, some with ten times the pace of others. Each gets a late word now and then for two days more: yesterday's
    stories are still alive, with more articles than today's.
    """
    rng = random.Random(seed)
    stories = []
    for start in range(0, int(days * 24), every_hours):
        pace, hours = rng.choice((1.0, 3.0, 10.0)), [float(start)]  # articles an hour at first
        for hour in range(start, min(start + 72, int(days * 24))):
            expected = pace * 0.5 ** ((hour - start) / half_life_hours) + 0.04
            count = int(expected) + (rng.random() < expected % 1)
            hours += [hour + rng.random() for _ in range(count)]
        stories.append(told(*sorted(hours)))
    return stories


def make_aimless_stream(*, days: float, n_stories: int, n_articles: int, seed: int) -> list[list[Report]]:
    """Articles at any time on any of some stories: nothing foretells which is covered next."""
    rng = random.Random(seed)
    hours: list[list[float]] = [[rng.uniform(0, 24)] for _ in range(n_stories)]
    for _ in range(n_articles):
        hours[rng.randrange(n_stories)].append(rng.uniform(0, days * 24))
    return [told(*sorted(times)) for times in hours]


def stream_lines(stories: Sequence[Sequence[Report]], *, seed: int = 0) -> str:
    """The articles of a stream as JSON Lines, told in the words of `SUBJECTS`; at most as many stories as there are of those."""
    rng = random.Random(seed)
    rows: list[tuple[float, str]] = []
    for number, (subject, reports) in enumerate(zip(SUBJECTS, stories, strict=False)):
        words = subject.split()
        for place, (hour, provider) in enumerate(reports):
            title, excerpt = (" ".join(rng.sample(words, 6)) for _ in range(2))
            row: dict[str, object] = {
                "id": f"a{number:03}-{place:03}",
                "title": title,
                "excerpt": f"{excerpt}.",
                "provider": {"name": provider, "domain": f"{provider.replace(' ', '-').lower()}.example"},
                "story": number,
            }
            if hour is not None:
                row["publishedDateTime"] = f"{START + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}"
            rows.append((float("inf") if hour is None else hour, json.dumps(row)))
    return "".join(f"{row}\n" for _, row in sorted(rows))


def _story(number: int, reports: Sequence[Report], topics: Sequence[str]) -> Story:
    articles = tuple(
        Article(
            id=f"a{number:03}-{place:03}",
            title=f"Report {place} of story {number}",
            provider=Provider(provider, f"{provider.replace(' ', '-').lower()}.example"),
            published=None if hour is None else START + timedelta(hours=hour),
            topics=tuple(topics),
        )
        for place, (hour, provider) in enumerate(sorted(reports, key=lambda report: float("inf") if report[0] is None else report[0]))
    )
    return Story(f"s{number:03}", articles, dict.fromkeys((article.id for article in articles), ALONE))


@cache
def _defaults() -> Settings:
    return load_settings()


@cache
def _publishers() -> Publishers:
    return load_publishers(_defaults().publishers)
