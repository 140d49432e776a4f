"""The window: weighed anew it is a batch, packed it answers as before, and a text is told apart as an article is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from support.decision import SAME_STORY
from support.desks import DAY, NOW, QUAKE, Stories, batch, batch_stories, correction, defaults, open_desk, planted, report, stories_of
from support.hashing_encoder import HashingEncoder

from ranker.articles.article import Article
from ranker.articles.reading import read_articles
from ranker.desk import window_state as windows
from ranker.desk.desk import Desk
from ranker.desk.window import Window, told_by
from ranker.evaluation.metrics import b_cubed
from ranker.places import newsroom_folder
from ranker.settings_file import load_settings
from ranker.stories.corrections import NO_CORRECTIONS, Corrections
from ranker.stories.details import details_of
from ranker.stories.evidence import evidence_rows
from ranker.vectors.background import NO_BACKGROUND
from ranker.vectors.corpus import Corpus


def empty_window(corrections: Corrections = NO_CORRECTIONS) -> Window:
    return Window(defaults(), SAME_STORY, NO_BACKGROUND, dimensions=128, corrections=corrections)


def add(window: Window, articles: Sequence[Article]) -> None:
    """Add articles and take the groups over as stories."""
    told = [told_by(article) for article in articles]
    take(window, window.add(articles, HashingEncoder().encode([article.text for article in articles]), told))


def take(window: Window, new: NDArray[np.int64], disturbed: set[int] | None = None) -> None:
    regrouped = window.regroup(new, disturbed or set())
    if len(regrouped.slots):
        window.assign(regrouped.slots, regrouped.groups + max(window.members, default=-1) + 1)


def remove(window: Window, ids: Sequence[str]) -> None:
    slots = np.array([window.slot_of[name] for name in ids], dtype=np.int64)
    disturbed = set(window.labels.rows[slots].tolist())
    window.remove(slots)
    take(window, np.zeros(0, dtype=np.int64), disturbed)


def groups(window: Window) -> Stories:
    return frozenset(frozenset(window.articles[slot].id for slot in slots.tolist()) for slots in window.members.values())


def over_days(n_stories: int, per_story: int, *, seed: int = 1) -> list[Article]:
    """Planted stories told again days later: every second one is a sequel of the one before, in its words."""
    made, labels = planted(n_stories, per_story, noise=0.4, seed=seed)
    days = {label: 3 * (place % 3) for place, label in enumerate(sorted(set(labels.values())))}
    first: dict[str, list[Article]] = {}
    for article in made:
        first.setdefault(labels[article.id], []).append(article)
    stories = [first[label] for label in sorted(first)]
    told: list[Article] = []
    for place, story in enumerate(stories):
        words = stories[place - place % 3]
        shift = days[sorted(first)[place]] * DAY
        told += [
            replace(article, title=words[number].title, excerpt=article.excerpt, published=(article.published or NOW) - shift)
            for number, article in enumerate(story)
        ]
    return told


@pytest.fixture(scope="module")
def newsroom() -> list[Article]:
    """The sample newsroom: invented, but as mixed as real news; over ten days."""
    found = read_articles([str(newsroom_folder() / "articles")], defaults().reading, strict=False).articles
    return sorted(found, key=lambda article: article.id)


def scores(window: Window, ids: Sequence[str]) -> NDArray[np.float64]:
    left, right = np.triu_indices(len(ids), 1)
    return window.rows.of(np.array([window.slot_of[name] for name in ids])).of_pairs(left, right)


def batch_scores(articles: Sequence[Article]) -> NDArray[np.float64]:
    left, right = np.triu_indices(len(articles), 1)
    return batch(articles).grouping.score.of_pairs(left, right)


@pytest.mark.parametrize("lot", [1, 7, 500])
def test_weighed_anew_pairs_score_as_in_a_batch(lot: int) -> None:
    articles = sorted(over_days(9, 4), key=lambda article: article.id)
    window = empty_window()
    for start in range(0, len(articles), lot):
        add(window, articles[start : start + lot])
    assert scores(window, [article.id for article in articles]) == pytest.approx(batch_scores(articles), abs=2e-4)
    assert groups(window) == batch_stories(articles)


def test_what_is_removed_speaks_no_longer_for_or_against_anything() -> None:
    articles = sorted(over_days(9, 4), key=lambda article: article.id)
    window = empty_window()
    add(window, articles)
    gone = [article.id for article in articles if article.published is not None and article.published < NOW - 4 * DAY]
    assert gone
    remove(window, gone)
    left = [article for article in articles if article.id not in gone]
    # An article does not look again for others of other days when it loses some: sagas are as good as those found before.
    assert scores(window, [article.id for article in left]) == pytest.approx(batch_scores(left), abs=1e-2)
    assert groups(window) == batch_stories(left)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_mixed_corpus_comes_near_a_batch(newsroom: list[Article], seed: int) -> None:
    latest = max(article.published for article in newsroom if article.published is not None)
    order = np.random.default_rng(seed).permutation(len(newsroom)).tolist()
    desk = open_desk(now=latest)
    for start in range(0, len(order), 60):
        desk.add([newsroom[place] for place in order[start : start + 60]], now=latest)
    truth = {article.id: story.id for story in batch(newsroom, now=latest).grouping.stories for article in story.articles}
    found = {article.id: story.id for story in desk.edition.table.stories for article in story.articles}
    assert b_cubed(list(truth.values()), [found[name] for name in truth]).f1 >= 0.99  # .994: words alone decide badly and narrowly


# Packing


def related(desk: Desk) -> dict[str, list[tuple[str, bool, float, float]]]:
    return {
        article.id: [
            (item.article.id, item.same_story, round(item.similarity, 5), round(item.probability, 4))
            for item in desk.edition.related_to(article.id)
        ]
        for article in desk.edition.table.articles
    }


def packed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from ranker.desk import desk_state as desks

    with monkeypatch.context() as patched:
        patched.setattr(desks, "_FEWEST_DEAD", 1)
        patched.setattr(desks, "_DEAD_SHARE", 0.0)
        before = desk.window
        desk.advance(NOW)
        assert desk.window is not before
        assert desk.window.dead == 0


def test_packing_changes_no_answer_then_or_later(monkeypatch: pytest.MonkeyPatch) -> None:
    articles = over_days(9, 5)
    one, other = open_desk(), open_desk()
    for desk in (one, other):
        desk.add(articles[:30], now=NOW)
        desk.remove([article.id for article in articles[:30:3]], now=NOW)
        desk.advance(NOW)
    packed(other, monkeypatch)
    assert related(other) == related(one)
    assert stories_of(other.edition) == stories_of(one.edition)
    for desk in (one, other):
        desk.add([*articles[30:], articles[0], articles[3]], now=NOW)
        desk.remove([articles[1].id], now=NOW)
        desk.correct(correction("c1", "join", f"{articles[2].id} {articles[40].id}"), now=NOW)
    assert related(other) == related(one)
    assert [(story.id, story.articles) for story in other.edition.table.stories] == [
        (story.id, story.articles) for story in one.edition.table.stories
    ]


def test_an_edition_of_before_the_packing_goes_on_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    articles = over_days(6, 4)
    desk = open_desk()
    desk.add(articles, now=NOW)
    desk.remove([articles[0].id], now=NOW)
    edition, before = desk.edition, related(desk)
    packed(desk, monkeypatch)
    desk.add([articles[0]], now=NOW)
    assert {name: [item.article.id for item in edition.related_to(name)] for name in before} == {
        name: [item[0] for item in items] for name, items in before.items()
    }


# Texts alike


def test_copies_are_one_story_however_many_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "_ALWAYS", 0)
    monkeypatch.setattr(windows, "_ALL_AT_ONCE", 0)
    copies = [
        replace(QUAKE[0], id=f"c{place:03}", provider=replace(QUAKE[0].provider, name=f"Paper {place}", domain="")) for place in range(150)
    ]
    window = empty_window()
    for start in range(0, 150, 10):
        add(window, copies[start : start + 10])
    assert groups(window) == {frozenset(article.id for article in copies)}
    remove(window, ["c000"])
    assert groups(window) == {frozenset(article.id for article in copies[1:])}
    assert len({window.text_name(article) for article in copies}) == 1
    assert window.text_name(report("n1", "Nobody has told this")) == "its own"


def test_words_are_found_in_titles_and_excerpts() -> None:
    window = empty_window()
    add(window, [*QUAKE, report("e1", "Ferry aground", excerpt="Passengers of the ferry were taken off Tarapay.")])

    def holding(text: str) -> list[str]:
        return sorted(window.articles[slot].id for slot in window.holding(text).tolist())

    assert holding("tarapay") == ["e1", "q1", "q2", "q3"]
    assert holding("Tarapay QUAKE struck") == ["q2"]
    assert holding("Tarapay passengers") == ["e1"]
    assert holding("nowhere") == holding("") == holding("tarapay nowhere") == []


@pytest.mark.parametrize(("story_days", "related_days"), [(7, 10), (2, 20), (14, 3)])
def test_whatever_the_windows_stories_are_those_of_a_batch(story_days: float, related_days: float) -> None:
    settings = load_settings(overrides={"grouping.window_days": story_days, "related.window_days": related_days})
    articles = [
        replace(article, published=(article.published or NOW) - timedelta(days=place % 9)) for place, article in enumerate(over_days(8, 4))
    ]
    desk = open_desk(settings=settings)
    for start in range(0, len(articles), 10):
        desk.add(articles[start : start + 10], now=NOW)
    whole = batch(articles, settings=settings)
    assert stories_of(desk.edition) == {frozenset(article.id for article in story.articles) for story in whole.grouping.stories}
    for article in articles:
        assert [item.article.id for item in desk.edition.related_to(article.id)] == [
            item.article.id for item in whole.related_to(article.id)
        ]


def test_links_are_those_of_articles_that_live(newsroom: list[Article]) -> None:
    window = empty_window()
    add(window, newsroom[:200])
    remove(window, [article.id for article in newsroom[:200:3]])
    window.weigh_anew()
    pairs, alive = window.pairs, window.alive.rows
    both = alive[pairs.later] & alive[pairs.earlier]
    assert 0 < window._links < int((pairs.score > 0).sum())
    assert window._links == int((pairs.score[both] > 0).sum())


@pytest.mark.parametrize("changes", [{}, {"topics": ("Nobody's topic",)}, {"category": "Sport"}, {"published": None}])
def test_a_text_scores_as_evidence_made_anew_says(newsroom: list[Article], changes: dict[str, object]) -> None:
    window = empty_window()
    add(window, newsroom[:120])
    slots = np.arange(120)
    for article in (*newsroom[:120:17], *newsroom[130:180:17]):
        asked = replace(article, **changes)  # type: ignore[arg-type] # of several types
        vector = HashingEncoder().encode([asked.text])
        before = window._columns.names()
        found = window.scores_of_text(asked, vector, told_by(asked), slots)
        assert found == pytest.approx(slowly(window, asked, vector), abs=2e-5)
        assert window._columns.names() == before  # nothing was learned from it


def slowly(window: Window, article: Article, vector: NDArray[np.float32]) -> NDArray[np.float64]:
    """The scores of a text with all articles, by the evidence about all of them made together."""
    articles = (article, *window.articles)
    own, rest = window.words.row_of(told_by(article).stems), window.rare.all()
    own.resize((1, rest.shape[1]))
    time = np.nan if article.dated is None else article.dated.timestamp()
    rare = csr_array(vstack((own, rest), format="csr"))
    corpus = Corpus(articles, np.concatenate((vector, window.vectors.rows)), rare, np.append(time, window.times.rows), 0, 0)
    saga = np.append(0.0, window._saga(np.arange(len(window.articles))))
    trust = window.rows.trust
    statistics = replace(window._statistics(), topic_trust=trust["shared_topics"], category_trust=trust["other_category"])
    score = SAME_STORY.score(evidence_rows(corpus, [details_of(each) for each in articles], saga, statistics))
    return score.of_pairs(np.zeros(len(window.articles), dtype=np.int64), np.arange(1, len(articles)))
