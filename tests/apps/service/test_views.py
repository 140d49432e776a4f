"""Views: what an edition is under some settings, without anything made for stories that nobody asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError
from support.service import NEWSROOM, NOW, Service

from ranker.apps.service.asked import StoriesAsked, TextAsked
from ranker.apps.service.bodies import reason_of
from ranker.apps.service.recent import Recent
from ranker.apps.service.shapes import Qualities
from ranker.apps.service.views import View, Views
from ranker.desk.edition import Filter


def test_points_are_those_of_the_ranking(newsroom: Service) -> None:
    view = newsroom.app.state.serving.view
    assert dict(view.quality_points) == dict(view.ranking.quality_points)
    assert len(view.quality_points) == 6
    with pytest.raises(KeyError):
        view.quality_points["nobody"]


def test_points_of_an_article_that_has_left_since(newsroom: Service) -> None:
    view = newsroom.app.state.serving.view
    points = view.ranking.quality_points["snooker"]
    newsroom.client.delete("/v1/articles/snooker")
    newsroom.step()
    assert view.quality_points["snooker"] == points


def test_points_of_another_moment(newsroom: Service) -> None:
    edition = newsroom.desk.edition
    view = View(edition, edition.ranking(as_of=NOW.replace(day=10)))
    assert dict(view.quality_points) == dict(view.ranking.quality_points)
    assert view.quality_points.keys() == {"ferry-1", "ferry-2"}


def test_views_are_made_once_and_have_bounds(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranker.apps.service.views._KEPT_VIEWS", 2)
    views, edition = Views(), newsroom.desk.edition
    first = views.of(edition, None, None)
    assert views.of(edition, None, None) is views.known(edition, None, None) is first
    for day in (9, 10):
        views.of(edition, None, NOW.replace(day=day))
    assert views.known(edition, None, NOW.replace(day=1)) is None
    assert views.of(edition, None, None) is not first


def test_views_of_editions_that_are_over_are_let_go(newsroom: Service) -> None:
    views = Views()
    editions = []
    for minute in range(4):
        edition = newsroom.desk.advance(NOW + timedelta(minutes=minute))
        views.of(edition, None, None)
        views.of(edition, None, NOW)
        editions.append(edition.number)
    assert {key[0] for key in views._made} == set(editions[-2:])


def test_a_folded_story_brings_its_leader_into_a_filtered_list(newsroom: Service) -> None:
    view = newsroom.app.state.serving.view
    quake, ferry = (newsroom.story_of(name) for name in ("quake-1", "ferry-1"))
    numbers = {story.id: number for number, story in enumerate(view.ranking.scores.table.stories)}
    listing = view.stories._listing
    order = tuple(number for number in listing.order if number != numbers[ferry])
    view.stories._listing = replace(listing, order=order, folded={numbers[ferry]: numbers[quake]})
    view.stories._made.clear()
    under = View(view.edition, view.ranking)
    assert under.listed(Filter(topic="Sea"), "score") == [quake]
    told = under.story(ferry)
    leader = under.story(quake)
    assert told is not None
    assert leader is not None
    assert told.rank == leader.rank


def test_qualities_stand_in_for_a_ranking(newsroom: Service) -> None:
    edition = newsroom.desk.edition
    articles = [edition.article(each["id"]) for each in NEWSROOM]
    qualities = Qualities(edition, [article for article in articles if article is not None])
    assert dict(qualities) == edition.ranking().quality_points
    assert len(qualities) == 6


def test_only_the_last_articles_are_remembered(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranker.apps.service.recent._MOST", 1)
    recent = Recent(newsroom.runner)
    recent.note([901, 902], [("a", None), ("b", None)])
    assert list(recent._known) == ["b"]
    assert recent.holds("snooker")


def test_half_characters_and_moments_are_looked_at_wherever_they_come_from() -> None:
    with pytest.raises(ValidationError, match="lone surrogate"):
        StoriesAsked.model_validate({"q": "\ud800"})
    with pytest.raises(ValidationError, match="is empty"):
        StoriesAsked.model_validate({"since": " "})
    assert StoriesAsked.model_validate({"since": NOW}).filters() == {"since": NOW}
    assert TextAsked.model_validate({"title": "A", "publishedDateTime": None}).published_date_time is None


def test_why_a_text_is_no_json() -> None:
    assert reason_of(RecursionError()) == "nested too deep"
    assert "surrogate" in reason_of(UnicodeEncodeError("utf-8", "x", 0, 1, "no"))
