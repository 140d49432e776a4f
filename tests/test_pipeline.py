"""The whole road: articles in, ranked stories and related lists out, whatever the order of the input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.planted import make_planted_stories

from ranker.apps.wire import story_json
from ranker.articles.article import Article, Provider
from ranker.errors import ArtifactError
from ranker.pipeline import Ranking, named_same_story, rank_articles, score_stories
from ranker.places import models_folder
from ranker.settings import BlendWeights, Settings
from ranker.settings_file import load_settings
from ranker.stories.corrections import Correction, CorrectionAction, Corrections
from ranker.stories.same_story import SameStory, SameStoryFile, load_same_story, probability, write_same_story

AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
SETTINGS = load_settings()


def rank(articles: Sequence[Article], settings: Settings = SETTINGS, *, as_of: datetime = AS_OF) -> Ranking:
    return rank_articles(articles, settings, as_of=as_of, encoder=HashingEncoder(), same_story=SAME_STORY)


def report(name: str, title: str, *, hours: float | None = 1, provider: str = "albion", **fields: Any) -> Article:
    published = None if hours is None else AS_OF - timedelta(hours=hours)
    return Article(name, title, provider=Provider(provider, f"{provider}.example"), published=published, **fields)


def everything(ranking: Ranking) -> object:
    """All that a ranking says, in its order."""
    lists = {article.id: ranking.related_to(article.id) for article in ranking.grouping.corpus.articles}
    return [story_json(ranked, ranking) for ranked in ranking.stories], lists, ranking.quality_points


QUAKE = [
    report("q1", "Quake of magnitude 6.8 strikes off Tarapay coast", hours=9, provider="pressline"),
    report("q2", "Tarapay coast struck by quake of magnitude 6.8", hours=8, provider="nineline"),
    report("q3", "Magnitude 6.8 quake strikes Tarapay coast, towns evacuated", hours=6, provider="continental"),
]
FERRY = [
    report("f1", "Lady Corinne ferry aground on Gannet Ledge", hours=30, provider="albion"),
    report("f2", "Ferry Lady Corinne runs aground on Gannet Ledge", hours=29, provider="pressline"),
]
ALONE = report("x1", "Schoolboy makes maximum snooker break", hours=None)
NEWSROOM = [*QUAKE, *FERRY, ALONE]


def test_no_articles_make_no_stories() -> None:
    assert list(rank([]).stories) == []


def test_one_article_is_one_story_and_has_nothing_related() -> None:
    ranking = rank([ALONE])
    assert [(story.rank, story.lead, story.counts.articles) for story in ranking.stories] == [(1, ALONE, 1)]
    assert ranking.related_to("x1") == []


def test_two_articles_of_one_text_are_one_story_of_one_text() -> None:
    twins = [report("t1", "Ferry aground on Gannet Ledge"), report("t2", "Ferry aground on Gannet Ledge", provider="pressline")]
    (story,) = rank(twins).stories
    assert (story.counts.articles, story.counts.unique_texts, story.heat.points) == (2, 1, story.quality.points)


def test_coverage_of_one_event_is_one_story() -> None:
    stories = {frozenset(article.id for article in story.story.articles) for story in rank(NEWSROOM).stories}
    assert stories == {frozenset({"q1", "q2", "q3"}), frozenset({"f1", "f2"}), frozenset({"x1"})}


def test_every_article_is_in_exactly_one_story() -> None:
    planted = make_planted_stories(8, 5, 0.4, seed=1)
    ranking = rank(planted.articles)
    assert sorted(article.id for story in ranking.stories for article in story.story.articles) == sorted(planted.labels)
    assert set(ranking.by_article) == set(planted.labels)


def test_stories_are_numbered_from_1_in_order_of_their_scores() -> None:
    stories = rank(make_planted_stories(8, 5, 0.4, seed=1).articles).stories
    assert [story.rank for story in stories] == list(range(1, len(stories) + 1))
    assert [story.score for story in stories] == sorted((story.score for story in stories), reverse=True)


def test_the_score_is_blended_from_quality_from_heat_above_the_lead_s_quality_and_from_recency() -> None:
    story = rank(NEWSROOM).by_article["q1"]
    assert (story.blend.quality.value, story.blend.heat.value, story.blend.recency.value) == (
        story.quality.points,
        story.heat.points - story.heat.quality,
        story.recency.value,
    )


def test_a_member_s_heat_is_its_own_quality_and_what_its_story_has_above_that_of_its_lead() -> None:
    pictures: dict[str, dict[str, Any]] = {"q2": {"images": ({"url": "https://a.example/i.jpg"},)}, "q3": {"topics": ("a", "b", "c")}}
    ranking = rank([replace(article, **pictures.get(article.id, {})) for article in QUAKE])
    story = ranking.by_article["q2"]
    heat = ranking.heat_of("q2")
    assert [item.article_id for item in heat.coverage] == ["q2", "q3"]
    assert heat.quality == ranking.quality_points["q2"] == 20 - 15
    assert story.heat.quality == ranking.quality_points["q3"] == 3 * 17 - 15
    assert heat.points == 5 + heat.covered + heat.burst == 5 + story.heat.points - 36
    assert heat.covered == pytest.approx(10 * 0.5 ** (8 / 6) + 10 * 0.5 ** (6 / 6), abs=2 / 1024)


def test_the_story_comes_first_in_a_related_list() -> None:
    assert {item.article.id for item in rank(NEWSROOM).related_to("q1") if item.same_story} == {"q2", "q3"}


@given(st.permutations(NEWSROOM))
@examples(max_examples=30)
def test_the_order_of_the_input_makes_no_difference(shuffled: list[Article]) -> None:
    assert everything(rank(shuffled)) == everything(rank(NEWSROOM))


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
@examples(max_examples=15)
def test_the_order_of_a_larger_input_makes_no_difference(seed: int, random: Any) -> None:
    articles = list(make_planted_stories(5, 4, 0.5, seed).articles)
    shuffled = random.sample(articles, len(articles))
    assert everything(rank(shuffled)) == everything(rank(articles))


@given(st.integers(0, 10_000))
@examples(max_examples=15)
def test_a_story_s_score_does_not_move_when_other_stories_appear(seed: int) -> None:
    articles = make_planted_stories(6, 3, 0.0, seed)
    before = [article for article in articles.articles if articles.labels[article.id] < "story 3"]
    scores = {story.story.id: story.score for story in rank(before).stories}
    after = {story.story.id: story.score for story in rank(articles.articles).stories}
    assert len(after) > len(scores)
    assert scores == {key: after[key] for key in scores}


def test_a_date_ahead_of_as_of_is_set_back_marked_and_makes_nothing_fresh() -> None:
    (story,) = rank([report("z1", "Ferry aground", hours=-100)]).stories
    assert (story.lead.published, story.lead.date_health, story.recency.value) == (AS_OF, "clamped", 0)


def test_a_date_ahead_of_as_of_within_the_tolerance_stays() -> None:
    (story,) = rank([report("z1", "Ferry aground", hours=-SETTINGS.reading.future_tolerance_hours)]).stories
    assert (story.lead.date_health, story.recency.value) == ("ok", 1)


def without_recency() -> Settings:
    blend = msgspec.structs.replace(SETTINGS.blend, weights=BlendWeights(quality=0.5, heat=0.5, recency=0))
    return msgspec.structs.replace(SETTINGS, blend=blend)


def test_equal_scores_are_ordered_by_time_and_then_by_id() -> None:
    articles = [
        report("e1", "Ferry aground", hours=None),
        report("e2", "Quake in Peru", hours=9),
        report("e3", "Snooker record", hours=2),
        report("e4", "Library closes", hours=9),
    ]
    orders = [rank(order, without_recency()).stories for order in permutations(articles)]
    assert {story.score for stories in orders for story in stories} == {0}
    by_id = sorted(("e2", "e4"), key=lambda name: rank(articles).by_article[name].story.id)
    assert {tuple(story.lead.id for story in stories) for stories in orders} == {("e3", *by_id, "e1")}


def test_articles_beyond_the_story_window_may_still_be_related() -> None:
    wide = msgspec.structs.replace(SETTINGS.related, window_days=30, min_similarity=0.1)
    far = [replace(FERRY[0], published=AS_OF - timedelta(days=SETTINGS.grouping.window_days + 2)), replace(FERRY[1], published=AS_OF)]
    ranking = rank(far, msgspec.structs.replace(SETTINGS, related=wide))
    assert len(ranking.stories) == 2
    assert [(item.article.id, item.same_story) for item in ranking.related_to("f2")] == [("f1", False)]


def test_articles_beyond_the_related_window_are_related_only_within_their_story() -> None:
    narrow = msgspec.structs.replace(SETTINGS, related=msgspec.structs.replace(SETTINGS.related, window_days=0.01, min_similarity=-1))
    assert [(item.article.id, item.same_story) for item in rank(NEWSROOM, narrow).related_to("f1")] == [("f2", True)]


@pytest.mark.parametrize(("days", "found"), [(3.9, ["f1"]), (4.1, []), (9, [])])
def test_the_related_window_holds_where_sagas_look_farther(days: float, found: list[str]) -> None:
    narrow = msgspec.structs.replace(SETTINGS.related, window_days=4, min_similarity=0.1)
    short = msgspec.structs.replace(SETTINGS.grouping, window_days=1)
    two = [replace(FERRY[0], published=AS_OF - timedelta(days=days)), replace(FERRY[1], published=AS_OF)]
    ranking = rank(two, msgspec.structs.replace(SETTINGS, related=narrow, grouping=short))
    assert [item.article.id for item in ranking.related_to("f2")] == found


def test_scoring_again_for_another_moment_is_ranking_for_that_moment() -> None:
    later, first = AS_OF + timedelta(hours=12), rank(NEWSROOM)
    again = score_stories(first.grouping, first.related, SETTINGS, as_of=later)
    assert everything(again) == everything(rank(NEWSROOM, as_of=later))
    assert again.stories[0].score < first.stories[0].score


def shipped(encoder: str) -> SameStory:
    return load_same_story(models_folder() / "same-story.json").encoders[encoder]


@pytest.mark.parametrize("encoder", ["minilm", "static"])
def test_the_shipped_decision_of_the_settings_encoder_is_taken(encoder: str) -> None:
    settings = msgspec.structs.replace(SETTINGS, encoder=msgspec.structs.replace(SETTINGS.encoder, name=encoder))
    assert named_same_story(settings) == shipped(encoder)
    ranking = rank_articles(NEWSROOM, settings, as_of=AS_OF, encoder=HashingEncoder())
    assert ranking.grouping.model == shipped(encoder)


def naming(model: Path, *, encoder: str = "minilm") -> Settings:
    grouping = msgspec.structs.replace(SETTINGS.grouping, same_story_model=str(model))
    return msgspec.structs.replace(SETTINGS, grouping=grouping, encoder=msgspec.structs.replace(SETTINGS.encoder, name=encoder))


def test_a_decision_of_one_s_own_may_be_named(tmp_path: Path) -> None:
    own = msgspec.structs.replace(SAME_STORY, join_at=99.0)
    write_same_story(SameStoryFile(1, "a test", [], {"minilm": SAME_STORY, "mine": own}, "mine"), tmp_path / "own.json")
    assert named_same_story(naming(tmp_path / "own.json", encoder="minilm")) == SAME_STORY
    assert named_same_story(naming(tmp_path / "own.json", encoder="another")) == own
    ranking = rank_articles(NEWSROOM, naming(tmp_path / "own.json", encoder="mine"), as_of=AS_OF, encoder=HashingEncoder())
    assert len(ranking.stories) == len(NEWSROOM)  # nothing is joined at 99


def test_a_decision_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"none\.json: cannot be read"):
        rank_articles(NEWSROOM, naming(tmp_path / "none.json"), as_of=AS_OF, encoder=HashingEncoder())


def test_a_decision_that_is_given_is_taken_whatever_the_settings_name(tmp_path: Path) -> None:
    assert len(rank(NEWSROOM, naming(tmp_path / "none.json")).stories) == 3


def test_the_probability_of_a_related_article_is_that_of_its_pair() -> None:
    ranking = rank(NEWSROOM)
    rows, score, found = ranking.rows, ranking.grouping.score, ranking.related_to("q1")
    assert len(found) >= 2
    for item in found:
        (own,) = SAME_STORY.log_odds(score.of_pairs(np.array([rows["q1"]]), np.array([rows[item.article.id]])))
        assert item.probability == pytest.approx(1 / (1 + math.exp(-own)), abs=1e-6)


@pytest.mark.parametrize("related_days", [1, 10, 30])
def test_sequels_of_other_days_make_a_saga_whatever_the_related_window(related_days: float) -> None:
    ferry = "Lady Corinne ferry aground on Gannet Ledge"
    sequels = [report(f"s{day}", f"{ferry} on day {day}", hours=24 * day, provider=f"paper-{day}") for day in (1, 8)]
    long_ago = report("s39", f"{ferry} on day 39", hours=24 * 39, provider="paper-39")
    settings = msgspec.structs.replace(SETTINGS, related=msgspec.structs.replace(SETTINGS.related, window_days=related_days))
    ranking = rank([*sequels, long_ago, *QUAKE], settings)
    (saga,) = [kind for kind in ranking.grouping.evidence if kind.name == "saga"]
    with_itself = saga.of_pairs(np.arange(6), np.arange(6))
    value = {name: with_itself[row] for name, row in ranking.rows.items()}
    assert min(value["s1"], value["s8"]) > 0.2
    assert max(value[article.id] for article in [long_ago, *QUAKE]) < 0.1


@pytest.mark.parametrize("related_days", [1, 30])
def test_time_is_told_apart_as_far_as_any_pair_goes(related_days: float) -> None:
    settings = msgspec.structs.replace(SETTINGS, related=msgspec.structs.replace(SETTINGS.related, window_days=related_days))
    days = max(related_days, SETTINGS.grouping.window_days)
    two = [report("t1", "Ferry aground", hours=0), report("t2", "Ferry afloat", hours=24 * days)]
    kinds = {kind.name: kind for kind in rank(two, settings).grouping.evidence}
    (apart,) = kinds["days_apart"].of_pairs(np.array([0]), np.array([1]))
    assert apart == pytest.approx(1 - math.exp(-((days / 3) ** 2) / 2), abs=0.001)


def test_two_articles_with_one_id_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="two articles have the same id"):
        rank([ALONE, ALONE])


def test_progress_is_told_in_texts() -> None:
    told: list[int] = []
    rank_articles(NEWSROOM, SETTINGS, as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY, progress=told.append)
    assert sum(told) == len(NEWSROOM)


class TestWindows:
    """Related articles are found at every distance in time, whatever the windows; stories do not depend on theirs."""

    @staticmethod
    def _windows(story_days: float, related_days: float) -> Settings:
        overrides = {"grouping.window_days": story_days, "related.window_days": related_days}
        return load_settings(overrides=overrides)

    @pytest.mark.parametrize("hours", [12, 30, 54, 64, 200, 400])
    def test_no_distance_is_left_out_of_related(self, hours: float) -> None:
        articles = [report("one", "Ferry aground off Gannet Ledge", hours=500), report("two", "Ferry off Gannet Ledge", hours=500 - hours)]
        ranking = rank(articles, self._windows(0.4, 20))
        assert [item.article.id for item in ranking.related_to("one")] == ["two"]

    def test_the_window_of_related_articles_changes_no_story(self) -> None:
        planted = list(make_planted_stories(12, 4, 0.5, seed=6).articles)
        moved = [replace(article, published=AS_OF - timedelta(days=3 * row % 40)) for row, article in enumerate(planted)]
        narrow, wide = (rank(moved, self._windows(7, days)).grouping for days in (10, 60))
        assert wide.stories == narrow.stories

    def test_related_pairs_have_the_log_odds_of_the_score(self) -> None:
        planted = list(make_planted_stories(8, 4, 0.5, seed=7).articles)
        moved = [replace(article, published=AS_OF - timedelta(days=3 * row % 30)) for row, article in enumerate(planted)]
        ranking = rank(moved, self._windows(4, 20))
        rows, grouping = ranking.rows, ranking.grouping
        pairs = [(article.id, item) for article in moved for item in ranking.related_to(article.id)]
        left, right = (np.array(side) for side in zip(*((rows[one], rows[item.article.id]) for one, item in pairs), strict=True))
        expected = probability(grouping.model.log_odds(grouping.score.of_pairs(left, right)))
        assert [item.probability for _, item in pairs] == pytest.approx(expected.tolist(), abs=1e-6)
        assert {
            abs((grouping.corpus.times[one] - grouping.corpus.times[two]) / 86_400) > 4 for one, two in zip(left, right, strict=True)
        } == {
            True,
            False,
        }


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=4), st.randoms(use_true_random=False))
@examples(max_examples=25)
def test_a_replayed_ranking_is_the_same_whatever_came_later(later_hours: list[float], random: Any) -> None:
    told = [*QUAKE, *FERRY, replace(ALONE, id="u1")]
    later = [
        replace(random.choice(told), id=f"z{number}", published=AS_OF + timedelta(hours=hours)) for number, hours in enumerate(later_hours)
    ]
    then = rank_articles(told, SETTINGS, as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY, replay=True)
    now = rank_articles([*told, *later], SETTINGS, as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY, replay=True)
    assert everything(now) == everything(then)


def test_an_article_of_that_very_moment_is_in_a_replayed_ranking() -> None:
    on_time = [report("e1", "Ferry aground", hours=0)]
    ranking = rank_articles(on_time, SETTINGS, as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY, replay=True)
    assert [story.lead.id for story in ranking.stories] == ["e1"]


class TestOtherWeights:
    def test_blending_again_gives_what_ranking_with_those_weights_gives(self) -> None:
        articles = make_planted_stories(8, 5, 0.3, seed=2).articles
        other = msgspec.structs.replace(SETTINGS.blend, weights=BlendWeights(quality=0.1, heat=0.8, recency=0.1))
        afresh = rank(articles, msgspec.structs.replace(SETTINGS, blend=other))
        assert everything(rank(articles).blended(other)) == everything(afresh)


class TestOrder:
    def ordered(self, articles: Sequence[Article] = NEWSROOM, **rules: Any) -> Ranking:
        return rank(articles, msgspec.structs.replace(SETTINGS, order=msgspec.structs.replace(SETTINGS.order, **rules)))

    def test_a_pinned_story_stands_on_top_whatever_name_it_is_pinned_by(self) -> None:
        articles = [replace(article, url=f"https://www.{article.provider.domain}/{article.id}?utm_source=x") for article in NEWSROOM]
        story = rank(articles).by_article["x1"].story.id
        for name in (story, "x1", "https://albion.example/x1"):
            first = self.ordered(articles, pinned=[name]).stories[0]
            assert first.lead.id == "x1"
            assert [move.rule for move in first.adjustments] == ["pinned"]

    def test_a_hidden_story_is_not_in_the_list_but_its_articles_keep_their_numbers(self) -> None:
        ranking = self.ordered(hidden=["q2"])
        assert [story.id for story in ranking.stories.hidden] == [rank(NEWSROOM).by_article["q2"].story.id]
        assert "q1" not in {article.id for ranked in ranking.stories for article in ranked.story.articles}
        assert ranking.by_article["q1"].rank == 0
        assert ranking.heat_of("q1") == rank(NEWSROOM).heat_of("q1")

    def test_a_name_that_nothing_has_is_told(self) -> None:
        ranking = self.ordered(pinned=["nothing"], hidden=["q1", "https://nowhere.example/"])
        assert ranking.unknown_names == ("nothing", "https://nowhere.example/")

    def test_a_stale_story_stands_behind_fresh_ones(self) -> None:
        ranking = self.ordered(stale_after_hours=24)
        assert {ranked.lead.id for ranked in ranking.stories[1:]} == {"f2", "x1"}

    def test_a_follow_up_is_folded_under_the_story_it_goes_on_from(self) -> None:
        close = {"follow_ups": "fold", "follow_up_similarity": 0.3}
        later = [
            replace(article, id=f"g{article.id}", published=AS_OF - timedelta(hours=150 + place)) for place, article in enumerate(QUAKE)
        ]
        short = msgspec.structs.replace(SETTINGS, grouping=msgspec.structs.replace(SETTINGS.grouping, window_days=2))
        settings = msgspec.structs.replace(short, order=msgspec.structs.replace(SETTINGS.order, **close))
        ranking = rank([*QUAKE, *later], settings)
        assert [[under.lead.id for under in ranked.folded] for ranked in ranking.stories] == [["gq1"]]
        assert [ranked.rank for ranked in ranking.stories.with_folded()] == [1, 1]

    def test_the_diversity_of_the_first_stories_is_measured(self) -> None:
        found = rank([ALONE, report("y1", "Library closes for good"), report("y2", "Wind farm approved", provider="herald")]).diversity()
        assert (found.stories, found.topics) == (3, None)
        assert found.publisher_groups == 1 - 2 * 1 / (3 * 2)  # of six ordered pairs two are of one group
        assert found.meaning == pytest.approx(1, abs=0.3)  # three texts without a word in common
        assert rank([ALONE]).diversity().meaning is None


class TestCorrections:
    def corrected(self, *said: tuple[CorrectionAction, str], articles: Sequence[Article] = NEWSROOM, **rules: Any) -> Ranking:
        """The ranking under corrections of articles that are spelt with a blank between them."""
        settings = msgspec.structs.replace(SETTINGS, order=msgspec.structs.replace(SETTINGS.order, **rules))
        made = Corrections.of(Correction(f"c{number}", action, tuple(names.split())) for number, (action, names) in enumerate(said))
        encoder = HashingEncoder()
        return rank_articles(articles, settings, as_of=AS_OF, encoder=encoder, same_story=SAME_STORY, corrections=made)

    def stories(self, ranking: Ranking) -> set[str]:
        return {" ".join(sorted(article.id for article in ranked.story.articles)) for ranked in ranking.stories.by_number.values()}

    def tops(self, ranking: Ranking) -> list[str]:
        """The first article id of each story of the list."""
        return [min(article.id for article in ranked.story.articles) for ranked in ranking.stories]

    def test_without_corrections_nothing_is_other_than_before(self) -> None:
        assert everything(self.corrected()) == everything(rank(NEWSROOM))
        assert self.stories(self.corrected()) == {"q1 q2 q3", "f1 f2", "x1"}

    def test_joins_and_parts_win_over_what_is_alike(self) -> None:
        assert self.stories(self.corrected(("join", "x1 f1"), ("part", "q1 q3"), ("part", "q2 q3"))) == {"q1 q2", "q3", "f1 f2 x1"}

    def test_an_article_that_is_not_here_changes_nothing(self) -> None:
        assert everything(
            self.corrected(("join", "x1 y1"), ("part", "q1 y2"), ("lead", "y3"), ("pin", "y4"), ("hide", "y5"))
        ) == everything(rank(NEWSROOM))

    def test_a_chosen_lead_leads_its_story_and_its_heat(self) -> None:
        plain = rank(NEWSROOM).by_article["q1"]
        other = next(article.id for article in QUAKE if article.id != plain.lead.id)
        chosen = self.corrected(("lead", other)).by_article["q1"]
        assert (chosen.lead.id, chosen.story) == (other, plain.story)
        assert chosen.heat.quality == self.corrected().quality_points[other]

    def test_pins_stand_behind_those_of_the_settings_in_their_order(self) -> None:
        by_score = self.tops(rank(NEWSROOM))
        ranking = self.corrected(("pin", by_score[2]), ("pin", by_score[1]))
        assert self.tops(ranking) == [by_score[2], by_score[1], by_score[0]]
        assert [move.rule for move in ranking.stories[0].adjustments] == ["pinned"]
        ranking = self.corrected(("pin", by_score[2]), pinned=[by_score[1]])
        assert self.tops(ranking) == [by_score[1], by_score[2], by_score[0]]
        assert ranking.unknown_names == ()

    def test_a_hidden_story_is_out_even_where_it_is_pinned_by_the_settings(self) -> None:
        ranking = self.corrected(("hide", "q2"), pinned=["q1"])
        assert set(self.tops(ranking)) == {"f1", "x1"}
        assert [story.id for story in ranking.stories.hidden] == [ranking.by_article["q1"].story.id]

    def test_a_pin_holds_by_what_its_article_is_joined_with(self) -> None:
        last = self.tops(rank(NEWSROOM))[-1]
        assert self.tops(self.corrected(("pin", "gone"), ("join", f"gone {last}")))[0] == last

    def test_other_weights_keep_all_corrections(self) -> None:
        said: list[tuple[CorrectionAction, str]] = [("hide", "q2"), ("pin", "x1"), ("lead", "f1"), ("join", "f1 f2")]
        ranking = self.corrected(*said)
        again = ranking.blended(msgspec.structs.replace(SETTINGS.blend, weights=BlendWeights(quality=0, heat=1, recency=0)))
        for each in (ranking, again):
            assert (self.tops(each), each.by_article["f2"].lead.id) == (["x1", "f1"], "f1")

    def test_scoring_again_keeps_what_it_is_given(self) -> None:
        first = self.corrected(("pin", "x1"))
        again = score_stories(first.grouping, first.related, SETTINGS, as_of=AS_OF, corrections=first.corrections)
        assert everything(again) == everything(first)
        assert everything(score_stories(first.grouping, first.related, SETTINGS, as_of=AS_OF)) == everything(rank(NEWSROOM))

    def test_a_replayed_ranking_knows_corrections_whenever_they_were_made(self) -> None:
        late = Corrections.of([Correction("c1", "join", ("x1", "f1"), at=AS_OF + timedelta(days=9))])
        ranking = rank_articles(
            NEWSROOM, SETTINGS, as_of=AS_OF, encoder=HashingEncoder(), same_story=SAME_STORY, replay=True, corrections=late
        )
        assert "f1 f2 x1" in self.stories(ranking)
