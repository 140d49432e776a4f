"""Nearest other stories: by the likeliest pair of articles, never the story itself."""

from __future__ import annotations

import numpy as np
import pytest
from support.hashing_encoder import HashingEncoder
from support.planted import make_planted_stories
from support.service import Make, Service, sent

from ranker.apps.service.page import story_nearest
from ranker.apps.service.page.story_nearest import nearest_stories
from ranker.stories.same_story import probability


@pytest.fixture
def crowded(make_service: Make) -> Service:
    """A service with planted stories whose articles share common words."""
    service = make_service()
    service.post([sent(article) for article in make_planted_stories(6, 4, 0.5, 5).articles])
    return service


def test_other_stories_come_by_their_likeliest_pair(crowded: Service) -> None:
    edition = crowded.desk.edition
    found_any = False
    for story in edition.table.stories:
        own = {article.id for article in story.articles}
        found = nearest_stories(edition, story.articles)
        assert len({near.story for near in found}) == len(found)
        assert [near.probability for near in found] == sorted((near.probability for near in found), reverse=True)
        for near in found:
            found_any = True
            assert near.story != story.id
            assert near.own in own
            assert edition.story_of(near.other.id) == near.story
            (mine,) = [article for article in story.articles if article.id == near.own]
            vectors = HashingEncoder().encode([mine.text, near.other.text])
            assert near.similarity == pytest.approx(float(np.dot(vectors[0], vectors[1])), abs=1e-5)
    assert found_any


def test_similarity_and_probability_are_those_that_related_lists_are_made_of(crowded: Service) -> None:
    edition = crowded.desk.edition
    compared = 0
    for story in edition.table.stories:
        for near in nearest_stories(edition, story.articles):
            slot, other = edition.row_of(near.own), edition.row_of(near.other.id)
            assert slot is not None
            paired = edition.around.paired(slot)
            (place,) = np.flatnonzero(paired.rows == other).tolist()
            compared += 1
            assert near.similarity == pytest.approx(paired.similarity[place])
            assert near.probability == pytest.approx(probability(paired.log_odds[place]))
    assert compared


def test_of_too_many_pairs_the_likeliest_are_looked_at(crowded: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = crowded.desk.edition
    firsts = [nearest_stories(edition, story.articles)[:1] for story in edition.table.stories]
    monkeypatch.setattr(story_nearest, "_LOOKED_AT", 1)
    found = [nearest_stories(edition, story.articles) for story in edition.table.stories]
    assert [[near.story for near in each] for each in found] == [[near.story for near in each] for each in firsts]
    assert any(found)


def test_no_more_than_asked_for(crowded: Service) -> None:
    edition = crowded.desk.edition
    story = edition.table.stories[0]
    everything = nearest_stories(edition, story.articles, limit=100)
    assert nearest_stories(edition, story.articles, limit=1) == everything[:1]


def test_the_order_of_the_articles_does_not_matter(crowded: Service) -> None:
    edition = crowded.desk.edition
    for story in edition.table.stories:
        assert nearest_stories(edition, story.articles[::-1]) == nearest_stories(edition, story.articles)


def test_articles_that_are_gone_have_no_neighbours(crowded: Service) -> None:
    edition = crowded.desk.edition
    articles = edition.table.stories[0].articles
    crowded.desk.remove([article.id for article in articles], now=crowded.clock[0])
    assert nearest_stories(crowded.desk.edition, articles) == []
    assert nearest_stories(crowded.desk.edition, []) == []
