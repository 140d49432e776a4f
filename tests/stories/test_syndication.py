"""Syndication: which articles carry one text, or nearly one, in the same days."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pairs import make_pairs
from support.partitions import canonical

from ranker.articles.article import Article, Provider
from ranker.stories.syndication import copy_groups, text_groups, with_near_copies

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


# Near copies

REPORT = "Ferry Lady Corinne ran aground off Gannet Ledge at dawn with 25 people on board, the coast guard said"  # 18 pairs of words
MENDED = REPORT.replace("said", "says")  # 17 of 19 pairs are in common
AGENCY = f"{REPORT} today"  # 18 of 19
RESCUE = REPORT.replace("ran aground off Gannet Ledge at dawn", "was towed into Lagia harbour at noon")
SHORT = "Ferry sinks off Gannet Ledge"


def _near(*texts: str, rare: object = 0.9, links: list[tuple[int, int]] | None = None) -> list[int]:
    """The text of each article, numbered by first appearance, where all pairs are near."""
    articles = [Article(f"a{number:02}", text) for number, text in enumerate(texts)]
    pairs = list(itertools.combinations(range(len(texts)), 2)) if links is None else links
    found = with_near_copies(articles, text_groups(articles), make_pairs(pairs, rare=rare))
    assert list(found) == [article.id for article in articles]
    return canonical(found.values())


@pytest.mark.parametrize("other", [MENDED, AGENCY, REPORT.upper(), REPORT.replace(",", "")])
def test_small_edits_leave_a_near_copy(other: str) -> None:
    assert _near(REPORT, other) == [0, 0]


@pytest.mark.parametrize(
    "other",
    [RESCUE, REPORT.replace("25", "26"), f"{REPORT} 7", REPORT.replace(" with 25 people on board", ""), " ".join(reversed(REPORT.split()))],
    ids=["another event", "another number", "one number more", "one number less", "another order"],
)
def test_anything_more_is_no_copy(other: str) -> None:
    assert _near(REPORT, other) == [0, 1]


def test_a_13th_package_is_no_edit_of_the_12th() -> None:
    told = "Ministers in Geneva agreed on the {} package of aid for towns that the storm had hit, officials said"
    assert _near(told.format("12th"), told.format("13th")) == [0, 1]
    assert _near(told.format("12th"), told.format("12th").replace("hit", "struck")) == [0, 0]


def test_short_texts_are_copies_word_for_word_alone() -> None:
    assert _near(SHORT, f"{SHORT} today", SHORT.upper()) == [0, 1, 0]  # 5 words and 6
    assert _near(f"{SHORT} today", f"{SHORT} today now") == [0, 0]  # 6 words and 7: 5 of 6 pairs


def test_four_pairs_of_words_in_five_must_be_in_common() -> None:
    assert _near("a b c d e f g h i", "a b c d e f g h i j k") == [0, 0]  # 8 of 10
    assert _near("a b c d e f g h", "a b c d e f g h i j") == [0, 1]  # 7 of 9


@pytest.mark.parametrize(("rare", "expected"), [(0.81, [0, 0]), (0.79, [0, 1])])
def test_only_pairs_whose_rare_words_are_alike_are_compared(rare: float, expected: list[int]) -> None:
    assert _near(REPORT, MENDED, rare=rare) == expected


def test_only_near_pairs_are_compared() -> None:
    assert _near(REPORT, MENDED, AGENCY, links=[(0, 2)]) == [0, 1, 0]
    assert _near(REPORT, MENDED, links=[]) == [0, 1]


def test_near_copies_of_a_near_copy_and_all_their_copies_are_joined() -> None:
    assert _near(REPORT, RESCUE, MENDED, AGENCY, MENDED.upper(), links=[(0, 2), (2, 3)]) == [0, 1, 0, 0, 0]


def test_the_name_of_joined_texts_is_that_of_the_first_row() -> None:
    articles = [Article("a", REPORT), Article("b", AGENCY), Article("c", MENDED)]
    texts = text_groups(articles)
    found = with_near_copies(articles, texts, make_pairs([(1, 2), (0, 1)], rare=0.9))
    assert set(found.values()) == {texts["a"]}


def test_the_excerpt_is_part_of_the_text() -> None:
    articles = [Article("a", "Ferry aground", REPORT), Article("b", "Ferry aground", MENDED), Article("c", "Ferry aground", RESCUE)]
    found = with_near_copies(articles, text_groups(articles), make_pairs([(0, 1), (0, 2), (1, 2)], rare=0.9))
    assert canonical(found.values()) == [0, 0, 1]


@given(st.permutations([(0, 1), (0, 2), (1, 2), (2, 3), (1, 4)]), st.randoms(use_true_random=False))
def test_the_order_of_pairs_makes_no_difference_to_near_copies(links: list[tuple[int, int]], rng: random.Random) -> None:
    articles = [Article(f"a{row}", text) for row, text in enumerate([REPORT, RESCUE, MENDED, AGENCY, f"{RESCUE} today"])]
    texts = text_groups(articles)
    turned = [pair if rng.random() < 0.5 else pair[::-1] for pair in links]
    expected = with_near_copies(articles, texts, make_pairs(sorted(links), rare=0.9))
    assert with_near_copies(articles, texts, make_pairs(turned, rare=0.9)) == expected
    assert canonical(expected.values()) == [0, 1, 0, 0, 1]


# Copies of the same days


def _copies(texts: str, *days: float) -> list[int]:
    articles = [Article(f"a{row}", text) for row, text in enumerate(texts)]
    found = copy_groups(articles, dict(zip((article.id for article in articles), texts, strict=True)), np.array(days))
    assert found.dtype == np.int64
    return [int(number) for number in found]


def test_copies_share_the_row_of_their_earliest() -> None:
    assert _copies("xyxy", 1, 0, 0.5, 2) == [2, 1, 2, 1]


@pytest.mark.parametrize(("day", "expected"), [(2.0, [0, 0]), (2.001, [0, 1])])
def test_a_text_that_comes_back_later_is_no_copy(day: float, expected: list[int]) -> None:
    assert _copies("xx", 0, day) == expected


def test_days_are_counted_from_the_earliest_copy_and_not_from_the_last() -> None:
    assert _copies("xxxxx", 0, 1.5, 3, 4.5, 6) == [0, 0, 2, 2, 4]


def test_undated_copies_are_copies_of_undated_ones_alone() -> None:
    assert _copies("xxxxy", np.nan, 0, np.nan, 1, np.nan) == [0, 1, 0, 1, 4]


def test_no_articles_have_no_copies() -> None:
    assert _copies("") == []


DAYS = st.lists(st.tuples(st.sampled_from("xy"), st.floats(0, 9) | st.just(np.nan)), max_size=9)


@given(DAYS)
def test_no_copies_are_farther_apart_than_two_days_nor_of_two_texts(articles: list[tuple[str, float]]) -> None:
    numbers = _copies("".join(text for text, _ in articles), *(day for _, day in articles))
    for number in set(numbers):
        members = [articles[row] for row, own in enumerate(numbers) if own == number]
        assert articles[number] in members
        assert len({text for text, _ in members}) == 1
        days = [day for _, day in members]
        assert np.isnan(days).all() or max(days) - min(days) <= 2


@given(DAYS)
def test_as_many_numbers_as_a_slow_loop_finds(articles: list[tuple[str, float]]) -> None:
    expected = 0
    for text in "xy":
        days = sorted(day for own, day in articles if own == text and not np.isnan(day))
        expected += any(own == text and np.isnan(day) for own, day in articles)
        while days:
            expected += 1
            days = [day for day in days if day - days[0] > 2]
    assert len(set(_copies("".join(text for text, _ in articles), *(day for _, day in articles)))) == expected


def test_small_edits_do_not_add_up() -> None:
    words = [f"word{number}" for number in "abcdefghijklmnopqrstuvwxyz"]
    texts = [" ".join(f"other{word}" if place < changed else word for place, word in enumerate(words)) for changed in range(12)]
    articles = [Article(f"a{number:02}", text) for number, text in enumerate(texts)]
    pairs = make_pairs([(row, row + 1) for row in range(11)], rare=0.9)
    found = with_near_copies(articles, text_groups(articles), pairs)
    assert found["a00"] == found["a01"]
    assert found["a00"] != found["a11"]


def test_a_form_that_one_provider_fills_in_anew_is_no_copy() -> None:
    told = "Warm and dry with light winds and a little cloud towards the evening is what to expect in {} today"
    articles = [
        Article(f"a{number}", told.format(town), provider=Provider("Sky", "sky.example"))
        for number, town in enumerate(["Ashford", "Corby"])
    ]
    assert len(set(with_near_copies(articles, text_groups(articles), make_pairs([(0, 1)], rare=0.9)).values())) == 2
    other = [articles[0], Article("a1", told.format("Corby"), provider=Provider("Sun", "sun.example"))]
    assert len(set(with_near_copies(other, text_groups(other), make_pairs([(0, 1)], rare=0.9)).values())) == 1
