"""What stands around an article that lives, and around a text that nobody has kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from support.desks import DAY, FERRY, NEWSROOM, NOW, QUAKE, batch, open_desk, planted, report

from ranker.articles.article import Article
from ranker.desk.desk import Desk
from ranker.ranking.related import RelatedArticle


def filled(articles: Sequence[Article]) -> Desk:
    desk = open_desk()
    desk.add(articles, now=NOW)
    return desk


def shown(items: Sequence[RelatedArticle]) -> list[tuple[str, bool]]:
    return [(item.article.id, item.same_story) for item in items]


def test_related_lists_are_those_of_a_batch() -> None:
    articles, _ = planted(12, 5, noise=0.5)
    spread = [replace(article, published=(article.published or NOW) - place % 3 * 2 * DAY) for place, article in enumerate(articles)]
    desk, whole = open_desk(), batch(spread)
    for start in range(0, len(spread), 8):
        desk.add(spread[start : start + 8], now=NOW)
    for article in spread:
        live, found = desk.edition.related_to(article.id), whole.related_to(article.id)
        assert shown(live) == shown(found)
        for one, other in zip(live, found, strict=True):
            assert one.similarity == pytest.approx(other.similarity, abs=1e-5)
            # Both hang on others of other days, of which a desk may have found some more.
            assert one.probability == pytest.approx(other.probability, abs=0.02)
            assert one.affinity == pytest.approx(other.affinity, abs=0.05)


def test_a_list_may_be_cut_short() -> None:
    desk = filled(NEWSROOM)
    assert shown(desk.edition.related_to("q1", limit=1)) == shown(desk.edition.related_to("q1"))[:1]
    with pytest.raises(KeyError):
        desk.edition.related_to("nobody")


def test_a_text_has_the_list_and_the_story_that_it_would_have_if_it_were_kept() -> None:
    """Up to P: a text that is not kept changes neither the counts of words nor anybody's saga."""
    articles, _ = planted(10, 5, noise=0.3)
    for article in articles[::8]:
        others = [other for other in articles if other.id != article.id]
        desk = filled(others)
        story, items = desk.related_to(article)
        assert story is not None
        desk.add([article], now=NOW)
        assert desk.edition.story_of(article.id) == story
        kept = desk.edition.related_to(article.id)
        assert set(shown(items)) == set(shown(kept))
        similarity = {item.article.id: item.similarity for item in kept}
        assert {item.article.id: item.similarity for item in items} == pytest.approx(similarity, abs=1e-5)


def test_asking_changes_nothing() -> None:
    desk = filled(NEWSROOM)
    edition, words = desk.edition, len(desk.window.words.columns)
    desk.related_to(replace(QUAKE[0], id="new", title="Volcano wakes under Tarapay"))
    assert desk.edition is edition
    assert (len(desk.window.articles), len(desk.window.words.columns), desk.waiting()) == (6, words, 0)


def test_a_text_like_nothing_has_no_story_and_no_list() -> None:
    assert filled(NEWSROOM).related_to(report("new", "Wholly other words entirely")) == (None, [])
    assert open_desk().related_to(QUAKE[0]) == (None, [])


def test_a_text_without_a_date_or_out_of_the_window() -> None:
    desk = filled([*QUAKE, *FERRY])
    _, undated = desk.related_to(replace(QUAKE[0], id="new", published=None))
    assert {item.article.id for item in undated} >= {"q2", "q3"}  # q1 has the same text
    assert desk.related_to(replace(QUAKE[0], id="new", published=NOW - 90 * DAY)) == (None, [])


def test_a_removed_article_stands_in_no_list() -> None:
    desk = filled(NEWSROOM)
    desk.remove(["q2"], now=NOW)
    assert "q2" not in {item.article.id for item in desk.related_to(replace(QUAKE[0], id="new"))[1]}
    assert "q2" not in {item.article.id for item in desk.edition.related_to("q1")}


def test_copies_stand_once_in_a_list() -> None:
    copies = [
        replace(QUAKE[1], id=f"c{place}", provider=replace(QUAKE[1].provider, name=f"Paper {place}", domain="")) for place in range(4)
    ]
    desk, whole = filled([*QUAKE, *copies]), batch([*QUAKE, *copies])
    assert shown(desk.edition.related_to("q1")) == shown(whole.related_to("q1"))
    _, items = desk.related_to(replace(QUAKE[0], id="new", title="Tarapay coast: quake of magnitude 6.8"))
    assert len({item.article.text for item in items}) == len(items)
