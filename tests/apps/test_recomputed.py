"""Every number of an answer can be recomputed from the parts that are printed beside it, by whoever has nothing but the answer."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.planted import make_planted_stories

from ranker.apps.wire import explained_json
from ranker.articles.article import Article, Provider
from ranker.pipeline import Ranking, rank_articles
from ranker.settings import BlendWeights, HeatSettings, Settings
from ranker.settings_file import load_settings

AS_OF = datetime(2026, 3, 6, 6, tzinfo=UTC)
PROFILES = {name: load_settings(profile=name) for name in ("balanced", "newest", "hottest", "editorial", "everyday")}
POINT = Decimal(1) / 1024  # points are multiples of it


def random_corpus(seed: int) -> list[Article]:
    """Planted stories whose articles are made unlike: topics, images, copies, repeats, aggregators, visits, missing and wrong dates."""
    draw = Random(seed)
    articles: list[Article] = []
    for article in make_planted_stories(draw.randint(1, 5), draw.randint(1, 6), draw.choice([0.0, 0.3]), seed).articles:
        published = None if draw.random() < 0.1 else AS_OF - timedelta(hours=draw.expovariate(1 / 20) - 0.3)
        mended = replace(
            article,
            published=published,
            topics=tuple(f"topic {number}" for number in range(draw.randrange(4))),
            images=({"url": "https://a.example/i.jpg"},) * draw.randrange(2),
            extra={"visits": draw.choice(["12", 900, "none", -3])} if draw.random() < 0.3 else {},
            provider=draw.choice([article.provider, Provider("Yahoo", "yahoo.com"), Provider("Paper 0", "paper-0.example"), Provider()]),
        )
        articles.append(mended)
        if draw.random() < 0.2:
            articles.append(replace(mended, id=f"{article.id}c", provider=Provider("Copier", "copier.example")))
    return articles


def ranked(seed: int, profile: str, weights: tuple[float, float, float] | None) -> Ranking:
    settings = PROFILES[profile]
    if weights is not None:
        quality, heat, recency = weights
        blend = msgspec.structs.replace(settings.blend, weights=BlendWeights(quality=quality, heat=heat, recency=recency))
        settings = msgspec.structs.replace(settings, blend=blend)
    return rank_articles(random_corpus(seed), settings, as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY)


def as_read(value: object) -> Any:
    """What somebody reads who reads JSON's numbers as decimals."""
    return json.loads(msgspec.json.encode(value), parse_float=Decimal, parse_int=Decimal)


def rounded(points: float) -> Decimal:
    """Points as they are printed: to the nearest multiple of `POINT`."""
    return Decimal(round(points / float(POINT))) * POINT


def check_quality(signal: dict[str, Any], settings: Settings) -> None:
    parts = signal["parts"]
    assert sum(part["points"] for part in parts) == signal["value"]
    assert [float(part["weight"]) for part in parts] == settings.quality.story_weights[: len(parts)]
    assert [part["quality"] for part in parts] == sorted((part["quality"] for part in parts), reverse=True)
    assert all(part["points"] == rounded(float(part["weight"]) * float(part["quality"])) for part in parts)
    assert float(signal["normalised"]) == min(1.0, float(signal["value"]) / float(signal["scale"]))


def check_heat(signal: dict[str, Any], settings: HeatSettings) -> None:
    parts = signal["parts"]
    warmth = parts["covered"] + parts["burst"] + parts["audience"]
    assert signal["value"] == parts["quality"] + warmth
    assert sum(item["points"] for item in parts["coverage"]) == parts["covered"]
    for item in parts["coverage"]:
        left = 1.0 if settings.half_life_hours is None else 0.0
        if settings.half_life_hours is not None and item["ageHours"] is not None:
            left = 0.5 ** (float(item["ageHours"]) / settings.half_life_hours)
        # Newer texts of its group may have left less to count; never more.
        assert item["points"] <= rounded(settings.points_per_coverage * left) + POINT
    if settings.burst and settings.half_life_hours is not None:
        past = float(sum(item["pastPoints"] for item in parts["coverage"]))
        assert parts["expected"] == rounded(past * (settings.half_life_hours / settings.past_half_life_hours))
        assert parts["burst"] == rounded(settings.burst * max(0.0, float(parts["covered"] - parts["expected"])))
    assert float(signal["normalised"]) == pytest.approx(float(warmth) / float(warmth + signal["scale"]), abs=1e-15)


def check_recency(signal: dict[str, Any]) -> None:
    parts = signal["parts"]
    if parts["ageHours"] is None:
        assert signal["value"] == 0
        return
    assert float(signal["value"]) == pytest.approx(0.5 ** (float(parts["ageHours"]) / float(parts["halfLifeHours"])), rel=1e-12)
    assert signal["normalised"] == signal["value"]


def check_story(told: dict[str, Any], settings: Settings) -> None:
    signals = told["signals"]
    check_quality(signals["quality"], settings)
    check_heat(signals["heat"], settings.heat)
    check_recency(signals["recency"])
    total = sum(float(signal["weight"]) for signal in signals.values())
    step = 2.0 ** (max(1, math.frexp(total)[1]) - 1 - 16)
    for signal in signals.values():
        assert float(signal["contribution"]) == round(float(signal["weight"]) * float(signal["normalised"]) / step) * step
    assert sum(signal["contribution"] for signal in signals.values()) == told["score"]


WEIGHTS = st.none() | st.tuples(*[st.floats(0, 1, allow_subnormal=False)] * 3)


@given(st.integers(0, 1_000_000), st.sampled_from(sorted(PROFILES)), WEIGHTS)
@examples(max_examples=80)
def test_every_score_is_recomputed_from_its_own_printed_parts(seed: int, profile: str, weights: tuple[float, float, float] | None) -> None:
    ranking = ranked(seed, profile, weights)
    for story in ranking.stories.with_folded():
        check_story(as_read(explained_json(story, ranking)), ranking.settings)


@given(st.integers(0, 1_000_000), st.sampled_from(["balanced", "newest", "hottest", "everyday"]), WEIGHTS)
@examples(max_examples=40)
def test_the_order_is_that_of_the_printed_scores(seed: int, profile: str, weights: tuple[float, float, float] | None) -> None:
    ranking = ranked(seed, profile, weights)
    told = [as_read(explained_json(story, ranking)) for story in ranking.stories]
    assert [story["rank"] for story in told] == list(range(1, len(told) + 1))
    keys = [(-story["score"], story["lastPublished"] is None, story["lastPublished"] or "", story["id"]) for story in told]
    for (score, undated, last, key), (next_score, next_undated, next_last, next_key) in pairwise(keys):
        assert score <= next_score
        if score == next_score:
            assert undated <= next_undated
            if undated == next_undated:
                assert last >= next_last
                assert last > next_last or key < next_key


@given(st.integers(0, 1_000_000), st.sampled_from(sorted(PROFILES)))
@examples(max_examples=30)
def test_what_is_said_of_neighbours_adds_up(seed: int, profile: str) -> None:
    ranking = ranked(seed, profile, None)
    for story in ranking.stories[:-1]:
        why = as_read(explained_json(story, ranking))["whyAboveNext"]
        assert sum(item["advantage"] for item in why["differences"]) == why["gap"] == why["upper"]["score"] - why["lower"]["score"]


@given(st.integers(0, 1_000_000))
@examples(max_examples=30)
def test_four_counts_never_rise_from_articles_to_publisher_groups(seed: int) -> None:
    ranking = ranked(seed, "balanced", None)
    for story in ranking.stories:
        counts = story.counts
        assert counts.articles >= counts.unique_texts >= 1
        assert counts.articles >= counts.providers >= counts.publisher_groups >= 1
        assert len(story.heat.coverage) < counts.unique_texts
