"""Syndication: which articles carry one text."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.partitions import canonical

from ranker.articles.article import Article
from ranker.stories.syndication import text_groups

TITLE, EXCERPT = "Storm closes the harbour", "Ferries stay in port until the wind drops."


def _groups(*texts: tuple[str, str]) -> list[int]:
    """The text of each (title, excerpt), numbered by first appearance."""
    found = text_groups(Article(f"a{number:02}", title, excerpt) for number, (title, excerpt) in enumerate(texts))
    assert list(found) == [f"a{number:02}" for number in range(len(texts))]
    return canonical(found.values())


@pytest.mark.parametrize(
    "copy",
    [
        (TITLE, EXCERPT),
        ("STORM CLOSES THE HARBOUR", EXCERPT.upper()),
        ("Storm closes the harbour!", "\u201cFerries stay in port \u2013 until the wind drops\u201d"),
        ("Storm  closes\nthe harbour", EXCERPT),
        ("Storm's closes the harbour", EXCERPT),
    ],
    ids=["same", "case", "marks", "spacing", "possessive"],
)
def test_copies_have_the_same_words_in_order(copy: tuple[str, str]) -> None:
    assert _groups((TITLE, EXCERPT), copy) == [0, 0]


@pytest.mark.parametrize(
    "other",
    [
        ("Storm closes a harbour", EXCERPT),
        ("The harbour closes storm", EXCERPT),
        (TITLE, "Ferries stay in port until the wind turns."),
        (TITLE, f"{EXCERPT} More soon."),
        (f"{TITLE} {EXCERPT}", ""),
        ("", f"{TITLE} {EXCERPT}"),
    ],
    ids=["another word", "another order", "another excerpt", "more", "all title", "all excerpt"],
)
def test_anything_else_is_another_text(other: tuple[str, str]) -> None:
    assert _groups((TITLE, EXCERPT), other) == [0, 1]


def test_an_article_without_an_excerpt_is_a_copy_of_those_with_its_title() -> None:
    assert _groups((TITLE, ""), (TITLE, EXCERPT), (TITLE, "..."), ("Another title", "")) == [0, 0, 0, 1]


def test_without_an_excerpt_it_is_a_copy_of_the_first_in_order_of_words_if_they_differ() -> None:
    assert _groups((TITLE, ""), (TITLE, "b"), (TITLE, "a")) == [0, 1, 0]


def test_no_excerpts_at_all_leave_the_title() -> None:
    assert _groups((TITLE, ""), (TITLE.lower(), ""), ("Another title", "")) == [0, 0, 1]


def test_titles_without_words_are_compared_as_they_are() -> None:
    assert _groups(("?!", ""), ("\U0001f300", ""), ("?!", "")) == [0, 1, 0]


def test_no_articles_have_no_texts() -> None:
    assert text_groups([]) == {}


TITLES = {"Storm": "storm", "storm!": "storm", "Harbour": "harbour", "?": "?", "!": "!"}
EXCERPTS = {"": "", "...": "", "A wind": "a wind", "a, wind": "a wind", "b": "b"}
TEXTS = st.lists(st.tuples(st.sampled_from(sorted(TITLES)), st.sampled_from(sorted(EXCERPTS))), max_size=7)


@given(TEXTS)
def test_being_a_copy_is_what_it_is_pair_by_pair(texts: list[tuple[str, str]]) -> None:
    def filled(title: str, excerpt: str) -> tuple[str, str]:
        others = [EXCERPTS[other] for same, other in texts if TITLES[same] == TITLES[title] and EXCERPTS[other]]
        return TITLES[title], EXCERPTS[excerpt] or min(others, default="")

    groups = _groups(*texts)
    for (i, one), (j, other) in itertools.product(enumerate(texts), repeat=2):
        assert (groups[i] == groups[j]) == (filled(*one) == filled(*other))


@given(TEXTS, st.randoms(use_true_random=False))
def test_the_order_of_articles_makes_no_difference(texts: list[tuple[str, str]], rng: random.Random) -> None:
    articles = [Article(f"a{number}", title, excerpt) for number, (title, excerpt) in enumerate(texts)]
    shuffled = list(articles)
    rng.shuffle(shuffled)
    assert text_groups(shuffled) == text_groups(articles)


@given(TEXTS)
def test_being_a_copy_is_an_equivalence(texts: list[tuple[str, str]]) -> None:
    names = text_groups(Article(f"a{number}", title, excerpt) for number, (title, excerpt) in enumerate(texts))
    copies = {(one, other) for one in names for other in names if names[one] == names[other]}
    assert all((key, key) in copies for key in names)
    assert all((other, one) in copies for one, other in copies)
    assert all((one, third) in copies for one, second in copies for other, third in copies if second == other)
