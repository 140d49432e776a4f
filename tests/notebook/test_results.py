"""Results: each shows itself without trusting a stranger, and its frame has the rows and numbers of what it was made from."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest
from support.rooms import hostile_room, sample_room

from ranker.evaluation.mistakes import MISTAKE_KINDS
from ranker.evaluation.report import evaluate
from ranker.notebook import Newsroom
from ranker.plots import alt_text
from ranker.ranking.blend import SIGNALS
from ranker.stories.same_story import probability

DTYPES = {"string", "Int64", "float64", "boolean", "datetime64[us, UTC]", "object"}
RESULTS: dict[str, Callable[[Newsroom], Any]] = {
    "room": lambda room: room,
    "stories": lambda room: room.stories,
    "articles": lambda room: room.articles,
    "story": lambda room: room.story(1),
    "signals": lambda room: room.story(1).signals(),
    "parts": lambda room: room.story(1).parts(),
    "why": lambda room: room.story(1).why(),
    "article": lambda room: room.story(1).articles[0],
    "quality": lambda room: room.story(1).lead.quality(),
    "related": lambda room: room.story(1).lead.related(),
    "pairs": lambda room: room.pairs(low=0.2),
    "borderline": lambda room: room.borderline(limit=5),
    "pair": lambda room: room.borderline(limit=5)[0],
    "compared": lambda room: room.compare(room.ranked(weights="heat:1", name="<b>heat</b>")),
    "evaluation": lambda room: room.evaluation(),
    "calibration": lambda room: room.calibration(),
    "mistakes": lambda room: room.mistakes(),
    "kinds": lambda room: room.mistakes().kinds(),
    "sweep": lambda room: room.sweep("recency.half_life_hours", [3, 12]),
    "providers": lambda room: room.providers,
    "delays": lambda room: room.providers.delays(),
    "overlap": lambda room: room.providers.overlap(limit=5),
}


class Elements(HTMLParser):
    """The elements and attributes that a browser would make."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.addresses: list[str] = []
        self.feed(shown)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, "")} | {(tag, name) for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href"]


ALLOWED = {
    *((tag, "") for tag in "div style table caption thead tbody tr th td p b a svg rect title".split()),
    *(("div", "class"), ("th", "scope"), ("th", "class"), ("td", "class"), ("a", "href"), ("a", "rel")),
    *(("svg", name) for name in "width height role aria-label".split()),
    *(("rect", name) for name in "x width height fill".split()),
}  # fmt: skip


@pytest.mark.parametrize("room", [sample_room, hostile_room])
@pytest.mark.parametrize("name", RESULTS)
def test_a_result_shows_itself_and_trusts_nobody(name: str, room: Callable[[], Newsroom]) -> None:
    result = RESULTS[name](room())
    elements = Elements(result._repr_html_())
    assert ("p", "") in elements.found or ("table", "") in elements.found
    assert elements.found <= ALLOWED
    assert all(address.startswith(("https://", "http://")) for address in elements.addresses)
    told = repr(result)
    assert told
    assert "object at" not in told
    assert all(mark.isprintable() or mark == "\n" for mark in told)


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_text_of_eighty_columns(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", "80")
    result = RESULTS[name](sample_room())
    table = getattr(result, "table", lambda: result)()
    lines = repr(table).splitlines()[1:] if name != "room" else []
    assert all(cell_len(line) <= 80 for line in lines)


@pytest.mark.parametrize("name", RESULTS)
def test_a_frame_has_columns_of_known_types_in_snake_case(name: str) -> None:
    frame = RESULTS[name](sample_room()).frame()
    assert len(frame)
    assert {str(dtype) for dtype in frame.dtypes} <= DTYPES
    assert all(re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", column) for column in frame.columns)
    assert {str(hostile) for hostile in RESULTS[name](hostile_room()).frame().dtypes} <= DTYPES


# Stories


def test_the_frame_of_stories_holds_what_the_ranking_says() -> None:
    room = sample_room()
    frame = room.stories.frame()
    ranking = room.ranking
    assert frame["story"].tolist() == [ranked.story.id for ranked in ranking.stories]
    assert frame["score"].tolist() == [ranked.score for ranked in ranking.stories]
    for name in SIGNALS:
        signals = [getattr(ranked.blend, name) for ranked in ranking.stories]
        assert frame[f"{name}_contribution"].tolist() == [signal.contribution for signal in signals]
        assert frame[f"{name}_normalised"].tolist() == [signal.normalised for signal in signals]
    assert frame["heat"].tolist() == [ranked.heat.points for ranked in ranking.stories]
    counts = ["articles", "unique_texts", "providers", "publisher_groups"]
    for name in counts:
        assert frame[name].tolist() == [getattr(ranked.counts, name) for ranked in ranking.stories]
    first = frame.iloc[0]
    assert (first["title"], first["phase"], first["topics"]) == (room.story(1).title, room.story(1).phase, room.story(1).topics)
    assert first["last_published"] == max(article.dated for article in ranking.stories[0].story.articles if article.dated)


def test_folded_stories_stand_behind_their_leaders() -> None:
    room = sample_room().ranked(settings={"order.follow_ups": "fold", "order.follow_up_similarity": 0.2})
    frame = room.stories.frame()
    folded = frame[frame["folded_under"].notna()]
    assert len(folded)
    assert len(frame) == len(room.stories) > len(room.ranking.stories)
    leaders = frame.set_index("story")
    for _, row in folded.iterrows():
        assert row["rank"] == leaders.loc[row["folded_under"], "rank"]
    under = room.story(folded.iloc[0]["story"])
    assert under.why() is None
    assert room.stories[0].why(under) is None or under.rank > 1


def test_stories_are_a_sequence() -> None:
    stories = sample_room().stories
    assert [story.rank for story in stories[:3]] == [1, 2, 3]
    assert stories[-1].rank == len(stories)
    assert len(list(stories)) == len(stories)


@pytest.mark.parametrize("wanted", [3, "3", "#3", "id", "lead", "address", "file"])
def test_a_story_has_many_names(wanted: str | int) -> None:
    room = sample_room()
    third = room.stories[2]
    lead = third.lead.article
    names = {"id": third.id, "lead": lead.id, "address": lead.url, "file": lead.origin.path}
    assert room.story(names.get(str(wanted), wanted)).id == third.id


def test_a_story_is_what_the_ranking_says() -> None:
    room = sample_room()
    story, ranked = room.story(3), room.ranking.stories[2]
    assert (story.id, story.rank, story.score, story.counts) == (ranked.story.id, 3, ranked.score, ranked.counts)
    assert [article.id for article in story.articles] == story.frame()["id"].tolist() == [article.id for article in ranked.story.articles]
    assert story.frame()["is_lead"].sum() == 1
    assert story.lead.id == ranked.lead.id
    assert f"#3  {story.title}" in repr(story)
    assert html.escape(f"#3  {story.title}") in story._repr_html_()
    assert alt_text(story.timeline())
    assert story.heat_over_time(hours=5).data[0].y[-1] == ranked.heat.points


def test_signals_and_parts_add_up() -> None:
    room = sample_room().ranked(settings={"heat.audience_fields": ["type"]})
    for story in room.stories[:20]:
        signals = story.signals().frame().set_index("signal")
        assert signals.loc[list(SIGNALS), "contribution"].sum() == signals.loc["score", "contribution"] == story.score
        sums = story.parts().frame().groupby("signal")["points"].sum()
        for name in SIGNALS:
            assert sums[name] == signals.loc[name, "value"]


def test_why_adds_up_as_it_is_shown() -> None:
    room = sample_room()
    for story in room.stories[:30]:
        why = story.why()
        assert why is not None
        frame = why.frame().set_index("signal")
        assert frame.loc[list(SIGNALS), "advantage"].sum() == frame.loc["score", "advantage"] == why.why.gap
        texts = why.table().texts
        for column in ("upper", "lower", "advantage"):
            shown = [Decimal(texts[row, column]) for row in range(4)]
            assert sum(shown[:3]) == shown[3]
        assert why.sentences[0] in why.table().note


def test_why_between_any_two_stories() -> None:
    room = sample_room()
    one, other = room.story(2).why(room.story(9)), room.story(9).why(room.story(2))
    assert one is not None
    assert other is not None
    assert one.why.upper.rank == other.why.upper.rank == 2
    assert one.frame().equals(other.frame())
    assert room.story(2).why(room.story(2)) is None
    assert room.stories[-1].why() is None


def test_hidden_stories_can_be_looked_at() -> None:
    wanted = sample_room().stories[0].id
    room = sample_room().ranked(settings={"order.hidden": [wanted]})
    hidden = room.story(wanted)
    assert hidden.rank == 0
    assert repr(hidden).startswith("hidden  ")
    assert hidden.why() is None
    assert hidden.why(room.story(1)) is None
    assert "member of hidden" in repr(hidden.articles[0]) or "lead of hidden" in repr(hidden.articles[0])
    assert len(room.frame()) == 386
    assert wanted not in room.stories.frame()["story"].tolist()


def test_what_a_rule_moved_says_so() -> None:
    room = sample_room().ranked(profile="editorial")
    moved = next(story for story in room.stories if any(move.rule != "made_room" for move in story.ranked.adjustments))
    rule = next(move.rule for move in moved.ranked.adjustments if move.rule != "made_room")
    assert rule.replace("_", " ") in repr(moved)
    assert rule.replace("_", " ") in moved._repr_html_()


# Articles


def test_the_frame_of_articles_has_every_article_once() -> None:
    room = sample_room()
    frame = room.frame().set_index("id")
    ranking = room.ranking
    assert sorted(frame.index) == [article.id for article in ranking.grouping.corpus.articles]
    for article in ranking.grouping.corpus.articles:
        row, ranked = frame.loc[article.id], ranking.by_article[article.id]
        assert (row["title"], row["provider"], row["story"]) == (article.title, article.provider.name, ranked.story.id)
        assert row["quality"] == ranking.quality_points[article.id]
        assert row["heat"] == ranking.heat_of(article.id).points
        assert pd.isna(row["published_date_time"]) if article.dated is None else row["published_date_time"] == article.dated
        assert row["is_lead"] == (article == ranked.lead)
        texts = [ranking.grouping.texts[other.id] for other in ranked.story.articles]
        place = [other.id for other in ranked.story.articles].index(article.id)
        assert row["is_copy"] == (ranking.grouping.texts[article.id] in texts[:place])
    assert frame["date_health"].eq("clamped").sum() == 2


def test_an_article_shows_evidence_that_adds_up_to_its_scores() -> None:
    room = sample_room()
    for article in room.story(3).articles:
        frame = article.frame()
        for _, rows in frame.groupby("against"):
            assert rows["points"].iloc[:-1].sum() == pytest.approx(rows["points"].iloc[-1], abs=1e-5)
        assert article.quality().frame()["points"].iloc[-1] == room.ranking.quality_points[article.id]
        assert article.related().frame()["id"].tolist() == [item.article.id for item in room.ranking.related_to(article.id)]
        assert article.story_id == room.story(3).id
        assert article.title in repr(article)


def test_an_article_that_is_alone_says_so() -> None:
    room = sample_room()
    alone = next(story for story in room.stories if len(story.articles) == 1).lead
    assert "Alone in its story." in alone.table().note
    assert "own story" not in alone.frame()["against"].tolist()
    far = Newsroom.from_frame(pd.DataFrame({"title": ["One quake"]}), encoder="static").articles
    assert len(far) == 1
    only = Newsroom.from_frame(pd.DataFrame({"title": ["One quake"]}), encoder="static").story(1).lead
    assert only.table().note == "Alone in its story. No other story is near."
    assert len(only.frame()) == 0


# Pairs


def test_pairs_are_the_near_ones_within_bounds_likeliest_first() -> None:
    room = sample_room()
    chance = probability(room.ranking.grouping.log_odds)
    assert len(room.pairs()) == len(chance)
    pairs = room.pairs(low=0.25, high=0.75)
    frame = pairs.frame()
    assert len(frame) == len(pairs) == int(((chance >= 0.25) & (chance <= 0.75)).sum())
    assert frame["probability"].is_monotonic_decreasing
    titles = room.frame().set_index("id")["title"]
    assert (frame["left_title"] == titles[frame["left"]].to_numpy()).all()
    stories = room.frame().set_index("id")["story"]
    assert (frame["joined"] == (stories[frame["left"]].to_numpy() == stories[frame["right"]].to_numpy())).all()
    labels = pd.Series(dict(room.labels))
    assert (frame["same_story"] == (labels[frame["left"]].to_numpy() == labels[frame["right"]].to_numpy())).all()


def test_a_pair_shows_evidence_that_adds_up_to_its_probability() -> None:
    room = sample_room()
    pairs = room.borderline(limit=6)
    frame = pairs.frame()
    assert frame["evidence"].str.contains("meaning").any()
    for row, pair in zip(frame.itertuples(), pairs, strict=True):
        points = pair.frame()["points"]
        assert points.iloc[:-1].sum() == pytest.approx(points.iloc[-1])
        score = points.to_numpy()[-1:]
        assert float(probability(room.ranking.grouping.model.log_odds(score))[0]) == pytest.approx(pair.probability, abs=1e-5)
        assert (pair.articles[0].id, pair.articles[1].id, pair.joined, pair.same_story) == (row.left, row.right, row.joined, row.same_story)
        assert pair.probability == pytest.approx(row.probability, abs=1e-6)
        assert f"labelled {'one story' if pair.same_story else 'two stories'}" in repr(pair)
    assert [pair.probability for pair in pairs[1:3]] == [pairs[1].probability, pairs[2].probability]
    doubt = (frame["probability"] - 0.5).abs()
    assert doubt.is_monotonic_increasing


def test_any_two_articles_are_a_pair() -> None:
    room = sample_room()
    one, other = room.story(1).lead, room.story(20).lead
    pair = room.pair(one.id, other.article.url)
    assert [article.id for article in pair.articles] == [one.id, other.id]
    assert not pair.joined
    assert pair.probability < 0.1
    assert room.labelled({one.id: "one"}).pair(one.id, other.id).same_story is None


# Against labels


def test_figures_are_those_of_the_evaluation() -> None:
    room = sample_room()
    wanted = evaluate(room.ranking, room.labels)
    frame = room.evaluation().frame().set_index("figure")
    assert frame.loc["B-cubed F1", "value"] == wanted.b_cubed.f1
    assert wanted.intervals.f1 is not None
    assert frame.loc["B-cubed F1", "low"] == wanted.intervals.f1.low
    assert frame.loc["B-cubed F1", "high"] == wanted.intervals.f1.high
    assert frame.loc["related MAP", "value"] == wanted.related_map
    assert wanted.reliability is not None
    assert frame.loc["Brier score of P", "value"] == wanted.reliability.brier
    calibration = room.calibration()
    assert calibration.frame()["observed"].tolist() == [each.observed for each in wanted.reliability.bins]
    assert alt_text(calibration.curve())


def test_mistakes_are_pairs_with_their_kind() -> None:
    room = sample_room()
    mistakes = room.mistakes()
    frame = mistakes.frame()
    assert len(frame) == len(mistakes) == len(mistakes.mistakes)
    assert (frame["joined"] != frame["same_story"]).all()
    counted = mistakes.kinds().frame().set_index("kind")["pairs"].to_dict()
    assert counted == {kind: int((frame["kind"] == kind).sum()) for kind in MISTAKE_KINDS}
    assert mistakes[0].articles[0].id == frame["left"][0]
    assert "evidence" not in frame.columns
    assert alt_text(mistakes.by_kind())


def test_few_mistakes_name_their_evidence() -> None:
    room = sample_room()
    own = {article.id: ranked.story.id for ranked in room.ranking.stories for article in ranked.story.articles}
    lead = room.story(3).lead.id
    frame = room.labelled(own | {lead: "another"}).mistakes().frame()
    assert len(frame) == 3
    assert frame["evidence"].notna().all()
    assert len(room.labelled(own).mistakes().frame()) == 0


def test_a_sweep_has_a_row_a_value_with_the_figures_of_its_ranking() -> None:
    room = sample_room()
    swept = room.sweep("grouping.window_days", [0.5, 7])
    frame = swept.frame().set_index("value")
    for value in (0.5, 7):
        wanted = evaluate(room.ranked(settings={"grouping.window_days": value}).ranking, room.labels)
        assert frame.loc[str(value), "b_cubed_f1"] == wanted.b_cubed.f1
        assert frame.loc[str(value), "found_stories"] == wanted.found_stories
    assert frame["b_cubed_recall"].is_monotonic_increasing
    assert alt_text(swept.curves())


# Providers and plots


def test_providers_are_those_of_the_coverage() -> None:
    room = sample_room()
    providers = room.providers
    frame = providers.frame()
    assert len(frame) == len(providers) == 41
    assert frame["articles"].sum() == 386
    assert frame["first"].tolist() == [each.first for each in providers.coverage]
    assert frame.set_index("provider").loc["Harbor Ledger", "publisher_group"] == "Harbor House"
    assert len(providers.delays().frame()) == sum(len(each.delays) for each in providers.coverage)
    overlap = providers.overlap(limit=4).frame()
    assert len(overlap) == 12
    assert len(providers.overlap().frame()) > 500


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["map", "bars", "timeline", "heat_over_time", "pair_scores", "first_plot", "delay_plot", "overlap_plot"])
def test_every_plot_of_a_room_is_a_figure(name: str, theme: str) -> None:
    room = sample_room()
    draw = getattr(room, name, None) or getattr(room.providers, name)
    figure = draw(theme=theme)
    assert alt_text(figure)
    assert (figure.layout.template.layout.paper_bgcolor == "#ffffff") == (theme == "light")


def test_plots_show_the_stories_asked_for() -> None:
    room = sample_room()
    stories = room.stories[4:6]
    assert len(room.map(highlight=stories, method="pca").data) == 3
    assert [trace.name.split(".")[0] for trace in room.heat_over_time(stories, hours=3).data] == ["5", "6"]
    assert len(room.bars(limit=7).data[0].x) == 7
    assert len(room.pair_scores().data) == 4
    assert len(room.labelled({}).pair_scores().data) == 2
