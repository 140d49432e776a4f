"""Stop words: words of grammar in the form that texts are looked up in."""

from __future__ import annotations

import pytest

from ranker.vectors.stop_words import STOP_WORDS
from ranker.vectors.words import words


def test_every_stop_word_is_one_word_as_texts_are_divided() -> None:
    assert {word for word in STOP_WORDS if words(word) != [word]} == set()


@pytest.mark.parametrize("word", ["the", "against", "der", "für", "según", "une", "même"])
def test_words_of_grammar_are_stop_words(word: str) -> None:
    assert word in STOP_WORDS


@pytest.mark.parametrize("word", ["police", "storm", "regierung", "huelga", "grève", "6.8", "2026"])
def test_words_that_tell_of_an_event_are_not(word: str) -> None:
    assert word not in STOP_WORDS
