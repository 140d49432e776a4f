"""The page that takes a text: the same answers as the request for programs, and nothing of the text is kept."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest
from support.service import QUAKE, Make, Service, item

from ranker.apps.service.page.routes_paste import MOST_BYTES

TEXT = {"title": "Strong quake of magnitude 6.8 off Tarapay coast", "excerpt": QUAKE}
HOSTILE = "</textarea><script>alert(1)</script>\" autofocus onfocus='x' {{ 7 * 7 }}"


def _posted(service: Service, fields: dict[str, Any], *, status: int = 200, part: str = "") -> str:
    answer = service.client.post("/related", params={"part": part} if part else {}, data=fields)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def _text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_form_is_there_and_says_that_nothing_is_stored(standing: Service) -> None:
    answer = standing.client.get("/related")
    assert answer.status_code == 200
    assert '<form id="paste" class="panel" method="post" action="/related">' in answer.text
    assert "Nothing of it is stored." in answer.text
    assert 'id="related"' not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_the_answer_is_that_of_the_wire(standing: Service) -> None:
    told = standing.client.post("/v1/related", json=TEXT).json()
    assert told["story"] == standing.story_of("quake-1")
    page = _posted(standing, TEXT)
    assert re.findall(r'<li data-article="([^"]*)"', page) == [each["id"] for each in told["related"]]
    assert f'data-story="{told["story"]}"' in page
    text = _text(page)
    for each in told["related"]:
        assert each["title"] in text
        assert f"P {each['probability']:.2f} · similarity {each['similarity']:.2f}" in text
    assert text.count("same story ") >= sum(each["sameStory"] for each in told["related"]) > 0
    assert html.unescape(re.findall(r'name="title" value="([^"]*)"', page)[0]) == TEXT["title"]


def test_what_is_near_is_told_apart_from_the_same_story(make_service: Make) -> None:
    service = make_service()
    service.post(
        [
            item("quake-1", "Quake of magnitude 6.8 strikes off Tarapay coast", QUAKE),
            item("quake-2", "Tarapay coast struck by quake of magnitude 6.8", QUAKE),
        ]
    )
    service.client.post("/v1/corrections", json={"action": "part", "articles": ["quake-1", "quake-2"]})
    service.step()
    told = service.client.post("/v1/related", json=TEXT).json()
    page = _posted(service, TEXT)
    kinds = dict(re.findall(r'<li data-article="([^"]*)" class="([a-z]+)"', page))
    assert kinds == {each["id"]: "same" if each["sameStory"] else "near" for each in told["related"]}
    assert set(kinds.values()) == {"same", "near"}
    near = next(name for name, kind in kinds.items() if kind == "near")
    assert f'<a href="/stories/{service.story_of(near)}">in another story</a>' in page


def test_a_text_that_is_like_nothing_is_told_so(standing: Service) -> None:
    text = _text(_posted(standing, {"title": "Zymurgy quotas vex quiet jackdaws", "excerpt": ""}))
    assert "It would be a story of its own" in text
    assert "Nothing in the newsroom is near it." in text


def test_a_part_is_the_form_and_the_answer_alone(standing: Service) -> None:
    part = _posted(standing, TEXT, part="answer").strip()
    assert part.startswith('<div id="pasted">')
    assert part in _posted(standing, TEXT)


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"title": "", "excerpt": "A text"}, "title", "missing"),
        ({"text": "Quake"}, "title", "missing"),
        ({"title": " \t ", "excerpt": ""}, "title", "missing"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(standing: Service, fields: dict[str, str], field: str, reason: str) -> None:
    page = _posted(standing, fields, status=422)
    assert f'aria-describedby="wrong-{field}"' in page
    assert reason in re.findall(rf'<p class="wrong" id="wrong-{field}">([^<]*)</p>', page)[0]
    assert html.escape(fields.get("excerpt", "")) in page


def test_hostile_texts_are_shown_as_texts(standing: Service) -> None:
    for fields in ({"title": HOSTILE, "excerpt": HOSTILE}, {"title": "", "excerpt": HOSTILE}):
        answer = standing.client.post("/related", data=fields)
        assert answer.status_code in {200, 422}
        assert "<script>" not in answer.text
        assert answer.text.count("</textarea>") == 1
        assert "autofocus onfocus" not in answer.text.replace("&#34; autofocus onfocus", "")
        assert HOSTILE in html.unescape(answer.text)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"title": "Quake"}', "application/json", 415),
        (b"title=Quake", "text/plain", 415),
        (b"title=" + b"x" * MOST_BYTES, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % number for number in range(80)), "application/x-www-form-urlencoded", 422),
    ],
)
def test_what_is_no_form_is_refused_on_a_page(standing: Service, body: bytes, kind: str, status: int) -> None:
    answer = standing.client.post("/related", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")


def test_broken_letters_do_no_harm(standing: Service) -> None:
    answer = standing.client.post(
        "/related", content=b"title=Qua%ffke%00+%ed%a0%80&excerpt=%c3", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == httpx.codes.OK


def test_nothing_is_kept(newsroom: Service) -> None:
    before = newsroom.desk.store.info()
    _posted(newsroom, TEXT)
    newsroom.step()
    after = newsroom.desk.store.info()
    assert (after.live, after.events, after.waiting) == (before.live, before.events, before.waiting)
    assert newsroom.get("/v1/stories")["total"] == 3
