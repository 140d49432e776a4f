"""The scorecard: what each rule gives, which of several counts, and that the parts are the whole."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import trunc
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.articles.article import Article, Provider
from ranker.articles.reading import Reading, read_articles
from ranker.ranking.quality import Part, Quality, Scorecard, quality_of
from ranker.settings import QualityRule, QualitySettings, RuleTest, Settings
from ranker.settings_file import load_settings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLAIN = Article("a1", "Ferry service to Gannet Ledge returns", provider=Provider("The Unknown", "unknown.example"))
IMAGE = {"url": "https://img.example/1.jpg"}
FAR_BELOW, FAR_ABOVE = -1e9, 1e9  # a floor and a cap that nothing here reaches


@pytest.fixture(scope="module")
def card(default_settings: Settings) -> QualitySettings:
    """The shipped rules, with lists to look things up in."""
    return msgspec.structs.replace(
        default_settings.quality,
        own_feeds=["https://www.desk.example/news/", "video.example"],
        known_providers=["known.example", "WWW.Old.example"],
        topic_terms=[["power grid", "blackout"], ["ferry"]],
    )


def settings_of(rules: dict[str, dict[str, Any] | None], **changes: Any) -> QualitySettings:
    """Settings with no other rules than these; a point each where a rule does not say how many, and no floor."""
    plain = {
        "base": 0,
        "floor": FAR_BELOW,
        "cap": None,
        "own_feeds": ["https://www.desk.example/news/", "video.example"],
        "known_providers": ["known.example"],
        "topic_terms": [["power grid", "blackout"], ["ferry"]],
        "story_weights": [1],
        "publish_at": 70,
    }
    whole = {name: rule if rule is None else {"points": 1} | rule for name, rule in rules.items()}
    return msgspec.convert(plain | changes | {"rules": whole}, QualitySettings)


def quality(article: Article, settings: QualitySettings, as_of: datetime = NOON) -> Quality:
    return Scorecard(settings).quality_of(article, as_of)


def alone(article: Article, as_of: datetime = NOON, **rule: Any) -> Part | None:
    """The part that one rule gives; its points are its units where the rule does not say how many."""
    return next(iter(quality(article, settings_of({"mine": rule}), as_of).parts), None)


def units(article: Article, as_of: datetime = NOON, **rule: Any) -> int:
    part = alone(article, as_of, **rule)
    return 0 if part is None else part.points


def with_extra(**extra: object) -> Article:
    return replace(PLAIN, extra=extra)


def of_feature(quality: Quality, feature: str) -> int:
    return sum(part.points for part in quality.parts if part.feature == feature)


def source(article: Article, card: QualitySettings) -> str:
    """The rule of the article's source that counted."""
    (name,) = {part.feature for part in quality(article, card).parts} & {"own feed", "known provider", "unknown provider"}
    return name


# The shipped rules


def test_an_unknown_provider_alone_is_lifted_to_the_floor(default_settings: Settings) -> None:
    assert quality(PLAIN, default_settings.quality) == Quality(0, (Part("unknown provider", "", -15), Part("floor", "-15", 15)))


@pytest.mark.parametrize(
    ("changes", "feature", "seen", "points"),
    [
        ({"topics": ("Sea", "Travel")}, "topics", "2", 2 * 17),
        ({"images": (IMAGE, IMAGE)}, "image", "yes", 20),
        ({"has_amp": True}, "amp", "yes", 20),
        ({"type": "video"}, "video", "video", 50),
        ({"own_url": "https://desk.example/news/1"}, "own feed", "desk.example/news", 35),
        ({"provider": Provider("Known", "known.example")}, "known provider", "known.example", 25),
        ({}, "unknown provider", "", -15),
        ({}, "topic terms in title", "ferry", 15),
        ({"title": "x" * 80}, "title length", "80 characters", -(80 - 70) // 2),
    ],
)
def test_each_shipped_rule_gives_its_points(changes: dict[str, Any], feature: str, seen: str, points: int, card: QualitySettings) -> None:
    assert Part(feature, seen, points) in quality(replace(PLAIN, **changes), card).parts


def test_a_podcast_is_no_video(card: QualitySettings) -> None:
    assert of_feature(quality(replace(PLAIN, type="podcast"), card), "video") == 0


def test_the_quality_is_the_sum_of_all_rules(card: QualitySettings) -> None:
    article = replace(
        PLAIN, title="Ferry blackout", topics=("Sea",), images=(IMAGE,), has_amp=True, type="video", url="https://known.example/1"
    )
    assert quality(article, card).points == 17 + 20 + 20 + 50 + 25 + 2 * 15


def test_rules_that_give_nothing_are_not_listed(card: QualitySettings) -> None:
    assert [part.feature for part in quality(PLAIN, card).parts] == ["unknown provider", "topic terms in title"]


def test_parts_stand_in_the_order_of_the_rules(card: QualitySettings) -> None:
    article = replace(PLAIN, title="Ferry " * 20, topics=("Sea",), images=(IMAGE,), has_amp=True, type="video")
    listed = [part.feature for part in quality(article, msgspec.structs.replace(card, base=1)).parts]
    assert listed == ["base", "topics", "image", "amp", "video", "unknown provider", "topic terms in title", "title length"]


def test_the_base_is_given_to_every_article(card: QualitySettings) -> None:
    raised = quality(PLAIN, msgspec.structs.replace(card, base=40))
    assert raised.parts[0] == Part("base", "", 40)
    assert raised.points == 40 - 15 + 15


def test_the_scorecard_of_one_article_is_the_same(card: QualitySettings) -> None:
    assert quality_of(PLAIN, card, NOON) == Scorecard(card).quality_of(PLAIN, NOON)


# Floor and cap


def test_a_cap_is_named_with_the_sum_it_cut(card: QualitySettings) -> None:
    capped = quality(replace(PLAIN, type="video", topics=("Sea",)), msgspec.structs.replace(card, cap=60))
    assert capped.parts[-1] == Part("cap", "67", 60 - (17 + 50 - 15 + 15))
    assert capped.points == 60


def test_a_floor_is_named_with_the_sum_it_lifted() -> None:
    lifted = quality(PLAIN, settings_of({"mine": {"feature": "title", "test": "always", "points": -30}}, floor=-20))
    assert lifted == Quality(-20, (Part("mine", "", -30), Part("floor", "-30", 10)))


@pytest.mark.parametrize(("floor", "cap"), [(5, None), (-10, 5), (5, 5)])
def test_a_sum_that_reaches_floor_or_cap_exactly_is_left(floor: float, cap: float | None) -> None:
    exact = quality(PLAIN, settings_of({"mine": {"feature": "title", "test": "always", "points": 5}}, floor=floor, cap=cap))
    assert exact == Quality(5, (Part("mine", "", 5),))


def test_floor_cap_and_base_are_whole_points() -> None:
    assert [quality(PLAIN, settings_of({}, base=points)).points for points in (2.9, -2.9)] == [2, -2]
    assert quality(PLAIN, settings_of({}, base=-9, floor=-2.5)).points == -2
    assert quality(PLAIN, settings_of({}, base=9, cap=2.5)).points == 2


def test_nothing_but_a_floor_is_a_quality() -> None:
    assert quality(PLAIN, settings_of({}, floor=7)) == Quality(7, (Part("floor", "0", 7),))
    assert quality(PLAIN, settings_of({})) == Quality(0, ())


# Own feeds and known providers


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("https://desk.example/news/ferry", True),
        ("http://www.desk.example/news", True),
        ("https://desk.example/newsroom/ferry", False),
        ("https://desk.example/sport/ferry", False),
        ("https://desk.example.evil.org/news/ferry", False),
        ("https://evil.org/desk.example/news/ferry", False),
        ("https://video.example/watch?v=1", True),
        ("https://video.example?v=1", True),
        ("https://video.example.evil.org/watch", False),
        ("https://myvideo.example/watch", False),
        ("https://video.example:8080/watch", False),
    ],
)
def test_an_own_feed_is_a_prefix_of_addresses_and_not_of_text(address: str, is_own: bool, card: QualitySettings) -> None:
    for article in (replace(PLAIN, url=address), replace(PLAIN, own_url=address, url="https://unknown.example/1")):
        assert source(article, card) == ("own feed" if is_own else "unknown provider")


def test_an_own_feed_may_name_a_query(card: QualitySettings) -> None:
    channel = msgspec.structs.replace(card, own_feeds=["https://video.example/feed?channel=1"])
    assert [source(replace(PLAIN, url=f"https://video.example/feed?channel={i}"), channel) for i in (1, 12)] == [
        "own feed",
        "unknown provider",
    ]


def test_an_own_feed_that_is_no_address_matches_nothing(card: QualitySettings) -> None:
    assert source(replace(PLAIN, url=""), msgspec.structs.replace(card, own_feeds=["", "not an address"])) == "unknown provider"


def test_an_own_feed_of_a_known_provider_counts_once_as_own(card: QualitySettings) -> None:
    article = replace(PLAIN, url="https://desk.example/news/1", provider=Provider("Desk", "known.example"))
    assert quality(article, card).parts == (Part("own feed", "desk.example/news", 35), Part("topic terms in title", "ferry", 15))


@pytest.mark.parametrize(
    ("domain", "address", "is_known"),
    [
        ("known.example", "", True),
        ("Known.Example", "", True),
        ("www.known.example", "", True),
        ("old.example", "", True),
        ("", "https://www.known.example/ferry", True),
        ("", "https://known.example?ferry=1", True),
        ("", "https://known.example:8080/ferry", True),
        ("unknown.example", "https://known.example/ferry", True),
        ("", "", False),
        ("sub.known.example", "", False),
        ("known.example.evil.org", "https://known.example.evil.org/ferry", False),
        ("notknown.example", "", False),
    ],
)
def test_a_provider_is_known_by_its_domain_or_its_address(domain: str, address: str, is_known: bool, card: QualitySettings) -> None:
    article = replace(PLAIN, provider=Provider("Somebody", domain), url=address)
    assert source(article, card) == ("known provider" if is_known else "unknown provider")


def test_the_domain_that_is_listed_is_shown(card: QualitySettings) -> None:
    by_address = replace(PLAIN, provider=Provider("Somebody", "unknown.example"), url="https://www.known.example/1")
    by_provider = replace(PLAIN, provider=Provider("Somebody", "www.Known.example"), url="https://unknown.example/1")
    for article in (by_address, by_provider):
        assert Part("known provider", "known.example", 25) in quality(article, card).parts


# Topic terms and the title


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Power grid fails", "power grid"),
        ("Blackout as power grid fails, second blackout feared", "power grid"),
        ("Blackout halts ferry", "power grid, ferry"),
        ("FERRY returns", "ferry"),
        ("Power\u00a0 grid fails", "power grid"),
        ("Ferry's return", "ferry"),
        ("Ferryman retires", None),
        ("Carferry retires", None),
        ("The power of a grid", None),
        ("Powergrid fails", None),
    ],
)
def test_topic_terms_are_whole_words_and_synonyms_count_once(title: str, found: str | None, card: QualitySettings) -> None:
    scored = quality(replace(PLAIN, title=title), card)
    assert next((part.seen for part in scored.parts if part.feature == "topic terms in title"), None) == found
    assert of_feature(scored, "topic terms in title") == 15 * (len(found.split(", ")) if found else 0)


@pytest.mark.parametrize("terms", [[], [[]], [[""]]])
def test_an_empty_list_of_synonyms_is_found_nowhere(terms: list[list[str]], card: QualitySettings) -> None:
    assert of_feature(quality(PLAIN, msgspec.structs.replace(card, topic_terms=terms)), "topic terms in title") == 0


def test_an_empty_synonym_makes_no_other_one_match_everywhere(card: QualitySettings) -> None:
    terms = msgspec.structs.replace(card, topic_terms=[["", "ferry"], ["storm", ""]])
    assert Part("topic terms in title", "ferry", 15) in quality(PLAIN, terms).parts


@pytest.mark.parametrize(("length", "points"), [(1, 0), (70, 0), (71, 0), (72, -1), (73, -1), (74, -2), (170, -(170 - 70) // 2)])
def test_half_a_point_goes_for_each_character_over_70_rounded_towards_zero(length: int, points: int, card: QualitySettings) -> None:
    assert of_feature(quality(replace(PLAIN, title="x" * length), card), "title length") == points


def test_a_title_is_as_long_as_it_stands_in_the_file(card: QualitySettings) -> None:
    article = replace(PLAIN, title="x" * 60, title_as_read="x" * 60 + " - The Unknown & Sons")
    assert Part("title length", "81 characters", -((81 - 70) // 2)) in quality(article, card).parts


# Points


@pytest.mark.parametrize(
    ("points", "number", "expected"),
    [(0.29, 100, 29), (-0.29, 100, -29), (0.1, 9, 0), (0.1, 10, 1), (-0.5, 3, -1), (1.99, 1, 1), (-1.99, 1, -1), (0, 5, 0)],
)
def test_points_are_the_decimals_that_were_written_rounded_towards_zero(points: float, number: int, expected: int) -> None:
    # In binary 100 x 0.29 is 28.999999999999996.
    assert units(replace(PLAIN, topics=("t",) * number), feature="topics", test="count", points=points) == expected


@pytest.mark.parametrize(("number", "points"), [(1e308, 17), (1e308, -1e300), (1e20, 1)])
def test_a_number_beyond_all_reason_gives_points_that_fit_a_column_of_whole_numbers(number: float, points: float) -> None:
    assert units(with_extra(views=number), feature="views", test="count", points=points) == math.copysign(10**15, points)


def test_the_same_units_give_the_same_points_again() -> None:
    scorecard = Scorecard(settings_of({"mine": {"feature": "views", "test": "count", "points": 2}}))
    articles = [with_extra(views=number) for number in (1, 2, 4, 2, 4.5, 4, 1, 0)]
    assert [scorecard.points_of(article, NOON) for article in articles] == [2, 4, 8, 4, 9, 8, 2, 0]


def test_points_are_right_when_no_more_of_them_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranker.ranking.rules._KNOWN_UNITS", 1)
    scorecard = Scorecard(settings_of({"mine": {"feature": "views", "test": "count", "points": 3}}))
    assert [scorecard.points_of(with_extra(views=number), NOON) for number in (1, 2, 2, 1)] == [3, 6, 6, 3]


# Tests of rules


EMPTY: list[object] = [None, False, "", " \n", [], (), {}, math.nan]
FILLED: list[object] = [True, 0, 0.0, 7, "no", "falsely", [""], {"a": None}]


@pytest.mark.parametrize("value", EMPTY, ids=repr)
def test_an_empty_value_is_absent(value: object) -> None:
    assert units(with_extra(live=value), feature="live", test="present") == 0
    assert alone(with_extra(live=value), feature="live", test="absent", points=-4) == Part("mine", "none", -4)


@pytest.mark.parametrize("value", FILLED, ids=repr)
def test_any_other_value_is_present_once(value: object) -> None:
    assert alone(with_extra(live=value), feature="live", test="present", points=4) == Part("mine", "yes", 4)
    assert units(with_extra(live=value), feature="live", test="absent") == 0


def test_a_key_that_no_article_has_is_absent() -> None:
    assert units(PLAIN, feature="live", test="present") == 0
    assert units(PLAIN, feature="live", test="absent") == 1


@pytest.mark.parametrize(
    ("value", "values", "is_equal"),
    [
        ("Live", ["live"], True),
        (" live ", ["LIVE"], True),
        ("alive", ["live"], False),
        ("live", ["blog", "live"], True),
        ("live", [["blog", "live"]], True),
        (["Sea", "Live"], ["live"], True),
        (["Sea"], ["live"], False),
        ([], ["live"], False),
        (True, ["true"], True),
        (False, ["false"], True),
        (True, ["1"], False),
        (3, ["3"], True),
        ("", [""], True),
        (None, ["none"], False),
        (None, [""], False),
        ({"a": 1}, ["a"], False),
    ],
)
def test_equals_is_the_whole_value_or_the_whole_of_an_item(value: object, values: list[Any], is_equal: bool) -> None:
    assert units(with_extra(state=value), feature="state", test="equals", values=values) == is_equal


def test_equals_counts_once_however_many_items_are_equal() -> None:
    assert units(with_extra(state=["live", "Live", "blog"]), feature="state", test="equals", values=["live", "blog"]) == 1


def test_equals_shows_the_value_and_cuts_a_long_one() -> None:
    assert alone(replace(PLAIN, topics=("Sea", "Travel")), feature="topics", test="equals", values=["sea"]) == Part(
        "mine", "Sea | Travel", 1
    )
    assert alone(with_extra(state=["live", "x" * 60]), feature="state", test="equals", values=["live"]) == Part(
        "mine", f"live | {'x' * 32}…", 1
    )
    assert alone(with_extra(state="x" * 40), feature="state", test="equals", values=["x" * 40]) == Part("mine", "x" * 40, 1)


@pytest.mark.parametrize(
    ("text", "values", "found"),
    [
        ("Ferry and bus", ["ferry", "bus"], "ferry, bus"),
        ("Bus and ferry", ["ferry", "bus"], "ferry, bus"),
        ("Ferry, ferry, ferry", ["ferry"], "ferry"),
        ("Ferry and bus", [["ferry", "bus"]], "ferry"),
        ("Bus", [["ferry", "bus"], "coach"], "ferry"),
        ("C++ (again)", ["c++"], "c++"),
        ("a.b", ["a.b", "axb"], "a.b"),
        ("axb", ["a.b"], None),
        ("Fährmann", ["fähr"], None),
        ("2026", ["2026"], "2026"),
    ],
)
def test_contains_counts_the_values_that_stand_in_the_text_as_words(text: str, values: list[Any], found: str | None) -> None:
    expected = None if found is None else Part("mine", found, len(found.split(", ")))
    assert alone(replace(PLAIN, excerpt=text), feature="excerpt", test="contains", values=values) == expected


def test_contains_looks_at_each_item_of_a_list_and_never_across_two() -> None:
    article = replace(PLAIN, topics=("Power", "Grid ferry"))
    assert alone(article, feature="topics", test="contains", values="topic_terms") == Part("mine", "ferry", 1)


def test_contains_reads_a_number_as_text() -> None:
    assert units(with_extra(year=2026), feature="year", test="contains", values=["2026"]) == 1
    assert units(with_extra(year=None), feature="year", test="contains", values=["none"]) == 0


def test_contains_may_look_for_the_items_of_a_plain_list() -> None:
    article = replace(PLAIN, excerpt="As known.example reports")
    assert alone(article, feature="excerpt", test="contains", values="known_providers") == Part("mine", "known.example", 1)


@pytest.mark.parametrize(
    ("value", "length"), [("", 0), ("four", 4), (None, 0), (["ab", "c"], len("ab | c")), (12345, 5)], ids=repr
)  # fmt: skip
def test_length_is_of_the_text(value: object, length: int) -> None:
    assert units(with_extra(note=value), feature="note", test="length") == length


def test_the_length_of_anything_but_a_title_is_of_the_repaired_text() -> None:
    article = replace(PLAIN, excerpt="short", excerpt_as_read="<p>short</p>")
    assert alone(article, feature="excerpt", test="length") == Part("mine", "5 characters", 5)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (["a", "b"], 2),
        (("a", "b", "c"), 3),
        ([], 0),
        (12, 12),
        ("12", 12),
        (" 3.9 ", 3),
        ("1e3", 1000),
        (Decimal("2.5"), 2),
        ("many", 1),
        ({"a": 1, "b": 2}, 1),
        ({}, 0),
        (True, 1),
        (False, 0),
        (None, 0),
        ("", 0),
        (-5, 0),
        ("nan", 0),
        (math.nan, 0),
        (math.inf, 0),
        ("1e999", 0),
    ],
    ids=repr,
)  # fmt: skip
def test_count_is_the_number_of_items_or_the_number_itself(value: object, amount: int) -> None:
    assert units(with_extra(visits=value), feature="visits", test="count") == amount


def test_count_shows_every_digit() -> None:
    assert alone(with_extra(visits="1234567"), feature="visits", test="count") == Part("mine", "1234567", 1234567)
    assert alone(with_extra(visits=2.5), feature="visits", test="count", points=2) == Part("mine", "2.5", 5)


def test_domain_takes_a_list_in_the_rule_and_looks_at_no_other_feature() -> None:
    article = replace(PLAIN, provider=Provider("listed.example", "other.example"))
    assert units(article, feature="provider", test="domain", values=["listed.example"]) == 0
    assert units(article, feature="provider", test="domain", values=["listed.example", ["www.Other.example"]]) == 1


def test_domain_with_nothing_but_blanks_listed_holds_nowhere() -> None:
    assert units(replace(PLAIN, provider=Provider("Somebody", "")), feature="provider", test="domain", values=["", " "]) == 0


def test_address_takes_a_list_in_the_rule() -> None:
    article = replace(PLAIN, url="https://www.desk.example/live/1?utm_source=x")
    assert alone(article, feature="url", test="address", values=["desk.example/sport", "http://desk.example/live/"]) == Part(
        "mine", "desk.example/live", 1
    )
    assert units(article, feature="url", test="address", values=["desk.example/liv"]) == 0


def test_the_articles_own_address_is_looked_at_first() -> None:
    article = replace(PLAIN, own_url="https://b.example/1", url="https://a.example/1")
    assert alone(article, feature="url", test="address", values=["a.example", "b.example"]) == Part("mine", "b.example", 1)


def test_always_holds_always_and_once() -> None:
    assert alone(Article("a", "T"), feature="anything", test="always", points=-3) == Part("mine", "", -3)


# Age


@pytest.mark.parametrize(("hours", "points"), [(0, 0), (0.5, 0), (1, 1), (5.99, 5), (48, 48)])
@pytest.mark.parametrize("feature", ["age", "publishedDateTime"])
def test_age_is_the_hours_since_publication(feature: str, hours: float, points: int) -> None:
    assert units(replace(PLAIN, published=NOON - timedelta(hours=hours)), feature=feature, test="age") == points


def test_age_shows_the_hours_at_that_moment() -> None:
    article = replace(PLAIN, published=NOON)
    rule = {"feature": "age", "test": "age", "points": -2}
    assert alone(article, NOON + timedelta(hours=1.5), **rule) == Part("mine", "1.5 hours", -3)
    assert alone(article, NOON + timedelta(hours=3), **rule) == Part("mine", "3.0 hours", -6)


@pytest.mark.parametrize(
    "article",
    [
        pytest.param(PLAIN, id="undated"),
        pytest.param(replace(PLAIN, published=NOON + timedelta(hours=1)), id="future"),
        pytest.param(replace(PLAIN, published=NOON - timedelta(hours=9), date_health="clamped"), id="wrong date"),
    ],
)
def test_without_a_past_that_can_be_trusted_there_is_no_age(article: Article) -> None:
    assert alone(article, feature="age", test="age") is None
    assert alone(article, feature="publishedDateTime", test="age") is None


@pytest.mark.parametrize("feature", ["age", "publishedDateTime"])
def test_a_date_that_cannot_be_trusted_is_absent(feature: str) -> None:
    wrong = replace(PLAIN, published=NOON, date_health="clamped")
    assert [units(article, feature=feature, test="absent") for article in (wrong, replace(PLAIN, published=NOON))] == [1, 0]


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02T07:00:00Z",
        "2026-03-02T08:00:00+01:00",
        "2026-03-02 07:00",
        datetime(2026, 3, 2, 7, tzinfo=UTC),
        datetime(2026, 3, 2, 7),  # noqa: DTZ001 - as tables hold them
        NOON.timestamp() - 5 * 3600,
    ],
    ids=repr,
)
def test_age_may_look_at_another_time_however_it_is_written(value: object) -> None:
    assert alone(with_extra(updated=value), feature="updated", test="age") == Part("mine", "5.0 hours", 5)


def test_a_day_alone_is_its_midnight() -> None:
    assert units(with_extra(updated=date(2026, 3, 2)), feature="updated", test="age") == 12


@pytest.mark.parametrize("value", [None, "", "soon", 7, True, [], {"a": 1}, math.nan, "9999-01-01"], ids=repr)
def test_what_is_no_time_has_no_age(value: object) -> None:
    assert alone(with_extra(updated=value), feature="updated", test="age") is None


@pytest.mark.parametrize(
    ("rules", "ages"),
    [
        ({}, False),
        ({"a": {"feature": "publishedDateTime", "test": "present"}}, False),
        ({"a": {"feature": "title", "test": "length"}, "b": {"feature": "updated", "test": "age"}}, True),
        ({"a": {"feature": "publishedDateTime", "test": "age", "one_of": "x"}}, True),
        ({"a": {"feature": "age", "test": "present"}}, True),
        ({"a": None}, False),
    ],
)
def test_a_scorecard_knows_whether_it_looks_at_the_age(rules: dict[str, dict[str, Any] | None], ages: bool) -> None:
    assert Scorecard(settings_of(rules)).ages is ages


def test_the_shipped_scorecard_gives_the_same_at_any_time(default_settings: Settings) -> None:
    assert not Scorecard(default_settings.quality).ages


# From above ... up to


@pytest.mark.parametrize(("above", "up_to"), [(0, None), (3, None), (0, 5), (3, 5), (2.5, 4.5)])
@pytest.mark.parametrize("test", ["count", "length", "contains", "age"])
def test_what_lies_above_a_bound_counts_up_to_another(test: str, above: float, up_to: float | None) -> None:
    feature = {"count": "visits", "length": "note", "contains": "excerpt", "age": "age"}[test]
    words = "abcdefgh"
    articles = [
        Article("a", "T", excerpt=" ".join(words[:n]), published=NOON - timedelta(hours=n), extra={"visits": n, "note": "x" * n})
        for n in range(len(words))
    ]
    found = [units(article, feature=feature, test=test, points=2, above=above, up_to=up_to, values=list(words)) for article in articles]
    assert found == [2 * max(0.0, min(n, math.inf if up_to is None else up_to) - above) for n in range(len(words))]


# Features


FULL = Article(
    "a1",
    "Title",
    excerpt="Excerpt",
    provider=Provider("Name", "domain.example"),
    published=NOON,
    url="https://web.example/1",
    category="Category",
    type="video",
    topics=("Topic",),
    images=(IMAGE,),
    has_amp=True,
    own_url="https://own.example/1",
    is_published=True,
    related=({"title": "Related"},),
)
SHOWN = {
    "title": "Title",
    "excerpt": "Excerpt",
    "category": "Category",
    "type": "video",
    "topics": "Topic",
    "provider": "Name",
    "provider.name": "Name",
    "provider.domain": "domain.example",
    "url": "https://web.example/1",
    "webUrl": "https://web.example/1",
    "originalUrl": "https://own.example/1",
    "published": "True",
    "ampWebUrl": "True",
}
FEATURES = [*SHOWN, "images", "related", "publishedDateTime", "age"]


@pytest.mark.parametrize(("feature", "shown"), SHOWN.items())
def test_a_feature_is_named_as_the_format_names_it(feature: str, shown: str) -> None:
    assert alone(FULL, feature=feature, test="equals", values=[shown]) == Part("mine", shown, 1)


@pytest.mark.parametrize("feature", FEATURES)
def test_every_field_of_the_format_can_be_present_or_absent(feature: str) -> None:
    bare = Article("a1", "", type="")
    assert [units(article, feature=feature, test="present") for article in (FULL, bare)] == [1, 0]
    assert [units(article, feature=feature, test="absent") for article in (FULL, bare)] == [0, 1]


def test_a_field_of_the_format_is_not_looked_up_beyond_it() -> None:
    assert units(replace(PLAIN, extra={"category": "live"}), feature="category", test="present") == 0


@pytest.mark.parametrize(
    ("extra", "feature", "expected"),
    [
        ({"score": 5}, "score", 5),
        ({"meta": {"score": 5}}, "meta.score", 5),
        ({"meta": {"desk": {"score": 5}}}, "meta.desk.score", 5),
        ({"meta.score": 5}, "meta.score", 5),
        ({"meta.score": 5, "meta": {"score": 6}}, "meta.score", 5),
        ({"meta": {"desk.score": 5}}, "meta.desk.score", 0),
        ({"meta": "text"}, "meta.score", 0),
        ({"meta": ["score"]}, "meta.score", 0),
        ({"meta": {"score": None}}, "meta.score", 0),
        ({"meta": None}, "meta.desk.score", 0),
        ({"Score": 5}, "score", 0),
        ({}, "meta.score", 0),
    ],
)
def test_any_other_name_is_a_key_that_the_input_has_beyond_the_format(extra: dict[str, object], feature: str, expected: int) -> None:
    assert units(replace(PLAIN, extra=extra), feature=feature, test="count") == expected


# One of several


def chosen(rules: dict[str, dict[str, Any]], article: Article = PLAIN) -> list[tuple[str, int]]:
    """Names and points of the parts that rules with one `one_of` give."""
    exclusive = {name: {"feature": "title", "test": "always", "one_of": "source"} | rule for name, rule in rules.items()}
    return [(part.feature, part.points) for part in quality(article, settings_of({**exclusive})).parts]


def test_of_rules_that_exclude_each_other_the_one_with_most_points_counts() -> None:
    assert chosen({"a": {"points": 3}, "b": {"points": 9}, "c": {"points": 5}}) == [("b", 9)]


def test_of_penalties_the_mildest_counts() -> None:
    assert chosen({"a": {"points": -9}, "b": {"points": -3}}) == [("b", -3)]


def test_of_equals_the_first_counts() -> None:
    assert chosen({"a": {"points": 3}, "b": {"points": 7}, "c": {"points": 7}}) == [("b", 7)]


def test_a_rule_that_does_not_apply_never_counts() -> None:
    never = {"feature": "missing", "test": "present", "points": 99}
    assert chosen({"a": never, "b": {"points": -5}}) == [("b", -5)]
    assert chosen({"a": {"points": -5}, "b": never}) == [("a", -5)]
    assert chosen({"a": never}) == []


def test_a_rule_that_applies_and_gives_nothing_spares_the_penalty() -> None:
    assert chosen({"a": {"points": -5}, "b": {"points": 0}}) == []
    assert chosen({"a": {"points": -5}, "b": {"points": 0.5}}) == []


def test_points_are_compared_with_their_units() -> None:
    article = replace(PLAIN, topics=("Sea", "Travel", "Harbour"))
    assert chosen({"a": {"points": 5}, "b": {"feature": "topics", "test": "count", "points": 2}}, article) == [("b", 6)]


def test_sets_of_rules_are_chosen_from_apart() -> None:
    x, y = {"points": 1, "one_of": "x"}, {"points": 2, "one_of": "y"}
    assert chosen({"a": x, "b": y, "c": x | {"points": 3}, "d": {"one_of": None}}) == [("b", 2), ("c", 3), ("d", 1)]


def test_a_list_that_is_empty_excludes_nothing(default_settings: Settings) -> None:
    assert source(replace(PLAIN, url="https://desk.example/news/1"), default_settings.quality) == "unknown provider"


# Rules that are left out


def test_a_rule_that_is_null_is_left_out(card: QualitySettings) -> None:
    without = msgspec.structs.replace(card, rules=card.rules | {"topics": None, "unknown_provider": None})
    assert [part.feature for part in quality(replace(PLAIN, topics=("Sea",)), without).parts] == ["topic terms in title"]


def test_a_rule_of_ones_own_is_named_without_underscores() -> None:
    rules = {"live_blog": {"feature": "type", "test": "equals", "values": ["live"], "points": 8}}
    assert quality(replace(PLAIN, type="live"), settings_of({**rules})).parts == (Part("live blog", "live", 8),)


# Laws

WORDS = ["ferry", "power grid", "blackout", "live", "sea", "x", "", "7", "Straße"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-9, 9) | st.sampled_from([math.nan, math.inf, NOON, 10**18]) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)
ARTICLES = st.builds(
    Article,
    id=st.just("a1"),
    title=st.text("ferry blackout", min_size=1, max_size=200),
    excerpt=TEXTS,
    provider=st.sampled_from([Provider("Known", "known.example"), Provider("Unknown", "unknown.example"), Provider("Nameless", "")]),
    published=st.none() | st.integers(-9, 99).map(lambda hours: NOON - timedelta(hours=hours)),
    url=st.sampled_from(["", "https://desk.example/news/1", "https://other.example/1", "https://known.example/2"]),
    topics=st.lists(st.sampled_from(["Sea", "Travel", "live"]), max_size=9).map(tuple),
    images=st.sampled_from([(), (IMAGE,)]),
    has_amp=st.booleans(),
    type=st.sampled_from(["article", "video"]),
    own_url=st.sampled_from(["", "https://video.example/1"]),
    is_published=st.none() | st.booleans(),
    extra=st.dictionaries(st.sampled_from(["a", "b", "visits"]), VALUES, max_size=3),
)
HUNDREDTHS = st.integers(-9_999, 9_999).map(lambda number: number / 100)
LISTS = st.lists(st.sampled_from([word for word in WORDS if word]) | st.lists(st.sampled_from(WORDS), max_size=3), min_size=1, max_size=4)
BOUNDS = st.sampled_from([(0.0, None), (2.0, None), (0.0, 3.0), (1.5, 2.5)])
RULES = st.builds(
    lambda feature, test, points, values, bounds, one_of: QualityRule(
        feature=feature, test=test, points=points, values=values, above=bounds[0], up_to=bounds[1], one_of=one_of
    ),
    st.sampled_from([*FEATURES, "a", "b", "visits", "a.b", "nothing"]),
    st.sampled_from(get_args(RuleTest)),
    HUNDREDTHS,
    st.sampled_from(["own_feeds", "known_providers", "topic_terms"]) | LISTS,
    BOUNDS,
    st.sampled_from([None, None, "source", "other"]),
)
CARDS = st.builds(
    lambda rules, base, floor, cap: msgspec.structs.replace(settings_of({}), rules=rules, base=base, floor=floor, cap=cap),
    st.dictionaries(st.sampled_from([f"rule_{letter}" for letter in "abcdefgh"]), st.none() | RULES, max_size=8),
    HUNDREDTHS,
    st.integers(-200, 0).map(float),
    st.none() | st.integers(0, 300).map(float),
)
MOMENTS = st.integers(-48, 48).map(lambda hours: NOON + timedelta(hours=hours))


def unbounded(card: QualitySettings) -> QualitySettings:
    return msgspec.structs.replace(card, floor=FAR_BELOW, cap=FAR_ABOVE)


@given(ARTICLES, CARDS, MOMENTS)
def test_the_points_alone_are_those_of_the_parts(article: Article, card: QualitySettings, as_of: datetime) -> None:
    scorecard = Scorecard(card)
    assert scorecard.points_of(article, as_of) == scorecard.quality_of(article, as_of).points


@given(ARTICLES, CARDS, MOMENTS)
def test_the_parts_add_up_to_the_quality_and_none_is_empty(article: Article, card: QualitySettings, as_of: datetime) -> None:
    scored = quality(article, card, as_of)
    assert sum(part.points for part in scored.parts) == scored.points
    assert all(part.points for part in scored.parts)


@given(ARTICLES, CARDS, MOMENTS)
def test_the_quality_lies_between_floor_and_cap(article: Article, card: QualitySettings, as_of: datetime) -> None:
    assert card.floor <= quality(article, card, as_of).points <= (card.cap if card.cap is not None else math.inf)


@given(st.lists(ARTICLES, max_size=6), CARDS)
def test_many_articles_on_one_scorecard_are_each_on_its_own(articles: list[Article], card: QualitySettings) -> None:
    scorecard = Scorecard(card)
    assert [scorecard.points_of(article, NOON) for article in articles] == [quality(article, card).points for article in articles]


@given(ARTICLES, CARDS, st.randoms(use_true_random=False))
def test_the_order_of_rules_makes_no_difference_to_the_points(article: Article, card: QualitySettings, random: Any) -> None:
    names = list(card.rules)
    random.shuffle(names)
    shuffled = msgspec.structs.replace(card, rules={name: card.rules[name] for name in names})
    before, after = quality(article, card), quality(article, shuffled)
    assert after.points == before.points
    assert sorted(part.points for part in after.parts) == sorted(part.points for part in before.parts)


@given(ARTICLES, CARDS, st.randoms(use_true_random=False))
def test_the_order_of_topics_and_of_lists_makes_no_difference_to_the_points(article: Article, card: QualitySettings, random: Any) -> None:
    topics = list(article.topics)
    random.shuffle(topics)
    rules = {
        name: rule if rule is None else msgspec.structs.replace(rule, values=_shuffled(rule, random)) for name, rule in card.rules.items()
    }
    turned = msgspec.structs.replace(
        card,
        rules=rules,
        own_feeds=card.own_feeds[::-1],
        known_providers=card.known_providers[::-1],
        topic_terms=[synonyms[::-1] for synonyms in card.topic_terms[::-1]],
    )
    assert quality(replace(article, topics=tuple(topics)), turned).points == quality(article, card).points


def _shuffled(rule: QualityRule, random: Any) -> str | list[str | list[str]]:
    return rule.values if isinstance(rule.values, str) else random.sample(rule.values, len(rule.values))


@given(ARTICLES, CARDS)
def test_rules_without_a_choice_add_up_one_by_one(article: Article, card: QualitySettings) -> None:
    rules = {name: msgspec.structs.replace(rule, one_of=None) for name, rule in card.rules.items() if rule is not None}
    whole = unbounded(msgspec.structs.replace(card, rules=rules, base=0))
    single = [quality(article, msgspec.structs.replace(whole, rules={name: rule})).points for name, rule in rules.items()]
    assert quality(article, whole).points == sum(single)


@given(ARTICLES, st.lists(RULES, min_size=1, max_size=5))
def test_a_choice_gives_the_most_that_any_rule_that_applies_gives_alone(article: Article, rules: Sequence[QualityRule]) -> None:
    single = [msgspec.structs.replace(rule, one_of=None) for rule in rules]
    applies = [bool(quality(article, settings_with([msgspec.structs.replace(rule, points=1e6)])).points) for rule in single]
    points = [quality(article, settings_with([rule])).points for rule in itertools.compress(single, applies)]
    together = settings_with([msgspec.structs.replace(rule, one_of="choice") for rule in rules])
    assert quality(article, together).points == max(points, default=0)


def settings_with(rules: Sequence[QualityRule]) -> QualitySettings:
    return msgspec.structs.replace(settings_of({}), rules={f"r{number}": rule for number, rule in enumerate(rules)})


@given(ARTICLES, CARDS, MOMENTS, MOMENTS)
def test_a_scorecard_that_does_not_look_at_the_age_gives_the_same_at_any_time(
    article: Article, card: QualitySettings, now: datetime, later: datetime
) -> None:
    rules = {name: rule for name, rule in card.rules.items() if rule is None or "age" not in {rule.test, rule.feature}}
    scorecard = Scorecard(msgspec.structs.replace(card, rules=rules))
    assert not scorecard.ages
    assert scorecard.quality_of(article, now) == scorecard.quality_of(article, later)


@given(ARTICLES, HUNDREDTHS, HUNDREDTHS, st.integers(0, 100))
def test_counted_features_are_their_points_times_their_number_rounded_towards_zero(
    article: Article, a_topic: float, a_character: float, limit: int
) -> None:
    rules = {
        "topics": {"feature": "topics", "test": "count", "points": a_topic},
        "title_length": {"feature": "title", "test": "length", "points": a_character, "above": limit},
    }
    scored = quality(article, settings_of({**rules}))
    assert of_feature(scored, "topics") == trunc(Decimal(str(a_topic)) * len(article.topics))
    assert of_feature(scored, "title length") == trunc(Decimal(str(a_character)) * max(0, len(article.title) - limit))


@given(st.lists(st.sampled_from(["ferry", "Power grid", "blackouts", "s", "-", "blackout"]), max_size=8).map(" ".join), LISTS)
def test_contains_finds_what_a_slow_look_at_every_word_finds(text: str, lists: list[Any]) -> None:
    def stands_in(term: str) -> bool:
        spans = (match.span() for match in re.finditer(re.escape(term), text, re.IGNORECASE))
        return any(not text[:start][-1:].isalnum() and not text[end:][:1].isalnum() for start, end in spans)

    synonyms = [[term for term in (item if isinstance(item, list) else [item]) if term] for item in lists]
    expected = sum(any(map(stands_in, terms)) for terms in synonyms)
    assert units(replace(PLAIN, excerpt=text), feature="excerpt", test="contains", values=lists) == expected


# Real files


@pytest.fixture(scope="module")
def real_files(shared_data: Path, default_settings: Settings) -> Reading:
    return read_articles([str(shared_data / "frontmatter")], default_settings.reading)


@pytest.fixture(scope="module")
def real_card(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> QualitySettings:
    """The scorecard of the site that the real files come from, as its editors would write it down."""
    path = tmp_path_factory.mktemp("real") / "ranker.yaml"
    path.write_text(
        f"""
quality:
  own_feeds: [powerapps.microsoft.com, youtube.com]
  known_providers: {{file: {shared_data / "known-providers.txt"}}}
  topic_terms: [[power apps], [canvas apps], [model-driven apps, model driven], [microsoft teams]]
"""
    )
    return load_settings(path).quality


def test_the_format_s_own_quality_is_reproduced(real_files: Reading, real_card: QualitySettings) -> None:
    scorecard = Scorecard(real_card)
    exact = sum(scorecard.points_of(article, NOON) == article.quality for article in real_files.articles)
    assert (exact, len(real_files.articles)) == (317, 320)


def test_the_format_s_own_published_follows_from_the_quality(real_files: Reading, real_card: QualitySettings) -> None:
    scorecard = Scorecard(real_card)
    right = sum((scorecard.points_of(article, NOON) >= real_card.publish_at) == article.is_published for article in real_files.articles)
    assert right >= 0.99 * len(real_files.articles)


@pytest.mark.parametrize(("value", "points"), [("false", 0), (" False ", 0), (False, 0), ("true", 5), (True, 5), ("falsely", 5)])
def test_a_flag_that_is_false_is_not_present_whether_it_is_read_as_a_flag_or_as_text(value: object, points: int) -> None:
    live = QualityRule(feature="isLive", test="present", points=5)
    card = msgspec.structs.replace(load_settings().quality, rules={"live": live})
    assert quality_of(Article("a1", "Storm", extra={"isLive": value}), card, NOON).points == points
