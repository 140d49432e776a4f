"""Scores: a story's quality from its best groups, the order of stories, and each story's numbers for itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tables import AS_OF, CARD, LISTS_OF_TELLINGS, PUBLISHERS, REPORTS, SECONDS, TELLINGS, Told, make_stories, table_of, told

from ranker.ranking.blend import Blend
from ranker.ranking.heat import STEPS_A_POINT, Heat
from ranker.ranking.phase import Phase
from ranker.ranking.quality import Scorecard
from ranker.ranking.recency import NO_ROW, Recency
from ranker.ranking.scores import GroupBest, Scores, SignalSettings, StoryQuality, scores_of
from ranker.settings import BlendWeights
from ranker.settings_file import load_settings
from ranker.stories.story import Counts, Story, counts

DEFAULTS = load_settings()
SIGNALS = SignalSettings.of(DEFAULTS)
BLEND = DEFAULTS.blend
QUALITY_ALONE = msgspec.structs.replace(BLEND, weights=BlendWeights(quality=1, heat=0, recency=0))
STEP = 1 / STEPS_A_POINT


def weighed(*story_weights: float) -> SignalSettings:
    """The default settings with other weights of a story's best groups."""
    return SignalSettings(
        msgspec.structs.replace(DEFAULTS.quality, story_weights=list(story_weights)), SIGNALS.heat, SIGNALS.phase, SIGNALS.recency
    )


def scored(stories: Sequence[Story], settings: SignalSettings = SIGNALS) -> Scores:
    return scores_of(table_of(stories, heat=settings.heat), AS_OF, settings)


def quality(*reports: Told, settings: SignalSettings = SIGNALS) -> StoryQuality:
    """The quality of one story of such reports."""
    return scored(make_stories(reports), settings).quality_of(0)


def test_these_are_the_default_weights() -> None:
    assert SIGNALS.quality.story_weights == [0.7, 0.2, 0.1]


# A story's quality


def test_a_storys_quality_is_that_of_the_best_articles_of_its_best_groups() -> None:
    reports = [
        told("albion", 4, quality=20),
        told("pressline", 3, quality=100),
        told("nineline", 2, quality=50),
        told("cable", 1, quality=10),
    ]
    assert quality(*reports) == StoryQuality(
        0.7 * 100 + 0.2 * 50 + 0.1 * 20,
        (GroupBest("a1", 100, 0.7, 0.7 * 100), GroupBest("a2", 50, 0.2, 0.2 * 50), GroupBest("a0", 20, 0.1, 0.1 * 20)),
    )


def test_a_story_of_fewer_groups_than_weights_has_less() -> None:
    assert quality(told("albion", 4, quality=100)).points == 0.7 * 100
    assert quality(told("albion", 4, quality=100), told("cable", 4, quality=100)).points == 0.7 * 100 + 0.2 * 100


def test_a_loud_group_counts_once() -> None:
    loud = [told("ledger", number, quality=100) for number in range(20)]
    found = quality(*loud, told("sun", 1, quality=90), told("albion", 30, quality=10))
    assert found == StoryQuality(0.7 * 100 + 0.2 * 10, (GroupBest("a00", 100, 0.7, 70), GroupBest("a21", 10, 0.2, 2)))


def test_copies_and_what_aggregators_carry_are_worth_nothing() -> None:
    reports = [told("albion", 9, "agency", quality=10), told("pressline", 8, "agency", quality=100), told("relay", 7, quality=100)]
    assert quality(*reports).parts == (GroupBest("a0", 10, 0.7, 0.7 * 10),)


def test_an_aggregator_that_told_a_story_first_counts_by_its_points_though_it_does_not_lead() -> None:
    reports = [told("relay", 9, quality=100), told("albion", 8, quality=10)]
    assert quality(*reports).parts == (GroupBest("a0", 100, 0.7, 0.7 * 100), GroupBest("a1", 10, 0.2, 0.2 * 10))
    assert scored(make_stories(reports)).lead(0).id == "a1"


def test_with_one_weight_of_1_quality_is_the_best_articles() -> None:
    assert quality(told("albion", 4, quality=83), told("cable", 1, quality=104), settings=weighed(1)).points == 104


def test_of_equals_who_would_lead_counts() -> None:
    reports = [told("albion", 4, quality=50), told("albion", 1, quality=50), told("cable", 1, quality=50)]
    assert [part.article_id for part in quality(*reports).parts] == ["a1", "a2"]


@pytest.mark.parametrize(
    ("worth", "points"),
    [
        ([-10], [0.7 * -10]),
        ([20, -10], [0.7 * 20]),
        ([-5, -10], [0.7 * -5]),
        ([20, 0], [0.7 * 20, 0]),
        ([-10, 20, 30], [0.7 * 30, 0.2 * 20]),
    ],
)
def test_a_second_group_below_0_takes_nothing_away(worth: list[int], points: list[float]) -> None:
    found = quality(*[told(f"paper {number}", 9 - number, quality=its_worth) for number, its_worth in enumerate(worth)])
    assert [part.points for part in found.parts] == points
    assert found.points == sum(points)


def test_a_story_of_thousands_of_groups_counts_the_best_of_them() -> None:
    parts = quality(*[told(f"paper {number}", 5, quality=10 * number) for number in range(5_000)]).parts
    assert parts == (
        GroupBest("a4999", 49_990, 0.7, 7 * 4_999),
        GroupBest("a4998", 49_980, 0.2, 2 * 4_998),
        GroupBest("a4997", 49_970, 0.1, 4_997),
    )


@given(LISTS_OF_TELLINGS, st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_the_parts_of_quality_add_up_exactly(stories: list[list[Told]], weights: list[float]) -> None:
    settings = weighed(*sorted(weights, reverse=True))
    scores = scored(make_stories(*stories), settings)
    for place in range(len(stories)):
        found = scores.quality_of(place)
        assert sum(Fraction(part.points) for part in found.parts) == Fraction(found.points)
        assert sum(part.points for part in found.parts[::-1]) == found.points
        assert all(part.points == pytest.approx(part.weight * part.quality, abs=STEP / 2) for part in found.parts)
        assert [part.weight for part in found.parts] == settings.quality.story_weights[: len(found.parts)]


@given(TELLINGS, REPORTS, st.booleans())
def test_what_comes_later_never_lowers_a_storys_quality(reports: list[Told], more: Told, is_dated: bool) -> None:
    dated = [report.hours for report in reports if report.hours is not None]
    later = told(more.who, min(dated) - 1 if dated and is_dated else None, more.text, quality=more.quality)
    assert quality(*reports, later).points >= quality(*reports).points


def _best_slowly(story: Story, places: int) -> list[str]:
    """Ids of the best articles of the best groups, found group by group."""
    seen: set[str] = set()
    by_group: dict[str, list[tuple[int, bool, float, str]]] = {}
    for article in story.articles:
        outlet = PUBLISHERS.outlet(article.provider)
        if article == story.first or (article.title not in seen and outlet.writes_own):
            points = Scorecard(CARD).points_of(article, AS_OF)
            newest_first = math.inf if article.published is None else -article.published.timestamp()
            by_group.setdefault(outlet.group, []).append((-points, not outlet.writes_own, newest_first, article.id))
        seen.add(article.title)
    best = sorted(map(min, by_group.values()))
    return [name for place, (points, _, _, name) in enumerate(best[:places]) if place == 0 or points <= 0]


@given(LISTS_OF_TELLINGS, st.integers(1, 5))
def test_the_best_articles_are_what_going_through_each_story_finds(stories: list[list[Told]], places: int) -> None:
    made = make_stories(*stories)
    scores = scored(made, weighed(*[1.0] * places))
    assert scores.best_rows.shape == (len(made), places)
    found = [[scores.table.articles[row].id for row in rows if row != NO_ROW] for rows in scores.best_rows.tolist()]
    assert found == [_best_slowly(story, places) for story in made]


# The order of stories


def test_no_story_has_no_scores() -> None:
    scores = scored([])
    columns = scores.blended(BLEND)
    assert (len(scores.leads), scores.best_rows.shape, scores.quality.tolist(), scores.newest.tolist()) == (0, (0, 3), [], [])
    assert (columns.scores.tolist(), scores.ordered(columns).tolist(), scores.place_of_article) == ([], [], {})


def test_the_best_score_is_first() -> None:
    scores = scored(make_stories(*[[told("albion", 5, quality=points)] for points in (30, 90, 60)]))
    columns = scores.blended(QUALITY_ALONE)
    assert columns.scores.tolist() == pytest.approx([0.7 * points / 150 for points in (30, 90, 60)], abs=2**-16)
    assert scores.ordered(columns).tolist() == [1, 2, 0]


def test_equal_scores_are_in_order_of_the_newest_article_then_of_id_and_undated_ones_last() -> None:
    hours: list[list[float | None]] = [[None], [5], [9, 1], [None, None], [1, None], [5]]
    scores = scored(make_stories(*[[told("albion", age) for age in ages] for ages in hours]))
    columns = scores.blended(QUALITY_ALONE)
    assert columns.scores.tolist() == [0] * 6
    assert scores.ordered(columns).tolist() == [2, 4, 1, 5, 0, 3]


def test_the_newest_article_may_be_a_copy() -> None:
    scores = scored(make_stories([told("albion", 9, "agency"), told("relay", 2, "agency")], [told("albion", None)]))
    assert scores.newest.tolist() == [SECONDS - 2 * 3600, -math.inf]


def test_other_weights_give_another_order_of_the_same_signals() -> None:
    scores = scored(make_stories([told("albion", 48, quality=150)], [told("albion", 0)]))
    fresh = msgspec.structs.replace(BLEND, weights=BlendWeights(quality=0, heat=0, recency=1))
    assert scores.ordered(scores.blended(QUALITY_ALONE)).tolist() == [0, 1]
    assert scores.ordered(scores.blended(fresh)).tolist() == [1, 0]


# One story


def test_a_story_is_led_by_its_best_article() -> None:
    scores = scored(make_stories([told("albion", 3, quality=5), told("relay", 1, quality=50)], [told("sun", 2), told("cable", 1)]))
    assert [scores.lead(0).id, scores.lead(1).id] == ["a0", "a3"]


def test_coverage_is_counted_in_four_ways() -> None:
    told_by = ["ledger", "ledger", "sun", "albion", "relay"]
    reports = [told(who, 9 - place, "agency" if who == "albion" or place == 0 else "") for place, who in enumerate(told_by)]
    scores = scored(make_stories([told("cable", 1)], reports))
    assert scores.counts_of(0) == Counts(articles=1, unique_texts=1, providers=1, publisher_groups=1)
    assert scores.counts_of(1) == Counts(articles=5, unique_texts=5 - 1, providers=4, publisher_groups=3)


@given(LISTS_OF_TELLINGS)
def test_counts_are_those_of_the_story(stories: list[list[Told]]) -> None:
    made = make_stories(*stories)
    scores = scored(made)
    for place, story in enumerate(made):
        texts = {article.id: article.title for article in story.articles}
        assert scores.counts_of(place) == counts(story, texts, PUBLISHERS)


def test_each_article_knows_the_place_of_its_story() -> None:
    scores = scored(make_stories([told("albion", 3), told("sun", 9)], [told("cable", 1)]))
    assert scores.place_of_article == {"a0": 0, "a1": 0, "a2": 1}


def test_the_blend_of_a_story_tells_what_was_measured() -> None:
    scores = scored(make_stories([told("albion", 99)], [told("albion", 12, quality=100), told("cable", 12, quality=50)]))
    blend = scores.blend_of(1, scores.blended(BLEND))
    heat = scores.heat_of(1)
    assert blend.quality.value == scores.quality_of(1).points == 0.7 * 100 + 0.2 * 50
    assert blend.heat.value == heat.points - heat.quality == heat.covered + heat.burst
    assert (blend.recency.value, scores.recency_of(1)) == (1 / 2, Recency(1 / 2, "a2", 12))
    assert blend.score == scores.blended(BLEND).scores[1]


def test_a_phase_is_read_at_the_moment_of_the_scores() -> None:
    scores = scored(make_stories([told("albion", 99)], [told("albion", 3), told("cable", 1)]))
    assert [scores.phase_of(place).name for place in (0, 1)] == ["fading", "breaking"]


def everything(scores: Scores) -> dict[str, tuple[str, float, StoryQuality, Heat, Recency, Phase, Counts, Blend]]:
    """All that is said of each story, by its id."""
    columns = scores.blended(BLEND)
    return {
        story.id: (
            scores.lead(place).id,
            float(scores.newest[place]),
            scores.quality_of(place),
            scores.heat_of(place),
            scores.recency_of(place),
            scores.phase_of(place),
            scores.counts_of(place),
            scores.blend_of(place, columns),
        )
        for place, story in enumerate(scores.table.stories)
    }


@given(LISTS_OF_TELLINGS, st.randoms(use_true_random=False))
def test_what_is_said_of_a_story_hangs_neither_on_other_stories_nor_on_their_order(stories: list[list[Told]], random: Random) -> None:
    made = make_stories(*stories)
    together = everything(scored(made))
    assert {key: value for story in made for key, value in everything(scored([story])).items()} == together
    random.shuffle(made)
    assert everything(scored(made)) == together
