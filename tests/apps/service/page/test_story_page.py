"""A story's page: the numbers of the wire, hostile texts shown as texts, and what becomes of stories that live no more."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from support.service import NOW, QUAKE, Make, Service, item, planted_items

from ranker.apps.service.keys import hashed_key
from ranker.apps.service.page import story_page
from ranker.apps.service.page.story_history import SHOWN
from ranker.apps.service.page.story_members import TEXTS_A_PAGE
from ranker.apps.service.page.story_page import COPIES_SHOWN
from ranker.apps.service.shapes import live_story_json
from ranker.settings import KeySettings

HOSTILE = "<script>alert(1)</script>\" onmouseover='x' {{ 7 * 7 }} </svg></title>&lt;"


def _page(service: Service, story: str, **parameters: Any) -> str:
    answer = service.client.get(f"/stories/{story}", params=parameters)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.text


def _text(page: str) -> str:
    """What a reader sees of a page, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _members(page: str) -> list[str]:
    return [html.unescape(name) for name in re.findall(r'<li class="member[^"]*" data-article="([^"]*)"', page)]


def test_every_story_shows_the_numbers_of_the_wire(standing: Service) -> None:
    for listed in standing.get("/v1/stories")["stories"]:
        told = standing.get(f"/v1/stories/{listed['id']}/explanation")
        page = _page(standing, told["id"])
        text = _text(page)
        assert f"#{told['rank']} of 3" in text
        counts = told["counts"]
        assert f"{counts['articles']} article" in text
        assert f"{counts['publisherGroups']} publisher group" in text
        for name, signal in told["signals"].items():
            assert f"{name} {signal['value']:.2f} {signal['normalised']:.4f} {signal['weight']:g}" in text
        assert _members(page) == [article["id"] for article in told["articles"]]
        for article in told["articles"]:
            assert article["title"] in text
            if article["membership"]["probability"] is not None:
                assert f"P {article['membership']['probability']:.2f} , nearest" in text
                assert f"{article['membership']['similarity']:.2f}" in text
        assert told["phase"].capitalize() in text
        assert f"its pace is {told['phaseParts']['pace']:.2f}" in text


def test_why_it_is_above_the_next_is_what_the_wire_says(standing: Service) -> None:
    top, second, last = standing.get("/v1/stories")["stories"]
    why = standing.get(f"/v1/stories/{top['id']}/explanation")["whyAboveNext"]
    page = _page(standing, top["id"])
    part = page[page.index('id="why"') : page.index('id="coverage"')]
    assert f'data-beside="{second["id"]}"' in part
    assert f'data-beside="{last["id"]}"' not in part
    assert f"{why['decidedBy'].capitalize()} decides" in _text(part)
    assert re.search(rf'class="decides"><th scope="row">{why["decidedBy"]}', part)
    ahead = re.findall(r'class="sum"><th scope="row">score</th><td>[0-9.]+</td><td>[0-9.]+</td><td>([+-][0-9.]+)</td>', part)
    assert [float(number) for number in ahead] == pytest.approx([why["gap"]], abs=1e-4)
    assert "That one would be level with any one of" in _text(part)
    below = _page(standing, last["id"])
    assert f'data-beside="{second["id"]}"' in below
    assert "This one would be level with any one of" in _text(below)
    gist = _text(page[page.index('<p class="gist">') : page.index("</p>", page.index('<p class="gist">'))])
    assert "of its score is" in gist
    assert f"{why['decidedBy'].capitalize()} puts it above #2" in gist
    assert "keeps it below #2" in _text(below)
    assert _page(standing, second["id"]).count("data-beside=") == 2


def test_the_page_has_the_headers_of_pages_and_is_kept_by_its_tag(standing: Service) -> None:
    story = standing.story_of("quake-1")
    answer = standing.client.get(f"/stories/{story}")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    again = standing.client.get(f"/stories/{story}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert standing.client.get(f"/stories/{story}").text == answer.text
    assert " style=" not in answer.text
    assert standing.client.get(f"/stories/{story}", params={"part": "story"}).headers["etag"] != answer.headers["etag"]


def test_a_part_is_the_story_alone(standing: Service) -> None:
    story = standing.story_of("quake-1")
    part = _page(standing, story, part="story")
    assert part.strip().startswith("<article")
    assert part.strip() in _page(standing, story)


def test_hostile_texts_are_shown_as_texts(service: Service) -> None:
    names = [f'x"><b {number}>' for number in range(2)]
    for number, name in enumerate(names):
        hostile = {"id": name, "provider": {"name": HOSTILE}, "webUrl": 'https://x.example/"><script>', "category": HOSTILE}
        title = f"Quake of magnitude 6.8 strikes off Tarapay coast {number} {HOSTILE}"
        service.post([item("q", title, f"{QUAKE} {HOSTILE}", topics=[HOSTILE]) | hostile])
    service.client.post("/v1/corrections", json={"action": "pin", "articles": [names[0]], "by": HOSTILE, "why": HOSTILE})
    service.step()
    (listed,) = service.get("/v1/stories")["stories"]
    page = _page(service, listed["id"])
    assert re.findall(r"<script[^>]*>", page) == re.findall(r'<script (?:type="module" |defer )?src="/page/[^"]+">', page)
    assert "<b " not in page
    assert "onmouseover='" not in page
    assert 'alert(1)</script>" onmouse' not in page
    assert listed["lead"]["title"] in html.unescape(page)
    assert listed["lead"]["title"].count("{{ 7 * 7 }}") == 1  # as it was written, not worked out
    assert _members(page) == names
    assert page.count("Correction: pin") == 1


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.example/a", "data:text/html,x"])
def test_only_addresses_of_the_web_are_led_to(standing: Service, url: str) -> None:
    from ranker.apps.service.page.templates import environment

    made = environment().from_string('{% import "parts.html" as parts %}{{ parts.outgoing(url, "t") }}').render(url=url)
    assert "href" not in made
    page = _page(standing, standing.story_of("quake-1"))
    outgoing = re.findall(r'<a class="out" href="([^"]+)" rel="([^"]+)"', page)
    assert ("https://quake-1.example/quake-1", "noopener noreferrer nofollow") in outgoing
    assert all(address.startswith("https://") and rel == "noopener noreferrer nofollow" for address, rel in outgoing)


def test_copies_are_folded_under_their_text(service: Service) -> None:
    title = "Quake of magnitude 6.8 strikes off Tarapay coast"
    copies = [item(f"copy-{number}", title, QUAKE, at=f"2026-03-11T10:{number:02}:00Z") for number in range(COPIES_SHOWN + 5)]
    service.post(
        [item("own", title, QUAKE), *copies, item("other", "Tarapay coast struck by quake of magnitude 6.8", f"{QUAKE} No tsunami.")]
    )
    story = service.story_of("own")
    page = _page(service, story)
    counts = service.get(f"/v1/stories/{story}")["counts"]
    assert (
        page.count('<details class="copies">') == counts["articles"] - counts["uniqueTexts"] > 0
        or counts["uniqueTexts"] < counts["articles"]
    )
    folded = page[page.index('<details class="copies">') : page.index("</details>", page.index('<details class="copies">'))]
    assert len(_members(folded)) == COPIES_SHOWN
    assert "5 more are not shown here" in _text(folded)
    assert "55 copies of this text" in _text(folded)


def test_a_long_story_comes_in_pages(make_service: Make) -> None:
    service = make_service()
    service.post(
        [
            item(f"q{number:03}", f"Quake of magnitude 6.8 strikes Tarapay coast, report {number}", f"{QUAKE} Note {number}.")
            for number in range(120)
        ]
    )
    story = service.story_of("q000")
    told = service.get(f"/v1/stories/{story}")
    assert told["counts"] == {"articles": 120, "uniqueTexts": 120, "providers": 120, "publisherGroups": 120}
    first, second, third = (_page(service, story, page=page) for page in (1, 2, 3))
    assert [len(_members(page)) for page in (first, second, third)] == [TEXTS_A_PAGE, TEXTS_A_PAGE, 20]
    assert _members(first) + _members(second) + _members(third) == [article["id"] for article in told["articles"]]
    assert "Texts 51 to 100 of 120" in _text(second)
    assert 'rel="next" href="?page=3#coverage"' in second
    assert 'rel="prev" href="?page=1#coverage"' in second
    wrong = service.client.get(f"/stories/{story}", params={"page": 4})
    assert (wrong.status_code, "the list has 3 pages" in wrong.text) == (422, True)


@pytest.mark.parametrize("parameters", [{"page": 0}, {"page": "x"}, {"history": "some"}, {"part": "x"}])
def test_wrong_parameters_are_told_on_a_page(standing: Service, parameters: dict[str, Any]) -> None:
    answer = standing.client.get(f"/stories/{standing.story_of('quake-1')}", params=parameters)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")


def test_a_map_has_every_article_and_a_story_of_one_has_none(standing: Service) -> None:
    page = _page(standing, standing.story_of("quake-1"))
    assert sorted(re.findall(r'<circle class="[^"]*" data-article="([^"]*)"', page)) == ["quake-1", "quake-2", "quake-3"]
    assert '<a href="#article-1" aria-label="Quake of magnitude 6.8 strikes off Tarapay coast (Quake-1)">' in page
    assert "100 % of the squared distances" in _text(page).replace("\u202f", " ")
    assert '<svg class="map"' not in _page(standing, standing.story_of("snooker"))


def test_who_may_correct_finds_what_the_script_needs(standing: Service) -> None:
    story = standing.story_of("quake-1")
    page = _page(standing, story)
    assert f'<article id="story" data-story="{story}" data-event="{standing.runner.work.last_event}"' in page
    assert 'id="corrections"' in page
    assert html.unescape(re.findall(r'data-members="([^"]*)"', page)[0]) == '["quake-1", "quake-2", "quake-3"]'
    assert 'data-is-named="no"' in page
    assert "<button" not in page[page.index('id="corrections"') : page.index('id="coverage"')]


def test_without_the_role_there_is_nothing_to_correct_with(make_service: Make) -> None:
    keys = {role: KeySettings(hash=hashed_key(role), role=role) for role in ("read", "write", "admin")}
    service = make_service(keys=keys)
    service.client.post("/v1/articles", json=[item("snooker", "Schoolboy makes a maximum break")], headers={"X-API-Key": "admin"})
    service.step()
    story = service.client.get("/v1/articles/snooker", headers={"X-API-Key": "read"}).json()["story"]
    pages = {role: service.client.get(f"/stories/{story}", headers={"X-API-Key": role}).text for role in keys}
    assert {role: 'id="corrections"' in page for role, page in pages.items()} == {"read": False, "write": False, "admin": True}
    assert 'data-is-named="yes"' in pages["admin"]
    assert "Signed in as <bdi>admin</bdi> (admin)" in pages["admin"]


def test_a_merged_story_leads_to_its_heir_which_says_so(newsroom: Service) -> None:
    quake, snooker = newsroom.story_of("quake-1"), newsroom.story_of("snooker")
    newsroom.client.post("/v1/corrections", json={"action": "join", "stories": [snooker, quake], "by": "Ann"})
    newsroom.step()
    assert newsroom.story_of("snooker") == quake
    answer = newsroom.client.get(f"/stories/{snooker}", params={"page": 3})
    assert (answer.status_code, answer.headers["location"]) == (308, f"/stories/{quake}?after={snooker}")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    text = _text(_page(newsroom, quake, after=snooker))
    assert f"Story {snooker} was merged into this one" in text
    assert "correction \u201cjoin\u201d by Ann ." in text
    for nonsense in ("s0", quake, newsroom.story_of("ferry-1"), HOSTILE):
        assert "was merged into this one" not in _page(newsroom, quake, after=nonsense)
    assert "was merged into this one" not in _page(newsroom, newsroom.story_of("ferry-1"), after=snooker)  # that went elsewhere


def test_a_story_that_was_split_tells_its_heirs(newsroom: Service) -> None:
    story = newsroom.story_of("ferry-1")
    newsroom.client.post("/v1/corrections", json={"action": "part", "articles": ["ferry-1", "ferry-2"]})
    newsroom.step()
    kept, other = sorted((newsroom.story_of("ferry-1"), newsroom.story_of("ferry-2")), key=lambda name: name != story)
    assert kept == story
    page = _page(newsroom, story)
    assert f'<a href="/stories/{other}">' in page[page.index('id="history"') :]


def test_a_story_that_ended_in_several_is_gone_and_tells_them(newsroom: Service) -> None:
    ferry, quake, snooker = (newsroom.story_of(name) for name in ("ferry-1", "quake-1", "snooker"))
    newsroom.post([item(f"quake-{number}", f"Quake of magnitude 6.8 strikes Tarapay coast, report {number}", QUAKE) for number in (4, 5)])
    newsroom.post([item("snooker-2", "Schoolboy makes a maximum break", at="2026-03-11T18:00:00Z")])
    for body in (
        {"action": "part", "articles": ["ferry-1"], "others": ["ferry-2"]},
        {"action": "join", "articles": ["ferry-1", "quake-1"]},
        {"action": "join", "articles": ["ferry-2", "snooker", "snooker-2"]},
    ):
        newsroom.client.post("/v1/corrections", json=body)
    newsroom.step()
    told = newsroom.client.get(f"/v1/stories/{ferry}")
    assert (told.status_code, sorted(told.json()["heirs"])) == (410, sorted([quake, snooker]))
    answer = newsroom.client.get(f"/stories/{ferry}")
    assert answer.status_code == 410
    assert re.findall(r'<li><a href="/stories/([^"]+)">', answer.text) == told.json()["heirs"]
    assert "This story was split" in answer.text
    assert newsroom.get(f"/v1/stories/{quake}")["lead"]["title"] in _text(answer.text)


def test_an_emptied_story_is_gone(newsroom: Service) -> None:
    story = newsroom.story_of("snooker")
    newsroom.client.delete("/v1/articles/snooker")
    newsroom.step()
    answer = newsroom.client.get(f"/stories/{story}")
    assert answer.status_code == 410
    assert "This story has no articles any more" in answer.text
    assert newsroom.get("/v1/changes")["events"][-1]["cause"] in _text(answer.text)


@pytest.mark.parametrize("story", ["s0000", "%3Cb%3E", "x" * 300])
def test_an_unknown_story_is_a_page_that_says_so(standing: Service, story: str) -> None:
    answer = standing.client.get(f"/stories/{story}")
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<b>" not in answer.text


def test_a_sealed_story_is_shown_without_scores(newsroom: Service) -> None:
    story = newsroom.story_of("quake-1")
    newsroom.desk.advance(NOW + timedelta(days=60))
    page = _page(newsroom, story)
    text = _text(page)
    assert "Sealed stories have no scores" in text
    assert _members(page) == ["quake-1", "quake-2", "quake-3"]
    for absent in ('id="score"', 'id="why"', 'id="likeness"', 'id="nearest"', 'id="corrections"'):
        assert absent not in page
    assert "Sealed" in page[page.index('id="history"') :]
    assert newsroom.client.get(f"/stories/{story}", params={"part": "story"}).text.strip().startswith("<article")


def test_a_hidden_story_says_that_it_is_in_no_list(newsroom: Service) -> None:
    story = newsroom.story_of("ferry-1")
    newsroom.client.post("/v1/corrections", json={"action": "hide", "articles": ["ferry-1"]})
    newsroom.step()
    text = _text(_page(newsroom, story))
    assert "hidden, in no list" in text
    assert "It is hidden and stands in no list." in text


def test_a_pinned_story_says_that_a_rule_decides(newsroom: Service) -> None:
    newsroom.client.post("/v1/corrections", json={"action": "pin", "articles": ["ferry-1"], "by": "Ann"})
    newsroom.step()
    text = _text(_page(newsroom, newsroom.story_of("ferry-1")))
    assert "#1 of 3" in text
    assert "A rule of the list puts it above" in text
    assert "Moved by a rule of the list: pinned: #3 by score, #1 here." in text


def test_the_only_story_has_nothing_beside_it(service: Service) -> None:
    service.post([item("snooker", "Schoolboy makes a maximum break")])
    assert "It is the only story of the list." in _text(_page(service, service.story_of("snooker")))


def test_all_of_a_long_history_is_a_link_away(make_service: Make) -> None:
    service = make_service()
    for number in range(SHOWN + 3):
        service.step(hours=0.01)
        service.post([item(f"q{number}", f"Quake of magnitude 6.8 strikes Tarapay coast: report {number}", QUAKE)])
    story = service.story_of("q0")
    page, whole = _page(service, story), _page(service, story, history="all")
    assert page.count('<li data-kind="') == SHOWN
    assert 'href="?history=all#history-title"' in page
    assert whole.count('<li data-kind="') == SHOWN + 3
    assert "history=all" not in whole


def test_an_undated_article_is_told_as_such(service: Service) -> None:
    service.post([item("snooker", "Schoolboy makes a maximum break", at="")])
    text = _text(_page(service, service.story_of("snooker")))
    assert "No article has a date." in text
    assert "undated" in text


def test_a_new_edition_has_a_new_page(newsroom: Service) -> None:
    story = newsroom.story_of("quake-1")
    before = newsroom.client.get(f"/stories/{story}")
    newsroom.step(hours=1)
    newsroom.post([item("quake-4", "Quake of magnitude 6.8 strikes Tarapay coast, pier lost", QUAKE)])
    after = newsroom.client.get(f"/stories/{story}", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "quake-4" in _members(after.text)


def test_pages_below_another_root_lead_there(standing: Service) -> None:
    from fastapi.testclient import TestClient
    from support.service import BASE_URL

    below = TestClient(standing.app, base_url=BASE_URL, client=("127.0.0.1", 1), root_path="/news")
    page = below.get(f"/news/stories/{standing.story_of('quake-1')}").text
    assert 'href="/news/stories/' in page
    assert not re.search(r'(href|action)="/(?!news/)', page)


def test_planted_stories_all_have_pages(make_service: Make) -> None:
    service = make_service()
    service.post(planted_items(5, 4, seed=11))
    for listed in service.get("/v1/stories")["stories"]:
        assert set(_members(_page(service, listed["id"]))) == {article["id"] for article in listed["articles"]}


# What happens while a page is made


def _event(page: str) -> int:
    return int(re.findall(r'data-event="(\d+)"', page)[0])


def test_a_page_never_says_that_it_tells_more_than_it_does(newsroom: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    story, before = newsroom.story_of("quake-1"), newsroom.runner.work.last_event

    def told_late(*arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(story_page, "live_story_json", live_story_json)
        newsroom.client.post("/v1/articles", json=[item("quake-4", "Quake of magnitude 6.8 strikes Tarapay coast, pier lost", QUAKE)])
        newsroom.step()
        return live_story_json(*arguments, **more)

    monkeypatch.setattr(story_page, "live_story_json", told_late)
    page = _page(newsroom, story)
    assert newsroom.runner.work.last_event > before
    assert "quake-4" not in _members(page)
    assert _event(page) == before
    assert "6 articles" in _text(page)  # the header, too, is of the edition that is shown
    later = _page(newsroom, story)
    assert "quake-4" in _members(later)
    assert _event(later) == newsroom.runner.work.last_event
    assert "7 articles" in _text(later)


def test_a_page_made_before_its_events_were_counted_is_not_kept(newsroom: Service) -> None:
    story, last = newsroom.story_of("quake-1"), newsroom.runner.work.last_event
    newsroom.runner.work.last_event = last - 1
    assert _event(_page(newsroom, story)) == last - 1
    newsroom.runner.work.last_event = last
    assert _event(_page(newsroom, story)) == last


def test_a_correction_that_waits_is_shown_at_once(newsroom: Service) -> None:
    story, edition = newsroom.story_of("quake-1"), newsroom.desk.edition.number

    def states() -> list[str]:
        answer = newsroom.client.get(f"/stories/{story}", headers={"If-None-Match": tags[-1]} if tags else None)
        assert answer.status_code == 200, "the page of before was called good"
        assert newsroom.client.get(f"/stories/{story}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
        tags.append(answer.headers["etag"])
        return re.findall(r'data-state="(\w+)"', answer.text)

    tags: list[str] = []
    said = {"action": "join", "articles": ["quake-1", "quake-2"]}
    assert states() == []
    name = newsroom.client.post("/v1/corrections", json=said).json()["id"]
    assert states() == ["waiting"]
    assert newsroom.desk.edition.number == edition
    newsroom.step()
    assert states() == ["stands"]
    edition = newsroom.desk.edition.number
    newsroom.client.delete(f"/v1/corrections/{name}")
    states()
    newsroom.client.post("/v1/corrections", json=said | {"by": "Ann"})
    states()
    assert newsroom.desk.edition.number == edition
    newsroom.step()
    assert states() == ["stands"]


def test_a_large_story_says_how_much_a_correction_may_name(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story_page, "MOST_ARTICLES", 3)
    service.post([item(f"q{number}", f"Quake of magnitude 6.8 strikes Tarapay coast, report {number}", QUAKE) for number in range(5)])
    page = _page(service, service.story_of("q0"))
    told = dict(re.findall(r'data-(members|total|most|pages)="([^"]*)"', page[page.index('id="corrections"') :]))
    assert json.loads(html.unescape(told.pop("members"))) == ["q0", "q1", "q2"]
    assert told == {"total": "5", "most": "3", "pages": "1"}


@pytest.mark.parametrize(
    "path", ["/stories/nothing", "/v1/stories/nothing", "/v1/stories/nothing/timeline", "/v1/articles/nothing/related"]
)
def test_of_what_never_was_nothing_is_known(standing: Service, path: str) -> None:
    assert standing.client.get(path, headers={"If-None-Match": "*"}).status_code == 404
    there = path.replace("nothing", "quake-1" if "articles" in path else standing.story_of("quake-1"))
    assert standing.client.get(there, headers={"If-None-Match": "*"}).status_code == 304
