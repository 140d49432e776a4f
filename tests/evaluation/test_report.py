"""The report: figures of a whole run against labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from support.hashing_encoder import HashingEncoder
from support.planted import Planted, make_planted_stories

from ranker.articles.article import Article, Provider
from ranker.evaluation.metrics import Agreement, adjusted_rand_index, b_cubed, pairwise
from ranker.evaluation.report import evaluate
from ranker.pipeline import Ranking, rank_articles
from ranker.settings import Settings

AS_OF = datetime(2026, 3, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def planted() -> Planted:
    return make_planted_stories(5, 4, 0.1, seed=2)


def _ranked(articles: Sequence[Article], settings: Settings) -> Ranking:
    return rank_articles(articles, settings, as_of=AS_OF, encoder=HashingEncoder())


def test_stories_that_are_found_exactly_have_full_marks(planted: Planted, default_settings: Settings) -> None:
    result = evaluate(_ranked(planted.articles, default_settings), planted.labels)
    assert (result.articles, result.unlabelled, result.true_stories, result.found_stories) == (20, 0, 5, 5)
    assert result.b_cubed == result.pairwise == Agreement(1, 1)
    assert result.adjusted_rand_index == result.related_map == 1


def test_figures_are_those_of_the_metrics(planted: Planted, default_settings: Settings) -> None:
    ranking = _ranked(planted.articles, default_settings)
    wrong = {key: "one" if label in {"story 0", "story 1"} else f"{label} {key[-1] < '8'}" for key, label in planted.labels.items()}
    result = evaluate(ranking, wrong)
    truth, found = [wrong[article.id] for article in ranking.grouping.corpus.articles], ranking.grouping.labels.tolist()
    assert result.b_cubed == b_cubed(truth, found) != Agreement(1, 1)
    assert result.pairwise == pairwise(truth, found)
    assert result.adjusted_rand_index == adjusted_rand_index(truth, found)
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


def test_no_labels_have_no_stories(planted: Planted, default_settings: Settings) -> None:
    result = evaluate(_ranked(planted.articles, default_settings), {})
    assert (result.articles, result.unlabelled, result.true_stories, result.found_stories, result.related_map) == (0, 20, 0, 0, None)


class TestRelatedMap:
    def test_is_none_if_no_story_has_two_articles(self, planted: Planted, default_settings: Settings) -> None:
        alone = {key: key for key in planted.labels}
        assert evaluate(_ranked(planted.articles, default_settings), alone).related_map is None

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
        assert evaluate(_ranked(articles, default_settings), {"a": "one", "b": "one"}).related_map == 0

    def test_counts_what_a_list_leaves_out(self, default_settings: Settings) -> None:
        near = [Article(name, f"Storm closes harbour {name * 3}", provider=Provider(name)) for name in "ab"]
        far = Article("c", "Chess prodigy draws", provider=Provider("c"))
        labels = dict.fromkeys("abc", "one")  # a and b list each other, one of two that belong there; c lists nobody
        assert evaluate(_ranked([*near, far], default_settings), labels).related_map == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)
