"""Evidence: what each kind says of two articles, and the laws that any weights on their sides then keep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array
from support.hashing_encoder import HashingEncoder
from support.pairs import make_pairs
from support.planted import make_planted_stories

from ranker.articles.article import Article, Provider
from ranker.stories import evidence as module
from ranker.stories.details import Detail
from ranker.stories.evidence import SECONDS_PER_DAY, SIDES, Evidence, evidence_of, likeness, sagas, sure_pairs, time_rows, trust
from ranker.stories.feature_rows import category_rows, detail_rows, provider_rows, topic_rows, weighted_rows
from ranker.stories.same_story import Calibration, SameStory
from ranker.vectors.corpus import Corpus, build_corpus
from ranker.vectors.nearest import Pairs, nearest_pairs

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = 1.8e9  # seconds since 1970, in January 2027
WIDEST_DAYS = 10.0
NO_PAIRS = make_pairs([])
TRUST_OF_NOTHING = 1 - 0.05 / 0.4  # no pair seen: the prior's conflict alone
TITLES = (
    "Ferry of the 12th line sinks off Gannet",
    "Talks of 25 people in Geneva end",
    "Opinion: the harbour",
    "\u6e21\u8f6e\u6401\u6d45",
    "storm",
)
TOPICS = ((), ("Sea",), ("sea", "Ferries"), ("Talks",))


def _article(title: str = "storm", *, days: float | None = 0.0, number: int = 0, provider: str = "", **fields: object) -> Article:
    published = None if days is None else NOON + timedelta(days=days)
    return replace(Article(f"a{number:03}", title, provider=Provider(provider), published=published), **fields)  # type: ignore[arg-type]  # fields are of many types


def _all_evidence(articles: Sequence[Article], near: Pairs = NO_PAIRS, far: Pairs = NO_PAIRS) -> dict[str, Evidence]:
    corpus = build_corpus([replace(article, id=f"a{row:03}") for row, article in enumerate(articles)], HashingEncoder(), None)
    return {kind.name: kind for kind in evidence_of(corpus, near, far, widest_days=WIDEST_DAYS)}


def _of_two(name: str, one: Article, other: Article, near: Pairs = NO_PAIRS, far: Pairs = NO_PAIRS) -> float:
    """One kind of evidence about two articles; it must be the same from both sides."""
    kind = _all_evidence([one, other], near, far)[name]
    found, swapped = kind.of_pairs(np.array([0, 1]), np.array([1, 0])).tolist()
    assert found == swapped
    return float(found)


# Each kind


def test_meaning_and_rare_words_are_the_cosines_of_the_corpus() -> None:
    pair = _article("ferry aground off Gannet", number=0), _article("ferry aground near Lagia", number=1)
    corpus = build_corpus(pair, HashingEncoder(), None)
    assert _of_two("meaning", *pair) == pytest.approx(float(corpus.vectors[0] @ corpus.vectors[1]), abs=1e-6)
    assert _of_two("rare_words", *pair) == pytest.approx(float(corpus.rare.toarray()[0] @ corpus.rare.toarray()[1]), abs=1e-6)
    assert 0 < _of_two("rare_words", *pair) < 1


def test_shared_and_other_names_are_two_sides_of_one_cosine() -> None:
    one, other = _article("the ferry to Gannet and Lagia"), _article("the train to Gannet and Orlo")
    # Two of two texts hold Gannet, one of two the others; the rarer weighs more.
    common, rare = -math.log(2 / 3), -math.log(1 / 3)
    cosine = common**2 / (common**2 + rare**2)
    assert _of_two("shared_names", one, other) == pytest.approx(cosine, abs=1e-6)
    assert _of_two("other_names", one, other) == pytest.approx(1 - cosine, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other", "shared", "apart"),
    [
        ("the ferry to Gannet", "the ferry of Gannet", 1, 0),
        ("the ferry to Gannet", "the ferry to Lagia", 0, 1),
        ("the ferry to Gannet", "the ferry", 0, 0),
        ("the ferry", "the train", 0, 0),
    ],
)
def test_names_need_both_articles_to_have_some(one: str, other: str, shared: float, apart: float) -> None:
    assert _of_two("shared_names", _article(one), _article(other)) == pytest.approx(shared, abs=1e-6)
    assert _of_two("other_names", _article(one), _article(other)) == pytest.approx(apart, abs=1e-6)


def test_names_of_the_excerpt_count_like_those_of_the_title() -> None:
    one, other = _article("the ferry to Gannet"), _article("storm", excerpt="It took the ferry of Gannet.")
    assert _of_two("shared_names", one, other) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("the 12th package", "the 13th package", 1),
        ("the 12th package", "a 12th package", 0),
        ("the 12th package", "a package", 0),
        ("a package", "a package", 0),
        ("after the 12th the 13th", "the 13th", 1 - 1 / math.sqrt(2)),
    ],
)
def test_other_ordinals_are_the_values_that_differ(one: str, other: str, expected: float) -> None:
    assert _of_two("other_ordinals", _article(one), _article(other)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("the 25 people", "the 40 people", 1),
        ("the 25 people", "the 25 people", 0),
        ("the 25 people", "the 25 ships", 0),
        ("the 25 people by the 4 ships", "the 25 people by the 5 ships", 1 / 2),
        ("the 25 people by the 4 ships", "the 26 people", 1 / math.sqrt(2)),
        ("the ships", "the ships", 0),
    ],
)
def test_other_quantities_are_the_values_that_differ(one: str, other: str, expected: float) -> None:
    assert _of_two("other_quantities", _article(one), _article("storm", excerpt=other)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("days", "hours_apart", "days_apart"), [(0, 0, 0), (1, 0.39, 0.05), (2, 0.86, 0.2), (3, 0.99, 0.39), (6, 1, 0.86)])
def test_time_apart_is_as_the_constants_say(days: float, hours_apart: float, days_apart: float) -> None:
    one, other = _article(days=0), _article(days=days)
    assert _of_two("hours_apart", one, other) == pytest.approx(1 - math.exp(-(days**2) / 2), abs=0.001)
    assert _of_two("days_apart", one, other) == pytest.approx(1 - math.exp(-((days / 3) ** 2) / 2), abs=0.001)
    assert _of_two("hours_apart", one, other) == pytest.approx(hours_apart, abs=0.006)
    assert _of_two("days_apart", one, other) == pytest.approx(days_apart, abs=0.006)


@pytest.mark.parametrize(("one", "other", "expected"), [(0, 1, 0), (None, 1, 1), (0, None, 1), (None, None, 1)])
def test_of_undated_articles_nothing_is_known_of_the_time_between(one: float | None, other: float | None, expected: float) -> None:
    pair = _article(days=one), _article(days=other)
    assert _of_two("undated", *pair) == expected
    if expected:
        assert (_of_two("hours_apart", *pair), _of_two("days_apart", *pair)) == (0, 0)


def test_a_pair_stands_in_a_saga_as_far_as_both_of_its_articles_do() -> None:
    far = make_pairs([(0, 2), (1, 2), (1, 3)], dense=[0.3, 0.6, 0.9], rare=[0.3, 0.6, 0.9])
    kind = _all_evidence([_article(number=row) for row in range(4)], NO_PAIRS, far)["saga"]
    assert kind.of_pairs(np.array([0, 0]), np.array([1, 3])) == pytest.approx(
        [math.sqrt(0.3 / 3 * (0.6 + 0.9) / 3), math.sqrt(0.3 / 3 * 0.9 / 3)]
    )


@pytest.mark.parametrize(("one", "other", "expected"), [("Ledger", "LEDGER", 1), ("Ledger", "Sun", 0), ("", "Sun", 0), ("", "", 0)])
def test_one_provider_is_known_by_its_key_and_nobody_is_no_provider(one: str, other: str, expected: float) -> None:
    assert _of_two("same_provider", _article(provider=one), _article(provider=other)) == expected


def test_topics_are_compared_by_their_cosine_as_far_as_they_are_trusted() -> None:
    one, other = _article(topics=("Sea", "Rain")), _article(topics=("sea", "Talks", "Rain", "rain"))
    cosine = 2 / math.sqrt(2 * 3)
    assert _of_two("shared_topics", one, other) == pytest.approx(TRUST_OF_NOTHING * cosine, abs=1e-6)
    assert _of_two("other_topics", one, other) == pytest.approx(TRUST_OF_NOTHING * (1 - cosine), abs=1e-6)


@pytest.mark.parametrize(("topics", "apart"), [(("Sea",), 0), (("Talks",), TRUST_OF_NOTHING), ((), 0)])
def test_other_topics_need_both_articles_to_have_some(topics: tuple[str, ...], apart: float) -> None:
    assert _of_two("other_topics", _article(topics=("sea",)), _article(topics=topics)) == pytest.approx(apart, abs=1e-6)


@pytest.mark.parametrize(("category", "expected"), [("Sport", 0), ("SPORT", 0), ("news", TRUST_OF_NOTHING), ("", 0)])
def test_another_category_speaks_against(category: str, expected: float) -> None:
    assert _of_two("other_category", _article(category="sport"), _article(category=category)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("title", "other", "expected"),
    [
        ("Opinion: storm", "storm", 1),
        ("Opinion: storm", "Editorial: storm", 0),
        ("Watch: storm", "Opinion: storm", 1),
        ("storm", "calm", 0),
    ],
)
def test_a_title_of_another_form_speaks_against(title: str, other: str, expected: float) -> None:
    assert _of_two("other_form", _article(title), _article(other)) == expected


@pytest.mark.parametrize("n", [0, 1])
def test_none_or_one_article_has_every_kind_of_evidence(n: int) -> None:
    rows = np.zeros(n, dtype=np.int64)
    kinds = _all_evidence([_article()] * n)
    assert list(kinds) == list(SIDES)
    assert all(kind.of_pairs(rows, rows).shape == (n,) for kind in kinds.values())


def test_a_kind_of_evidence_without_a_side_is_a_mistake_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIDES", {"meaning": 1})
    with pytest.raises(AssertionError, match="same kinds in the same order"):
        _all_evidence([_article()])


ARTICLES = st.builds(
    _article,
    st.sampled_from(TITLES),
    days=st.none() | st.floats(0, WIDEST_DAYS),
    provider=st.sampled_from(("", "Ledger", "Sun")),
    topics=st.sampled_from(TOPICS),
    category=st.sampled_from(("", "sport", "news")),
)


@given(st.lists(ARTICLES, min_size=2, max_size=6), st.floats(0, 1))
def test_any_evidence_but_meaning_is_between_nought_and_one_and_has_no_sides(articles: list[Article], cosine: float) -> None:
    rows = [(i, j) for i in range(len(articles)) for j in range(i + 1, len(articles))]
    pairs = make_pairs(rows, dense=cosine, rare=cosine)
    one, other = np.array(rows).T
    for name, kind in _all_evidence(articles, pairs, pairs).items():
        found = kind.of_pairs(one, other)
        assert found.tolist() == kind.of_pairs(other, one).tolist(), name
        assert found.min() >= (-1 if name == "meaning" else -1e-4), name
        assert found.max() <= 1 + 1e-4, name


@given(st.lists(ARTICLES, min_size=3, max_size=7))
def test_evidence_between_groups_is_the_mean_over_their_pairs(articles: list[Article]) -> None:
    one, other = np.arange(0, len(articles), 2), np.arange(1, len(articles), 2)
    left, right = (side.ravel() for side in np.meshgrid(one, other))
    for name, kind in _all_evidence(articles).items():
        assert kind.between(one, other) == pytest.approx(kind.of_pairs(left, right).mean(), abs=1e-5), name


def test_many_pairs_are_judged_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = _all_evidence([_article(TITLES[row % 5], days=row / 3, number=row) for row in range(9)])
    one, other = np.indices((9, 9)).reshape(2, -1)
    before = {name: kind.of_pairs(one, other) for name, kind in kinds.items()}
    monkeypatch.setattr(module, "_BLOCK_PAIRS", 7)
    for name, kind in kinds.items():
        assert kind.of_pairs(one, other) == pytest.approx(before[name], abs=1e-7), name


# Time


def _kernel(times: NDArray[np.float64], scale_days: float, widest_days: float) -> NDArray[np.float64]:
    rows = time_rows(times, scale_days=scale_days, widest_days=widest_days)
    assert rows.dtype == np.float32
    return np.asarray(rows[1:] @ rows[0], dtype=np.float64)


@given(scale=st.floats(0.5, 5), widest=st.floats(1, 30), epoch=st.floats(0, 2 * TODAY))
def test_products_of_time_rows_are_a_gaussian_of_the_gap(scale: float, widest: float, epoch: float) -> None:
    gaps = np.linspace(0, widest, 101)
    found = _kernel(epoch + SECONDS_PER_DAY * np.concatenate(([0], gaps)), scale, widest)
    assert found == pytest.approx(np.exp(-((gaps / scale) ** 2) / 2), abs=0.001)


@pytest.mark.parametrize("scale", [module.HOURS_SCALE_DAYS, module.DAYS_SCALE_DAYS])
def test_no_gap_within_the_widest_wraps_around(scale: float) -> None:
    gaps = np.linspace(0, WIDEST_DAYS, 2001)
    found = _kernel(TODAY + SECONDS_PER_DAY * np.concatenate(([0], gaps)), scale, WIDEST_DAYS)
    assert np.diff(found).max() < 1e-6  # never up, but for the noise of float32
    assert (found - np.minimum.accumulate(found)).max() < 5e-5  # and what the series leaves out


def test_the_same_moment_is_no_time_apart() -> None:
    assert _kernel(np.array([TODAY, TODAY]), 1, 7) == pytest.approx([1], abs=1e-6)


def test_seconds_are_told_apart_in_any_year() -> None:
    # A clock in float32 would stand still for two minutes: 1.8e9 has steps of 128 seconds there.
    hour = _kernel(TODAY + np.array([0, 3600.0]), 0.1, 7)[0]
    assert hour == pytest.approx(math.exp(-((1 / 24 / 0.1) ** 2) / 2), abs=0.001)


def test_undated_rows_are_nought() -> None:
    rows = time_rows(np.array([np.nan, TODAY, np.nan]), scale_days=1, widest_days=7)
    assert not rows[[0, 2]].any()
    assert rows[1].any()
    assert time_rows(np.zeros(0), scale_days=1, widest_days=7).shape[0] == 0


# Sagas


def test_likeness_is_mostly_of_rare_words() -> None:
    pairs = make_pairs([(0, 1), (0, 2)], dense=[0.5, 0.25], rare=[0.25, 0.5])
    assert likeness(pairs) == pytest.approx([0.4 * 0.5 + 0.6 * 0.25, 0.4 * 0.25 + 0.6 * 0.5])


def test_a_saga_is_the_mean_likeness_of_the_three_likest_articles_of_other_days() -> None:
    pairs = make_pairs([(0, 1), (0, 2), (0, 3), (0, 4)], dense=[0.2, 0.8, 0.6, 0.4], rare=[0.2, 0.8, 0.6, 0.4])
    assert sagas(6, pairs) == pytest.approx([(0.8 + 0.6 + 0.4) / 3, 0.2 / 3, 0.8 / 3, 0.6 / 3, 0.4 / 3, 0])


def test_without_pairs_nothing_is_a_saga() -> None:
    assert sagas(3, NO_PAIRS).tolist() == [0, 0, 0]
    assert sagas(0, NO_PAIRS).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(5, 8)), unique=True, max_size=15), st.data())
def test_sagas_are_what_a_slow_loop_finds(rows: list[tuple[int, int]], data: st.DataObject) -> None:
    cosines = st.lists(st.floats(-1, 1, width=32), min_size=len(rows), max_size=len(rows))
    pairs = make_pairs(rows, dense=data.draw(cosines), rare=data.draw(cosines))
    like = [min(1, max(0, value)) for value in likeness(pairs).tolist()]
    expected = []
    for row in range(10):
        likest = sorted((value for pair, value in zip(rows, like, strict=True) if row in pair), reverse=True)
        expected.append(sum(likest[:3]) / 3)
    assert sagas(10, pairs) == pytest.approx(expected)


# Rows of words, labels and details


def test_rare_words_weigh_more_and_rows_have_length_one() -> None:
    rows = weighted_rows(
        [["storm", "gannet", "storm"], ["storm", "lagia"], [], ["storm"]], {"storm": 3, "gannet": 1, "lagia": 1}, 4
    ).toarray()
    common, rare = -math.log(3 / 5), -math.log(1 / 5)  # three of four lists, one of four
    length = math.hypot(common, rare)
    assert rows[0].tolist() == pytest.approx([rare / length, 0, common / length])
    assert rows[3].tolist() == [0, 0, 1]
    assert not rows[2].any()


def test_rows_without_any_word_are_rows_of_noughts() -> None:
    assert weighted_rows([[], []], {}, 2).toarray().tolist() == [[0], [0]]
    assert topic_rows([]).shape[0] == 0


def _apart(one: list[Detail], other: list[Detail]) -> float:
    plus, minus = detail_rows([one, other])
    found = Evidence("details", plus, minus).of_pairs(np.array([0]), np.array([1]))
    return float(found[0])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([], [], 0),
        ([("dead", "2")], [], 0),
        ([("dead", "2")], [("ships", "2")], 0),
        ([("dead", "2"), ("ships", "3")], [("ships", "3"), ("dead", "2")], 0),
        ([("dead", "2"), ("dead", "2")], [("dead", "2")], 0),
        ([("dead", "2"), ("dead", "4")], [("dead", "4"), ("dead", "2")], 0),
        ([("dead", "2")], [("dead", "3")], 1),
        ([("dead", "2"), ("ships", "3")], [("dead", "3"), ("ships", "2")], 1),
        ([("dead", "2"), ("ships", "3")], [("dead", "2"), ("ships", "4")], 1 / 2),
        ([("dead", "2"), ("dead", "4")], [("dead", "2")], 1 - 1 / math.sqrt(2)),
        ([("dead", "2"), ("dead", "4")], [("dead", "2"), ("dead", "3")], 1 - 1 / 2),
    ],
)
def test_details_in_conflict(one: list[Detail], other: list[Detail], expected: float) -> None:
    assert _apart(one, other) == pytest.approx(expected, abs=1e-6)


DETAILS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("123")), max_size=5)


@given(DETAILS, DETAILS)
def test_details_conflict_in_none_in_some_or_in_all(one: list[Detail], other: list[Detail]) -> None:
    found, common = _apart(one, other), {key for key, _ in one} & {key for key, _ in other}
    assert -1e-6 <= found <= 1 + 1e-6
    if set(one) == set(other) or not common:
        assert found == pytest.approx(0, abs=1e-6)
    elif {key for key, _ in one} == {key for key, _ in other} and not set(one) & set(other):
        assert found == pytest.approx(1, abs=1e-6)


# Trust in topics and categories


def _labelled(*labels: str) -> csr_array:
    return category_rows([_article(category=label) for label in labels])


@pytest.mark.parametrize(
    ("conflicts", "agreements", "unlabelled"), [(0, 0, 0), (0, 90, 0), (9, 81, 0), (9, 1, 80), (2, 0, 0), (90, 0, 0), (30, 30, 0)]
)
def test_trust_falls_with_the_share_of_sure_pairs_that_conflict(conflicts: int, agreements: int, unlabelled: int) -> None:
    n = 1 + conflicts + agreements + unlabelled
    labels = _labelled("a", *["b"] * conflicts, *["A"] * agreements, *[""] * unlabelled)
    rate = (conflicts + 10 * 0.05) / (conflicts + agreements + 10)  # pairs with one side unlabelled say nothing
    assert trust(labels, make_pairs([(0, row) for row in range(1, n)])) == pytest.approx(max(0, 1 - rate / 0.4))


def test_sure_pairs_are_alike_enough_and_of_different_providers() -> None:
    articles = [_article(provider=name, number=row) for row, name in enumerate(["Sun", "Ledger", "sun", "", ""])]
    rows = [(0, 1), (0, 2), (0, 3), (1, 2), (3, 4)]
    found = sure_pairs(articles, make_pairs(rows, dense=[0.9, 0.9, 0.34, 0.36, 0.9], rare=[0.9, 0.9, 0.34, 0.36, 0.9]))
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(0, 1), (1, 2)]


def test_where_sure_pairs_conflict_topics_say_nothing() -> None:
    # Each provider files by its own names: articles alike in text to the letter have no topic in common.
    articles = [_article(topics=(f"Topic {row}",), category=f"Kind {row}", provider=f"Paper {row}") for row in range(30)]
    kinds = _all_evidence(articles, make_pairs([(0, row) for row in range(1, 30)], dense=0.9, rare=0.9))
    for name in ("shared_topics", "other_topics", "other_category"):
        assert kinds[name].of_pairs(np.array([0, 0]), np.array([0, 1])).tolist() == [0, 0]


def test_pairs_of_one_provider_do_not_vouch_for_a_common_taxonomy() -> None:
    articles = [_article(topics=(f"Topic {row}",), provider="Ledger") for row in range(30)]
    kind = _all_evidence(articles, make_pairs([(0, row) for row in range(1, 30)], dense=0.9, rare=0.9))["other_topics"]
    assert kind.of_pairs(np.array([0]), np.array([1])) == pytest.approx([TRUST_OF_NOTHING])


def test_rows_of_labels_are_unit_rows() -> None:
    articles = [_article(topics=("a", "A", "b"), provider="Sun"), _article()]
    assert (topic_rows(articles).power(2).sum(axis=1)).tolist() == pytest.approx([1, 0])
    assert (provider_rows(articles).power(2).sum(axis=1)).tolist() == pytest.approx([1, 0])


# What any weights on their sides keep to

WEIGHTS = st.fixed_dictionaries({name: st.floats(0, 2) if side > 0 else st.floats(-2, 0) for name, side in SIDES.items()})


def _scores(weights: dict[str, float], corpus: Corpus, near: Pairs, far: Pairs, rows: Pairs) -> NDArray[np.float64]:
    found = evidence_of(corpus, near, far, widest_days=WIDEST_DAYS)
    return SameStory(weights, 0.1, Calibration(1.0, 0.0)).score(found).of_pairs(rows.left, rows.right)


def _turned(cosines: Sequence[float]) -> NDArray[np.float32]:
    """Unit rows: the first, and one at each cosine with it."""
    return np.array([[1, 0], *([cosine, math.sqrt(1 - cosine**2)] for cosine in cosines)], dtype=np.float32)


@pytest.mark.parametrize("rows", ["vectors", "rare"])
@given(weights=WEIGHTS, cosines=st.lists(st.floats(0, 1), min_size=2, max_size=6).map(sorted))
def test_a_higher_cosine_never_lowers_the_score(rows: str, weights: dict[str, float], cosines: list[float]) -> None:
    corpus = build_corpus([_article("the ferry to Gannet", number=row) for row in range(1 + len(cosines))], HashingEncoder(), None)
    turned = _turned(cosines)
    corpus = replace(corpus, vectors=turned) if rows == "vectors" else replace(corpus, rare=csr_array(turned))
    pairs = make_pairs([(0, row) for row in range(1, 1 + len(cosines))])
    assert np.diff(_scores(weights, corpus, NO_PAIRS, NO_PAIRS, pairs)).min() > -1e-5


@given(WEIGHTS, st.lists(st.floats(0, WIDEST_DAYS), min_size=2, max_size=8).map(sorted))
def test_more_time_between_two_articles_never_raises_the_score(weights: dict[str, float], gaps: list[float]) -> None:
    corpus = build_corpus([_article(days=days, number=row) for row, days in enumerate([0.0, *gaps])], HashingEncoder(), None)
    pairs = make_pairs([(0, row) for row in range(1, 1 + len(gaps))])
    assert np.diff(_scores(weights, corpus, NO_PAIRS, NO_PAIRS, pairs)).max() < 2 * 1e-4  # a weight of 2, and what the series leaves out


@given(WEIGHTS, st.integers(0, 1000))
def test_only_the_time_between_articles_counts_not_the_year(weights: dict[str, float], seed: int) -> None:
    articles = make_planted_stories(3, 3, 0.5, seed).articles
    later = [replace(article, published=article.published + timedelta(days=1000)) for article in articles if article.published]
    found = []
    for these in (articles, later):
        corpus = build_corpus(these, HashingEncoder(), None)
        near = nearest_pairs(corpus.vectors, corpus.rare, corpus.times, from_days=0, to_days=7, neighbours=9)
        found.append(_scores(weights, corpus, near, NO_PAIRS, near))
    assert found[0] == pytest.approx(found[1], abs=1e-4)


@given(WEIGHTS, st.floats(2, 3000))
def test_articles_of_another_time_change_nothing_between_two(weights: dict[str, float], days: float) -> None:
    # A model of raw time, scaled to the span of the set, would judge the same two articles otherwise.
    two = [_article("the ferry to Gannet", days=0, number=0), _article("the ferry of Lagia", days=1, number=1)]
    third = _article("the ferry to Gannet of Lagia", days=days, number=2)
    pair = make_pairs([(0, 1)])
    found = []
    for moment in (third, replace(third, published=NOON + timedelta(days=1))):
        corpus = build_corpus([*two, moment], HashingEncoder(), None)
        found.append(_scores(weights, corpus, NO_PAIRS, NO_PAIRS, pair)[0])
    assert found[0] == pytest.approx(found[1], abs=1e-4)
