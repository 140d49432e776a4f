"""Rare words: tf-idf rows, against a slow way and by hand."""

from __future__ import annotations

import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.vectors.background import Background
from ranker.vectors.rare_words import rare_word_rows
from ranker.vectors.words import stems

TEXTS = (
    "Harbour closed as storm reaches the coast",
    "Storm reaches coast: harbour closed, ferries cancelled",
    "Ferries cancelled, cancelled again",
    "Chess champion, 9, draws 2.5 to 2.5",
    "",
    "the of and",
)


def _slow_rows(texts: tuple[str, ...] | list[str]) -> list[dict[str, float]]:
    """The same weights as dictionaries, one text and one word at a time."""
    counts = [Counter(stems(text)) for text in texts]
    rows = []
    for count in counts:
        row = {
            word: (1 + math.log(tf)) * -math.log(sum(word in other for other in counts) / (1 + len(texts))) for word, tf in count.items()
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
    harbour, storm = -math.log(2 / (1 + 2)), (1 + math.log(2)) * -math.log(1 / (1 + 2))
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


BACKGROUND = Background(texts=99, holding={"storm": 50, "harbou": 1})


def test_the_background_says_what_is_rare_where_the_texts_cannot() -> None:
    rows = rare_word_rows(["storm harbour"], BACKGROUND, background_texts=1000).toarray()
    # One text holds both; of a thousand more, (50 + 1/2) in 100 hold "storm" and (1 + 1/2) in 100 hold "harbour".
    harbour = -math.log((1 + 1000 * 1.5 / 100) / (1 + 1 + 1000))
    storm = -math.log((1 + 1000 * 50.5 / 100) / (1 + 1 + 1000))
    length = math.sqrt(harbour**2 + storm**2)
    assert rows == pytest.approx(np.array([[harbour / length, storm / length]]), abs=1e-6)


@pytest.mark.parametrize(("background", "weight"), [(Background(), 1000.0), (BACKGROUND, 0.0)])
def test_without_a_background_or_its_weight_the_texts_speak_alone(background: Background, weight: float) -> None:
    assert rare_word_rows(TEXTS, background, background_texts=weight).toarray() == pytest.approx(rare_word_rows(TEXTS).toarray())


@given(st.integers(0, 99), st.integers(1, 5), st.floats(0, 1e6))
def test_a_share_is_never_none_or_all(holding: int, copies: int, weight: float) -> None:
    rows = rare_word_rows(["storm"] * copies, Background(99, {"storm": holding}), background_texts=weight).toarray()
    assert rows == pytest.approx(np.ones((copies, 1)))
