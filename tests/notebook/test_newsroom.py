"""Newsrooms: where they come from, what-if rankings, and what goes wrong."""

from __future__ import annotations

import doctest
import importlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from support.newsroom import newsroom_placed
from support.places import Place
from support.rooms import AS_OF, room_of, sample_room

from ranker.apps.cli import commands
from ranker.articles.article import Article, Provider
from ranker.errors import InputError, RankerError, SettingsError
from ranker.notebook import Newsroom
from ranker.places import newsroom_folder

ARTICLES, CONFIG = newsroom_folder() / "articles", newsroom_folder() / "ranker.yaml"


def reranked(*options: str) -> list[dict[str, Any]]:
    """What `ranker rerank` says of the sample newsroom."""
    arguments = ["rerank", str(ARTICLES), "--config", str(CONFIG), "--encoder", "static", "--format", "jsonl", *options]
    done = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return [json.loads(line) for line in done.stdout.splitlines()]


def told(room: Newsroom) -> list[tuple[str, int, float, str]]:
    return [(story.id, story.rank, story.score, story.lead.id) for story in room.stories]


def same(lines: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, float, str]]:
    return [(line["id"], line["rank"], line["score"], line["lead"]["id"]) for line in lines]


# Where rooms come from


def test_the_sample_is_what_the_command_line_ranks() -> None:
    assert told(sample_room()) == same(reranked())


def test_a_room_reads_files_folders_and_globs() -> None:
    day = Newsroom.read(ARTICLES / "2026-03-11-*.md", config=CONFIG, encoder="static")
    paths = sorted(ARTICLES.glob("2026-03-11-*.md"))
    listed = Newsroom.read([str(path) for path in paths], config=str(CONFIG), encoder="static")
    assert len(day.articles) == len(paths) == len(listed.articles)
    assert told(day) == told(listed)
    assert day.refusals == ()


def test_settings_profile_and_moment_are_those_asked_for() -> None:
    moment = datetime(2026, 3, 8, 18, tzinfo=UTC)
    room = Newsroom.read(ARTICLES, config=CONFIG, encoder="static", profile="newest", as_of=moment, settings={"blend.heat_half": 30})
    assert (room.settings.blend.heat_half, room.settings.blend.weights.recency, room.as_of) == (30, 0.7, moment)
    assert max(article.published for article in room.articles_read if article.published is not None) <= moment
    options = ("--profile", "newest", "--as-of", "2026-03-08T18:00:00Z")
    as_asked = Newsroom.read(ARTICLES, config=CONFIG, encoder="static", profile="newest", as_of=moment)
    assert told(as_asked) == same(reranked(*options))


def test_corrections_are_heeded(tmp_path: Path) -> None:
    room = sample_room()
    one, other = room.stories[0].lead.id, room.stories[1].lead.id
    file = tmp_path / "corrections.yaml"
    last = room.stories[-1].lead.id
    said = [{"action": "join", "articles": [one, other], "by": "Ann"}, {"action": "pin", "articles": [last], "by": "Ann"}]
    file.write_text(json.dumps(said), "utf-8")
    joined = Newsroom.read(ARTICLES, config=CONFIG, encoder="static", corrections=file, now=datetime(2026, 3, 12, tzinfo=UTC))
    assert joined.article(one).story_id == joined.article(other).story_id
    assert room.article(one).story_id != room.article(other).story_id
    assert joined.ranked(weights="heat:1").article(one).story_id == joined.article(one).story_id
    assert joined.stories[0].lead.id == joined.ranked(weights="heat:1").stories[0].lead.id == last


def test_what_is_refused_is_told(tmp_path: Path) -> None:
    file = tmp_path / "articles.csv"
    file.write_text("headline,date\nOne quake,2026-03-11\nAnother,some day\n", "utf-8")
    room = Newsroom.read(file, encoder="static")
    assert [(refusal.origin.line, refusal.field) for refusal in room.refusals] == [(3, "publishedDateTime")]
    assert "1 refused, see .refusals" in repr(room)
    assert "1 refused" in room._repr_html_()


def test_a_room_without_dates_has_a_moment() -> None:
    room = Newsroom.from_frame(pd.DataFrame({"title": ["One", "Two"]}), encoder="static")
    assert room.as_of == datetime(1970, 1, 1, tzinfo=UTC)
    assert len(room.stories) == 2
    empty = Newsroom.from_frame(pd.DataFrame({"title": []}), encoder="static")
    assert len(empty.stories) == len(empty.frame()) == 0
    assert "0 articles" in repr(empty)


# Frames in


def test_a_frame_of_a_room_is_read_back_as_the_same_room() -> None:
    room = sample_room()
    again = Newsroom.from_frame(room.frame(), config=CONFIG, encoder="static", now=datetime(2026, 3, 12, tzinfo=UTC))
    assert again.refusals == ()
    assert {story.id for story in again.stories} == {story.id for story in room.stories}
    ours, theirs = (each.frame()[["id", "story", "has_amp", "title", "published_date_time"]] for each in (room, again))
    pd.testing.assert_frame_equal(theirs.sort_values("id", ignore_index=True), ours.sort_values("id", ignore_index=True))


def test_frames_name_columns_as_others_do() -> None:
    frame = pd.DataFrame(
        {
            "headline": ["One quake", "Another quake", None],
            "date": [pd.Timestamp("2026-03-11 10:00", tz="Europe/Berlin"), pd.NaT, None],
            "provider.name": ["One", pd.NA, "Three"],
            "provider_domain": ["one.example", None, float("nan")],
            "tags": [["a", "b"], (), None],
            "quality": pd.array([7, None, 1], dtype="Int64"),
            "is_amp": [True, False, True],
        }
    )
    room = Newsroom.from_frame(frame, encoder="static", as_of=AS_OF)
    one, other = sorted(room.articles_read, key=lambda article: article.title, reverse=True)
    assert (one.title, one.provider, one.topics, one.quality) == ("One quake", Provider("One", "one.example"), ("a", "b"), 7)
    assert one.published == datetime(2026, 3, 11, 9, tzinfo=UTC)
    assert (other.published, other.provider, other.quality) == (None, Provider(), None)
    assert [(refusal.origin.line, refusal.field) for refusal in room.refusals] == [(3, "title")]
    assert one.extra["is_amp"] is True


def test_arrays_in_a_frame_are_lists() -> None:
    import numpy as np

    frame = pd.DataFrame(
        {"title": ["One quake"], "topics": [np.array(["a", "b"])], "has_amp": [np.True_], "web_url": ["https://one.example/1"]}
    )
    (article,) = Newsroom.from_frame(frame, encoder="static").articles_read
    assert article.topics == ("a", "b")
    assert article.has_amp


# Services


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with newsroom_placed(tmp_path_factory.mktemp("service") / "desk.sqlite") as found:
        yield found


def test_a_room_of_a_service_is_a_batch_of_its_articles(place: Place) -> None:
    far, near = Newsroom.from_service(place.url, config=CONFIG, encoder="static"), sample_room()
    assert told(far) == told(near)
    assert far.as_of == near.as_of
    ours, theirs = near.frame().set_index("id").sort_index(), far.frame().set_index("id").sort_index()
    assert (theirs["story"] == theirs["service_story"]).all()
    same_columns = ["title", "excerpt", "provider", "domain", "quality", "story", "story_rank", "topics", "category", "published_date_time"]
    pd.testing.assert_frame_equal(theirs[same_columns], ours[same_columns])
    assert far.story(1).lead.quality().frame()["rule"].tolist() == ["as the service says", "quality"]
    assert far.as_of == near.as_of


def test_what_if_works_on_a_service_s_articles(place: Place) -> None:
    far = Newsroom.from_service(place.url, config=CONFIG, encoder="static")
    hot = far.ranked(weights={"heat": 1})
    assert told(hot) == told(sample_room().ranked(weights={"heat": 1}))
    assert far.name == "balanced"
    assert hot.frame()["service_story"].notna().all()


def test_qualities_below_zero_come_through() -> None:
    from ranker.client.answers import Article as Told
    from ranker.client.answers import Provider as ToldProvider
    from ranker.notebook.service import _article, service_quality
    from ranker.settings_file import load_settings

    settings = load_settings(overrides=service_quality(load_settings()))
    for quality in (-30, 0, 144):
        answer = Told(
            id="a1", title="One", provider=ToldProvider("One", ""), published_date_time=AS_OF, web_url="", type="article", quality=quality,
            excerpt="", category="", topics=(), images=(), date_health="clamped",
        )  # fmt: skip
        article = _article(answer)
        room = Newsroom((article,), settings, AS_OF, overrides=service_quality(settings))
        assert room.ranking.quality_points == {"a1": quality}
        assert article.dated is None


# What if


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({"weights": {"quality": 0.2, "heat": 0.5, "recency": 0.3}}, ("--weights", "quality:0.2,heat:0.5,recency:0.3")),
        ({"weights": "heat:1"}, ("--weights", "heat:1")),
        ({"profile": "hottest"}, ("--profile", "hottest")),
        ({"profile": "editorial", "weights": {"recency": 1.0}}, ("--profile", "editorial", "--weights", "recency:1")),
        ({"profile": "everyday"}, ("--profile", "everyday")),
    ],
)
def test_what_if_is_what_the_command_line_would_give(changes: dict[str, Any], options: tuple[str, ...]) -> None:
    assert told(sample_room().ranked(**changes)) == same(reranked(*options))


def test_half_lives_are_those_of_heat_and_recency() -> None:
    room = sample_room()
    both = room.ranked(half_life_hours=3).settings
    assert (both.heat.half_life_hours, both.recency.half_life_hours) == (3, 3)
    one = room.ranked(half_life_hours={"recency": 48}).settings
    assert (one.heat.half_life_hours, one.recency.half_life_hours) == (room.settings.heat.half_life_hours, 48)
    assert room.ranked(half_life_hours={"heat": None}).settings.heat.half_life_hours is None
    file = room.ranked(settings={"heat.half_life_hours": 3, "recency.half_life_hours": 3})
    assert told(room.ranked(half_life_hours=3)) == told(file) != told(room)


def test_stories_are_grouped_again_only_where_they_may_be_others() -> None:
    room = sample_room()
    assert room.ranked(weights="heat:1", profile="newest").ranking.grouping is room.ranking.grouping
    short = room.ranked(settings={"grouping.window_days": 0.5})
    assert short.ranking.grouping is not room.ranking.grouping
    assert len(short.stories) > len(room.stories)
    assert short.settings.grouping.window_days == 0.5


def test_questions_add_up() -> None:
    room = sample_room().ranked(weights="heat:1").ranked(half_life_hours=2)
    assert (room.settings.blend.weights.heat, room.settings.heat.half_life_hours) == (1, 2)
    assert told(room) == told(sample_room().ranked(weights="heat:1", half_life_hours=2))


def test_an_earlier_moment_knows_nothing_of_what_came_later() -> None:
    room = sample_room()
    moment = room.as_of - timedelta(hours=12)
    earlier = room.ranked(as_of=moment)
    options = ("--as-of", moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert told(earlier) == same(reranked(*options))
    assert earlier.ranked(weights="heat:1").as_of == moment


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weights": {"heat": -1}}, "must be a number from 0"),
        ({"weights": {"warmth": 1}}, "'warmth:1' names no signal"),
        ({"profile": "nobody's"}, 'no profile "nobody\'s"'),
        ({"half_life_hours": {"quality": 3}}, "half_life_hours: 'quality' has no half-life; allowed: heat and recency"),
        ({"half_life_hours": 0}, "half_life_hours"),
        ({"settings": {"blend.nothing": 1}}, "nothing"),
    ],
)
def test_what_cannot_be_asked_is_said(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        sample_room().ranked(**changes)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "balanced"),
        ({"weights": {"quality": 0.1, "heat": 0.8, "recency": 0.1}}, "quality 0.1 heat 0.8 recency 0.1"),
        ({"profile": "newest"}, "newest"),
        ({"profile": "newest", "half_life_hours": 3}, "newest, half-lives 3 h"),
        ({"half_life_hours": {"recency": 3}}, "recency.half_life_hours 3"),
        ({"settings": {"grouping.window_days": 3}}, "grouping.window_days 3"),
        ({"profile": "newest", "name": "mine"}, "mine"),
    ],
)
def test_rooms_have_names(changes: dict[str, Any], name: str) -> None:
    assert sample_room().ranked(**changes).name == name


def test_comparisons_tell_what_moved_and_why() -> None:
    room = sample_room()
    hot = room.ranked(weights={"quality": 0.1, "heat": 0.8, "recency": 0.1}, name="hot")
    compared = room.compare(hot)
    frame = compared.frame().set_index("story")
    was, now = ({story.id: story for story in each.stories} for each in (room, hot))
    assert set(frame.index) == set(was)
    assert frame["rank_after"].to_dict() == {key: story.rank for key, story in now.items()}
    assert frame["rank_before"].to_dict() == {key: story.rank for key, story in was.items()}
    assert (frame["places"] == frame["rank_before"] - frame["rank_after"]).all()
    changes = frame[["quality_change", "heat_change", "recency_change"]].sum(axis=1)
    assert (changes == frame["score_after"] - frame["score_before"]).all()
    assert compared.summary.startswith("balanced -> hot: 0 entered, 0 left, ")
    assert room.compare(hot, room).summary.startswith("hot -> balanced: ")
    assert [trace.name for trace in compared.slope(limit=3).data if trace.name]
    assert (room.compare(room).frame()["places"] == 0).all()


def test_what_entered_and_left_is_told() -> None:
    room = sample_room()
    earlier = room.ranked(as_of=room.as_of - timedelta(days=2))
    frame = room.compare(earlier, room).frame()
    entered = frame[frame["cause"] == "entered"]
    assert len(entered) > 5
    assert entered[["rank_before", "places", "score_before", "quality_change", "story_before"]].isna().all(axis=None)
    left = room.compare(earlier).frame().query("cause == 'left'")
    assert set(left["story_before"]) == set(entered["story"])
    assert left["rank_after"].isna().all()


# What goes wrong


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda room: room.story("s000"), "s000: no such story"),
        (lambda room: room.story(10_000), "10000: no such story"),
        (lambda room: room.article("a000"), "a000: no such article"),
        (lambda room: room.pair("a000", "a001"), "a000: no such article"),
    ],
)
def test_what_is_not_there_is_said(ask: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        ask(sample_room())


@pytest.mark.parametrize("ask", ["evaluation", "calibration", "mistakes"])
def test_figures_need_labels(ask: str) -> None:
    room = room_of([Article(id="a1", title="One quake")])
    with pytest.raises(RankerError, match=r"there are no labels: give them as Newsroom.read\(\.\.\., labels=FILE\)"):
        getattr(room, ask)()
    with pytest.raises(RankerError, match="no near pair has labels"):
        room.labelled({"a1": "one"}).calibration()


def test_labels_come_from_a_file_a_field_or_a_mapping() -> None:
    room = sample_room()
    assert len(room.labels) == 386
    assert Newsroom.read(ARTICLES, config=CONFIG, encoder="static", labels=newsroom_folder() / "labels.csv").labels == room.labels
    assert room.labelled(newsroom_folder() / "labels.csv").labels == room.labels
    assert room.labelled(room.labels).ranking is room.ranking
    with pytest.raises(InputError, match="no article has such a label"):
        room.labelled("nothing")


@pytest.mark.parametrize(
    ("module", "ask", "sentence"),
    [
        ("pandas", lambda room: room.frame(), "a frame needs pandas, which is not installed: pip install 'ranker\\[notebook\\]'"),
        (
            "ipywidgets",
            lambda room: room.explorer(),
            "the explorer needs ipywidgets, which is not installed: pip install 'ranker\\[notebook\\]'",
        ),
    ],
)
def test_a_missing_library_is_said_with_its_extra(monkeypatch: pytest.MonkeyPatch, module: str, ask: Any, sentence: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RankerError, match=sentence):
        ask(sample_room())


def test_a_broken_library_is_no_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from ranker.notebook import extras

    def broken(_: str) -> None:
        raise ModuleNotFoundError("No module named 'numpy.core'", name="numpy.core")

    monkeypatch.setattr(extras, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match=r"numpy\.core"):
        extras.needed("pandas", "a frame")


@pytest.mark.parametrize("module", ["ranker.notebook.newsroom", "ranker.notebook.stories"])
def test_examples_run(module: str) -> None:
    found = doctest.testmod(importlib.import_module(module))
    assert found.failed == 0
    assert found.attempted or module != "ranker.notebook.newsroom"


# The package


def test_the_package_has_the_names_it_lists_and_no_others() -> None:
    import ranker.notebook

    assert ranker.notebook.__all__ == sorted(ranker.notebook.__all__)
    for name in ranker.notebook.__all__:
        assert getattr(ranker.notebook, name).__name__ == name
    missing = "Nothing"
    with pytest.raises(AttributeError, match=r"module 'ranker\.notebook' has no attribute 'Nothing'"):
        getattr(ranker.notebook, missing)
