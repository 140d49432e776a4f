"""Wire shapes: what stands in an answer, under which name."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ranker.apps.wire import article_json, file_item, flat_rows, related_json, story_json, timeline
from ranker.articles.article import Article, Provider
from ranker.pipeline import Ranking, score_stories
from ranker.ranking.ranked import RankedStory

QUAKE = "https://www.pressline.example/quake"


def article_at(address: str, ranking: Ranking) -> Article:
    return next(article for article in ranking.grouping.corpus.articles if article.url == address)


@pytest.fixture
def quake(ranking: Ranking) -> RankedStory:
    return ranking.by_article[article_at(QUAKE, ranking).id]


def test_a_story_has_the_names_of_the_format(quake: RankedStory, ranking: Ranking) -> None:
    assert set(story_json(quake, ranking)) >= {
        "id", "rank", "score", "signals", "adjustments", "counts", "firstPublished", "lastPublished", "lead", "articles", "topics",
    }  # fmt: skip


def test_a_story_tells_its_counts_and_its_span(quake: RankedStory, ranking: Ranking) -> None:
    told = story_json(quake, ranking)
    assert told["counts"] == {"articles": 3, "uniqueTexts": 3, "providers": 3, "publisherGroups": 3}
    assert (told["firstPublished"], told["lastPublished"]) == ("2026-03-11T09:00:00Z", "2026-03-11T12:00:00Z")


def test_a_story_tells_in_which_hours_it_was_told(quake: RankedStory, ranking: Ranking) -> None:
    told = story_json(quake, ranking)
    assert [hour["hour"] for hour in told["timeline"]] == ["2026-03-11T09:00:00Z", "2026-03-11T10:00:00Z", "2026-03-11T12:00:00Z"]
    assert told["lineage"] is None  # a batch has no history


def test_a_timeline_counts_articles_and_providers_by_the_hour(quake: RankedStory) -> None:
    first = quake.story.articles[0]
    told = [*quake.story.articles, replace(first, id="again"), replace(first, id="undated", published=None)]
    assert [(hour["articles"], hour["providers"]) for hour in timeline(told)] == [(2, 1), (1, 1), (1, 1)]
    assert timeline([]) == []


def test_a_story_without_dates_has_no_span(ranking: Ranking) -> None:
    grouping = ranking.grouping
    stories = [replace(story, articles=tuple(replace(article, published=None) for article in story.articles)) for story in grouping.stories]
    undated = score_stories(replace(grouping, stories=tuple(stories)), ranking.related, ranking.settings, as_of=ranking.as_of)
    told = story_json(undated.stories[0], undated)
    assert (told["firstPublished"], told["lastPublished"]) == (None, None)
    assert told["articles"][0]["publishedDateTime"] is None


@pytest.mark.parametrize("name", ["quality", "heat", "recency"])
def test_a_signal_tells_what_it_is_made_of(name: str, quake: RankedStory, ranking: Ranking) -> None:
    signal = story_json(quake, ranking)["signals"][name]
    kept = getattr(quake.blend, name)
    assert signal.pop("parts")
    assert signal == {
        "value": {"quality": quake.quality.points, "heat": quake.heat.points, "recency": quake.recency.value}[name],
        "scale": kept.scale,
        "normalised": kept.normalised,
        "weight": kept.weight,
        "contribution": kept.contribution,
    }


def test_the_contributions_in_an_answer_add_up_to_its_score_to_the_last_digit(ranking: Ranking) -> None:
    for ranked in ranking.stories:
        told: Any = json.loads(msgspec.json.encode(story_json(ranked, ranking)), parse_float=Decimal)
        assert sum(signal["contribution"] for signal in told["signals"].values()) == told["score"]


def test_members_stand_in_order_of_time_with_the_reason_they_belong(quake: RankedStory, ranking: Ranking) -> None:
    members = story_json(quake, ranking)["articles"]
    assert [member["provider"]["name"] for member in members] == ["Pressline", "Nineline TV", "Continental Wire"]
    assert set(members[0]["membership"]) == {"probability", "similarity", "nearest"}
    assert members[0]["membership"]["nearest"] in {member["id"] for member in members[1:]}


def test_an_article_is_told_with_all_that_is_shown_of_it(ranking: Ranking) -> None:
    article = article_at(QUAKE, ranking)
    assert article_json(article, ranking) == {
        "id": article.id,
        "title": "Quake of magnitude 6.8 strikes off Tarapay coast",
        "provider": {"name": "Pressline", "domain": "pressline.example"},
        "publishedDateTime": "2026-03-11T09:00:00Z",
        "webUrl": "https://www.pressline.example/quake",
        "type": "article",
        "quality": 2 * 17 + 20 - 15,
        "excerpt": article.excerpt,
        "category": "",
        "topics": ["Earthquakes", "Peru"],
        "images": [{"url": "https://img.pressline.example/quake.jpg", "width": 800, "height": 450, "isCached": True}],
        "dateHealth": "ok",
    }


def test_opaque_values_are_not_told(ranking: Ranking) -> None:
    assert b"b3BhcXVl" not in msgspec.json.encode([story_json(ranked, ranking) for ranked in ranking.stories])


def test_a_related_item_tells_how_near_and_whether_it_is_the_same_story(quake: RankedStory, ranking: Ranking) -> None:
    item = ranking.related_to(quake.lead.id)[0]
    told = related_json(item, ranking)
    assert told["sameStory"] is True
    assert (told["similarity"], told["probability"]) == (
        pytest.approx(item.similarity, abs=1e-6),
        pytest.approx(item.probability, abs=1e-6),
    )


def test_an_item_for_a_file_has_the_format_s_fields_in_its_order(ranking: Ranking) -> None:
    item = file_item(article_at(QUAKE, ranking), 53)
    assert list(item) == ["title", "excerpt", "publishedDateTime", "webUrl", "type", "provider", "quality", "images"]
    assert (item["quality"], item["provider"]) == (53, {"name": "Pressline", "domain": "pressline.example"})


def test_an_item_for_a_file_leaves_out_what_is_missing() -> None:
    assert file_item(Article("a1", "Ferry aground"), 0) == {"title": "Ferry aground", "type": "article", "quality": 0}


def test_an_item_for_a_file_keeps_half_a_provider() -> None:
    assert file_item(Article("a1", "Ferry", provider=Provider("The Albion")), 0)["provider"] == {"name": "The Albion"}


def test_flat_rows_are_the_articles_in_the_order_of_stories_and_of_time(ranking: Ranking) -> None:
    rows = flat_rows(ranking)
    assert [row["id"] for row in rows] == [article.id for ranked in ranking.stories for article in ranked.story.articles]
    assert [row["storyRank"] for row in rows] == sorted(int(str(row["storyRank"])) for row in rows)
    assert sum(row["isLead"] is True for row in rows) == len(ranking.stories)


def test_a_date_that_was_set_back_is_not_written_into_other_people_s_files(ranking: Ranking) -> None:
    article = article_at(QUAKE, ranking)
    assert file_item(article, 83)["publishedDateTime"] == "2026-03-11T09:00:00Z"
    assert "publishedDateTime" not in file_item(replace(article, date_health="clamped"), 83)
