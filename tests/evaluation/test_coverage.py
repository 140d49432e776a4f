"""Coverage: counted again from a frame of the same articles, another way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from support.rooms import AS_OF, room_of, sample_room

from ranker.articles.article import Article, Provider
from ranker.evaluation.coverage import group_overlap, provider_coverage

TEXT = "Quake of magnitude 6.8 strikes off Tarapay coast, towns evacuated"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """The sample's articles, and whether at least two publisher groups tell their story."""
    articles = sample_room().frame()
    articles["key"] = articles["domain"].where(articles["domain"] != "", articles["provider"])
    articles["shared"] = articles.groupby("story")["publisher_group"].transform("nunique") >= 2
    return articles


def test_articles_stories_and_copies_are_those_of_the_frame(frame: pd.DataFrame) -> None:
    coverage = provider_coverage(sample_room().ranking)
    counted = frame.groupby("key").agg(articles=("id", "count"), stories=("story", "nunique"), copies=("is_copy", "sum"))
    found = {each.provider.key: (each.articles, each.stories, each.copies) for each in coverage}
    assert found == {str(key): tuple(int(number) for number in row) for key, row in zip(counted.index, counted.to_numpy(), strict=True)}
    shared = frame[frame["shared"]].groupby("key")["story"].nunique()
    assert {each.provider.key: each.shared for each in coverage if each.shared} == shared.to_dict()


def test_first_reports_and_delays_are_those_of_the_frame(frame: pd.DataFrame) -> None:
    coverage = {each.provider.key: each for each in provider_coverage(sample_room().ranking)}
    dated = frame[frame["shared"] & frame["published_date_time"].notna()].sort_values(["published_date_time", "id"])
    firsts: dict[str, int] = {}
    delays: dict[str, list[float]] = {}
    for _, told in dated.groupby("story"):
        first = told.iloc[0]
        firsts[first["key"]] = firsts.get(first["key"], 0) + 1
        for key, own in told[told["key"] != first["key"]].groupby("key"):
            hours = (own["published_date_time"].min() - first["published_date_time"]).total_seconds() / 3600
            delays.setdefault(str(key), []).append(hours)
    assert {key: each.first for key, each in coverage.items() if each.first} == firsts
    assert {key: list(each.delays) for key, each in coverage.items() if each.delays} == {
        key: pytest.approx(sorted(hours)) for key, hours in delays.items()
    }
    for each in coverage.values():
        assert each.median_delay == (pytest.approx(np.median(each.delays)) if each.delays else None)
        assert each.first + len(each.delays) <= each.shared


def test_providers_are_in_order_of_what_they_told_first() -> None:
    coverage = provider_coverage(sample_room().ranking)
    keys = [(-each.first, -each.shared, -each.articles, each.name, each.provider.key) for each in coverage]
    assert keys == sorted(keys)


def test_groups_share_stories_both_ways(frame: pd.DataFrame) -> None:
    overlap = group_overlap(sample_room().ranking)
    stories = {str(group): set(told) for group, told in frame.groupby("publisher_group")["story"]}
    assert set(overlap.groups) == set(stories)
    for i, one in enumerate(overlap.groups):
        for j, other in enumerate(overlap.groups):
            assert overlap.stories[i, j] == len(stories[one] & stories[other])
            assert overlap.shares[i, j] == len(stories[one] & stories[other]) / len(stories[one])
    sizes = [len(stories[group]) for group in overlap.groups]
    assert sizes == sorted(sizes, reverse=True)
    few = group_overlap(sample_room().ranking, limit=5)
    assert few.groups == overlap.groups[:5]
    assert few.stories.tolist() == overlap.stories[:5, :5].tolist()


def test_a_story_without_dates_is_told_first_by_nobody() -> None:
    one = Article(id="a1", title=TEXT, provider=Provider("One"))
    coverage = provider_coverage(room_of([one, replace(one, id="a2", provider=Provider("", "two.example"))]).ranking)
    assert [(each.name, each.shared, each.first, each.delays, each.copies) for each in coverage] == [
        ("One", 1, 0, (), 0),
        ("two.example", 1, 0, (), 1),
    ]


def test_an_undated_article_follows_at_no_known_time() -> None:
    one = Article(id="a1", title=TEXT, provider=Provider("One"), published=AS_OF - timedelta(hours=2))
    other = replace(one, id="a2", provider=Provider(""), published=None)
    first, late = provider_coverage(room_of([one, other]).ranking)
    assert (first.first, first.delays) == (1, ())
    assert (late.name, late.first, late.delays, late.median_delay) == ("no name", 0, (), None)
