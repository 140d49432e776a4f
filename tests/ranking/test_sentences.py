"""Sentences: numbers rounded for the eye still say what they say."""

from __future__ import annotations

import pytest

from ranker.ranking.sentences import _told_apart


@pytest.mark.parametrize(
    ("number", "other", "said"),
    [(0.41, 0.3, "0.41"), (0.302, 0.3, "0.302"), (0.29996, 0.3, "0.29996"), (0.3, 0.3, "0.300000"), (12.0, 3.0, "12.00")],
)
def test_a_number_is_shown_with_as_many_digits_as_tell_it_from_another(number: float, other: float, said: str) -> None:
    assert _told_apart(number, other) == said
