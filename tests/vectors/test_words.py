"""Words: what a text is compared by, in any script."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.vectors.words import stems, words


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
