"""Placing: what is compared of ranked stories is what they say of themselves."""

from __future__ import annotations

from support.rooms import sample_room

from ranker.ranking.placing import placed


def test_what_is_compared_is_what_the_stories_say() -> None:
    ranking = sample_room().ranked(profile="editorial").ranking
    stories = placed(ranking.stories)
    assert [story.rank for story in stories] == list(range(1, len(stories) + 1))
    for story, ranked in zip(stories, ranking.stories, strict=True):
        assert (story.id, story.title, story.lead) == (ranked.story.id, ranked.lead.title, ranked.lead.id)
        assert sum(story.contributions.values()) == story.score == ranked.score
        assert story.articles == {article.id for article in ranked.story.articles}
        assert story.publisher_groups == ranked.counts.publisher_groups
        assert story.rules == tuple(move.rule for move in ranked.adjustments if move.rule != "made_room")
    moved = {rule for story in stories for rule in story.rules}
    assert moved
    assert any(move.rule == "made_room" for ranked in ranking.stories for move in ranked.adjustments)
