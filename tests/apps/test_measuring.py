"""The command `evaluate`: its figures, its variants of the input, its sweeps, and what it refuses."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from rich.cells import cell_len

from ranker.apps import measuring
from ranker.vectors.encoder import Progress, Vectors, load_encoder
from ranker.vectors.static import StaticEncoder

Command = Callable[..., "CompletedProcess[str]"]

NEWSROOM = Path(__file__).parents[2] / "data" / "newsroom"
STATIC = ("--encoder", "static")
MEASURED = ("evaluate", NEWSROOM / "articles", *STATIC, "--labels", NEWSROOM / "labels.csv")

# Two sets that call their stories by the same numbers.
ONE = """{"id": "a", "title": "Ferry Lady Corinne aground on Gannet Ledge", "story": 1, "date": "2026-03-10T07:00:00Z"}
{"id": "b", "title": "Lady Corinne runs aground on Gannet Ledge", "story": 1, "date": "2026-03-10T08:00:00Z"}
{"id": "c", "title": "Schoolboy makes a maximum break at snooker", "story": 2, "date": "2026-03-11T18:00:00Z"}
"""
TWO = """{"id": "d", "title": "Quake of magnitude 6.8 strikes off Tarapay coast", "story": 1, "date": "2026-03-11T09:00:00Z"}
{"id": "e", "title": "Tarapay coast struck by quake of magnitude 6.8", "story": 1, "date": "2026-03-11T10:00:00Z"}
"""


@pytest.fixture
def sets(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "sets").mkdir()
    paths = (tmp_path / "sets" / "one.jsonl", tmp_path / "sets" / "two.jsonl")
    for path, text in zip(paths, (ONE, TWO), strict=True):
        path.write_text(text, "utf-8")
    return paths


def figures_of(told: CompletedProcess[str]) -> Any:
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_the_newsroom_is_measured_against_its_labels(ranker: Command) -> None:
    figures = figures_of(ranker(*MEASURED, "--json"))
    assert (figures["articles"], figures["unlabelled"]) == (386, 0)
    assert all(0.5 < figures[name]["f1"] <= 1 for name in ("bCubed", "pairwise"))
    assert all(0.5 < figures[name] <= 1 for name in ("adjustedRandIndex", "vMeasure", "relatedMap", "relatedMrr", "relatedNdcg"))
    interval = figures["intervals"]["bCubed"]["f1"]
    assert interval["low"] < figures["bCubed"]["f1"] < interval["high"]
    shown = ranker(*MEASURED).stdout
    cubed = figures["bCubed"]
    assert re.search(rf"^B-cubed +{cubed['precision']:.4f} \S+ +{cubed['recall']:.4f} \S+ +{cubed['f1']:.4f} ", shown, re.MULTILINE)
    assert f"{figures['stories']['found']} found, {figures['stories']['true']} true, of 386 articles\n" in shown
    assert f"MAP {figures['relatedMap']:.4f}" in shown
    assert max(map(cell_len, shown.splitlines())) <= 80


def test_labels_may_be_a_field_of_the_articles(ranker: Command) -> None:
    told = ranker(
        "evaluate", "-", *STATIC, "--labels", "story", stdin=b'{"title": "Ferry aground", "story": "x"}\n{"title": "Library closes"}\n'
    )
    assert "1 found, 1 true, of 1 article\n" in told.stdout
    assert "MAP" not in told.stdout
    assert told.stderr.endswith("ranker: 1 article without a label left out of the figures\n")


def test_articles_without_labels_cannot_be_measured(desk: Path, ranker: Command) -> None:
    told = ranker("evaluate", desk, *STATIC, "--labels", "nowhere")
    assert told.returncode == 2
    assert told.stderr.splitlines()[-1].startswith("ranker: --labels nowhere: no article has such a label; name a field of the articles")


def test_a_seed_draws_other_intervals_of_the_same_figures(ranker: Command) -> None:
    one, other = (figures_of(ranker(*MEASURED, "--json", "--seed", seed)) for seed in (1, 2))
    assert one["intervals"] != other["intervals"]
    assert {**one, "intervals": None} == {**other, "intervals": None}


class TestByInput:
    def test_labels_of_different_inputs_do_not_collide(self, sets: tuple[Path, Path], ranker: Command) -> None:
        mixed = figures_of(ranker("evaluate", *sets, *STATIC, "--labels", "story", "--json"))
        apart = figures_of(ranker("evaluate", *sets, *STATIC, "--labels", "story", "--json", "--by-input"))
        assert (mixed["stories"]["true"], apart["stories"]["true"]) == (2, 2 + 1)
        assert mixed["stories"]["found"] == apart["stories"]["found"]
        assert "byInput" not in mixed

    def test_each_input_has_figures_of_its_own(self, sets: tuple[Path, Path], ranker: Command) -> None:
        given = ("evaluate", *sets, *STATIC, "--labels", "story", "--by-input")
        rows = figures_of(ranker(*given, "--json"))["byInput"]
        assert [(row["input"], row["articles"], row["stories"]["true"]) for row in rows] == [(str(sets[0]), 3, 2), (str(sets[1]), 2, 1)]
        shown = ranker(*given).stdout.splitlines()
        assert [line.split()[:2] for line in shown[:4]] == [["input", "articles"], ["one.jsonl", "3"], ["two.jsonl", "2"], ["all", "5"]]
        assert "all inputs together" in shown

    def test_inputs_of_one_name_are_told_apart_by_their_folders(self, tmp_path: Path, ranker: Command) -> None:
        for folder, text in (("north", ONE), ("south", TWO)):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "set.jsonl").write_text(text, "utf-8")
        paths = (tmp_path / "north/set.jsonl", tmp_path / "south/set.jsonl")
        shown = ranker("evaluate", *paths, *STATIC, "--labels", "story", "--by-input").stdout.splitlines()
        assert [line.split()[0] for line in shown[1:4]] == ["north/set.jsonl", "south/set.jsonl", "all"]

    def test_an_input_without_labels_takes_part_and_has_no_figures(self, sets: tuple[Path, Path], tmp_path: Path, ranker: Command) -> None:
        other = tmp_path / "unlabelled.jsonl"
        other.write_text('{"id": "z", "title": "Library closes"}\n')
        told = ranker("evaluate", *sets, other, *STATIC, "--labels", "story", "--by-input", "--json")
        assert [row["input"] for row in figures_of(told)["byInput"]] == [str(path) for path in sets]
        assert f"ranker: no article with a label, so no figures of its own: {other}\n" in told.stderr
        assert told.stderr.endswith("ranker: 1 article without a label left out of the figures\n")

    def test_many_inputs_without_labels_are_counted(self, sets: tuple[Path, Path], tmp_path: Path, ranker: Command) -> None:
        others = [tmp_path / f"{number}.jsonl" for number in range(5)]
        for path in others:
            path.write_text(json.dumps({"title": f"Library closes {path.stem}"}))
        told = ranker("evaluate", *sets, *others, *STATIC, "--labels", "story", "--by-input")
        assert f"{others[2]} and 2 more\n" in told.stderr

    def test_a_file_of_labels_names_the_stories_of_all_inputs(self, sets: tuple[Path, Path], tmp_path: Path, ranker: Command) -> None:
        (tmp_path / "labels.csv").write_text("id,story\na,1\nb,1\nc,2\nd,1\ne,3\n")
        figures = figures_of(ranker("evaluate", *sets, *STATIC, "--labels", tmp_path / "labels.csv", "--by-input", "--json"))
        assert figures["stories"]["true"] == 3
        assert [row["stories"]["true"] for row in figures["byInput"]] == [2, 2]

    def test_each_input_may_have_labels_of_its_own(self, sets: tuple[Path, Path], tmp_path: Path, ranker: Command) -> None:
        (tmp_path / "labels.csv").write_text("id,story\nd,x\ne,y\n")
        given = ("--labels", "story", "--labels", tmp_path / "labels.csv", "--by-input", "--json")
        figures = figures_of(ranker("evaluate", *sets, *STATIC, *given))
        assert [row["stories"]["true"] for row in figures["byInput"]] == [2, 2]
        assert figures["stories"]["true"] == 2 + 2

    @pytest.mark.parametrize("more", [("--by-input", "--labels", "id"), ()], ids=["too many", "not by input"])
    def test_labels_for_each_input_go_with_by_input_and_are_as_many(
        self, more: tuple[str, ...], sets: tuple[Path, Path], ranker: Command
    ) -> None:
        told = ranker("evaluate", *sets, *STATIC, "--labels", "story", "--labels", "id", *more)
        assert told.returncode == 2
        assert "--labels: give one, or with --by-input one for each of 2 inputs" in told.stderr

    def test_figures_do_not_depend_on_the_order_of_the_inputs(self, sets: tuple[Path, Path], ranker: Command) -> None:
        one, other = (
            figures_of(ranker("evaluate", *paths, *STATIC, "--labels", "story", "--by-input", "--json")) for paths in (sets, sets[::-1])
        )
        assert one["byInput"] == other["byInput"][::-1]
        assert {**one, "byInput": None} == {**other, "byInput": None}


class TestVariants:
    def test_a_sample_is_a_share_of_the_articles(self, ranker: Command) -> None:
        told = ranker(*MEASURED, "--sample", "0.5", "--json")
        count = figures_of(told)["articles"]
        assert 386 * 0.4 < count < 386 * 0.6
        assert f"ranker: {count} of 386 articles in the sample\n" in told.stderr
        assert figures_of(ranker(*MEASURED, "--sample", "0.5", "--seed", "1", "--json"))["bCubed"] != figures_of(told)["bCubed"]

    def test_a_sample_does_not_depend_on_the_order_of_the_files(self, ranker: Command) -> None:
        files = sorted((NEWSROOM / "articles").glob("2026-03-0[2-4]*.md"))
        one, other = (
            ranker("evaluate", *given, *STATIC, "--labels", NEWSROOM / "labels.csv", "--sample", "0.5", "--json").stdout
            for given in (files, files[::-1])
        )
        assert one == other != ""

    def test_the_whole_is_no_sample(self, ranker: Command) -> None:
        told = ranker(*MEASURED, "--sample", "1", "--json")
        assert told.stdout == ranker(*MEASURED, "--json").stdout
        assert "sample" not in told.stderr

    def test_a_sample_without_a_label_is_refused(self, sets: tuple[Path, Path], ranker: Command) -> None:
        told = ranker("evaluate", *sets, *STATIC, "--labels", "story", "--sample", "1e-9")
        assert (told.returncode, told.stdout) == (2, "")
        assert told.stderr.endswith("ranker: --sample 1e-09: no article with a label is in the sample\n")

    @pytest.mark.parametrize("days", ["3000", "-3000.5"])
    def test_the_decision_leans_on_no_calendar(self, days: str, ranker: Command) -> None:
        told = ranker(*MEASURED, "--shift-days", days, "--json")
        shifted, plain = figures_of(told), figures_of(ranker(*MEASURED, "--json"))
        held, expected = shifted.pop("reliability"), plain.pop("reliability")
        assert shifted == plain
        # Rows that stand for times turn with the calendar, and their products with them in the last digits.
        assert (held["pairs"], held["share"]) == (expected["pairs"], expected["share"])
        assert [held[name] for name in ("brier", "calibrationError")] == pytest.approx(
            [expected[name] for name in ("brier", "calibrationError")], abs=1e-4
        )
        assert "ranker: 2 dates ahead of as-of set back to it\n" in told.stderr

    def test_times_far_apart_tear_stories(self, ranker: Command) -> None:
        stretched, plain = (figures_of(ranker(*MEASURED, "--stretch", factor, "--json")) for factor in ("1000", "1"))
        assert stretched["bCubed"]["recall"] < plain["bCubed"]["recall"]

    def test_times_that_leave_the_calendar_are_refused(self, ranker: Command) -> None:
        told = ranker(*MEASURED, "--shift-days", "1e9")
        assert (told.returncode, told.stdout) == (2, "")
        assert told.stderr.endswith("ranker: times shifted by 1e+09 days and stretched 1 times leave the years 1 to 9999\n")


class TestSweep:
    def test_each_value_has_a_row(self, ranker: Command) -> None:
        told = ranker(*MEASURED, "--sweep", "grouping.window_days=0.25,5")
        shown = told.stdout.splitlines()
        assert shown[:2] == ["grouping.window_days", "value  articles   B3 P   B3 R  B3 F1  pairs    ARI    MAP"]
        assert [line.split()[:2] for line in shown[2:4]] == [["0.25", "386"], ["5", "386"]]
        assert re.search(r"^ranker: grouping\.window_days = 0\.25: B-cubed F1 0\.\d{4}$", told.stderr, re.MULTILINE)
        assert told.stderr.count("set back to it") == 1

    def test_each_value_has_the_figures_of_a_run_of_its_own(self, tmp_path: Path, ranker: Command) -> None:
        sweep = figures_of(ranker(*MEASURED, "--sweep", "grouping.window_days=0.25,5", "--json"))
        assert sweep["sweep"] == "grouping.window_days"
        assert [row.pop("value") for row in sweep["values"]] == [0.25, 5]
        assert sweep["values"][0]["bCubed"] != sweep["values"][1]["bCubed"]
        for value, row in zip((0.25, 5), sweep["values"], strict=True):
            (tmp_path / "ranker.yaml").write_text(f"grouping: {{window_days: {value}}}\n")
            assert row == figures_of(ranker(*MEASURED, "--config", tmp_path / "ranker.yaml", "--json"))

    @pytest.mark.parametrize("options", [(), ("--no-cache",)])
    def test_texts_are_embedded_once(
        self, options: tuple[str, ...], sets: tuple[Path, Path], ranker: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[str] = []
        encode = StaticEncoder.encode

        def counted(self: StaticEncoder, texts: list[str], *, progress: Progress | None = None) -> Vectors:
            seen.extend(texts)
            return encode(self, texts, progress=progress)

        monkeypatch.setattr(StaticEncoder, "encode", counted)
        given = ("evaluate", *sets, *STATIC, *options, "--labels", "story", "--sweep", "grouping.window_days=1,3,5,7")
        assert ranker(*given).returncode == 0
        assert len(seen) == len(set(seen)) == 5

    def test_encoders_can_be_swept(self, sets: tuple[Path, Path], ranker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        made: list[str] = []

        def named(settings: Any, *, models: Path) -> Any:
            made.append(settings.name)
            return load_encoder(type(settings)(name="static", batch_size=1, precision="auto"), models=models)

        monkeypatch.setattr(measuring, "load_encoder", named)
        told = ranker("evaluate", *sets, "--labels", "story", "--sweep", "encoder.name=static,minilm,static")
        assert [line.split()[0] for line in told.stdout.splitlines()[2:5]] == ["static", "minilm", "static"]
        assert made == ["static", "minilm"]

    def test_a_sweep_by_input_has_a_row_for_each(self, sets: tuple[Path, Path], ranker: Command) -> None:
        given = ("evaluate", *sets, *STATIC, "--labels", "story", "--by-input", "--sweep", "heat.half_life_hours=null,6")
        shown = ranker(*given).stdout.splitlines()
        assert [line.split()[:3] for line in shown[2:8]] == [
            [value, *name] for value in ("null", "6") for name in (["one.jsonl", "3"], ["two.jsonl", "2"], ["all", "5"])
        ]
        rows = figures_of(ranker(*given, "--json"))["values"]
        assert [(row["value"], len(row["byInput"])) for row in rows] == [(None, 2), (6, 2)]

    @pytest.mark.parametrize("suffix", ["svg", "png"])
    def test_a_plot_is_written_beside_the_table(self, suffix: str, sets: tuple[Path, Path], tmp_path: Path, ranker: Command) -> None:
        given = ("evaluate", *sets, *STATIC, "--labels", "story", "--sweep", "grouping.window_days=1,5")
        told = ranker(*given, "--plot", tmp_path / f"plot.{suffix}")
        assert told.stdout == ranker(*given).stdout
        assert f"ranker: wrote the plot to {tmp_path}/plot.{suffix}\n" in told.stderr
        written = (tmp_path / f"plot.{suffix}").read_bytes()
        if suffix == "svg":
            names = ("B-cubed F1", "B-cubed precision", "B-cubed recall", "pairwise F1", "adjusted Rand index", "related MAP")
            assert all(f"<!-- {name} -->".encode() in written for name in (*names, "grouping.window_days", "5 articles of 2 stories"))
        else:
            assert written.startswith(b"\x89PNG")

    def test_the_plot_of_words_names_them(self, sets: tuple[Path, Path], tmp_path: Path, ranker: Command) -> None:
        ranker("evaluate", *sets, *STATIC, "--labels", "story", "--sweep", "heat.half_life_hours=null,6", "--plot", tmp_path / "plot.svg")
        assert b"<!-- null -->" in (tmp_path / "plot.svg").read_bytes()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--sweep", "grouping.window=3"), "--sweep: grouping.window: unknown key; allowed: window_days"),
        (("--sweep", "grouping.window_days="), "--sweep grouping.window_days=: names no value"),
        (("--sweep", "grouping.window_days=3,[7"), "the values are not YAML"),
        (("--sweep", "grouping.window_days=3,-7"), "--sweep: grouping.window_days = -7: expected `float` > 0"),
        (("--sweep", "grouping.window_days"), "write KEY=A,B,C"),
        (("--sweep", "cache.enabled=true"), "the input is read once"),
        (("--sweep", "a=1", "--sweep", "b=2"), "--sweep takes one setting at a time"),
        (("--plot", "plot.svg"), "--plot draws a sweep; give --sweep KEY=A,B,C"),
        (("--sweep", "grouping.window_days=3", "--plot", "plot.pdf"), "plot.pdf: a plot is a file named .svg or .png"),
        (("--sweep", "grouping.window_days=3", "--plot", "nowhere/plot.svg"), "there is no folder nowhere"),
        (("--sample", "0"), "0.0 is not in the range 0<x<=1"),
        (("--sample", "1.5"), "1.5 is not in the range 0<x<=1"),
        (("--sample", "nan"), "nan is no finite number"),
        (("--stretch", "0"), "0.0 is not in the range x>0"),
        (("--stretch", "inf"), "inf is no finite number"),
        (("--shift-days", "nan"), "nan is no finite number"),
        (("--seed", "-1"), "-1 is not in the range x>=0"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_read(
    options: tuple[str, ...], reason: str, tmp_path: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = ranker("evaluate", "nowhere.jsonl", "--labels", "story", *options)
    assert (told.returncode, told.stdout) == (2, "")
    assert reason in " ".join(told.stderr.split())
    assert "Traceback" not in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_plot_without_its_library_names_the_extra(sets: tuple[Path, Path], ranker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    given = ("evaluate", *sets, *STATIC, "--labels", "story", "--sweep", "grouping.window_days=3", "--plot", "plot.svg")
    told = ranker(*given)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == "ranker: --plot needs matplotlib, which is not installed: pip install 'ranker[plots]'\n"
