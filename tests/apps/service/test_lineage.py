"""Lineage: stories in each of their states, and where those lead that live no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.service import NOW, QUAKE, Service, item

from ranker.apps.service.lineage import chain_of, led_on, living
from ranker.apps.service.problems import Problem
from ranker.desk.desk import Desk
from ranker.desk.records import StoryRecord


def test_a_merged_story_leads_to_its_heir(newsroom: Service) -> None:
    quake, ferry, snooker = (newsroom.story_of(name) for name in ("quake-1", "ferry-1", "snooker"))
    newsroom.client.post("/v1/corrections", json={"action": "join", "stories": [snooker, ferry]})
    newsroom.step()
    newsroom.post([item("quake-4", "Magnitude 6.8 quake strikes Tarapay coast, schools closed", QUAKE)])  # more than both have together
    newsroom.client.post("/v1/corrections", json={"action": "join", "stories": [ferry, quake]})
    newsroom.step()
    assert newsroom.story_of("snooker") == quake
    answer = newsroom.client.get(f"/v1/stories/{snooker}/timeline")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/v1/stories/{quake}/timeline"
    told = answer.json()
    assert (told["heir"], told["chain"], told["at"]) == (quake, [snooker, ferry, quake], "2026-03-11T18:00:00Z")
    assert "correction" in told["because"]
    assert newsroom.get(f"/v1/stories/{quake}")["lineage"]["mergedFrom"] == [ferry]


def test_a_story_without_articles_is_gone(newsroom: Service) -> None:
    story = newsroom.story_of("snooker")
    newsroom.client.delete("/v1/articles/snooker")
    newsroom.step()
    answer = newsroom.client.get(f"/v1/stories/{story}")
    assert (answer.status_code, answer.json()["heirs"]) == (410, [])
    assert newsroom.client.get("/v1/stories/s0000").status_code == 404


def test_a_sealed_story_stays_readable(newsroom: Service) -> None:
    story = newsroom.story_of("quake-1")
    live = newsroom.get(f"/v1/stories/{story}")
    newsroom.desk.advance(NOW + timedelta(days=60))
    assert newsroom.get("/v1/stories")["total"] == 0
    sealed = newsroom.get(f"/v1/stories/{story}")
    assert sealed.keys() == live.keys()
    for name in ("id", "counts", "firstPublished", "lastPublished", "topics", "timeline"):
        assert sealed[name] == live[name]
    assert (sealed["lineage"]["state"], sealed["score"], sealed["signals"], sealed["phase"]) == ("sealed", None, None, None)
    assert sealed["lead"]["id"] in {"quake-1", "quake-2", "quake-3"}
    assert newsroom.get(f"/v1/stories/{story}/timeline")["timeline"] == live["timeline"]
    article = newsroom.get("/v1/articles/quake-1")
    assert (article["state"], article["story"]) == ("sealed", story)
    assert newsroom.get("/v1/articles/quake-1/related")["story"] == story


class _Records:
    """Stands in for a desk: stories that live no longer."""

    def __init__(self, **states: tuple[str, tuple[str, ...]]) -> None:
        self._states = states

    def current(self, story_id: str) -> StoryRecord | None:
        state, heirs = self._states.get(story_id, ("", ()))
        return StoryRecord(story_id, state, NOW, NOW, heirs, because="a reason") if state else None  # type: ignore[arg-type]


def _desk(**states: tuple[str, tuple[str, ...]]) -> Desk:
    return _Records(**states)  # type: ignore[return-value]


def test_lineage_follows_merges_to_their_end() -> None:
    desk = _desk(a=("merged", ("b",)), b=("merged", ("c",)), c=("split", ("d", "e")), d=("live", ()), e=("sealed", ()))
    assert [record.id for record in chain_of(desk, "a")] == ["a", "b", "c"]
    with pytest.raises(Problem) as gone:
        led_on(desk, "a", part="", query="", root="")
    assert (gone.value.status_code, gone.value.extensions["heirs"]) == (410, ["d", "e"])
    found = living(desk, "a")
    assert found is not None
    assert found.id == "d"
    assert led_on(desk, "e", part="", query="", root="").state == "sealed"
    with pytest.raises(Problem) as young:
        led_on(desk, "d", part="", query="", root="")
    assert young.value.status_code == 404


def test_lineage_leads_to_a_sealed_heir_with_the_query() -> None:
    desk = _desk(a=("merged", ("b c",)), **{"b c": ("sealed", ())})
    with pytest.raises(Problem) as moved:
        led_on(desk, "a", part="/timeline", query="x=1", root="")
    assert (moved.value.status_code, moved.value.headers["Location"]) == (308, "/v1/stories/b%20c/timeline?x=1")  # type: ignore[index]


def test_lineage_of_a_damaged_store_ends() -> None:
    desk = _desk(a=("merged", ("b",)), b=("merged", ("a",)))
    assert living(desk, "a") is None
    with pytest.raises(Problem) as gone:
        led_on(desk, "a", part="", query="", root="")
    assert gone.value.status_code == 410
    assert living(_desk(a=("emptied", ())), "a") is None
