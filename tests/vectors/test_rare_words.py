"""Rare words: how texts are divided, and the weights of what they are divided into."""

from __future__ import annotations

import math
import random
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.vectors.rare_words import rare_word_rows, stems, words

TEXTS = (
    "Harbour closed as storm reaches the coast",
    "Storm reaches coast: harbour closed, ferries cancelled",
    "Ferries cancelled, cancelled again",
    "Chess champion, 9, draws 2.5 to 2.5",
    "",
    "the of and",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \t\n", []),
        ("... !? --- \U0001f300", []),
        ("Storm CLOSES Harbour", ["storm", "closes", "harbour"]),
        ("well-known", ["well", "known"]),
        ("snake_case", ["snake", "case"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("Ærøskøbing Łódź São", ["ærøskøbing", "łódź", "são"]),
        ("Москва: пожар", ["москва", "пожар"]),
        ("harbour's harbour\u2019s HARBOUR'S", ["harbour", "harbour", "harbour"]),
        ("nurses' strike", ["nurses", "strike"]),
        ("O'Brien's", ["o", "brien"]),
        ("rock 'n' roll", ["rock", "n", "roll"]),
        ("'save our school'", ["save", "our", "school"]),
        ("a 6.8 quake, 1,200 dead", ["a", "6.8", "quake", "1,200", "dead"]),
        ("v3.5.1. Next", ["v3", "5.1", "next"]),
        ("3.5.1, 4.", ["3.5.1", "4"]),
        ("6.8-magnitude", ["6.8", "magnitude"]),
        ("covid-19 g20", ["covid", "19", "g20"]),
        ("\u0663\u0664 \u0661.\u0662", ["\u0663\u0664", "\u0661.\u0662"]),  # Arabic digits
        ("हिन्दी समाचार", ["हिन्दी", "समाचार"]),  # vowel signs belong to their letters
        ("தமிழ் செய்தி", ["தமிழ்", "செய்தி"]),
        ("한국 뉴스", ["한국", "뉴스"]),  # Korean is spaced
    ],
)
def test_words_are_runs_of_letters_and_digits_in_lower_case(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("港", ["港"]),
        ("港口", ["港口"]),
        ("港口关闭", ["港口", "口关", "关闭"]),
        ("港口。关闭", ["港口", "关闭"]),
        ("人々の声", ["人々", "々の", "の声"]),
        ("ホームラン", ["ホー", "ーム", "ムラ", "ラン"]),
        ("東京AI企業2026年", ["東京", "企業", "年", "ai", "2026"]),
        ("\U00020bb7野家", ["\U00020bb7野", "野家"]),  # an ideograph beyond the first plane
        ("ท่าเรือ", ["ท่", "่า", "าเ", "เร", "รื", "ือ"]),
        ("ຂ່າວ", ["ຂ່", "່າ", "າວ"]),
    ],
)
def test_scripts_without_blanks_become_pairs_of_characters(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_decomposed_accents_do_not_divide_a_word() -> None:
    assert [unicodedata.normalize("NFC", word) for word in words(unicodedata.normalize("NFD", "Café für Élodie"))] == [
        "café",
        "für",
        "élodie",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sanctions sanctioned sanction", ["sancti", "sancti", "sancti"]),
        ("the storm of the year", ["storm", "year"]),
        ("storm", ["storm"]),
        ("1,200,000 a380neo 6.8", ["1,200,000", "a380neo", "6.8"]),
        ("हिन्दुस्तान", ["हिन्दु"]),
        ("der die das", []),
    ],
)
def test_stems_are_first_letters_without_grammar(text: str, expected: list[str]) -> None:
    assert stems(text) == expected


@given(st.text(max_size=30))
def test_words_of_any_text_are_words_again(text: str) -> None:
    # Joined by blanks they come back: nothing of a word is a mark, an upper case letter or a blank. Runs of unspaced
    # scripts are shorter than what they are divided from, so they are left out.
    divided = [word for word in words(text) if len(words(word)) == 1]
    assert words(" ".join(divided)) == divided


def _slow_rows(texts: tuple[str, ...] | list[str]) -> list[dict[str, float]]:
    """The same weights as dictionaries, one text and one word at a time."""
    counts = [Counter(stems(text)) for text in texts]
    rows = []
    for count in counts:
        row = {
            word: (1 + math.log(tf)) * (1 + math.log((1 + len(texts)) / (1 + sum(word in other for other in counts))))
            for word, tf in count.items()
        }
        length = math.sqrt(sum(weight**2 for weight in row.values()))
        rows.append({word: weight / length for word, weight in row.items()})
    return rows


def _cosines(rows: list[dict[str, float]]) -> list[list[float]]:
    return [[sum(weight * other.get(word, 0) for word, weight in row.items()) for other in rows] for row in rows]


def test_rows_are_those_of_the_slow_way() -> None:
    rows = rare_word_rows(TEXTS).toarray()
    vocabulary = sorted({stem for text in TEXTS for stem in stems(text)})
    expected = [[row.get(word, 0) for word in vocabulary] for row in _slow_rows(TEXTS)]
    assert rows == pytest.approx(np.array(expected), abs=1e-6)


def test_a_weight_is_tf_times_idf_worked_by_hand() -> None:
    rows = rare_word_rows(["storm storm harbour", "harbour"]).toarray()
    harbour, storm = 1 + math.log((1 + 2) / (1 + 2)), (1 + math.log(2)) * (1 + math.log((1 + 2) / (1 + 1)))
    length = math.sqrt(harbour**2 + storm**2)
    assert rows == pytest.approx(np.array([[harbour / length, storm / length], [1, 0]]), abs=1e-6)


@given(st.lists(st.lists(st.sampled_from("storm harbour ferry chess 2.5 港口 the".split()), max_size=6).map(" ".join), max_size=7))
def test_cosines_of_any_texts_are_those_of_the_slow_way(texts: list[str]) -> None:
    rows = rare_word_rows(texts)
    assert (rows @ rows.T).toarray() == pytest.approx(np.array(_cosines(_slow_rows(texts))).reshape(len(texts), len(texts)), abs=1e-6)


def test_rows_are_float32_and_of_length_one_or_empty() -> None:
    rows = rare_word_rows(TEXTS)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows.toarray(), axis=1) == pytest.approx([1, 1, 1, 1, 0, 0], abs=1e-6)


@pytest.mark.parametrize(("texts", "shape"), [([], (0, 0)), ([""], (1, 0)), (["the", "..."], (2, 0)), (["storm"], (1, 1))])
def test_rows_of_few_texts_and_few_words(texts: list[str], shape: tuple[int, int]) -> None:
    assert rare_word_rows(texts).shape == shape


def test_the_order_of_texts_makes_no_difference_to_their_rows() -> None:
    order = random.Random(3).sample(range(len(TEXTS)), len(TEXTS))
    shuffled = rare_word_rows([TEXTS[i] for i in order]).toarray()
    assert shuffled == pytest.approx(rare_word_rows(TEXTS).toarray()[order], abs=1e-6)


def test_a_word_that_few_texts_hold_weighs_more() -> None:
    rows = rare_word_rows(["storm harbour", "storm ferry", "storm chess"]).toarray()
    vocabulary = ["chess", "ferry", "harbou", "storm"]
    assert rows[0][vocabulary.index("harbou")] > rows[0][vocabulary.index("storm")] > 0
