"""`ranker replay` and `ranker diff`: the series of rankings as they were, and what moved between two of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ranker.apps.replaying import named_run, parsed_duration, read_runs
from ranker.errors import InputError

Command = Callable[..., "CompletedProcess[str]"]

STATIC = ("--encoder", "static", "--no-cache")
DAY = ("--from", "2026-03-10T07:00:00Z", "--to", "2026-03-11T19:00:00Z", "--every", "12h")  # of the desk: four moments
MOMENTS = ["2026-03-10T07:00:00Z", "2026-03-10T19:00:00Z", "2026-03-11T07:00:00Z", "2026-03-11T19:00:00Z"]


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


# Durations


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("1h", timedelta(hours=1)),
        ("1.5d", timedelta(hours=36)),
        (" 2 h ", timedelta(hours=2)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, duration: timedelta) -> None:
    assert parsed_duration(text) == duration


@given(st.integers(1, 10_000), st.sampled_from("smhd"))
def test_a_duration_is_so_many_of_its_unit(number: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    assert parsed_duration(f"{number}{unit}").total_seconds() == number * seconds[unit]


@pytest.mark.parametrize("text", ["", "h", "3", "3 weeks", "-1h", "0h", "0.5s", "1h30m", "1e3h", "9" * 400 + "d", "inf d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no duration of a second or more; write 30m, 1h or 1d"):
        parsed_duration(text)


# replay


def test_each_moment_s_lines_are_those_of_rerank_as_of_then(desk: Path, ranker: Command) -> None:
    """Byte for byte, so that a replay can be trusted to be what would have been seen."""
    told = ranker("replay", desk, *STATIC, *DAY)
    assert told.returncode == 0
    alone = [ranker("rerank", desk, *STATIC, "--as-of", moment).stdout for moment in MOMENTS]
    assert told.stdout == "".join(alone)
    assert [len(lines(text)) for text in alone] == [1, 1, 1, 3]  # the ferry alone, in the end the quake and the snooker too


def test_corrections_hold_at_each_moment(desk: Path, tmp_path: Path, ranker: Command) -> None:
    told = ranker("replay", desk, *STATIC, *DAY)
    ferry = next(story for story in lines(told.stdout) if len(story["articles"]) == 2)
    (tmp_path / "c.yaml").write_text(f"- {{action: part, articles: [{', '.join(article['id'] for article in ferry['articles'])}]}}\n")
    corrected = ranker("replay", desk, *STATIC, *DAY, "--corrections", tmp_path / "c.yaml")
    alone = [ranker("rerank", desk, *STATIC, "--corrections", tmp_path / "c.yaml", "--as-of", moment).stdout for moment in MOMENTS]
    assert corrected.stdout == "".join(alone)
    assert [len(lines(text)) for text in alone] == [1, 2, 2, 4]


def test_a_moment_knows_nothing_that_came_later(desk: Path, ranker: Command) -> None:
    at = {story["asOf"]: story for story in lines(ranker("replay", desk, *STATIC, *DAY).stdout)[:2]}
    assert list(at) == MOMENTS[:2]
    assert [len(story["articles"]) for story in at.values()] == [1, 2]  # the Herald's report came an hour after the first
    assert all(article["publishedDateTime"] <= moment for moment, story in at.items() for article in story["articles"])


def test_moments_go_from_the_first_article_to_the_last(desk: Path, ranker: Command) -> None:
    told = ranker("replay", desk, *STATIC, "--every", "7h")
    moments = list(dict.fromkeys(story["asOf"] for story in lines(told.stdout)))
    assert moments == [f"2026-03-{day}T{hour}:00:00Z" for day, hour in [(10, "07"), (10, 14), (10, 21), (11, "04"), (11, 11), (11, 18)]]
    assert "6 articles from 6 files" in told.stderr


def test_the_first_stories_of_each_ranking_are_kept(desk: Path, ranker: Command) -> None:
    whole, first = (lines(ranker("replay", desk, *STATIC, *DAY, *limit).stdout) for limit in ((), ("--limit", "1")))
    assert first == [story for story in whole if story["rank"] == 1]
    assert [story["asOf"] for story in first] == MOMENTS


def test_a_replay_is_written_to_a_file(desk: Path, tmp_path: Path, ranker: Command) -> None:
    path = tmp_path / "series.jsonl"
    told = ranker("replay", desk, *STATIC, *DAY, "-o", path)
    assert (told.returncode, told.stdout) == (0, "")
    assert told.stderr.endswith(f"ranker: wrote 4 rankings to {path}\n")
    assert path.read_text("utf-8") == ranker("replay", desk, *STATIC, *DAY).stdout


def test_a_replay_ends_with_3_if_some_input_was_refused(desk: Path, ranker: Command) -> None:
    (desk / "broken.jsonl").write_text('{"title": ""}\n')
    assert ranker("replay", desk, *STATIC, *DAY).returncode == 3


def test_an_empty_folder_can_be_replayed_between_times_that_are_given(tmp_path: Path, ranker: Command) -> None:
    told = ranker("replay", tmp_path, *STATIC, *DAY)
    assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--every", "soon"), "'soon' is no duration of a second or more; write 30m, 1h or 1d"),
        (("--every", "0h"), "'0h' is no duration of a second or more"),
        ((), "Missing option '--every'"),
        (("--every", "1h", "--from", "yesterday"), "'yesterday' is no date; write it as 2026-03-11T18:00:00Z"),
        (("--every", "1h", "--as-of", "2026-03-11"), "replay has many moments; give --from and --to instead of --as-of"),
        (
            ("--every", "1h", "--from", "2026-03-12", "--to", "2026-03-11"),
            "--to 2026-03-11T00:00:00Z is before --from 2026-03-12T00:00:00Z",
        ),
        (("--every", "1h", "--from", "2026-03-12"), "--to 2026-03-11T18:00:00Z is before --from 2026-03-12T00:00:00Z"),
        (("--every", "1s"), "--every 0:00:01 gives 126,001 moments; at most 100,000 can be replayed at once"),
        (("--every", "1h", "--limit", "0"), "0 is not in the range x>=1"),
        (("--every", "1h", "-o", "nowhere/series.jsonl"), "there is no folder nowhere"),
    ],
)
def test_wrong_usage_of_replay_ends_with_2_and_says_why(options: Sequence[str], reason: str, desk: Path, ranker: Command) -> None:
    told = ranker("replay", desk, *STATIC, *options)
    assert (told.returncode, told.stdout) == (2, "")
    assert reason in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("options", [(), ("--from", "2026-03-11"), ("--to", "2026-03-11")])
def test_without_a_date_both_ends_must_be_given(options: Sequence[str], ranker: Command) -> None:
    told = ranker("replay", "-", *STATIC, "--every", "1h", *options, stdin=b'{"title": "Ferry aground"}\n')
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.endswith("ranker: no article has a usable date; give --from and --to\n")


# diff, of runs by hand


def line(
    name: str,
    rank: int,
    *,
    score: float = 0.5,
    heat: float = 0.25,
    at: str = "",
    articles: Sequence[str] | None = None,
    rules: Sequence[str] = (),
) -> str:
    """A ranked story as `rerank` writes it, as far as it is compared; its quality is what its heat leaves of its score."""
    told = {
        "id": name,
        "rank": rank,
        "score": score,
        "signals": {"quality": {"contribution": score - heat}, "heat": {"contribution": heat}, "recency": {"contribution": 0.0}},
        "lead": {"id": f"lead of {name}", "title": f"Story {name}"},
        "articles": [{"id": article} for article in (articles if articles is not None else [f"{name}1", f"{name}2"])],
        "counts": {"publisherGroups": 2},
        "adjustments": [{"rule": rule} for rule in rules],
    }
    return json.dumps(told | ({"asOf": at} if at else {})) + "\n"


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Two runs: b rises by heat, a is passed by, c leaves, d enters, e stays."""
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    noon, one_o_clock = "2026-03-11T12:00:00Z", "2026-03-11T13:00:00Z"
    one.write_text(line("a", 1, score=0.75, at=noon) + line("b", 2, at=noon) + line("c", 3, at=noon) + line("e", 4, score=0.125, at=noon))
    other.write_text(
        line("b", 1, score=0.875, heat=0.5625, at=one_o_clock, articles=["b1", "b2", "b3"])
        + line("a", 2, score=0.75, at=one_o_clock)
        + line("d", 3, at=one_o_clock)
        + line("e", 4, score=0.125, at=one_o_clock)
    )
    return one, other


def test_two_runs_are_told_by_what_entered_left_and_moved(runs: tuple[Path, Path], ranker: Command) -> None:
    told = ranker("diff", *runs)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.splitlines() == [
        "2026-03-11T12:00:00Z -> 2026-03-11T13:00:00Z: 1 entered, 1 left, 2 moved, 1 in their place",
        "entered",
        "  #3    0.500  Story d",
        "left",
        "  #3    0.500  Story c",
        "moved",
        "  #2 -> #1     Story b",
        "               heat +0.312, quality +0.062, 1 new article",
        "  #1 -> #2     Story a",
        "               passed by 1 (own score unchanged)",
    ]


def test_two_runs_are_told_as_json(runs: tuple[Path, Path], ranker: Command) -> None:
    (told,) = lines(ranker("diff", *runs, "--json").stdout)
    assert (told["before"], told["after"], told["unchanged"]) == ("2026-03-11T12:00:00Z", "2026-03-11T13:00:00Z", 1)
    assert told["entered"] == [{"id": "d", "rank": 3, "score": 0.5, "title": "Story d"}]
    assert told["left"] == [{"id": "c", "rank": 3, "score": 0.5, "title": "Story c"}]
    assert told["moved"] == [
        {
            "id": "b", "wasId": "b", "title": "Story b", "from": 2, "to": 1, "scoreChange": 0.875 - 0.5,
            "changes": {"quality": 0.0625, "heat": 0.3125, "recency": 0.0}, "newArticles": 1, "cause": "heat", "overtakenBy": 0,
            "rules": [],
        },
        {
            "id": "a", "wasId": "a", "title": "Story a", "from": 1, "to": 2, "scoreChange": 0.0,
            "changes": {"quality": 0.0, "heat": 0.0, "recency": 0.0}, "newArticles": 0, "cause": "others", "overtakenBy": 1, "rules": [],
        },
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (line("a", 2), line("a", 1, rules=["pinned"]), "rule of the list (pinned)"),
        (line("a", 1, rules=["pinned"]), line("a", 2, rules=["stale"]), "rule of the list (pinned, stale)"),
        (line("a", 1), line("a", 2, rules=["made_room"]), "passed by 1 (own score unchanged)"),
        (line("a", 1), line("a", 2, score=0.75, heat=0.5), "passed by 1 (heat +0.250)"),
        (line("a", 2), line("a", 1), "others fell (own score unchanged)"),
        (line("a", 2, score=0.5), line("a", 1, score=0.5001, heat=0.2501), "heat"),  # less than is shown
        (line("b", 2, articles=["1", "2"]), line("a", 1, articles=["0", "1", "2"], score=0.75), "quality +0.250, 1 new article"),
    ],
    ids=["a rule came", "another rule", "room made", "passed in spite of heat", "others fell", "too small to show", "another id"],
)
def test_a_move_is_told_with_its_cause(before: str, after: str, said: str, tmp_path: Path, ranker: Command) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_text(before)
    other.write_text(after)
    *_, places, why = ranker("diff", one, other).stdout.splitlines()
    old, new = (json.loads(text)["rank"] for text in (before, after))
    assert (places.split(), why.strip()) == ([f"#{old}", "->", f"#{new}", "Story", "a"], said)


def test_no_line_of_a_comparison_is_wider_than_the_terminal(tmp_path: Path, ranker: Command) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    wide = ["\u706b\u707d" * 60, "x" * 200, "Regierungskrise in Marenien " * 9]
    one.write_text(line(wide[0], 1) + line(wide[1], 2))
    other.write_text(line(wide[2], 1) + line(wide[1], 1, rules=["topic in a row"] * 9))
    shown = ranker("diff", one, other).stdout.splitlines()
    assert len([row for row in shown if row.endswith("\u2026")]) >= 3
    assert max(map(cell_len, shown)) <= 80


def test_so_many_lines_of_each_kind_are_shown(tmp_path: Path, ranker: Command) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_text("".join(line(f"a{place}", place) for place in range(1, 5)))
    other.write_text("".join(line(f"b{place}", place) for place in range(1, 4)))
    shown = ranker("diff", one, other, "--limit", "2").stdout.splitlines()
    assert shown[0] == "before -> after: 3 entered, 4 left, 0 moved, 0 in their place"
    assert [row for row in shown if "more" in row] == ["  and 1 more", "  and 2 more"]
    assert len(shown) == 1 + 2 * (1 + 2 + 1)
    assert len(lines(ranker("diff", one, other, "--limit", "2", "--json").stdout)[0]["left"]) == 4


def test_what_would_steer_a_terminal_is_shown_as_an_escape(tmp_path: Path, ranker: Command) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_text("")
    other.write_text(line("\x1b[31m", 1))
    assert "  #1    0.500  Story \\x1b[31m\n" in ranker("diff", one, other).stdout


def test_a_run_against_itself_and_nothing_against_nothing_move_nothing(runs: tuple[Path, Path], tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "empty.jsonl").write_text("\n\n")
    for name, kept in ((runs[0], 4), (tmp_path / "empty.jsonl", 0)):
        (shown,) = ranker("diff", name, name).stdout.splitlines()
        assert shown.endswith(f": 0 entered, 0 left, 0 moved, {kept} in their place")


# Series


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Three rankings, written in no order."""
    path = tmp_path / "series.jsonl"
    at = [f"2026-03-11T{hour}:00:00Z" for hour in (12, 13, 14)]
    rows = [line("b", 2, at=at[0]), line("a", 1, score=0.75, at=at[0])]
    rows += [line("c", 1, score=0.875, at=at[2]), line("a", 1, score=0.75, at=at[1]), line("b", 2, score=0.625, at=at[1])]
    path.write_text("".join(rows))
    return path


def test_a_series_alone_is_compared_moment_by_moment(series: Path, ranker: Command) -> None:
    told = lines(ranker("diff", series, "--json").stdout)
    assert [(item["before"][11:13], item["after"][11:13]) for item in told] == [("12", "13"), ("13", "14")]
    assert [len(item["entered"]) for item in told] == [0, 1]
    assert [len(item["left"]) for item in told] == [0, 2]
    assert [[move["id"] for move in item["moved"]] for item in told] == [["b"], []]
    heads = [row for row in ranker("diff", series).stdout.splitlines() if "->" in row and "entered" in row]
    assert len(heads) == 2


@pytest.mark.parametrize("time", ["2026-03-11T14:00:00Z", "2026-03-11T15:00:00+01:00", "2026-03-11 14:00"])
def test_a_ranking_of_a_series_is_named_by_its_time(time: str, series: Path, ranker: Command) -> None:
    (told,) = lines(ranker("diff", f"{series}@2026-03-11T12:00:00Z", f"{series}@{time}", "--json").stdout)
    assert (told["before"], told["after"]) == ("2026-03-11T12:00:00Z", "2026-03-11T14:00:00Z")
    assert [item["id"] for item in told["left"]] == ["a", "b"]


def test_a_ranking_of_a_series_is_compared_with_a_file(series: Path, runs: tuple[Path, Path], ranker: Command) -> None:
    (told,) = lines(ranker("diff", f"{series}@2026-03-11T13:00:00Z", runs[1], "--json").stdout)
    assert [item["id"] for item in told["entered"]] == ["d", "e"]


def test_a_file_whose_name_has_an_at_in_it_is_a_file(runs: tuple[Path, Path], ranker: Command) -> None:
    odd = runs[0].rename(runs[0].with_name("run@noon.jsonl"))
    assert ranker("diff", odd, runs[1]).returncode == 0
    assert named_run(str(odd)).as_of == "2026-03-11T12:00:00Z"


def test_a_replay_is_read_back_as_it_was_written(desk: Path, tmp_path: Path, ranker: Command) -> None:
    path = tmp_path / "series.jsonl"
    written = lines(ranker("replay", desk, *STATIC, *DAY).stdout)
    ranker("replay", desk, *STATIC, *DAY, "-o", path)
    runs = read_runs(path)
    assert [run.as_of for run in runs] == MOMENTS
    read = [story for run in runs for story in run.stories]
    for story, placed in zip(written, read, strict=True):
        assert (placed.id, placed.rank, placed.score) == (story["id"], story["rank"], story["score"])
        assert (placed.lead, placed.title) == (story["lead"]["id"], story["lead"]["title"])
        assert placed.articles == {article["id"] for article in story["articles"]}
        assert placed.contributions == {name: signal["contribution"] for name, signal in story["signals"].items()}
        assert sum(placed.contributions.values()) == placed.score
    told = lines(ranker("diff", path, "--json").stdout)
    assert [len(item["entered"]) for item in told] == [0, 0, 2]


@pytest.mark.parametrize(
    ("content", "number"),
    [
        ("no JSON\n", 1),
        (line("a", 1) + "\n" + line("b", 2).replace('"rank"', '"place"'), 3),
        (line("a", 1) + "[]\n", 2),
        (line("a", 1).replace('"score": 0.5', '"score": "high"'), 1),
        (line("a", 1) + '{"title": "\udcff"}\n', 2),
    ],
    ids=["no JSON", "a field is missing", "no object", "a wrong type", "no UTF-8"],
)
def test_a_line_that_is_no_ranked_story_is_named(content: str, number: int, tmp_path: Path, ranker: Command) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    told = ranker("diff", path, path)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"ranker: {path}:{number}: is no ranked story as `ranker rerank --format jsonl` writes it (")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ((), "Missing argument 'RUN_A [RUN_B]'"),
        (("series.jsonl",) * 3, "two runs are compared, or the moments of one series"),
        (("nowhere.jsonl", "one.jsonl"), "nowhere.jsonl: cannot be read (No such file or directory)"),
        (("one.jsonl", "nowhere.jsonl@2026-03-11"), "nowhere.jsonl: cannot be read (No such file or directory)"),
        ((".", "one.jsonl"), ".: cannot be read (Is a directory)"),
        (("one.jsonl",), "one.jsonl: holds 1 ranking; a series of at least two, or two files, can be compared"),
        (("empty.jsonl",), "empty.jsonl: holds 0 ranking"),
        (("series.jsonl", "one.jsonl"), "series.jsonl: holds 3 rankings; name one as series.jsonl@2026-03-11T14:00:00Z"),
        (
            ("series.jsonl@2026-03-12", "one.jsonl"),
            "series.jsonl: has no ranking of 2026-03-12T00:00:00Z; it has 3, 2026-03-11T12:00:00Z to 2026-03-11T14:00:00Z",
        ),
        (("series.jsonl@noon", "one.jsonl"), "series.jsonl@noon: 'noon' is no date"),
        (("one.jsonl", "one.jsonl", "--limit", "0"), "0 is not in the range x>=1"),
    ],
)
def test_wrong_usage_of_diff_ends_with_2_and_says_why(
    names: Sequence[str], reason: str, series: Path, runs: tuple[Path, Path], ranker: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(series.parent)
    Path("empty.jsonl").write_text("")
    assert runs[0].name == "one.jsonl"
    told = ranker("diff", *names)
    assert (told.returncode, told.stdout) == (2, "")
    assert reason in told.stderr
    assert "Traceback" not in told.stderr


def test_folded_stories_are_in_a_series_too(desk: Path, tmp_path: Path, ranker: Command) -> None:
    """What `rerank` writes of a moment, `replay` writes: a comparison of the two finds nothing gone."""
    fold = tmp_path / "fold.yaml"
    fold.write_text("order: {follow_ups: fold, follow_up_similarity: -1}\ngrouping: {window_days: 0.01}\n")
    moment = "2026-03-11T18:00:00Z"
    common = ("--config", fold, "--encoder", "static", "--no-cache")
    series = ranker("replay", desk, *common, "--every", "1h", "--from", moment, "--to", moment).stdout
    assert "follow_up_folded" in series
    assert series == ranker("rerank", desk, *common, "--as-of", moment, "--format", "jsonl").stdout
