"""Members of a story: in order of time, copies under the first of their text, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support.service import NOW, Service

from ranker.apps.service.page.story_members import TEXTS_A_PAGE, Members, members_of
from ranker.articles.article import Article
from ranker.desk.edition import Edition


def _told(number: int) -> dict[str, Any]:
    return {"id": f"a{number}", "title": f"Title {number}", "provider": {"name": "", "domain": "x.example"}}


def _members(texts: list[str]) -> Members:
    told = [_told(number) for number in range(len(texts))]
    articles = [Article(each["id"], each["title"], published=NOW + timedelta(hours=place)) for place, each in enumerate(told)]
    return members_of(told, articles, texts=texts, groups=["x"] * len(texts), lead="a1")


def test_copies_stand_under_the_first_of_their_text() -> None:
    found = _members(["one", "two", "one", "three", "two", "one"])
    assert [(text.first.id, [copy.id for copy in text.copies]) for text in found.texts] == [
        ("a0", ["a2", "a5"]),
        ("a1", ["a4"]),
        ("a3", []),
    ]
    assert [found.by_id[f"a{number}"].number for number in range(6)] == [1, 2, 3, 4, 5, 6]
    assert [member.id for member in found.by_id.values() if member.is_lead] == ["a1"]
    assert found.pages == 1


def test_pages_hold_so_many_texts_and_links_lead_to_them() -> None:
    n = 2 * TEXTS_A_PAGE + 1
    found = _members([str(number) for number in range(n)])
    assert found.pages == 3
    assert [len(found.page(page)) for page in (1, 2, 3)] == [TEXTS_A_PAGE, TEXTS_A_PAGE, 1]
    assert [text.first.number for text in found.page(2)] == list(range(TEXTS_A_PAGE + 1, 2 * TEXTS_A_PAGE + 1))
    assert found.by_id["a0"].href == "?#article-1"
    assert found.by_id[f"a{n - 1}"].href == f"?page=3#article-{n}"


def test_a_copy_is_on_the_page_of_its_text() -> None:
    texts = ["first", *(str(number) for number in range(TEXTS_A_PAGE)), "first"]
    copy = _members(texts).by_id[f"a{len(texts) - 1}"]
    assert (copy.page, copy.number) == (1, len(texts))


def test_a_story_without_articles_has_one_empty_page() -> None:
    found = _members([])
    assert (found.pages, found.page(1), found.by_id) == (1, (), {})


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        members_of([_told(0), _told(1)], [Article("a0", "t")], texts=["x", "y"], groups=["g", "g"], lead="")


def test_a_provider_without_a_name_goes_by_its_domain() -> None:
    assert _members(["one"]).by_id["a0"].provider == "x.example"


def test_the_texts_of_a_story_are_as_many_as_the_wire_counts(standing: Service) -> None:
    edition: Edition = standing.desk.edition
    table = edition.table
    for number, story in enumerate(table.stories):
        counts = standing.get(f"/v1/stories/{story.id}")["counts"]
        start = int(table.starts[number])
        texts = table.texts[start : start + int(table.sizes[number])].tolist()
        assert len(set(texts)) == counts["uniqueTexts"]
