"""`ranker evaluate --ranking` and `ranker tune`, on a stream of invented articles whose stories are known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len
from support.streams import START, make_aimless_stream, make_fading_stream, stream_lines, stream_table, told

from ranker.apps import forecasting
from ranker.evaluation.baselines import baselines
from ranker.evaluation.forecast import Forecast, ForecastPlan, StoryScore, forecast_of, heat_score, moments_of, profile_score
from ranker.settings import BlendWeights, Settings
from ranker.settings_file import load_settings, profile_names
from ranker.training import tuning

Command = Callable[..., "CompletedProcess[str]"]

STATIC = ("--encoder", "static", "--no-cache")
DAYS = 6.5
FADING = make_fading_stream(days=DAYS, every_hours=10, half_life_hours=3, seed=1)
AIMLESS = make_aimless_stream(days=DAYS, n_stories=12, n_articles=180, seed=1)
LAST = max(hour for story in FADING for hour, _ in story if hour is not None)
# Heat alone, and slow: yesterday's big stories stand above those that go on today.
SLOW = "profiles:\n  slow:\n    heat: {half_life_hours: 24, burst: 0}\n    blend: {weights: {quality: 0, heat: 1, recency: 0}}\n"


@pytest.fixture(scope="module")
def fading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stream") / "fading.jsonl"
    path.write_text(stream_lines(FADING))
    return path


@pytest.fixture(scope="module")
def aimless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stream") / "aimless.jsonl"
    path.write_text(stream_lines(AIMLESS))
    return path


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    path = tmp_path / "slow.yaml"
    path.write_text(SLOW)
    return path


@pytest.fixture
def few_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search of a dozen settings instead of a hundred."""
    monkeypatch.setattr(tuning, "CHOICES", {"heat.half_life_hours": (3, 24), "blend.weights.recency": (0, 0.4), "blend.heat_half": (60,)})


@pytest.fixture(scope="module")
def kept() -> dict[Path, dict[str, dict[str, Any]]]:
    """What was measured without any option, by the stream's file."""
    return {}


@pytest.fixture
def rows(fading: Path, ranker: Command, kept: dict[Path, dict[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The figures of the fading stream by the name of the score, measured once."""
    if fading not in kept:
        kept[fading] = measured(ranker, fading)
    return kept[fading]


def measured(ranker: Command, *arguments: object) -> dict[str, dict[str, Any]]:
    """What `ranker evaluate --ranking --json` tells, by the name of the score."""
    done = ranker("evaluate", *arguments, *STATIC, "--ranking", "--json")
    assert done.returncode == 0, done.stderr
    return {row["score"]: row for row in json.loads(done.stdout)}


def planted(score: StoryScore, plan: ForecastPlan, *, halves: Sequence[str] = ("first", "second")) -> Forecast:
    """A forecast of the stories as they were planted."""
    table, middle = stream_table(FADING), START.timestamp() + LAST / 2 * 3600
    limits = {"first": {"until": middle}, "second": {"since": middle}}
    return forecast_of(score, [moment for half in halves for moment in moments_of(table, plan, **limits[half])])


def assert_same(row: dict[str, Any], forecast: Forecast) -> None:
    assert row["moments"] == forecast.moments
    assert row["spearman"] == pytest.approx(forecast.spearman)
    for cut in (5, 10):
        interval = forecast.intervals[cut]
        assert interval is not None
        assert row[f"ndcg@{cut}"] == pytest.approx(forecast.ndcg[cut])
        assert row[f"ndcg@{cut}Interval"] == pytest.approx([interval.low, interval.high])


# evaluate --ranking


def test_every_profile_its_heat_and_the_baselines_are_measured(rows: dict[str, dict[str, Any]]) -> None:
    """The figures are those of the planted stories, which grouping finds."""
    profiles = ["balanced", *(name for name in profile_names() if name != "balanced")]
    assert list(rows) == [*profiles, *(f"heat of {name}" for name in profiles), *baselines()]
    for name, score in baselines().items():
        assert_same(rows[name], planted(score, ForecastPlan()))
    for name in ("newest", "hottest"):
        assert_same(rows[f"heat of {name}"], planted(heat_score(load_settings(profile=name)), ForecastPlan()))
    assert rows["decay 3 h"]["ndcg@5"] > rows["total count"]["ndcg@5"] + 0.2


def test_the_table_shows_what_json_tells_within_80_columns(fading: Path, rows: dict[str, dict[str, Any]], ranker: Command) -> None:
    done = ranker("evaluate", fading, *STATIC, "--ranking")
    head, *shown = done.stdout.splitlines()
    assert head.split() == ["nDCG@5", "nDCG@10", "Spearman"]
    assert max(map(cell_len, done.stdout.splitlines())) <= 80
    for line, (name, row) in zip(shown, rows.items(), strict=True):
        cells = [f"{row[f'ndcg@{cut}']:.4f} ({'-'.join(f'{end:.3f}' for end in row[f'ndcg@{cut}Interval'])})" for cut in (5, 10)]
        assert " ".join(line.split()) == f"{name} {' '.join(cells)} {row['spearman']:.3f}"
    moments = rows["balanced"]["moments"]
    (said,) = [line for line in done.stderr.splitlines() if "moments" in line]
    assert re.fullmatch(
        rf"ranker: {moments} moments, \d+ stories alive at each; gain: new articles within 3 hours; nDCG with 95 % intervals over days",
        said,
    )


def test_a_half_can_be_measured_alone(fading: Path, ranker: Command) -> None:
    row = measured(ranker, fading, "--half", "first")["decay 6 h"]
    assert_same(row, planted(baselines()["decay 6 h"], ForecastPlan(), halves=["first"]))


def test_gain_horizon_spacing_and_life_are_those_asked_for(fading: Path, ranker: Command) -> None:
    row = measured(ranker, fading, "--gain", "groups", "--horizon", 2, "--every", 4, "--alive", 24)["Reddit"]
    assert_same(row, planted(baselines()["Reddit"], ForecastPlan(every_hours=4, horizon_hours=2, alive_hours=24, gain="groups")))


def test_the_profile_asked_for_comes_first_and_weights_are_its_own(
    fading: Path, slow: Path, rows: dict[str, dict[str, Any]], ranker: Command
) -> None:
    weighed = measured(ranker, fading, "--config", slow, "--profile", "slow", "--weights", "recency:1")
    assert next(iter(weighed)) == "slow"
    assert set(weighed) == {*rows, "slow", "heat of slow"}
    assert {name: weighed[name] for name in rows} == rows
    settings = load_settings(slow, profile="slow")
    blend = msgspec.structs.replace(settings.blend, weights=BlendWeights(quality=0, heat=0, recency=1))
    assert_same(weighed["heat of slow"], planted(heat_score(settings), ForecastPlan()))
    assert_same(weighed["slow"], planted(profile_score(msgspec.structs.replace(settings, blend=blend)), ForecastPlan()))


def test_a_score_that_never_differs_has_no_rank_correlation(tmp_path: Path, ranker: Command) -> None:
    """Stories told once in a lifetime: one alone at each moment, so that nothing can be ordered."""
    path = tmp_path / "one.jsonl"
    path.write_text(stream_lines([told(*range(0, 120, 2))]))
    rows = measured(ranker, path)
    assert {row["spearman"] for row in rows.values()} == {None}
    assert {row["ndcg@5"] for row in rows.values()} == {1.0}
    shown = ranker("evaluate", path, *STATIC, "--ranking").stdout.splitlines()
    assert all(line.endswith(" -") for line in shown[1:])


def test_articles_that_span_too_little_time_are_refused(desk: Path, ranker: Command) -> None:
    for command in (("evaluate", desk, "--ranking"), ("tune", desk, "-o", desk / "tuned.yaml")):
        done = ranker(*command, *STATIC)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.endswith("ranker: the articles give 0 moments on 0 days at which a story grew; at least 8 on 2 are needed\n")
    assert not (desk / "tuned.yaml").exists()


TOO_LITTLE = re.compile(r"ranker: the articles give (\d+) moments on (\d+) days at which a story grew; at least 8 on 2 are needed\n$")


def test_a_few_moments_on_two_days_are_too_few(fading: Path, ranker: Command) -> None:
    done = ranker("evaluate", fading, *STATIC, "--ranking", "--half", "first", "--every", "12")
    match = TOO_LITTLE.search(done.stderr)
    assert (done.returncode, match and match.groups()) == (2, ("3", "2"))


def test_many_moments_on_one_day_are_too_few(tmp_path: Path, ranker: Command) -> None:
    """Two days of warm-up and one of moments."""
    (tmp_path / "short.jsonl").write_text(stream_lines([told(*range(72))]))
    done = ranker("evaluate", tmp_path / "short.jsonl", *STATIC, "--ranking", "--every", "1")
    match = TOO_LITTLE.search(done.stderr)
    assert done.returncode == 2
    assert match is not None
    assert int(match[1]) > 8
    assert match[2] == "1"


def test_articles_without_dates_are_refused(ranker: Command) -> None:
    done = ranker("evaluate", "-", *STATIC, "--ranking", stdin=b'{"title": "Ferry aground"}\n')
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("ranker: no article has a date; a forecast needs a stream of timed articles\n")


def test_a_forecast_ends_with_3_if_some_input_was_refused(fading: Path, tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "broken.jsonl").write_text('{"title": ""}\n')
    assert ranker("evaluate", fading, tmp_path / "broken.jsonl", *STATIC, "--ranking", "--half", "first").returncode == 3


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "give --labels, or --ranking or --live for articles without labels"),
        (("--labels", "story", "--ranking"), "give --labels, or --ranking or --live for articles without labels"),
        (("--ranking", "--half", "third"), "'third' is not one of 'first', 'second', 'all'"),
        (("--ranking", "--gain", "visits"), "'visits' is not one of 'articles', 'groups'"),
        *[
            (("--ranking", *option), "--stretch go with --labels")
            for option in [
                ("--sweep", "grouping.window_days=3,7"), ("--borderline", "3"), ("--mistakes", "3"), ("--by-input",), ("--plot", "a.svg"),
                ("--sample", "0.5"), ("--shift-days", "1"), ("--stretch", "2"),
            ]
        ],
    ],
)  # fmt: skip
def test_wrong_usage_ends_with_2_before_anything_is_read(options: Sequence[str], reason: str, ranker: Command) -> None:
    done = ranker("evaluate", "nowhere.jsonl", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr


# tune


def profile_at(path: Path, name: str) -> Settings:
    return load_settings(path, profile=name)


@pytest.mark.usefixtures("few_choices")
def test_a_profile_that_is_better_is_written_and_can_be_used(fading: Path, slow: Path, tmp_path: Path, ranker: Command) -> None:
    path = tmp_path / "tuned.yaml"
    done = ranker("tune", fading, *STATIC, "--config", slow, "--profile", "slow", "--name", "quick", "-o", path)
    assert done.returncode == 0
    assert done.stderr.endswith(f"ranker: wrote profile quick to {path}; add it to {slow}\n")
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"\d+ settings tried on \d+ moments, measured on \d+ later ones", lines[0])
    assert [line.split()[0] for line in lines[2:4]] == ["start", "found"]
    assert max(map(cell_len, lines)) <= 80
    won = re.search(r"found - start at test @5: \+(0\.\d{4}) \(95 % \+0\.\d{4} to \+0\.\d{4}\)", done.stdout)
    assert won is not None
    before, after = (float(line.split()[3]) for line in lines[2:4])
    assert float(won[1]) == pytest.approx(after - before, abs=1.1e-4)

    start, found = profile_at(slow, "slow"), profile_at(path, "quick")
    values = dict(re.findall(r"^  ([\w.]+) = ([\d.]+)$", done.stdout, re.MULTILINE))
    assert values.pop("blend.weights.heat") == "1"
    assert float(values.pop("heat.half_life_hours")) == found.heat.half_life_hours == 3
    # What was not searched, or not changed, is the start's.
    assert found.heat == msgspec.structs.replace(start.heat, half_life_hours=3)
    assert (found.quality, found.order, found.recency) == (start.quality, start.order, start.recency)
    text = path.read_text()
    assert text.startswith(f"# Tuned from profile slow: nDCG@5 {after:.4f} on the later half, {before:.4f} before.\n")
    assert planted(profile_score(found), ForecastPlan(), halves=["second"]).ndcg[5] == pytest.approx(after, abs=5.1e-5)


@pytest.mark.usefixtures("few_choices")
def test_weights_of_the_start_are_written_too(fading: Path, slow: Path, tmp_path: Path, ranker: Command) -> None:
    """The profile that is written is the one that was measured: what --weights said is part of it."""
    path = tmp_path / "tuned.yaml"
    done = ranker("tune", fading, *STATIC, "--config", slow, "--profile", "slow", "--weights", "quality:1,heat:1", "-o", path, "--json")
    told = json.loads(done.stdout)
    assert told["isBetter"]
    weights = profile_at(path, "tuned").blend.weights
    assert (weights.quality, weights.heat) == (1, 1)
    assert weights.recency == told["values"].get("blend.weights.recency", 0)
    assert_same(told["test"]["found"], planted(profile_score(profile_at(path, "tuned")), ForecastPlan(), halves=["second"]))


@pytest.mark.usefixtures("few_choices")
def test_json_tells_the_search_and_both_halves(fading: Path, slow: Path, tmp_path: Path, ranker: Command) -> None:
    done = ranker("tune", fading, *STATIC, "--config", slow, "--profile", "slow", "-o", tmp_path / "tuned.yaml", "--json")
    told = json.loads(done.stdout)
    start = profile_score(profile_at(slow, "slow"))
    for part, half in (("train", "first"), ("test", "second")):
        assert_same(told[part]["start"], planted(start, ForecastPlan(), halves=[half]))
        assert told[part]["found"]["ndcg@5"] > told[part]["start"]["ndcg@5"]
    assert told["tried"] >= 5
    assert told["values"]["heat.half_life_hours"] == 3
    assert told["isBetter"]
    assert 0 < told["gainInterval"][0] <= told["gainInterval"][1]


@pytest.mark.usefixtures("few_choices")
def test_where_nothing_is_better_nothing_is_written_and_that_is_said(aimless: Path, slow: Path, tmp_path: Path, ranker: Command) -> None:
    path = tmp_path / "tuned.yaml"
    for options in ((), ("--json",)):
        done = ranker("tune", aimless, *STATIC, "--config", slow, "--profile", "slow", "-o", path, *options)
        assert done.returncode == 0
        assert done.stderr.endswith(f"ranker: nothing better than profile slow was found; {path} is not written\n")
        assert not path.exists()
    assert json.loads(done.stdout)["isBetter"] is False


def test_a_gain_without_an_interval_is_left_out() -> None:
    nothing = Forecast({5: 0.5, 10: 0.5}, {5: None, 10: None}, 0.0, 0, {}, ())
    found = tuning.Tuning(tuning.Tried({}, nothing), tuning.Tried({}, nothing), nothing, nothing, None, 1)
    assert [line for line in forecasting._tuning_lines(found) if "found - start" in line] == []


def test_a_shipped_profile_s_name_is_left_to_it(fading: Path, tmp_path: Path, ranker: Command) -> None:
    """A settings file changes shipped profiles key by key: what the search did not touch would be theirs."""
    done = ranker("tune", fading, *STATIC, "--name", "hottest", "-o", tmp_path / "tuned.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ranker: --name hottest: is a shipped profile, whose settings would mix with the new ones; choose another name\n" in done.stderr


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "Missing option '--output'"),
        (("-o", "nowhere/tuned.yaml"), "there is no folder nowhere"),
        (("-o", "."), ".: is a folder; name a file in it"),
        (("-o", "tuned.yaml", "--profile", "loudest"), "no profile 'loudest'"),
        (("-o", "tuned.yaml", "--gain", "visits"), "'visits' is not one of 'articles', 'groups'"),
    ],
)
def test_wrong_usage_of_tune_ends_with_2_before_anything_is_read(
    options: Sequence[str], reason: str, tmp_path: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = ranker("tune", "nowhere.jsonl", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert list(tmp_path.iterdir()) == []
