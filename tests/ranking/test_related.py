"""Related lists: who stands in them, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from math import exp
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from support.decision import SAME_STORY
from support.pairs import make_pairs

from ranker.articles.article import Article, Provider
from ranker.ranking.related import RelatedArticle, RelatedArticles
from ranker.settings import RelatedSettings
from ranker.settings_file import load_settings
from ranker.stories.evidence import Evidence
from ranker.stories.same_story import probability
from ranker.stories.score import weighted_score
from ranker.stories.story import Grouping
from ranker.vectors.corpus import Corpus

OWN = 0  # the row of the article whose list is looked at
LIKELY = 2.0  # log-odds of a pair
COSINES = (0.9, 0.8, 0.7)


def settings_with(**changes: Any) -> RelatedSettings:
    return msgspec.structs.replace(load_settings().related, **changes)


def related(
    labels: Sequence[int],
    pairs: Mapping[tuple[int, int], tuple[float, float, float]],
    *,
    providers: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    **changes: Any,
) -> RelatedArticles:
    """Lists of articles a0, a1, ... in such stories; `pairs` are (cosine, log-odds, days apart) by rows."""
    n = len(labels)
    named = providers or [f"paper-{i}.example" for i in range(n)]
    articles = tuple(Article(f"a{i}", f"Title {i}", provider=Provider(domain=named[i])) for i in range(n))
    # Vectors matter for members that are no pair alone: a1 is the nearest to the next, and so on.
    vectors = np.eye(n, dtype=np.float32) + np.linspace(0.3, 0, n, dtype=np.float32)[:, None]
    corpus = Corpus(articles, vectors, csr_array((n, 1), dtype=np.float32), np.zeros(n), 0, 0)
    numbers = list(pairs.values())
    found = make_pairs(list(pairs), dense=[cosine for cosine, _, _ in numbers], gap_days=[days for _, _, days in numbers])
    log_odds = np.array([odds for _, odds, _ in numbers])
    names = {article.id: text for article, text in zip(articles, texts or [article.id for article in articles], strict=True)}
    # Only for members that are no pair do the lists ask for a score, here the cosine.
    score = weighted_score((Evidence("meaning", vectors),), {"meaning": 1.0}, 0.0)
    grouping = Grouping(corpus, found, log_odds, np.array(labels, dtype=np.int64), names, (), (), SAME_STORY, score, 7)
    return RelatedArticles(grouping, found, log_odds, settings_with(**changes))


def ids(items: Sequence[RelatedArticle]) -> list[str]:
    return [item.article.id for item in items]


def near(*rows: int) -> dict[tuple[int, int], tuple[float, float, float]]:
    """Pairs of the own article with such rows, each a little less near than the one before."""
    return {(OWN, row): (0.9 - 0.05 * place, -LIKELY, 0.0) for place, row in enumerate(rows)}


def test_an_article_without_neighbours_has_nothing_related() -> None:
    assert related([0], {}).of(OWN) == []


def test_coverage_of_the_story_comes_before_nearer_articles_of_others() -> None:
    lists = related([0, 1, 0], {(0, 1): (0.95, -LIKELY, 0), (0, 2): (0.3, LIKELY, 0)})
    assert [(item.article.id, item.same_story) for item in lists.of(OWN)] == [("a2", True), ("a1", False)]


def test_coverage_of_the_story_comes_last_if_it_is_less_near_and_the_setting_says_so() -> None:
    lists = related([0, 1, 0], {(0, 1): (0.95, -LIKELY, 0), (0, 2): (0.3, 0.5, 0)}, same_story_first=False)
    assert ids(lists.of(OWN)) == ["a1", "a2"]


def test_coverage_of_the_story_is_ordered_by_how_likely_it_is() -> None:
    lists = related([0, 0, 0], {(0, 1): (0.9, 1.0, 0), (0, 2): (0.4, 3.0, 0)})
    items = lists.of(OWN)
    assert ids(items) == ["a2", "a1"]
    assert [item.probability for item in items] == pytest.approx([1 / (1 + exp(-3)), 1 / (1 + exp(-1))])


def test_other_stories_are_ordered_by_cosine_fading_with_the_days_between() -> None:
    lists = related([0, 1, 2], {(0, 1): (0.9, -LIKELY, 5), (0, 2): (0.5, -LIKELY, 0)}, time_decay_days=5)
    items = lists.of(OWN)
    assert ids(items) == ["a2", "a1"]
    assert [item.affinity for item in items] == pytest.approx([0.5, 0.9 * exp(-1)])


def test_an_unknown_time_between_fades_as_much_as_the_days_of_the_setting() -> None:
    (item,) = related([0, 1], {(0, 1): (0.9, -LIKELY, float("nan"))}, time_decay_days=5).of(OWN)
    assert item.affinity == pytest.approx(0.9 * exp(-1))


def test_of_equally_near_articles_the_smaller_id_is_first() -> None:
    lists = related([0, 1, 2, 3], {(0, row): (0.5, -LIKELY, 0) for row in (3, 1, 2)})
    assert ids(lists.of(OWN)) == ["a1", "a2", "a3"]


def test_an_article_of_another_story_needs_the_least_cosine() -> None:
    lists = related([0, 1, 2], {(0, 1): (0.5, -LIKELY, 0), (0, 2): (0.49, -LIKELY, 0)}, min_similarity=0.5)
    assert ids(lists.of(OWN)) == ["a1"]


def test_coverage_of_the_story_needs_no_cosine() -> None:
    assert ids(related([0, 0], {(0, 1): (-0.2, LIKELY, 0)}).of(OWN)) == ["a1"]


def test_members_that_were_no_candidates_stand_among_the_others_by_their_probability() -> None:
    lists = related([0, 0, 0, 0, 4], {(0, 2): (0.1, -30.0, 0), (0, 4): (0.9, -LIKELY, 0)})
    items = lists.of(OWN)
    assert ids(items) == ["a1", "a3", "a2", "a4"]
    chances = probability(SAME_STORY.log_odds(np.array([item.similarity for item in items[:2]])))
    assert [item.probability for item in items[:2]] == pytest.approx(chances.tolist())
    assert items[0].similarity > items[1].similarity


def test_a_copy_of_the_article_is_not_related() -> None:
    lists = related([0, 0, 0], {(0, 1): (1.0, LIKELY, 0), (0, 2): (0.9, LIKELY, 0)}, texts=["agency", "agency", "own words"])
    assert ids(lists.of(OWN)) == ["a2"]


def test_of_copies_of_another_text_the_nearest_is_related() -> None:
    lists = related([0, 1, 2], near(2, 1), texts=["own words", "agency", "agency"])
    assert ids(lists.of(OWN)) == ["a2"]


def test_of_each_other_story_the_nearest_article_is_related() -> None:
    assert ids(related([0, 7, 7, 8], near(2, 1, 3)).of(OWN)) == ["a2", "a3"]


def test_a_provider_has_no_more_items_than_its_limit() -> None:
    lists = related([0, 1, 2, 3, 4], near(1, 2, 3, 4), providers=["own", "busy", "busy", "busy", "quiet"], per_provider=2)
    assert ids(lists.of(OWN)) == ["a1", "a2", "a4"]


def test_articles_of_nobody_in_particular_share_no_limit() -> None:
    assert ids(related([0, 1, 2], near(1, 2), providers=["own", "", ""], per_provider=1).of(OWN)) == ["a1", "a2"]


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_list_has_no_more_items_than_the_setting(limit: int) -> None:
    assert ids(related([0, 1, 2, 3, 4], near(1, 2, 3, 4), limit=limit).of(OWN)) == ["a1", "a2", "a3"][:limit]


@pytest.mark.parametrize(("limit", "items"), [(1, ["a1"]), (9, ["a1", "a2"])])
def test_a_caller_may_ask_for_fewer_or_more_than_the_setting(limit: int, items: list[str]) -> None:
    assert ids(related([0, 1, 2], near(1, 2), limit=1).of(OWN, limit=limit)) == items


def test_pairs_count_from_both_ends() -> None:
    lists = related([0, 1, 2], {(0, 2): (0.9, -LIKELY, 0), (1, 2): (0.8, -LIKELY, 0)})
    assert ids(lists.of(2)) == ["a0", "a1"]


CORPORA = st.integers(2, 7).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 3), min_size=n, max_size=n),
        st.dictionaries(
            st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda rows: rows[0] < rows[1]),
            st.tuples(st.sampled_from(COSINES), st.sampled_from([-1.0, 0.0, 1.0]), st.sampled_from([0.0, 1.0])),
        ),
        st.lists(st.sampled_from(["", "one", "two"]), min_size=n, max_size=n),
        st.lists(st.sampled_from(["agency", "desk", "rival"]), min_size=n, max_size=n),
        st.integers(0, 5),
        st.integers(1, 2),
    )
)


@given(CORPORA)
def test_every_list_keeps_every_rule(corpus: Any) -> None:
    labels, pairs, providers, texts, limit, per_provider = corpus
    lists = related(labels, pairs, providers=providers, texts=texts, limit=limit, per_provider=per_provider)
    for row in range(len(labels)):
        rows = [int(item.article.id[1:]) for item in lists.of(row)]
        assert len(rows) <= limit
        assert texts[row] not in [texts[other] for other in rows]
        assert len({texts[other] for other in rows}) == len(rows)
        assert all([providers[other] for other in rows].count(name) <= per_provider for name in ("one", "two"))
        others = [labels[other] for other in rows if labels[other] != labels[row]]
        assert len(set(others)) == len(others)
        assert [item.same_story for item in lists.of(row)] == sorted((labels[other] == labels[row] for other in rows), reverse=True)


def test_a_list_does_not_depend_on_the_order_of_the_pairs() -> None:
    pairs = {(0, 1): (0.9, LIKELY, 0.0), (0, 2): (0.9, LIKELY, 0.0), (0, 3): (0.6, -LIKELY, 1.0)}
    found = {tuple(ids(related([0, 0, 0, 1], dict(order)).of(OWN))) for order in permutations(pairs.items())}
    assert found == {("a1", "a2", "a3")}
