"""Live stories beside a batch's, and how ids are kept, on streams whose stories are planted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.decision import SAME_STORY
from support.desks import DAY, HOUR, NEWSROOM, NOW, QUAKE, correction, defaults, planted, report
from support.hashing_encoder import HashingEncoder

from ranker.articles.article import Article
from ranker.desk.records import Event
from ranker.evaluation import live
from ranker.evaluation.live import IdentityTally, LivePlan, LiveResult, _led, _steps, live_result
from ranker.stories.corrections import NO_CORRECTIONS, Corrections


def fed(articles: list[Article], plan: LivePlan | None = None, *, corrections: Corrections = NO_CORRECTIONS) -> LiveResult:
    return live_result(articles, defaults(), encoder=HashingEncoder(), same_story=SAME_STORY, plan=plan, corrections=corrections)


def event(number: int, kind: str, story: str, *heirs: str) -> Event:
    return Event(number, kind, story, NOW, "", ("a",), heirs)  # type: ignore[arg-type]


def test_nothing_is_fed_in_no_steps() -> None:
    assert fed([]) == LiveResult(0, 0, 0, (), IdentityTally(), {})
    assert (fed([]).mean_f1, fed([]).worst_f1, fed([]).identity.share_kept) == (1, 1, 1)


def test_articles_come_in_steps_by_their_times_those_without_one_first() -> None:
    articles = [report("c", "C", hours=0), report("b", "B", hours=1.5), report("a", "A", hours=3), report("u", "U", hours=None)]
    steps = _steps(articles, HOUR)
    assert [(moment, [article.id for article in batch]) for moment, batch in steps] == [
        (NOW - 2 * HOUR, ["a", "u"]),
        (NOW - HOUR, ["b"]),
        (NOW, []),
        (NOW + HOUR, ["c"]),
    ]
    (alone,) = _steps([report("u", "U", hours=None)], HOUR)
    assert alone[0] == datetime(1970, 1, 1, 1, tzinfo=UTC)


def test_planted_stories_are_those_of_a_batch_at_every_moment() -> None:
    articles, _ = planted(12, 4, noise=0.2)
    result = fed(articles, LivePlan(comparisons=5))
    assert (result.articles, result.sealed, len(result.comparisons)) == (48, 0, 5)
    assert [comparison.articles for comparison in result.comparisons] == sorted(comparison.articles for comparison in result.comparisons)
    assert result.comparisons[-1].articles == 48
    assert (result.mean_f1, result.worst_f1) == (1, 1)
    assert all(comparison.stories == comparison.batch_stories for comparison in result.comparisons)
    assert result.identity.total == sum(
        max(0, result.steps - 1 - _step_of(article, articles)) for article in articles
    )  # each article in each step after its first
    assert result.identity.unrecorded == 0
    assert result.events["created"] >= 12


def _step_of(article: Article, articles: list[Article]) -> int:
    first = min(other.published for other in articles if other.published is not None)
    return ((article.published or first) - first) // HOUR


def test_sealed_articles_are_counted_and_compared_no_longer() -> None:
    old = [replace(article, id=f"o{article.id}", published=(article.published or NOW) - 30 * DAY) for article in QUAKE]
    result = fed([*old, *QUAKE], LivePlan(every=DAY, comparisons=2))
    assert result.sealed == 3
    assert result.events["sealed"] == 1
    assert [comparison.articles for comparison in result.comparisons] == [3, 3]


def test_a_day_a_step_makes_fewer_article_hours() -> None:
    assert fed(NEWSROOM, LivePlan(every=DAY)).steps < fed(NEWSROOM).steps


def test_corrections_hold_in_both() -> None:
    made = Corrections((correction("c1", "part", "q1", "q2 q3"), correction("c2", "join", "q1 f1")))
    result = fed(NEWSROOM, LivePlan(comparisons=1), corrections=made)
    assert result.worst_f1 == 1
    assert result.comparisons[0].stories == 3


def test_progress_is_told_in_articles() -> None:
    told: list[int] = []
    live_result(NEWSROOM, defaults(), encoder=HashingEncoder(), same_story=SAME_STORY, progress=told.append)
    assert sum(told) == len(NEWSROOM)


def test_no_text_is_embedded_twice() -> None:
    encoder = HashingEncoder()
    live_result(NEWSROOM, defaults(), encoder=encoder, same_story=SAME_STORY)
    assert len(encoder.seen) == len(set(encoder.seen))


def test_an_id_that_is_another_is_told_by_what_led_there() -> None:
    """A story is split in two, and one part merges into another story: in one step, and told apart."""
    events = [event(1, "merged", "a", "b"), event(2, "split", "b", "c", "d"), event(3, "merged", "d", "e"), event(4, "grown", "e")]
    led = _led(events)
    assert led["a"] == {"b": "merged", "c": "split", "d": "split", "e": "split"}
    assert led["b"] == {"c": "split", "d": "split", "e": "split"}
    assert led["d"] == {"e": "merged"}
    assert _led([]) == {}


@pytest.mark.parametrize(
    ("tally", "kept", "recorded"),
    [(IdentityTally(), 1, 1), (IdentityTally(kept=6, merged=1, split=2, unrecorded=1), 0.6, 6 / 7), (IdentityTally(merged=3), 0, 1)],
)
def test_shares_are_of_article_hours(tally: IdentityTally, kept: float, recorded: float) -> None:
    assert (tally.share_kept, tally.share_kept_or_recorded) == (kept, recorded)


def test_an_id_that_nothing_led_to_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    articles, _ = planted(6, 5, noise=0.5)
    before = fed(articles).identity
    assert before.merged + before.split > 0
    monkeypatch.setattr(live, "_led", lambda _: {})
    identity = fed(articles).identity
    assert identity.unrecorded > 0
    assert identity.share_kept == identity.share_kept_or_recorded == identity.kept / identity.total


def test_a_merge_is_an_id_that_is_recorded() -> None:
    apart = [report("a1", "Ferry Corinne aground", hours=9), report("b1", "Gannet Ledge lifeboat called", hours=8.5, provider="herald")]
    bridge = [
        report(f"m{place}", "Ferry Corinne aground Gannet Ledge lifeboat called", hours=4 - place, provider=f"paper-{place}")
        for place in range(3)
    ]
    result = fed([*apart, *bridge], LivePlan(every=timedelta(minutes=30)))
    assert result.identity.unrecorded == 0
    assert result.identity.merged + result.identity.split == (result.events.get("merged", 0) > 0 or result.events.get("split", 0) > 0)
