"""Breakdown: scores and qualities taken apart on paper, with sums that add up as they are printed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.streams import START, Report, stream_table, told

from ranker.apps import breakdown, screen
from ranker.articles.article import Article, Origin, Provider
from ranker.pipeline import Ranking, rank_articles
from ranker.ranking.explanation import WhyAbove, why_above
from ranker.ranking.heat import Heat
from ranker.ranking.order import Adjustment, Listing
from ranker.ranking.ranked import RankedStories
from ranker.ranking.scores import SignalSettings, scores_of
from ranker.settings import BlendWeights, Settings
from ranker.settings_file import load_settings

AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
WIDTH = 80
DEFAULTS = load_settings()
WIDE_TITLES = [
    "Regierungskrise in Marenien nach verlorener Vertrauensfrage " * 4,
    "\u706b\u707d\u5411\u3051\u306e\u907f\u96e3\u8a13\u7df4\u304c\u5168\u56fd\u3067\u59cb\u307e\u308b" * 8,
    "x" * 300,
    "\U0001f525\U0001f600" * 60,
    "e\u0301\u0323" * 100,
]


def ranked(*articles: Article, settings: Settings | None = None) -> Ranking:
    return rank_articles(articles, settings or DEFAULTS, as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY)


def one(title: str, *, provider: str = "The Albion", hours: float | None = 1) -> Article:
    published = None if hours is None else AS_OF - timedelta(hours=hours)
    return Article("a1", title, provider=Provider(provider), published=published)


def many_times(title: str, hours: Sequence[float], **extra: Any) -> list[Article]:
    """So many reports of one event, each by a paper of its own."""
    return [
        Article(f"a{place:02}", title, f"{title}, report {place}.", Provider(f"Paper {place}"), AS_OF - timedelta(hours=hour), **extra)
        for place, hour in enumerate(hours)
    ]


def printed(parts: Sequence[Any], width: int = WIDTH) -> str:
    paper = screen.console(width=width)
    with paper.capture() as captured:
        for part in parts:
            paper.print(part)
    return captured.get()


def words(parts: Sequence[Any]) -> str:
    """What is printed, on one line."""
    return " ".join(printed(parts).split())


def story(ranking: Ranking, place: int = 0) -> str:
    return words(breakdown.story_explanation(ranking.stories[place], ranking))


def rows(text: str, *, cells: int) -> dict[str, list[Decimal]]:
    """Rows of a table of so many numbers, by name."""
    found = re.findall(rf"^(quality|heat|recency|score)((?: +[+-]?\d+(?:\.\d+)?){{{cells}}}) *$", text, re.MULTILINE)
    return {name: [Decimal(number) for number in numbers.split()] for name, numbers in found}


# A story


@pytest.mark.parametrize("heat", [0.11, 0.29, 0.37, 0.53])
def test_a_story_s_terms_add_up_to_its_score_as_they_are_printed(heat: float, ranking: Ranking) -> None:
    """Rounded one by one they would miss it by a digit now and then."""
    weights = BlendWeights(quality=0.31, heat=heat, recency=0.69 - heat)
    under = ranking.blended(msgspec.structs.replace(ranking.settings.blend, weights=weights))
    for item in under.stories:
        text = printed(breakdown.story_explanation(item, under))
        contributions = [numbers[-1] for numbers in rows(text, cells=4).values()]
        (score,) = rows(text, cells=1)["score"]
        assert len(contributions) == 3
        assert sum(contributions) == score
        assert float(score) == pytest.approx(item.score, abs=5.1e-5)


def test_a_story_s_signals_stand_with_value_share_and_weight(ranking: Ranking) -> None:
    item = ranking.stories[0]
    table = rows(printed(breakdown.story_explanation(item, ranking)), cells=4)
    blend, values = item.blend, (item.quality.points, item.heat.points, item.recency.value)
    for (name, numbers), value in zip(table.items(), values, strict=True):
        signal = getattr(blend, name)
        assert [float(number) for number in numbers] == [
            pytest.approx(value, abs=0.0051), pytest.approx(signal.normalised, abs=5.1e-5), signal.weight,
            pytest.approx(signal.contribution, abs=1e-4),
        ]  # fmt: skip


def test_quality_is_taken_apart_by_publisher_group(ranking: Ranking) -> None:
    match = re.search(r"quality ([\d.]+) = (.*?), the best of each publisher group", story(ranking))
    assert match is not None
    terms = re.findall(r"([\d.]+) \(([\d.]+) x (\d+)\)", match[2])
    assert Decimal(match[1]) == sum(Decimal(term) for term, *_ in terms)
    assert [(weight, quality) for _, weight, quality in terms] == [("0.7", "39"), ("0.2", "2"), ("0.1", "0")]
    assert [float(term) for term, *_ in terms] == pytest.approx([0.7 * 39, 0.2 * 2, 0.1 * 0], abs=0.1)


HEAT = re.compile(r"heat ([\d.]+) = quality of the lead (\d+)((?: \+ (?:coverage|burst|audience) [\d.]+)*) ")
COVERAGE = re.compile(r"coverage by age: (.*?)(?:; its past foretold ([\d.]+))? above the lead's quality")


def terms_of_heat(text: str) -> tuple[Decimal, dict[str, Decimal]]:
    match = HEAT.search(text)
    assert match is not None
    terms = {"quality": Decimal(match[2])} | {name: Decimal(number) for name, number in re.findall(r"(\w+) ([\d.]+)", match[3])}
    return Decimal(match[1]), terms


@pytest.mark.parametrize(
    ("hours", "audience"),
    [((9, 8, 6), 0), ((0.3, 0.2, 0.1), 0), ((30, 12, 11, 7.7, 5, 3.3, 0.7), 40), (tuple(range(40, 18, -1)), 7)],
)
def test_heat_is_taken_apart_term_by_term(hours: tuple[float, ...], audience: int) -> None:
    """Lead quality, coverage, burst and audience add up to heat, and the terms of coverage to coverage."""
    ranking = ranked(*many_times("Quake strikes Tarapay coast", hours, extra={"visits": audience}))
    text, heat = story(ranking), ranking.stories[0].heat
    total, terms = terms_of_heat(text)
    assert total == sum(terms.values())
    assert float(total) == pytest.approx(heat.points, abs=0.051)
    assert ("audience" in terms) == (audience > 0)
    coverage = COVERAGE.search(text)
    assert coverage is not None
    shown = [Decimal(number) for number in re.findall(r"([\d.]+)(?: \(\d+h\)| by \d+ older)", coverage[1])]
    assert sum(shown) == terms["coverage"]
    assert float(coverage[2]) == pytest.approx(heat.expected, abs=0.051)
    assert len(shown) == min(len(hours) - 1, 13)


def test_old_coverage_is_summed_where_there_is_too_much_to_show() -> None:
    text = story(ranked(*many_times("Quake strikes Tarapay coast", range(30, 10, -1))))
    assert re.search(r"\(11h\) and [\d.]+ by 7 older;", text)  # of 19: the first report is no coverage


def test_what_is_above_the_lead_s_quality_is_set_against_the_half(ranking: Ranking) -> None:
    heat = ranking.stories[0].heat
    above = heat.points - heat.quality
    share = ranking.stories[0].blend.heat.normalised
    assert f"above the lead's quality: {above:.1f} / ({above:.1f} + 60) = {share:.4f}" in story(ranking)
    assert share == pytest.approx(above / (above + 60))


def test_recency_and_phase_say_where_they_come_from(ranking: Ranking) -> None:
    newest = next(article for article in ranking.stories[0].story.articles if article.provider.name == "Continental Wire")
    text = story(ranking)
    assert f"recency {0.5 ** (6 / 12):.4f} = 0.5 ^ (6.0 h / 12 h), by {newest.id}" in text
    phase = ranking.stories[0].phase
    assert f"{phase.name} told first 9 h ago, by 3 publisher groups, the newest joined 6 h ago; pace {phase.pace:.2f}" in text


def test_a_story_s_counts_and_members_are_told(ranking: Ranking) -> None:
    item = ranking.stories[0]
    text = printed(breakdown.story_explanation(item, ranking))
    assert text.startswith(f"#1  {item.lead.title}\n")
    assert f"story {item.story.id}, {item.phase.name}, as of 2026-03-11 18:00 UTC" in text
    assert "3 articles, 3 different texts, 3 providers, 3 publisher groups" in text
    assert all(article.id in text for article in item.story.articles)
    assert re.search(r"^03-11 09:00 +39 +\d\.\d\d Quake", text, re.MULTILINE)


def test_a_lonely_story_without_a_date_says_that_there_is_no_more() -> None:
    text = story(ranked(one("Lady Corinne aground", hours=None)))
    assert "1 article, 1 different text, 1 provider, 1 publisher group" in text
    assert "heat 0.0 = quality of the lead 0 above" in text
    assert "recency 0: no article has a date fading because no article has a date" in text
    assert "why above" not in text


def test_coverage_without_a_date_has_no_age() -> None:
    first = replace(one("Lady Corinne aground"), excerpt="A ferry hit Gannet Ledge.")
    other = replace(first, id="a2", excerpt="Gannet Ledge was hit by a ferry.", provider=Provider("The Echo"), published=None)
    ranking = ranked(first, other, settings=load_settings(profile="everyday"))
    assert "  coverage by age: 10.0\n" in printed(breakdown.story_explanation(ranking.stories[0], ranking))


def test_on_the_list_s_scale_heat_is_not_set_against_a_half(ranking: Ranking) -> None:
    blend = msgspec.structs.replace(ranking.settings.blend, scale="list")
    assert "above the lead's quality" not in story(ranking.blended(blend))
    assert "above the lead's quality" in story(ranking)


def test_rules_that_moved_a_story_stand_in_its_head(ranking: Ranking) -> None:
    moves = {0: (Adjustment("pinned", "", by_score=2, place=1), Adjustment("topic_in_a_row", "Sea", by_score=2, place=1))}
    text = story(listed(ranking, Listing((0, 1), moves, {}, (2,))))
    assert "pinned: #2 by score, #1 here topic in a row (Sea): #2 by score, #1 here" in text


def test_a_hidden_story_has_no_place_and_is_above_nothing(ranking: Ranking) -> None:
    other = listed(ranking, Listing((0, 1), {}, {}, (2,)))
    hidden = other.stories.by_number[2]
    text = words(breakdown.story_explanation(hidden, other))
    assert text.startswith(f"hidden {hidden.lead.title}")
    assert "why above" not in text


def listed(ranking: Ranking, listing: Listing) -> Ranking:
    """A ranking whose list is another."""
    return replace(ranking, stories=RankedStories(ranking.scores, ranking.scores.blended(ranking.settings.blend), listing))


# Why one is above the other


def test_a_story_is_held_against_the_next_and_the_last_against_none(ranking: Ranking) -> None:
    for place in range(len(ranking.stories) - 1):
        below = ranking.stories[place + 1]
        assert f"why above #{place + 2} {below.lead.title} ({below.story.id}) signal this one" in story(ranking, place)
    assert "why above" not in story(ranking, len(ranking.stories) - 1)


@pytest.mark.parametrize("profile", ["balanced", "newest", "hottest", "editorial"])
def test_the_terms_of_two_stories_add_up_down_and_across(profile: str, ranking: Ranking) -> None:
    settings = load_settings(profile=profile)
    under = ranking.blended(settings.blend)
    for upper, lower in combinations(under.stories, 2):
        table = rows(printed(breakdown.why_above_lines(why_above(upper, lower, settings), settings)), cells=3)
        assert list(table) == ["quality", "heat", "recency", "score"]
        assert all(advantage == this - that for this, that, advantage in table.values())
        *terms, score = table.values()
        assert [sum(column) for column in zip(*terms, strict=True)] == score
        assert [float(number) for number in score] == pytest.approx([upper.score, lower.score, upper.score - lower.score], abs=1.1e-4)


def test_what_decides_is_said_first_and_what_stands_against_it(ranking: Ranking) -> None:
    why = why_above(ranking.stories[0], ranking.stories[1], ranking.settings)
    first, *_ = breakdown.decided_lines(why, ranking.settings)
    against = [item.signal for item in why.differences if item.advantage < 0]
    assert first == f"{why.decided_by.capitalize()} decides, against {' and '.join(against)}."
    assert against


RULE = Adjustment("stale", "", by_score=1, place=2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"decided_by": "newest", "gap": 0.0}, ["The scores are equal; the newer last article decides."]),
        ({"decided_by": "id", "gap": 0.0}, ["Scores and last articles are equal; the id decides."]),
        ({"decided_by": "rule", "gap": -0.5, "rules": (RULE, RULE)}, ["A rule of the list decides (stale: #1 by score, #2 here)."]),
        ({"decided_by": "rule", "gap": -0.5}, ["A rule of the list decides."]),
    ],
)
def test_what_no_signal_decided_has_no_change_that_would_turn_it(change: Mapping[str, Any], said: list[str], ranking: Ranking) -> None:
    why = replace(why_above(ranking.stories[0], ranking.stories[1], ranking.settings), **change)
    assert breakdown.decided_lines(why, ranking.settings) == said


def two_of(stories: Sequence[Sequence[Report]], settings: Settings, *, hour: int) -> WhyAbove:
    scores = scores_of(stream_table(stories, settings=settings), START.replace(hour=hour), SignalSettings.of(settings))
    columns = scores.blended(settings.blend)
    listing = Listing(tuple(scores.ordered(columns).tolist()), {}, {}, ())
    upper, lower = RankedStories(scores, columns, listing)
    return why_above(upper, lower, settings)


def test_changes_that_would_bring_two_level_are_said_with_their_numbers() -> None:
    """Two stories without quality: the upper one is hotter, the lower one fresher."""
    settings = load_settings(overrides={"blend.weights": {"quality": 0.2, "heat": 0.4, "recency": 0.4}, "heat.burst": 0})
    why = two_of([told(0, *[1.0] * 9), told(0, 5)], settings, hour=10)
    assert (why.upper.story.id, why.decided_by) == ("s000", "heat")
    quality, heat, recency = why.differences
    decided, level = breakdown.decided_lines(why, settings)
    assert decided == "Heat decides, against recency."
    assert quality.lower_value is not None
    assert heat.lower_value is not None
    assert recency.lower_value is not None
    assert heat.weight is not None
    assert recency.weight is not None
    more = heat.lower_value - heat.lower.value
    freshest = 12 * math.log2(1 / recency.lower_value)
    assert 0 < more < settings.heat.points_per_coverage
    assert level == (
        f"That one would be level with {quality.lower_value:.1f} points more quality, "
        f"or with {more:.1f} points more heat (1 more publisher group now), or with heat weighing {heat.weight:.2f} instead of 0.4, "
        f"or with a new voice no older than {freshest:.1f} h, or with recency weighing {recency.weight:.2f} instead of 0.4."
    )


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=8),
    st.floats(0.5, 60),
    st.sampled_from((0.0, 0.5, 2.0)),
    st.sampled_from((4.0, 24.0)),
)
def test_so_many_groups_are_enough_and_one_less_is_not(hours: list[int], more: float, burst: float, half_life: float) -> None:
    """New publisher groups really put into the story: its heat rises by what was asked for, and by less with one of them gone."""
    heat = msgspec.structs.replace(DEFAULTS.heat, burst=burst, half_life_hours=half_life)
    settings = msgspec.structs.replace(DEFAULTS, heat=heat)

    def heat_with(groups: int) -> Heat:
        reports = [*told(*map(float, sorted(hours))), *((40.0, f"New {group}") for group in range(groups))]
        table = stream_table([reports], settings=settings)
        return scores_of(table, START + timedelta(hours=40), SignalSettings.of(settings)).heat_of(0)

    now = heat_with(0)
    needed = breakdown.groups_for(more, now, heat)
    rounding = 0.05  # points
    assert heat_with(needed).points - now.points >= more - rounding
    assert heat_with(needed - 1).points - now.points < more + rounding


def test_heat_that_never_cools_needs_no_burst() -> None:
    heat = msgspec.structs.replace(DEFAULTS.heat, half_life_hours=None)
    scores = scores_of(stream_table([told(0, 1)]), START, SignalSettings.of(DEFAULTS))
    assert [breakdown.groups_for(points, scores.heat_of(0), heat) for points in (9.9, 10.0, 10.1)] == [1, 1, 2]


def test_where_groups_bring_nothing_heat_is_asked_for_in_points() -> None:
    settings = load_settings(overrides={"heat.points_per_coverage": 0, "heat.audience_points": 5, "quality.floor": -100})
    audience = {"visits": 1000}
    loud = many_times("Quake strikes Tarapay coast", [3], extra=audience)
    ranking = ranked(*loud, replace(one("Lady Corinne aground", hours=3), id="b1"), settings=settings)
    why = why_above(ranking.stories[0], ranking.stories[1], settings)
    said = " ".join(breakdown.decided_lines(why, settings))
    assert "points more heat" in said
    assert "publisher group" not in said


# An article


def test_an_article_s_explanation_adds_up_point_by_point(ranking: Ranking) -> None:
    article = next(article for article in ranking.grouping.corpus.articles if article.provider.name == "Pressline")
    text = printed(breakdown.article_explanation(article, ranking))
    parts = [int(points) for points in re.findall(r"([+-]\d+) *$", text, re.MULTILINE)]
    quality = re.search(r"^quality +(-?\d+) *$", text, re.MULTILINE)
    assert quality is not None
    assert sum(parts) == int(quality[1]) == 2 * 17 + 20 - 15


def test_an_article_s_heat_is_its_own_quality_and_its_story_s_coverage(ranking: Ranking) -> None:
    for article in ranking.grouping.corpus.articles:
        text = words(breakdown.article_explanation(article, ranking))
        match = re.search(r"heat ([\d.]+) = quality (\d+)((?: \+ \w+ [\d.]+)*) (?:lead|member)", text)
        assert match is not None
        terms = [Decimal(match[2]), *map(Decimal, re.findall(r"\w+ ([\d.]+)", match[3]))]
        assert Decimal(match[1]) == sum(terms)
        assert int(match[2]) == ranking.quality_points[article.id]
        assert float(match[1]) == pytest.approx(ranking.heat_of(article.id).points, abs=0.051)


def test_an_article_s_explanation_tells_its_place_in_its_story(ranking: Ranking) -> None:
    item = ranking.stories[0]
    for article in item.story.articles:
        text = printed(breakdown.article_explanation(article, ranking))
        assert f"{'lead' if article.id == item.lead.id else 'member'} of story {item.story.id} (#1: " in text
        assert f"nearest {item.story.memberships[article.id].nearest}, cosine " in text


def test_an_article_s_publisher_is_told_by_owner_country_and_role() -> None:
    settings = load_settings(overrides={"publishers.groups": {"Sable Holdings": ["albion.example"]}})
    article = replace(one("Lady Corinne aground"), provider=Provider("The Albion", "albion.example"))
    text = printed(breakdown.article_explanation(article, ranked(article, settings=settings)))
    assert "a1  The Albion (publisher group Sable Holdings, publisher)\n" in text


def test_the_explanation_of_a_lonely_article_of_nobody_says_so() -> None:
    ranking = ranked(replace(one("Lady Corinne aground", provider=""), origin=Origin("bad-\udcff.md")))
    lead = ranking.stories[0].lead
    text = printed(breakdown.article_explanation(lead, ranking))
    assert text.startswith("Lady Corinne aground\na1 (publisher)\nbad-\\udcff.md\n")
    assert "heat 0.0 = quality 0\n" in text
    assert "P(same story)" not in text
    assert printed([breakdown.related_table(lead, ranking)]) == "nothing is related\n"


def test_what_is_related_stands_with_its_cosine_and_story(ranking: Ranking) -> None:
    lead = ranking.stories[0].lead
    text = printed([breakdown.related_table(lead, ranking)])
    items = ranking.related_to(lead.id)
    assert len(re.findall(r"^ *-?\d\.\d\d \d\.\d\d (?:same|other)", text, re.MULTILINE)) == len(items) >= 2
    for item in items:
        assert f"{item.similarity:.2f} {item.probability:.2f} {'same' if item.same_story else 'other'}" in text


# 80 columns


@pytest.mark.parametrize("title", WIDE_TITLES)
def test_no_line_is_wider_than_the_terminal(title: str) -> None:
    long = Provider("\u671d\u65e5\u65b0\u805e" * 30)
    copies = [replace(one(title, hours=hour), id=f"b{hour}", excerpt=f"{title} {hour}", provider=long) for hour in range(2, 20)]
    other = replace(one("Lady Corinne aground", hours=2), id="a2", excerpt="Other words.", origin=Origin("long/" * 40), provider=long)
    settings = load_settings(overrides={"order.pinned": ["a2"], "publishers.groups": {"Holding " * 30: ["The Albion"]}})
    ranking = ranked(one(title), *copies, other, settings=settings)
    parts: list[Any] = []
    for item in ranking.stories:
        parts += breakdown.story_explanation(item, ranking)
    for article in (item.lead for item in ranking.stories):
        parts += [*breakdown.article_explanation(article, ranking), breakdown.related_table(article, ranking)]
    assert len(ranking.stories) >= 2
    assert max(map(cell_len, printed(parts).splitlines())) <= WIDTH
