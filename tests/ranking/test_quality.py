"""The scorecard: what each feature gives, and that the parts are the whole."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import trunc
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.articles.article import Article, Provider
from ranker.articles.reading import Reading, read_articles
from ranker.ranking.quality import Part, Quality, quality_of
from ranker.settings import QualityPoints, QualitySettings, Settings, load_settings

PLAIN = Article("a1", "Ferry service to Gannet Ledge returns", provider=Provider("The Unknown", "unknown.example"))
IMAGE = {"url": "https://img.example/1.jpg"}


@pytest.fixture(scope="module")
def card(default_settings: Settings) -> QualitySettings:
    return msgspec.structs.replace(
        default_settings.quality,
        own_feeds=["https://www.desk.example/news/", "video.example"],
        known_providers=["known.example", "WWW.Old.example"],
        topic_terms=[["power grid", "blackout"], ["ferry"]],
    )


def of_feature(quality: Quality, feature: str) -> int:
    return sum(part.points for part in quality.parts if part.feature == feature)


def test_an_unknown_provider_alone_is_lifted_to_the_floor(default_settings: Settings) -> None:
    quality = quality_of(PLAIN, default_settings.quality)
    assert [(part.feature, part.seen, part.points) for part in quality.parts] == [("source", "unknown provider", -15), ("floor", "-15", 15)]
    assert quality.points == 0


@pytest.mark.parametrize(
    ("changes", "feature", "points"),
    [
        ({"topics": ("Sea", "Travel")}, "topics", 2 * 17),
        ({"topics": ()}, "topics", 0),
        ({"images": (IMAGE, IMAGE)}, "image", 20),
        ({"has_amp": True}, "amp", 20),
        ({"type": "video"}, "type", 50),
        ({"type": "podcast"}, "type", 0),
        ({"own_url": "https://desk.example/news/1"}, "source", 35),
        ({"provider": Provider("Known", "known.example")}, "source", 25),
        ({}, "source", -15),
        ({}, "topic terms in title", 15),
    ],
)
def test_each_feature_gives_its_points(changes: dict[str, Any], feature: str, points: int, card: QualitySettings) -> None:
    assert of_feature(quality_of(replace(PLAIN, **changes), card), feature) == points


def test_the_quality_is_the_sum_of_all_features(card: QualitySettings) -> None:
    article = replace(
        PLAIN, title="Ferry blackout", topics=("Sea",), images=(IMAGE,), has_amp=True, type="video", url="https://known.example/1"
    )
    assert quality_of(article, card).points == 17 + 20 + 20 + 50 + 25 + 2 * 15


def test_features_that_give_nothing_are_not_listed(card: QualitySettings) -> None:
    assert [part.feature for part in quality_of(PLAIN, card).parts] == ["source", "topic terms in title"]


def test_the_base_is_given_to_every_article(card: QualitySettings) -> None:
    assert quality_of(PLAIN, msgspec.structs.replace(card, base=40)).points == 40 - 15 + 15


def test_a_cap_is_named_with_the_sum_it_cut(card: QualitySettings) -> None:
    quality = quality_of(replace(PLAIN, type="video", topics=("Sea",)), msgspec.structs.replace(card, cap=60))
    assert (quality.parts[-1].feature, quality.parts[-1].seen, quality.parts[-1].points) == ("cap", "67", 60 - (17 + 50 - 15 + 15))
    assert quality.points == 60


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
        assert quality_of(article, card).parts[0].seen == ("own feed" if is_own else "unknown provider")


def test_an_own_feed_may_name_a_query(card: QualitySettings) -> None:
    channel = msgspec.structs.replace(card, own_feeds=["https://video.example/feed?channel=1"])
    seen = [quality_of(replace(PLAIN, url=f"https://video.example/feed?channel={i}"), channel).parts[0].seen for i in (1, 12)]
    assert seen == ["own feed", "unknown provider"]


def test_an_own_feed_that_is_no_address_matches_nothing(card: QualitySettings) -> None:
    assert quality_of(replace(PLAIN, url=""), msgspec.structs.replace(card, own_feeds=["", "not an address"])).parts[0].points == -15


def test_an_own_feed_of_a_known_provider_counts_once_as_own(card: QualitySettings) -> None:
    article = replace(PLAIN, url="https://desk.example/news/1", provider=Provider("Desk", "known.example"))
    assert of_feature(quality_of(article, card), "source") == 35


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
    quality = quality_of(replace(PLAIN, provider=Provider("Somebody", domain), url=address), card)
    assert quality.parts[0].seen == ("known provider" if is_known else "unknown provider")


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
        ("The power of a grid", None),
        ("Powergrid fails", None),
    ],
)
def test_topic_terms_are_whole_words_and_synonyms_count_once(title: str, found: str | None, card: QualitySettings) -> None:
    quality = quality_of(replace(PLAIN, title=title), card)
    assert next((part.seen for part in quality.parts if part.feature == "topic terms in title"), None) == found
    assert of_feature(quality, "topic terms in title") == 15 * (len(found.split(", ")) if found else 0)


def test_an_empty_list_of_synonyms_is_found_nowhere(card: QualitySettings) -> None:
    assert of_feature(quality_of(PLAIN, msgspec.structs.replace(card, topic_terms=[[]])), "topic terms in title") == 0


@pytest.mark.parametrize(("length", "points"), [(1, 0), (70, 0), (71, 0), (72, -1), (73, -1), (74, -2), (170, -(170 - 70) // 2)])
def test_half_a_point_goes_for_each_character_over_70_rounded_towards_zero(length: int, points: int, card: QualitySettings) -> None:
    assert of_feature(quality_of(replace(PLAIN, title="x" * length), card), "title length") == points


def test_a_title_is_as_long_as_it_stands_in_the_file(card: QualitySettings) -> None:
    article = replace(PLAIN, title="x" * 60, title_as_read="x" * 60 + " - The Unknown & Sons")
    assert Part("title length", "81 characters", -((81 - 70) // 2)) in quality_of(article, card).parts


def test_points_are_the_decimals_that_were_written(card: QualitySettings) -> None:
    # In binary 100 x 0.29 is 28.999999999999996.
    cents = msgspec.structs.replace(card, points=msgspec.structs.replace(card.points, topic=0.29))
    assert of_feature(quality_of(replace(PLAIN, topics=("t",) * 100), cents), "topics") == 29


HUNDREDTHS = st.integers(-9_999, 9_999).map(lambda number: number / 100)
ARTICLES = st.builds(
    Article,
    id=st.just("a1"),
    title=st.text("ferry blackout", min_size=1, max_size=200),
    provider=st.sampled_from([Provider("Known", "known.example"), Provider("Unknown", "unknown.example")]),
    url=st.sampled_from(["", "https://desk.example/news/1", "https://other.example/1"]),
    topics=st.lists(st.sampled_from(["Sea", "Travel"]), max_size=9).map(tuple),
    images=st.sampled_from([(), (IMAGE,)]),
    has_amp=st.booleans(),
    type=st.sampled_from(["article", "video"]),
)
POINTS = st.builds(
    QualityPoints,
    topic=HUNDREDTHS,
    image=HUNDREDTHS,
    amp=HUNDREDTHS,
    types=st.fixed_dictionaries({"video": HUNDREDTHS}),
    own_feed=HUNDREDTHS,
    known_provider=HUNDREDTHS,
    unknown_provider=HUNDREDTHS,
    topic_term_in_title=HUNDREDTHS,
    title_character_over=HUNDREDTHS,
)
CARDS = st.builds(
    QualitySettings,
    base=HUNDREDTHS,
    floor=st.integers(-100, 0).map(float),
    cap=st.none() | st.integers(0, 200).map(float),
    points=POINTS,
    title_length_limit=st.integers(0, 100),
    own_feeds=st.just(["desk.example/news"]),
    known_providers=st.just(["known.example"]),
    topic_terms=st.just([["ferry"], ["blackout"]]),
    publish_at=st.just(70.0),
)


@given(ARTICLES, CARDS)
def test_the_parts_add_up_to_the_quality(article: Article, card: QualitySettings) -> None:
    quality = quality_of(article, card)
    assert sum(part.points for part in quality.parts) == quality.points


@given(ARTICLES, CARDS)
def test_the_quality_lies_between_floor_and_cap(article: Article, card: QualitySettings) -> None:
    assert card.floor <= quality_of(article, card).points <= (card.cap if card.cap is not None else float("inf"))


@given(ARTICLES, CARDS)
def test_counted_features_are_their_points_times_their_number_rounded_towards_zero(article: Article, card: QualitySettings) -> None:
    quality = quality_of(article, card)
    assert of_feature(quality, "topics") == trunc(Decimal(str(card.points.topic)) * len(article.topics))
    over = max(0, len(article.title) - card.title_length_limit)
    assert of_feature(quality, "title length") == trunc(Decimal(str(card.points.title_character_over)) * over)


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
    exact = sum(quality_of(article, real_card).points == article.quality for article in real_files.articles)
    assert exact >= 0.99 * len(real_files.articles)


def test_the_format_s_own_published_follows_from_the_quality(real_files: Reading, real_card: QualitySettings) -> None:
    right = sum((quality_of(article, real_card).points >= real_card.publish_at) == article.is_published for article in real_files.articles)
    assert right >= 0.99 * len(real_files.articles)
