"""Editions: filters against looking at each story, other moments and settings, and what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from support.desks import DAY, FERRY, HOUR, NEWSROOM, NOW, QUAKE, batch, correction, defaults, open_desk, planted, report

from ranker.articles.article import Article, Provider
from ranker.desk.edition import Edition, Filter
from ranker.settings_file import load_settings
from ranker.stories.story import Story
from ranker.vectors.words import stems

LANGUAGES: tuple[dict[str, object], ...] = ({"language": "en"}, {"inLanguage": "de"}, {"lang": "en"}, {}, {"language": 5})


def mixed() -> list[Article]:
    made, _ = planted(14, 3, noise=0.4)
    return [
        replace(
            article,
            topics=(("Peru", "Earthquakes"), ("peru",), ())[place % 3],
            category=("World", "Sport", "")[place % 3],
            extra=LANGUAGES[place % 5],
            published=None if place % 13 == 0 else article.published,
        )
        for place, article in enumerate(made)
    ]


def filled(articles: Sequence[Article]) -> Edition:
    desk = open_desk()
    desk.add(articles, now=NOW)
    return desk.edition


EDITION = filled(mixed())


def holds(story: Story, wanted: Filter) -> bool:
    """Whether a filter lets a story through."""

    def language(article: Article) -> object:
        value = article.extra.get("language") or article.extra.get("inLanguage") or article.extra.get("lang")
        return value.casefold() if isinstance(value, str) else None

    articles, words = story.articles, set(stems(wanted.words))
    dates = [article.published for article in articles if article.published is not None]
    conditions = (
        not wanted.topic or any(wanted.topic.casefold() in {topic.casefold() for topic in article.topics} for article in articles),
        not wanted.category or any(article.category.casefold() == wanted.category.casefold() for article in articles),
        not wanted.language or any(language(article) == wanted.language.casefold() for article in articles),
        not wanted.provider
        or any(
            wanted.provider.casefold() in {article.provider.name.casefold(), article.provider.domain.casefold()} for article in articles
        ),
        not wanted.words or (bool(words) and any(words <= set(stems(article.text)) for article in articles)),
        len({article.provider.key for article in articles}) >= wanted.min_providers,
        wanted.since is None or any(date >= wanted.since for date in dates),
        wanted.until is None or any(date < wanted.until for date in dates),
    )
    return all(conditions)


_WORDS = sorted({word for article in EDITION.table.articles[:9] for word in article.title.split()})
_MOMENTS = st.none() | st.integers(0, 70).map(lambda hours: NOW - timedelta(hours=hours))
_FILTERS = st.builds(
    Filter,
    topic=st.sampled_from(["", "", "PERU", "earthquakes", "nothing"]),
    provider=st.sampled_from(["", "", "Paper 1", "paper-2.example", "nobody"]),
    category=st.sampled_from(["", "", "world", "Sport"]),
    language=st.sampled_from(["", "", "EN", "de"]),
    words=st.sampled_from(["", "", "nowhere at all", *_WORDS, f"{_WORDS[0]} {_WORDS[1]}"]),
    since=_MOMENTS,
    until=_MOMENTS,
    min_providers=st.integers(0, 4),
)


@given(_FILTERS)
@examples(max_examples=200)
def test_a_filter_lets_through_what_it_says(wanted: Filter) -> None:
    found = EDITION.matching(wanted).tolist()
    assert found == [holds(story, wanted) for story in EDITION.table.stories]


@given(_FILTERS, st.integers(0, 70))
@examples(max_examples=100)
def test_a_filter_of_an_earlier_moment_looks_at_nothing_later(wanted: Filter, hours: int) -> None:
    moment = NOW - timedelta(hours=hours)
    found = EDITION.matching(wanted, as_of=moment).tolist()
    cut = [
        tuple(article for article in story.articles if article.dated is None or article.dated <= moment) for story in EDITION.table.stories
    ]
    expected = [bool(told) and holds(replace(story, articles=told), wanted) for story, told in zip(EDITION.table.stories, cut, strict=True)]
    assert found == expected


def test_no_filter_lets_all_through() -> None:
    assert not Filter()
    assert Filter(topic="Peru")
    assert EDITION.matching(Filter()).all()
    nothing = open_desk().edition
    assert [len(nothing.matching(wanted)) for wanted in (Filter(), Filter(words="ferry", topic="Peru", since=NOW, min_providers=2))] == [
        0,
        0,
    ]


def test_topics_and_providers_are_counted() -> None:
    held = EDITION.table.articles
    peru = {story.id for story in EDITION.table.stories for article in story.articles if {"Peru", "peru"} & set(article.topics)}
    assert EDITION.topics[0][0] in {"Earthquakes", "Peru"}
    assert ("Peru", len(peru), sum(bool({"Peru", "peru"} & set(article.topics)) for article in held)) in EDITION.topics
    (first, *_) = EDITION.providers
    own = [article for article in held if article.provider.name == first.name]
    assert (first.articles, first.domain, first.newest) == (len(own), own[0].provider.domain, max(a.published for a in own if a.published))
    assert first.dates == {
        "ok": sum(article.published is not None for article in own),
        "missing": sum(article.published is None for article in own),
        "zoneless": 0,
        "clamped": 0,
    }
    assert sum(provider.articles for provider in EDITION.providers) == len(held) == len(EDITION)


def test_dates_that_were_set_back_are_told_of() -> None:
    (provider,) = filled([report("a", "Ferry aground", hours=-99), report("b", "Ferry afloat", hours=3)]).providers
    assert provider.dates["clamped"] == 1


# Rankings


def test_a_ranking_is_made_once() -> None:
    edition = filled(NEWSROOM)
    hottest = load_settings(profile="hottest")
    assert edition.ranking() is edition.ranking(defaults(), as_of=NOW)
    assert edition.ranking(hottest) is edition.ranking(load_settings(profile="hottest"))
    assert edition.ranking(hottest) is not edition.ranking()


def test_many_rankings_are_not_all_kept() -> None:
    edition = filled(NEWSROOM)
    first = edition.ranking()
    moments = [NOW + timedelta(hours=hours) for hours in range(1, 40)]
    ranked = [edition.ranking(as_of=moment) for moment in moments]
    assert edition.ranking(as_of=moments[-1]) is ranked[-1]
    again = edition.ranking()
    assert again is not first
    assert [story.score for story in again.stories] == [story.score for story in first.stories]


def test_at_an_earlier_moment_later_articles_are_not_there() -> None:
    edition = filled([*QUAKE, *FERRY, report("x1", "Schoolboy makes maximum snooker break", hours=3)])
    ranking = edition.ranking(as_of=NOW - 7 * HOUR)
    assert ranking.as_of == NOW - 7 * HOUR
    assert sorted([article.id for article in ranked.story.articles] for ranked in ranking.stories) == [["f1", "f2"], ["q1", "q2"]]
    assert set(ranking.quality_points) == {"q1", "q2", "f1", "f2"}
    assert ranking.story(edition.story_of("x1") or "") is None
    found = ranking.story(edition.story_of("q1") or "")
    assert found is not None
    assert found.counts.articles == 2
    then = batch([*QUAKE[:2], *FERRY], now=NOW - 7 * HOUR)
    assert [ranked.score for ranked in ranking.stories] == pytest.approx([ranked.score for ranked in then.stories])


def test_before_everything_there_is_nothing_but_what_has_no_date() -> None:
    edition = filled(NEWSROOM)
    assert [ranked.lead.id for ranked in edition.ranking(as_of=datetime(2020, 1, 1, tzinfo=UTC)).stories] == ["x1"]


def test_another_scorecard_scores_the_same_stories() -> None:
    quality = msgspec.structs.replace(defaults().quality, base=defaults().quality.base + 7)
    settings = msgspec.structs.replace(defaults(), quality=quality)
    edition = filled(NEWSROOM)
    assert edition.ranking(settings).quality_points == batch(NEWSROOM, settings=settings).quality_points
    assert edition.ranking().quality_points == batch(NEWSROOM).quality_points


def test_follow_ups_are_folded_as_in_a_batch() -> None:
    overrides = {"grouping.window_days": 2, "order.follow_ups": "fold", "order.follow_up_similarity": 0.3}
    settings = load_settings(overrides=overrides)
    later = [replace(article, id=f"g{article.id}", published=NOW - timedelta(hours=150 + place)) for place, article in enumerate(QUAKE)]
    desk = open_desk(settings=settings)
    desk.add([*QUAKE, *later], now=NOW)
    live, whole = desk.edition.ranking().stories, batch([*QUAKE, *later], settings=settings).stories
    folded = [[[article.id for article in under.story.articles] for under in ranked.folded] for ranked in live]
    assert folded == [[[article.id for article in under.story.articles] for under in ranked.folded] for ranked in whole]
    assert [len(under) for under in folded] == [1]


def test_a_story_is_found_by_its_id_wherever_it_stands() -> None:
    desk = open_desk()
    desk.add(NEWSROOM, now=NOW)
    desk.correct(correction("c1", "hide", "q1"), now=NOW)
    ranking = desk.edition.ranking()
    hidden = ranking.story(desk.edition.story_of("q1") or "")
    assert hidden is not None
    assert (hidden.rank, len(ranking.stories), len(ranking.by_story)) == (0, 2, 3)


# Articles


def test_articles_and_their_stories_are_found_by_id() -> None:
    edition = filled(NEWSROOM)
    assert edition.article("q1") == QUAKE[0]
    assert edition.story_of("q1") == edition.story_of("q2") != edition.story_of("f1")
    assert (edition.article("nobody"), edition.story_of("nobody"), edition.row_of("nobody")) == (None, None, None)
    assert {record.id for record in edition.records.values()} == {story.id for story in edition.table.stories}


def test_what_came_after_an_edition_is_not_in_it() -> None:
    desk = open_desk()
    desk.add(QUAKE, now=NOW)
    edition = desk.edition
    desk.add(FERRY, now=NOW)
    assert (edition.article("f1"), edition.story_of("f1"), len(edition)) == (None, None, 3)
    assert not edition.matching(Filter(words="ferry")).any()
    with pytest.raises(KeyError):
        edition.related_to("f1")


def test_leads_and_changes_of_an_edition() -> None:
    desk = open_desk()
    desk.add(NEWSROOM, now=NOW)
    assert (desk.edition.as_of, desk.edition.changed) == (NOW, NOW)
    later = desk.advance(NOW + HOUR)
    assert (later.as_of, later.changed) == (NOW + HOUR, NOW)
    desk.add([replace(QUAKE[0], id="q7", provider=Provider("Herald", "herald.example"))], now=NOW + 2 * HOUR)
    assert desk.edition.changed == NOW + 2 * HOUR
    assert desk.edition.number > later.number
    assert len(desk.advance(NOW + 20 * DAY).table.stories) == 0
