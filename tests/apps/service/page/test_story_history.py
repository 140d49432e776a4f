"""History of a story: what happened and what was said, newest first, and why in words."""

from __future__ import annotations

from typing import Any

from support.service import QUAKE, Service, item

from ranker.apps.service.page.story_history import History, history_of


def _history(service: Service, story: str, *, limit: int = 100) -> History:
    view = service.app.state.serving.view
    ranked = view.story(story)
    articles = [] if ranked is None else [article.id for article in ranked.story.articles]
    return history_of(story, articles, service.desk.store, service.desk.corrections(), view, limit=limit)


def _correct(service: Service, **body: Any) -> str:
    answer = service.client.post("/v1/corrections", json=body)
    assert answer.status_code == 201, answer.text
    service.step(hours=1)
    return str(answer.json()["id"])


def _whats(history: History) -> list[str]:
    return [entry.what for entry in history.entries]


def test_a_story_begins_and_grows(newsroom: Service) -> None:
    story = newsroom.story_of("quake-1")
    newsroom.step(hours=1)
    newsroom.post([item("quake-4", "Quake of magnitude 6.8 strikes Tarapay coast, pier lost", QUAKE)])
    found = _history(newsroom, story)
    assert _whats(found) == ["Grew", "Begun"]
    grown, begun = found.entries
    assert ([named.id for named in grown.articles], grown.articles[0].title) == (
        ["quake-4"],
        "Quake of magnitude 6.8 strikes Tarapay coast, pier lost",
    )
    assert (grown.because, grown.at) == ("1 article arrived", "2026-03-11T19:00:00Z")
    assert ([named.id for named in begun.articles], begun.more_articles) == (["quake-1", "quake-2", "quake-3"], 0)


def test_a_correction_is_told_with_who_and_why_and_what_came_of_it(newsroom: Service) -> None:
    story = newsroom.story_of("quake-1")
    newsroom.step(hours=1)
    said = _correct(newsroom, action="part", articles=["quake-3"], others=["quake-1", "quake-2"], by="Ann", why="Two quakes")
    found = _history(newsroom, story)
    assert _whats(found) == ["Split", "Part", "Begun"]
    split, part, _ = found.entries
    assert split.because == "correction \u201cpart\u201d by Ann"
    there = newsroom.story_of("quake-3")
    assert [(named.id, named.title) for named in split.stories] == [(there, newsroom.get(f"/v1/stories/{there}")["lead"]["title"])]
    assert part.correction is not None
    assert (part.correction["id"], part.correction["state"], part.correction["by"], part.because) == (said, "stands", "Ann", "Two quakes")
    assert ([named.id for named in part.articles], [named.id for named in part.others]) == (["quake-3"], ["quake-1", "quake-2"])


def test_what_was_undone_stays_with_who_undid_it(newsroom: Service) -> None:
    story = newsroom.story_of("quake-1")
    newsroom.step(hours=1)
    said = _correct(newsroom, action="part", articles=["quake-3"], others=["quake-1"], by="Ann")
    assert newsroom.client.delete(f"/v1/corrections/{said}").status_code == 200
    newsroom.step()
    found = _history(newsroom, story)
    assert _whats(found) == ["Grew", "Split", "Part", "Begun"]
    assert found.entries[0].because == "correction \u201cpart\u201d by Ann undone"
    correction = found.entries[2].correction
    assert correction is not None
    assert (correction["state"], correction["undone"]["at"]) == ("undone", "2026-03-11T20:00:00Z")


def test_what_waits_to_be_decided_is_told_as_waiting(newsroom: Service) -> None:
    story = newsroom.story_of("snooker")
    assert newsroom.client.post("/v1/corrections", json={"action": "pin", "articles": ["snooker"]}).status_code == 201
    correction = _history(newsroom, story).entries[0].correction
    assert correction is not None
    assert correction["state"] == "waiting"
    newsroom.step()
    correction = _history(newsroom, story).entries[0].correction
    assert correction is not None
    assert correction["state"] == "stands"


def test_corrections_of_other_stories_are_not_told(newsroom: Service) -> None:
    _correct(newsroom, action="pin", articles=["snooker"])
    assert _whats(_history(newsroom, newsroom.story_of("quake-1"))) == ["Begun"]


def test_a_correction_of_an_article_that_has_left_is_told_by_its_event(newsroom: Service) -> None:
    story = newsroom.story_of("ferry-1")
    lead = newsroom.get(f"/v1/stories/{story}")["lead"]["id"]
    other = ({"ferry-1", "ferry-2"} - {lead}).pop()
    _correct(newsroom, action="lead", articles=[other], by="Ann")
    assert _whats(_history(newsroom, story)) == ["Lead", "Begun"]  # what the correction says is not said twice
    newsroom.client.delete(f"/v1/articles/{other}")
    newsroom.step()
    assert _whats(_history(newsroom, story)) == ["Shrank", "Corrected", "Begun"]


def test_of_a_long_history_the_newest_is_told_and_the_rest_counted(newsroom: Service) -> None:
    story = newsroom.story_of("quake-1")
    for number in range(4, 9):
        newsroom.step(hours=0.1)
        newsroom.post([item(f"quake-{number}", f"Quake of magnitude 6.8 strikes Tarapay coast: report {number}", QUAKE)])
    found = _history(newsroom, story, limit=2)
    assert (_whats(found), found.left_out) == (["Grew", "Grew"], 4)
    assert [entry.articles[0].id for entry in found.entries] == ["quake-8", "quake-7"]


def test_many_articles_are_counted_behind_the_first(service: Service) -> None:
    service.post([item(f"quake-{number}", f"Quake of magnitude 6.8 strikes Tarapay coast, report {number}", QUAKE) for number in range(8)])
    (begun,) = _history(service, service.story_of("quake-0")).entries
    assert (len(begun.articles), begun.more_articles) == (3, 5)
