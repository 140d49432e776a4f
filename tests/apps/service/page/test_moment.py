"""Moment: nothing in it is newer than the number of the event that it names."""

from __future__ import annotations

import pytest
from support.service import QUAKE, Service, item

from ranker.apps.service.page.moment import Moment
from ranker.apps.service.serving import Serving
from ranker.apps.service.views import View


def test_what_is_decided_while_it_is_taken_is_told_once_more(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    before = newsroom.runner.work.last_event

    def view_late(serving: Serving) -> View:
        newsroom.post([item("quake-4", "Quake of magnitude 6.8 strikes Tarapay coast, pier lost", QUAKE)])
        return serving.views.of(serving.edition, None, None)

    monkeypatch.setattr(Serving, "view", property(view_late))
    moment = Moment.of(newsroom.app.state.serving)
    assert (moment.last_event, len(moment.view.edition)) == (before, 7)
    assert newsroom.runner.work.last_event > before


def test_a_moment_is_another_when_something_that_is_shown_is(newsroom: Service) -> None:
    serving = newsroom.app.state.serving
    keys = [Moment.of(serving).key]
    assert Moment.of(serving).key == keys[0]
    said = {"action": "pin", "articles": ["quake-1"]}
    name = newsroom.client.post("/v1/corrections", json=said).json()["id"]
    keys.append(Moment.of(serving).key)
    newsroom.step()
    keys.append(Moment.of(serving).key)
    newsroom.client.delete(f"/v1/corrections/{name}")
    keys.append(Moment.of(serving).key)
    newsroom.client.post("/v1/corrections", json=said | {"by": "Ann", "why": "Made again"})
    keys.append(Moment.of(serving).key)
    newsroom.step(hours=1)
    keys.append(Moment.of(serving).key)
    assert len(set(keys)) == len(keys) == 6
