"""The client and the real service: pages, articles, stories, corrections, keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from support.places import Place, placed
from support.scripted import BRISK
from support.service import NEWSROOM, planted_items

from ranker.apps.service.keys import hashed_key
from ranker.client import Contradiction, Gone, NotAllowed, NotFound, Patience, RankerClient, Refused, Story

KEY = "a key that is long enough for a test"


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RankerClient]:
    """A client of a service with `NEWSROOM` and 23 more stories, which tests leave as they are."""
    with placed(tmp_path_factory.mktemp("client") / "desk.sqlite", page_limit=10) as place, RankerClient(place.url) as client:
        receipts = list(client.add([*NEWSROOM, *planted_items(23, 2, seed=5)], wait=10))
        assert {receipt.status for receipt in receipts} == {"created"}
        yield client


@pytest.fixture
def desk(client: RankerClient) -> RankerClient:
    """A client of a service of its own with `NEWSROOM`."""
    assert all(receipt.story for receipt in client.add(NEWSROOM, wait=10))
    return client


def story_of(client: RankerClient, article_id: str) -> str:
    found = client.article(article_id).story
    assert found is not None
    return found


def test_all_pages_together_are_the_list(newsroom: RankerClient) -> None:
    stories = list(newsroom.stories(limit=4))
    assert all(isinstance(story, Story) for story in stories)
    assert len({story.id for story in stories}) == len(stories) == newsroom.page().total
    assert [story.rank for story in stories] == list(range(1, len(stories) + 1))


def test_a_page_leads_to_the_next(newsroom: RankerClient) -> None:
    first = newsroom.page(limit=3, sort="newest")
    second = newsroom.page(limit=3, sort="newest", cursor=first.next)
    listed = [story.id for story in newsroom.stories(limit=10, sort="newest")]
    assert [story.id for story in (*first.stories, *second.stories)] == listed[:6]


def test_pages_neither_skip_nor_repeat_while_articles_arrive(desk: RankerClient) -> None:
    stories = desk.stories(limit=1, sort="newest")
    before = [next(stories).id]
    late = {"id": "late", "title": "Bakers on strike in Vell", "publishedDateTime": "2026-03-11T18:00:00Z"}
    assert next(desk.add([late], wait=10)).story
    assert len({*before, *(story.id for story in stories)}) == 3
    assert len(list(desk.stories())) == 4


def test_filters_reach_the_service(newsroom: RankerClient) -> None:
    (quake,) = newsroom.stories(topic="Earthquakes", min_providers=3, weights={"heat": 1.0}, explain=True)
    assert quake.signals is not None
    assert (quake.signals.heat.weight, quake.counts.articles, quake.phase_parts is not None) == (1.0, 3, True)
    assert list(newsroom.stories(since=datetime(2027, 1, 1, tzinfo=UTC))) == []
    with pytest.raises(Refused) as caught:
        newsroom.page(limit=0)
    assert set(caught.value.fields) == {"limit"}


def test_a_story_is_told_with_all_of_it(newsroom: RankerClient) -> None:
    story = newsroom.story(story_of(newsroom, "quake-1"))
    assert {article.id for article in story.articles} == {"quake-1", "quake-2", "quake-3"}
    assert story.lead is not None
    assert story.lead.published_date_time is not None
    assert story.lead.published_date_time.tzinfo is not None
    assert story.signals is not None
    assert story.score == story.signals.quality.contribution + story.signals.heat.contribution + story.signals.recency.contribution
    assert story.lineage is not None
    assert (story.lineage.state, story.asked_for, story.phase_parts) == ("live", None, None)
    assert newsroom.explanation(story.id).phase_parts is not None
    assert newsroom.timeline(story.id).timeline == story.timeline


def test_what_is_related_is_told(newsroom: RankerClient) -> None:
    found = newsroom.related("quake-1", limit=2)
    assert (found.id, found.story) == ("quake-1", story_of(newsroom, "quake-1"))
    assert [item.same_story for item in found.related] == [True, True]
    text = newsroom.related_to(NEWSROOM[0]["title"], NEWSROOM[0]["excerpt"], provider="Other", published="2026-03-11T12:00:00Z", limit=2)
    assert (text.id, text.story) == (None, found.story)
    assert [item.same_story for item in text.related] == [True, True]


def test_articles_are_ranked_by_themselves(newsroom: RankerClient) -> None:
    parted = {"action": "part", "articles": ["ferry-1"], "others": ["ferry-2"]}
    ranked = newsroom.rank([*NEWSROOM, {"id": "odd"}], as_of="2026-03-11T18:00:00Z", corrections=[parted], limit=3)
    assert (ranked.total, len(ranked.stories)) == (4, 3)
    assert [(item.index, item.problem.field) for item in ranked.refused] == [(6, "title")]
    with pytest.raises(Refused) as caught:
        newsroom.rank([{"id": "odd"}])
    assert set(caught.value.fields) == {"0.title"}


def test_topics_and_providers_are_lists(newsroom: RankerClient) -> None:
    assert {topic.name for topic in newsroom.topics(limit=1)} >= {"Earthquakes", "Peru", "Sea"}
    providers = list(newsroom.providers(limit=7))
    assert len(providers) == len({provider.domain for provider in providers}) > 7
    assert sum(provider.dates.ok for provider in providers) == 52


def test_changes_are_told_up_to_now(newsroom: RankerClient) -> None:
    events = list(newsroom.changes(limit=5))
    assert [event.number for event in events] == sorted({event.number for event in events})
    assert [event.kind for event in events].count("created") == newsroom.page().total
    assert list(newsroom.changes(events[2].number)) == events[3:]
    with pytest.raises(Gone):
        list(newsroom.changes(10**9))


def test_there_is_nothing_of_an_unknown_id(newsroom: RankerClient) -> None:
    for ask in (newsroom.story, newsroom.explanation, newsroom.timeline, newsroom.article, newsroom.related, newsroom.correction):
        with pytest.raises(NotFound):
            ask("nothing")


def test_each_article_has_its_receipt(desk: RankerClient) -> None:
    sent = [NEWSROOM[0], NEWSROOM[1] | {"title": "Another title for the quake"}, {"title": ""}, "text", {"id": "new/1", "title": "New"}]
    receipts = list(desk.add(sent, per_request=2, wait=10))
    assert [(receipt.index, receipt.status) for receipt in receipts] == [
        (0, "unchanged"), (1, "updated"), (2, "refused"), (3, "refused"), (4, "created"),
    ]  # fmt: skip
    assert receipts[2].problem is not None
    assert (receipts[2].problem.field, receipts[2].problem.reason) == ("title", "missing")
    assert desk.article("new/1").title == "New"


def test_a_removed_article_is_gone(desk: RankerClient) -> None:
    assert desk.remove("snooker", wait=10).id == "snooker"
    with pytest.raises(NotFound):
        desk.article("snooker")
    with pytest.raises(NotFound):
        desk.remove("snooker")


def test_an_emptied_story_is_gone_and_a_merged_one_leads_to_its_heir(desk: RankerClient) -> None:
    snooker, ferry, quake = (story_of(desk, name) for name in ("snooker", "ferry-1", "quake-1"))
    joined = desk.correct("join", articles=["ferry-1", "quake-1"], by="Ann", why="one story", wait=10)
    assert (joined.state, joined.by, joined.why) == ("stands", "Ann", "one story")
    heir = story_of(desk, "quake-1")
    merged = next(story for story in (ferry, quake) if story != heir)
    for told in (desk.story(merged), desk.explanation(merged), desk.timeline(merged)):
        assert (told.id, told.asked_for) == (heir, merged)
    assert desk.story(heir).asked_for is None
    desk.remove("snooker", wait=10)
    with pytest.raises(Gone) as caught:
        desk.story(snooker)
    assert caught.value.heirs == ()


def test_corrections_are_made_refused_listed_and_undone(desk: RankerClient) -> None:
    first = desk.correct("join", articles=["quake-1", "ferry-1"], wait=10)
    assert desk.correct("join", articles=["quake-1", "ferry-1"]).id == first.id
    with pytest.raises(Contradiction) as caught:
        desk.correct("part", articles=["quake-1"], others=["ferry-1"])
    assert first.id in caught.value.chain
    assert caught.value.against == (first.id,)
    hidden = desk.correct("hide", stories=[story_of(desk, "snooker")], wait=10)
    assert [correction.id for correction in desk.corrections(limit=1)] == [first.id, hidden.id]
    assert desk.undo(first.id, wait=10).state == "undone"
    assert [correction.id for correction in desk.corrections()] == [hidden.id]
    assert {correction.id: correction.state for correction in desk.corrections(undone=True)}[first.id] == "undone"
    assert desk.correction(first.id).undone is not None
    with pytest.raises(NotFound):
        desk.undo(first.id)
    with pytest.raises(Refused) as refused:
        desk.correct("hide", articles=["nothing"])
    assert refused.value.fields == {"articles": "no article nothing is kept"}


def test_a_key_opens_what_its_role_may(tmp_path: Path) -> None:
    keys = {"site": {"hash": hashed_key(KEY), "role": "read"}}
    with placed(tmp_path / "desk.sqlite", keys=keys) as place:
        with RankerClient(place.url, key=KEY, patience=BRISK) as client:
            assert client.readiness().articles == 0
            assert list(client.stories()) == []
            with pytest.raises(NotAllowed) as caught:
                list(client.add([{"title": "Quake"}]))
            assert caught.value.status == 403
        for key in (None, "another"):
            with RankerClient(place.url, key=key, patience=BRISK) as client, pytest.raises(NotAllowed) as caught:
                client.article("a1")
            assert (caught.value.status, caught.value.title) == (401, "A key is needed")


def test_a_service_that_is_not_there_is_not_ready(place: Place) -> None:
    with RankerClient(place.url, patience=BRISK) as client:
        assert client.readiness().waiting == 0
        assert client.ready()
        place.runner.send_away()
        assert not client.ready()
    with RankerClient("http://127.0.0.1:9", patience=Patience(attempts=1)) as client:
        assert not client.ready()


class Breaking(httpx.BaseTransport):
    """Breaks one connection after the service has taken what was sent, and one before."""

    def __init__(self) -> None:
        self.inner, self.count = httpx.HTTPTransport(), 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.count == 4:
            raise httpx.ConnectError("refused")
        response = self.inner.handle_request(request)
        if self.count == 2:
            response.read()
            response.close()
            raise httpx.ReadError("reset")
        return response

    def close(self) -> None:
        self.inner.close()


def test_2500_articles_over_broken_connections_are_each_kept_once(tmp_path: Path) -> None:
    transport = Breaking()
    with placed(tmp_path / "desk.sqlite", decides=False, backlog_limit=50_000) as place:
        with RankerClient(place.url, patience=BRISK, transport=transport) as client:
            receipts = list(client.add({"id": f"a{number}", "title": f"Report {number} of the day"} for number in range(2500)))
        kept = [change.article.id for change in place.runner.desk.store.waiting(limit=10_000) if change.article is not None]
    assert transport.count == 7
    assert [(receipt.index, receipt.id) for receipt in receipts] == [(number, f"a{number}") for number in range(2500)]
    assert {receipt.status for receipt in receipts[:500] + receipts[1000:]} == {"created"}
    assert {receipt.status for receipt in receipts[500:1000]} == {"unchanged"}  # the service had taken them before the connection broke
    assert set(kept) == {receipt.id for receipt in receipts}
    assert len(kept) == 3000  # 500 were sent twice, which changes nothing
