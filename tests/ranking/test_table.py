"""The table: rows in order, and of each whether it is the first, in its own words, and by whom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tables import (
    AS_OF,
    AUDIENCE,
    CARD,
    LISTS_OF_TELLINGS,
    PUBLISHERS,
    SECONDS,
    WHO_IS_WHO,
    Told,
    make_stories,
    make_table,
    table_of,
    told,
)

from ranker.articles.article import Article
from ranker.ranking.quality import Scorecard
from ranker.ranking.table import StoryTable, audience_of, story_table
from ranker.settings import QualityRule
from ranker.stories.story import Story

HOUR = 3600


def ids(table: StoryTable, rows: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]] | None = None) -> list[str]:
    """Article ids of some rows, of all by default."""
    return [table.articles[int(row)].id for row in (range(len(table)) if rows is None else rows)]


def marked(table: StoryTable, flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[str]:
    """Article ids of the rows that have a flag."""
    return ids(table, np.flatnonzero(flags))


# Rows


def test_no_story_is_a_table_without_rows() -> None:
    table = make_table()
    assert (len(table), table.stories, table.articles, table.group_names) == (0, [], [], [])
    for column in (table.starts, table.sizes, table.is_first_text, table.is_independent, table.is_new_voice, table.lead_order):
        assert column.tolist() == []


def test_rows_are_in_order_of_story_then_time_then_id_and_undated_ones_last() -> None:
    table = make_table(
        [told("albion", 1), told("pressline", None), told("nineline", 5), told("cable", None), told("sun", 5)], [told("ledger", 9)]
    )
    assert ids(table) == ["a2", "a4", "a0", "a1", "a3", "a5"]
    assert table.numbers.tolist() == [0, 0, 0, 0, 0, 1]


def test_each_story_has_a_first_row_and_a_size() -> None:
    table = make_table([told("albion", 3), told("pressline", 2), told("cable", 1)], [told("sun", 0)], [told("sun", 9), told("sun", 8)])
    assert (table.starts.tolist(), table.sizes.tolist()) == ([0, 3, 3 + 1], [3, 1, 2])
    assert table.is_first_report.tolist() == [True, False, False, True, True, False]


def test_times_are_seconds_and_nothing_without_a_date() -> None:
    table = make_table([told("albion", 2), told("pressline", None)])
    assert table.times[0] == SECONDS - 2 * HOUR
    assert math.isnan(table.times[1])


def test_a_date_that_was_set_back_to_as_of_is_no_date() -> None:
    (story,) = make_stories([told("albion", 0)])
    wrong = replace(story, articles=(replace(story.articles[0], date_health="clamped"),))
    assert np.isnan(table_of([wrong]).times).tolist() == [True]


def test_publisher_groups_are_places_in_the_order_of_their_names() -> None:
    table = make_table([told("sun", 3), told("cable", 2)], [told("albion", 3), told("ledger", 2)])
    assert table.group_names == ["Harbor House", "albion", "cable"]
    assert [table.group_names[place] for place in table.groups.tolist()] == ["Harbor House", "cable", "albion", "Harbor House"]


def test_qualities_are_the_scorecards_points() -> None:
    assert make_table([told("albion", 2, quality=40), told("pressline", 1, quality=-7)]).quality.tolist() == [40, -7]


def test_a_story_of_thousands_of_articles_is_one_start() -> None:
    table = make_table([told(f"paper {number}", number % 50, "agency" if number % 2 else "") for number in range(5_000)])
    assert (len(table), table.starts.tolist(), table.sizes.tolist()) == (5_000, [0], [5_000])
    assert table.is_first_text.sum() == 2_500 + 1  # each text of its own, and the first of the agency's


# Evidence


def test_of_copies_of_a_text_the_first_in_each_story_counts() -> None:
    table = make_table(
        [told("albion", 5, "agency"), told("pressline", 4), told("cable", 3, "agency"), told("sun", None, "agency")],
        [told("nineline", 2, "agency"), told("ledger", 1, "agency")],
    )
    assert marked(table, table.is_first_text) == ["a0", "a1", "a4"]


def test_an_aggregator_and_a_press_release_service_do_not_write_their_own() -> None:
    table = make_table([told(who, 9 - place) for place, who in enumerate(["albion", *WHO_IS_WHO])])
    assert [article.provider.name for article, own in zip(table.articles, table.writes_own, strict=True) if not own] == [
        name for name, outlet in WHO_IS_WHO.items() if outlet.role in {"aggregator", "press-release"}
    ]


def test_evidence_is_the_first_of_its_text_by_who_writes_their_own() -> None:
    table = make_table(
        [told("albion", 5), told("pressline", 4, "agency"), told("nineline", 3, "agency"), told("relay", 2), told("cable", 1)]
    )
    assert marked(table, table.is_independent) == ["a0", "a1", "a4"]  # neither the copy nor what the aggregator carries


def test_whoever_told_a_story_first_is_evidence_even_an_aggregator() -> None:
    table = make_table([told("relay", 5), told("albion", 4), told("relay", 3), told("handout", 2)], [told("handout", 1)])
    assert marked(table, table.is_independent) == ["a0", "a1", "a4"]


def test_a_new_voice_is_evidence_by_another_group_than_the_first() -> None:
    table = make_table(
        [
            told("ledger", 9),
            told("ledger", 8),  # the same paper again
            told("sun", 7),  # another paper of the house
            told("albion", 6, "agency"),
            told("pressline", 5, "agency"),  # a copy
            told("relay", 4),  # an aggregator
            told("albion", 3),
        ],
        [told("albion", 2), told("ledger", 1)],
    )
    assert marked(table, table.is_new_voice) == ["a3", "a6", "a8"]


def test_a_story_of_one_group_has_no_new_voice() -> None:
    table = make_table([told("ledger", 5), told("sun", 4), told("ledger", None)])
    assert not table.is_new_voice.any()
    assert table.is_independent.all()


def _evidence_slowly(stories: Sequence[Story]) -> list[tuple[str, bool, bool, bool]]:
    """Id, first of its text, evidence, new voice of each article, by going through the stories one article at a time."""
    found = []
    for story in stories:
        seen: set[str] = set()
        for article in story.articles:
            outlet = PUBLISHERS.outlet(article.provider)
            is_first_text = article.title not in seen
            seen.add(article.title)
            counts = article == story.first or (is_first_text and outlet.role in {"publisher", "wire"})
            is_other = outlet.group != PUBLISHERS.group_of(story.first)
            found.append((article.id, is_first_text, counts, counts and is_other))
    return found


@given(LISTS_OF_TELLINGS)
def test_evidence_is_what_going_through_the_articles_finds(stories: list[list[Told]]) -> None:
    made = make_stories(*stories)
    table = table_of(made)
    columns = (table.is_first_text.tolist(), table.is_independent.tolist(), table.is_new_voice.tolist())
    assert list(zip(ids(table), *columns, strict=True)) == _evidence_slowly(made)


# Leads


@pytest.mark.parametrize(
    ("reports", "lead"),
    [
        ([told("albion", 0, quality=-5)], "a0"),
        ([told("albion", 0, quality=60), told("pressline", 5, quality=61)], "a1"),
        ([told("albion", 1, quality=60), told("pressline", 0, quality=60)], "a1"),
        ([told("albion", None, quality=60), told("pressline", 9000, quality=60)], "a1"),
        ([told("albion", None, quality=60), told("pressline", None, quality=60)], "a0"),
        ([told("albion", 2, quality=60), told("pressline", 0, quality=60), told("cable", 0, quality=60)], "a1"),
        ([told("albion", 9, quality=-5), told("relay", 0, quality=100)], "a0"),
        ([told("albion", 9, quality=-5), told("handout", 0, quality=100)], "a0"),
        ([told("relay", 9, quality=5), told("echo", 0, quality=4)], "a0"),
        ([told("albion", 9, "agency", quality=5), told("pressline", 0, "agency", quality=6)], "a1"),
    ],
    ids=[
        "alone",
        "best",
        "freshest",
        "dated",
        "undated",
        "smallest id",
        "no aggregator",
        "no press release",
        "aggregators alone",
        "copies too",
    ],
)
def test_a_story_is_led_by_the_best_then_the_freshest_then_the_smallest_id(reports: list[Told], lead: str) -> None:
    table = make_table([told("nineline", 3, quality=999)], reports)  # another story has no part in it
    assert ids(table, [table.lead_order[table.starts[1]]]) == [f"a{int(lead[1:]) + 1}"]


def test_lead_order_goes_on_behind_the_lead() -> None:
    table = make_table([told("relay", 0, quality=99), told("albion", 3, quality=5), told("cable", 3, quality=7), told("sun", 1, quality=5)])
    assert ids(table, table.lead_order) == ["a2", "a3", "a1", "a0"]


@given(LISTS_OF_TELLINGS)
def test_lead_order_is_what_sorting_each_story_gives(stories: list[list[Told]]) -> None:
    made = make_stories(*stories)

    def key(article: Article) -> tuple[bool, int, float, str]:
        quality = Scorecard(CARD).points_of(article, AS_OF)
        freshness = -math.inf if article.published is None else article.published.timestamp()
        return (not PUBLISHERS.outlet(article.provider).writes_own, -quality, -freshness, article.id)

    table = table_of(made)
    assert ids(table, table.lead_order) == [article.id for story in made for article in sorted(story.articles, key=key)]


def test_the_lead_that_an_editor_chose_comes_before_all_others() -> None:
    made = make_stories([told("albion", 3, quality=9), told("relay", 1, quality=-5), told("sun", 2)], [told("nineline", 1)])
    plain, table = table_of(made), table_of(made, leads=["a1", "elsewhere"])
    assert ids(plain, plain.lead_order) == ["a0", "a2", "a1", "a3"]
    assert ids(table, table.lead_order) == ["a1", "a0", "a2", "a3"]


def test_of_two_leads_in_one_story_the_later_choice_leads() -> None:
    made = make_stories([told("albion", 3, quality=9), told("nineline", 1), told("sun", 2, quality=1)])
    for leads, order in ((["a1", "a2"], ["a2", "a1", "a0"]), (["a2", "a1"], ["a1", "a2", "a0"]), (["a1", "a2", "a1"], ["a1", "a2", "a0"])):
        table = table_of(made, leads=leads)
        assert ids(table, table.lead_order) == order


# Parts of a table


def columns_of(table: StoryTable) -> list[tuple[object, ...]]:
    """Everything that a table says of each row, groups by their names."""
    return [
        (
            table.stories[table.numbers[row]].id,
            table.articles[row].id,
            str(table.times[row]),
            int(table.quality[row]),
            table.group_names[table.groups[row]],
            *(bool(flags[row]) for flags in (table.is_first_text, table.writes_own, table.is_first_report)),
            *(bool(flags[row]) for flags in (table.is_independent, table.is_new_voice)),
            float(table.audience[row]),
            int(table.chosen[row]),
        )
        for row in range(len(table))
    ]


@given(LISTS_OF_TELLINGS, st.data())
def test_rows_taken_are_the_table_of_those_articles_alone(stories: list[list[Told]], data: st.DataObject) -> None:
    made = make_stories(*stories)
    leads = data.draw(st.lists(st.sampled_from([article.id for story in made for article in story.articles]), max_size=3))
    whole = table_of(made, leads=leads)
    flags = np.array(data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole))))
    kept = {article.id for article, keep in zip(whole.articles, flags, strict=True) if keep}
    less = [replace(story, articles=tuple(article for article in story.articles if article.id in kept)) for story in made]
    taken, alone = whole.taken(flags), table_of([story for story in less if story.articles], leads=leads)
    assert columns_of(taken) == columns_of(alone)
    assert taken.lead_order.tolist() == alone.lead_order.tolist()
    assert (taken.starts.tolist(), taken.sizes.tolist()) == (alone.starts.tolist(), alone.sizes.tolist())


def test_stories_without_a_row_taken_are_gone() -> None:
    table = make_table([told("albion", 3)], [told("albion", 9), told("sun", 1)])
    taken = table.taken(table.times > SECONDS - 2 * HOUR)
    assert ([story.id for story in taken.stories], ids(taken), taken.numbers.tolist()) == (["s1"], ["a2"], [0])


def test_no_row_taken_is_no_story() -> None:
    table = make_table([told("albion", 3)])
    assert (len(table.taken(table.times < 0)), table.taken(table.times < 0).stories) == (0, [])


def test_rules_that_look_at_the_age_give_other_points_at_another_moment() -> None:
    by_age = Scorecard(msgspec.structs.replace(CARD, rules={"age": QualityRule(feature="age", test="age", points=-1)}))
    before = make_table([told("albion", 5, visits=3), told("sun", None)])
    table = before.with_quality(by_age, AS_OF)
    assert table.quality.tolist() == [-5, 0]
    assert table.with_quality(by_age, AS_OF + timedelta(hours=2)).quality.tolist() == [-5 - 2, 0]
    assert columns_of(table.with_quality(Scorecard(CARD), AS_OF)) == columns_of(before)


# The audience


@pytest.mark.parametrize(
    ("extra", "audience"),
    [
        ({}, 0),
        ({"visits": 12}, 12),
        ({"visits": 12, "shares": 3}, 12 + 3),
        ({"visits": "12.5"}, 12.5),
        ({"visits": "many", "shares": 3}, 3),
        ({"visits": -12, "shares": 3}, 3),
        ({"visits": None, "shares": True}, 0),
        ({"visits": [12], "shares": {"all": 3}}, 0),
        ({"visits": math.nan, "shares": math.inf}, 0),
        ({"visits": "nan", "shares": "-inf"}, 0),
        ({"visits": 10**400}, 0),
        ({"likes": 7}, 0),
    ],
)
def test_an_audience_is_the_sum_of_what_is_a_number(extra: dict[str, object], audience: float) -> None:
    settings = msgspec.structs.replace(AUDIENCE, audience_fields=["visits", "shares"])
    assert audience_of(Article("a", "Storm", extra=extra), settings) == audience


def test_each_row_has_its_audience() -> None:
    assert make_table([told("albion", 2, visits=40), told("sun", 1)], [told("sun", 1, visits=7)]).audience.tolist() == [40, 0, 7]


@pytest.mark.parametrize("nothing", [{"audience_points": 0}, {"audience_fields": []}])
def test_an_audience_that_counts_nothing_is_not_read(nothing: dict[str, object]) -> None:
    settings = msgspec.structs.replace(AUDIENCE, **nothing)
    assert table_of(make_stories([told("albion", 2, visits=40)]), heat=settings).audience.tolist() == [0]


def test_each_article_needs_a_text() -> None:
    with pytest.raises(KeyError, match="a0"):
        story_table(make_stories([told("albion", 2)]), {}, Scorecard(CARD), PUBLISHERS, AUDIENCE, as_of=AS_OF)
