"""Stories spelt report by report, and their tables: who told it, how many hours ago, in whose words, how well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from ranker.articles.article import Article, Provider
from ranker.ranking.quality import Scorecard
from ranker.ranking.table import StoryTable, story_table
from ranker.settings import HeatSettings, QualityRule, QualitySettings
from ranker.stories.publishers import Listing, Outlet, Publishers
from ranker.stories.story import Story, time_order

AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
SECONDS = AS_OF.timestamp()

# Who is who. Everybody else ("albion", "pressline", "nineline", ...) is a publisher and a group of its own.
WHO_IS_WHO = {
    "ledger": Outlet("Harbor House"),
    "sun": Outlet("Harbor House"),
    "cable": Outlet("cable", role="wire"),
    "relay": Outlet("relay", role="aggregator"),
    "echo": Outlet("echo", role="aggregator"),
    "handout": Outlet("handout", role="press-release"),
}
PUBLISHERS = Publishers((Listing(by_name=WHO_IS_WHO),))
# An article is worth what it says it is worth.
CARD = QualitySettings(
    base=0,
    floor=-1000,
    cap=None,
    own_feeds=[],
    known_providers=[],
    topic_terms=[],
    rules={
        "worth": QualityRule(feature="worth", test="count", points=1),
        "debt": QualityRule(feature="debt", test="count", points=-1),
    },
    story_weights=[1],
    publish_at=0,
)
AUDIENCE = HeatSettings(
    points_per_coverage=0,
    half_life_hours=None,
    burst=0,
    past_half_life_hours=24,
    audience_fields=["visits"],
    audience_points=1,
    audience_cap=0,
    coverage="story",
    non_lead="own",
)


@dataclass(frozen=True, slots=True)
class Told:
    """One report of a story."""

    who: str
    hours: float | None  # before AS_OF, None without a date
    text: str  # what copies share; "" for words of its own
    quality: int
    visits: int


def told(who: str, hours: float | None, text: str = "", *, quality: int = 0, visits: int = 0) -> Told:
    """A report: who told it, so many hours ago."""
    return Told(who, hours, text, quality, visits)


def make_stories(*stories: Sequence[Told]) -> list[Story]:
    """Stories "s0", "s1", ...; their articles are "a0", "a1", ... in the order in which they are spelt, all through.

    Numbers have as many digits as the highest, so that they are in order as ids too.
    """
    digits = len(str(max(0, sum(map(len, stories)) - 1)))
    made: list[Story] = []
    number = 0
    for place, reports in enumerate(stories):
        articles: list[Article] = []
        for report in reports:
            articles.append(_article(f"a{number:0{digits}}", report))
            number += 1
        made.append(Story(f"s{place:0{len(str(len(stories)))}}", tuple(sorted(articles, key=time_order)), {}))
    return made


def table_of(stories: Sequence[Story], *, heat: HeatSettings = AUDIENCE, as_of: datetime = AS_OF, leads: Sequence[str] = ()) -> StoryTable:
    """The table of stories in the order given; articles with one title are copies of one text."""
    texts = {article.id: article.title for story in stories for article in story.articles}
    return story_table(stories, texts, Scorecard(CARD), PUBLISHERS, heat, as_of=as_of, leads=leads)


def make_table(*stories: Sequence[Told]) -> StoryTable:
    """The table of stories spelt report by report."""
    return table_of(make_stories(*stories))


def _article(name: str, report: Told) -> Article:
    return Article(
        name,
        report.text or f"Words of {name}",
        provider=Provider(report.who),
        published=None if report.hours is None else AS_OF - timedelta(hours=report.hours),
        extra={"visits": report.visits, "worth": max(0, report.quality), "debt": max(0, -report.quality)},
    )


# Any stories: few names, texts and hours, so that equals of every kind are met.
REPORTS = st.builds(
    Told,
    who=st.sampled_from(["albion", "pressline", "nineline", "ledger", "sun", "cable", "relay", "echo", "handout"]),
    hours=st.none() | st.sampled_from([0.0, 1.0, 6.0, 24.0]) | st.floats(-1, 200),
    text=st.sampled_from(["", "", "", "agency", "rival"]),
    quality=st.integers(-5, 5) | st.integers(-200, 200),
    visits=st.sampled_from([0, 0, 7, 900]),
)
TELLINGS = st.lists(REPORTS, min_size=1, max_size=12)
LISTS_OF_TELLINGS = st.lists(TELLINGS, min_size=1, max_size=5)
