"""The report: figures of a whole run against labels."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from support.hashing_encoder import HashingEncoder
from support.planted import Planted, make_planted_stories

from ranker.articles.article import Article, Provider
from ranker.evaluation.bootstrap import Interval
from ranker.evaluation.metrics import (
    Agreement,
    adjusted_rand_index,
    b_cubed,
    b_cubed_items,
    pairwise,
    purity_of_largest,
    share_alone,
    v_measure,
)
from ranker.evaluation.report import Evaluation, Intervals, evaluate
from ranker.pipeline import Ranking, rank_articles
from ranker.settings import Settings

AS_OF = datetime(2026, 3, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def planted() -> Planted:
    return make_planted_stories(5, 4, 0.1, seed=2)


@pytest.fixture(scope="module")
def ranking(planted: Planted, default_settings: Settings) -> Ranking:
    return _ranked(planted.articles, default_settings)


def _ranked(articles: Sequence[Article], settings: Settings) -> Ranking:
    return rank_articles(articles, settings, as_of=AS_OF, encoder=HashingEncoder())


def _wrong(planted: Planted) -> dict[str, str]:
    """Two stories called one, the others torn in two."""
    return {key: "one" if label in {"story 0", "story 1"} else f"{label} {key[-1] < '8'}" for key, label in planted.labels.items()}


def test_stories_that_are_found_exactly_have_full_marks(planted: Planted, default_settings: Settings) -> None:
    result = evaluate(_ranked(planted.articles, default_settings), planted.labels)
    assert (result.articles, result.unlabelled, result.true_stories, result.found_stories) == (20, 0, 5, 5)
    assert result.b_cubed == result.pairwise == Agreement(1, 1)
    assert result.adjusted_rand_index == result.v_measure.v_measure == result.purity == 1
    assert result.related_map == result.related_mrr == result.related_ndcg == 1
    assert result.alone_found == result.alone_true == 0
    assert result.intervals == Intervals(*[Interval(1, 1)] * 4)


def test_figures_are_those_of_the_metrics(planted: Planted, default_settings: Settings) -> None:
    ranking = _ranked(planted.articles, default_settings)
    wrong = _wrong(planted)
    result = evaluate(ranking, wrong)
    truth, found = [wrong[article.id] for article in ranking.grouping.corpus.articles], ranking.grouping.labels.tolist()
    assert result.b_cubed == b_cubed(truth, found) != Agreement(1, 1)
    assert result.pairwise == pairwise(truth, found)
    assert result.adjusted_rand_index == adjusted_rand_index(truth, found)
    assert result.v_measure == v_measure(truth, found)
    assert result.purity == purity_of_largest(truth, found) < 1
    assert (result.alone_found, result.alone_true) == (share_alone(found), share_alone(truth))
    assert result.true_stories == len(set(wrong.values()))


def test_articles_without_a_label_are_counted_and_left_out(planted: Planted, default_settings: Settings) -> None:
    labels = {key: label for key, label in planted.labels.items() if label != "story 3"}
    result = evaluate(_ranked(planted.articles, default_settings), labels)
    assert (result.articles, result.unlabelled, result.true_stories, result.found_stories) == (16, 4, 4, 4)
    assert result.b_cubed == Agreement(1, 1)
    assert result.related_map == 1


def test_labels_of_articles_that_were_not_read_make_no_difference(planted: Planted, default_settings: Settings) -> None:
    ranking = _ranked(planted.articles, default_settings)
    assert evaluate(ranking, planted.labels | {"elsewhere": "story 0", "nowhere": "story 9"}) == evaluate(ranking, planted.labels)


def test_neither_names_of_stories_nor_order_of_labels_make_a_difference(planted: Planted, default_settings: Settings) -> None:
    ranking, wrong = _ranked(planted.articles, default_settings), _wrong(planted)
    renamed = {key: f"event {wrong[key]}" for key in sorted(wrong, reverse=True)}
    assert evaluate(ranking, renamed) == evaluate(ranking, wrong)


class TestAmong:
    def test_articles_that_are_not_asked_about_count_as_without_a_label(self, planted: Planted, default_settings: Settings) -> None:
        ranking, wrong = _ranked(planted.articles, default_settings), _wrong(planted)
        some = {key for key in wrong if key[-1] in "02468ace"}
        assert 0 < len(some) < len(wrong)
        assert evaluate(ranking, wrong, among=some) == replace(
            evaluate(ranking, {key: label for key, label in wrong.items() if key in some}), unlabelled=0
        )

    def test_of_those_asked_about_the_unlabelled_are_counted(self, planted: Planted, default_settings: Settings) -> None:
        ranking = _ranked(planted.articles, default_settings)
        first, second, third = sorted(planted.labels)[:3]
        result = evaluate(ranking, {first: "one", third: "one"}, among=[first, second])
        assert (result.articles, result.unlabelled) == (1, 1)


def test_no_labels_have_no_stories(planted: Planted, default_settings: Settings) -> None:
    result = evaluate(_ranked(planted.articles, default_settings), {})
    assert (result.articles, result.unlabelled, result.true_stories, result.found_stories) == (0, 20, 0, 0)
    assert (result.related_map, result.related_mrr, result.related_ndcg) == (None, None, None)
    assert result.intervals == Intervals(None, None, None, None)


class TestIntervals:
    def test_are_those_of_drawing_stories_one_by_one(self, ranking: Ranking, planted: Planted) -> None:
        wrong, seed, resamples = _wrong(planted), 3, 200
        known = [article.id for article in ranking.grouping.corpus.articles]
        truth, found = [wrong[key] for key in known], ranking.grouping.labels.tolist()
        precision, recall = b_cubed_items(truth, found)
        names = sorted(set(truth))
        rng = np.random.default_rng(seed)
        drawn_figures = []
        for _ in range(resamples):
            drawn = dict(zip(names, rng.multinomial(len(names), [1 / len(names)] * len(names)).tolist(), strict=True))
            rows = [row for row, story in enumerate(truth) for _ in range(drawn[story])]
            drawn_figures.append((precision[rows].mean(), recall[rows].mean(), Agreement(precision[rows].mean(), recall[rows].mean()).f1))
        ends = [np.quantile(column, [0.025, 0.975]).tolist() for column in zip(*drawn_figures, strict=True)]
        intervals = evaluate(ranking, wrong, resamples=resamples, seed=seed).intervals
        for interval, expected in zip((intervals.precision, intervals.recall, intervals.f1), ends, strict=True):
            assert interval is not None
            assert [interval.low, interval.high] == pytest.approx(expected)

    def test_hold_the_figures_they_are_of(self, ranking: Ranking, planted: Planted) -> None:
        result = evaluate(ranking, _wrong(planted))
        assert result.related_map is not None
        figures = (result.b_cubed.precision, result.b_cubed.recall, result.b_cubed.f1, result.related_map)
        ends = (result.intervals.precision, result.intervals.recall, result.intervals.f1, result.intervals.related_map)
        for figure, interval in zip(figures, ends, strict=True):
            assert interval is not None
            assert interval.low < figure < interval.high

    def test_are_the_same_for_the_same_seed_alone(self, ranking: Ranking, planted: Planted) -> None:
        one, same, other = (evaluate(ranking, _wrong(planted), resamples=50, seed=seed).intervals for seed in (1, 1, 2))
        assert one == same != other

    def test_are_none_of_one_story(self, ranking: Ranking, planted: Planted) -> None:
        assert evaluate(ranking, dict.fromkeys(planted.labels, "one")).intervals == Intervals(None, None, None, None)

    def test_of_lists_are_none_if_there_are_none(self, ranking: Ranking, planted: Planted) -> None:
        intervals = evaluate(ranking, {key: key for key in planted.labels}).intervals
        assert intervals.related_map is None
        assert intervals.f1 is not None


def _related(result: Evaluation) -> tuple[float | None, float | None, float | None]:
    return result.related_map, result.related_mrr, result.related_ndcg


class TestRelatedMap:
    def test_is_none_if_no_story_has_two_articles(self, planted: Planted, default_settings: Settings) -> None:
        alone = {key: key for key in planted.labels}
        assert _related(evaluate(_ranked(planted.articles, default_settings), alone)) == (None, None, None)

    def test_is_none_if_all_articles_of_each_story_are_copies(self, default_settings: Settings) -> None:
        copies = [Article(name, "Storm closes harbour", "Ferries stay in port.") for name in "ab"]
        assert evaluate(_ranked(copies, default_settings), {"a": "storm", "b": "storm"}).related_map is None

    def test_asks_for_one_of_several_copies(self, planted: Planted, default_settings: Settings) -> None:
        copied = next(article for article in planted.articles if planted.labels[article.id] == "story 0")
        copy = replace(copied, id="copy", provider=Provider("Agency", "agency.example"))
        ranking = _ranked([*planted.articles, copy], default_settings)
        assert evaluate(ranking, planted.labels | {"copy": "story 0"}).related_map == 1

    def test_counts_a_list_without_what_belongs_there_as_nought(self, default_settings: Settings) -> None:
        articles = [Article("a", "Storm closes harbour"), Article("b", "Chess prodigy draws")]
        assert _related(evaluate(_ranked(articles, default_settings), {"a": "one", "b": "one"})) == (0, 0, 0)

    def test_counts_what_a_list_leaves_out(self, default_settings: Settings) -> None:
        near = [Article(name, f"Storm closes harbour {name * 3}", provider=Provider(name)) for name in "ab"]
        far = Article("c", "Chess prodigy draws", provider=Provider("c"))
        labels = dict.fromkeys("abc", "one")  # a and b list each other, one of two that belong there; c lists nobody
        result = evaluate(_ranked([*near, far], default_settings), labels)
        assert result.related_map == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
        assert result.related_mrr == pytest.approx((1 + 1 + 0) / 3)
        first_of_two = 1 / (1 + 1 / math.log2(3))
        assert result.related_ndcg == pytest.approx((first_of_two + first_of_two + 0) / 3)

    def test_has_an_interval_of_its_own(self, default_settings: Settings) -> None:
        articles: list[Article] = []
        labels: dict[str, str] = {}
        for story, near, far in (("one", "Storm closes harbour", "Chess prodigy draws"), ("two", "Quake hits Tarapay", "Opera opens late")):
            titles = (f"{near} again", f"{near} anew", far)
            articles += [Article(f"{story} {place}", title, provider=Provider(title)) for place, title in enumerate(titles)]
            labels |= {f"{story} {place}": story for place in range(3)}
        result = evaluate(_ranked(articles, default_settings), labels)
        assert result.related_map == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
        interval = result.intervals.related_map  # both stories have the same mean: whichever is drawn, nothing changes
        assert interval is not None
        assert (interval.low, interval.high) == pytest.approx((result.related_map, result.related_map))


def test_a_set_of_ordinary_size_is_measured_in_a_moment(default_settings: Settings) -> None:
    planted = make_planted_stories(40, 25, 0.3, seed=1)
    ranking = _ranked(planted.articles, default_settings)
    evaluate(ranking, planted.labels)  # imports and the ranking's own tables
    begin = time.process_time()
    evaluate(ranking, planted.labels)
    assert time.process_time() - begin < 3
