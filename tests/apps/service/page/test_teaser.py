"""Teasers: something to read, whatever an article has."""

from __future__ import annotations

from ranker.apps.service.page.teaser import UNTITLED, shown_excerpt, shown_title
from ranker.articles.article import Article


def test_a_title_or_that_there_is_none() -> None:
    assert shown_title(Article("a", title="Ferry aground")) == "Ferry aground"
    assert shown_title(Article("a", title="")) == shown_title(None) == UNTITLED


def test_an_excerpt_is_cut_between_words() -> None:
    article = Article("a", title="", excerpt="The ferry ran aground")
    assert shown_excerpt(article, 21) == "The ferry ran aground"
    assert shown_excerpt(article, 20) == "The ferry ran\u2026"
    assert shown_excerpt(article, 9) == "The\u2026"
    assert shown_excerpt(None, 9) == ""
