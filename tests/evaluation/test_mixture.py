"""Mixtures: which input an article came from, and labels that do not collide."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ranker.articles.reading import read_articles
from ranker.errors import InputError
from ranker.evaluation.metrics import Agreement, b_cubed
from ranker.evaluation.mixture import inputs_of, kept_apart
from ranker.settings import ReadingSettings

STORM = '{{"id": "{id}", "title": "Storm {id}"}}\n'


def _read(inputs: list[str], settings: ReadingSettings, stdin: bytes = b"") -> dict[str, str]:
    """The input of each article by id, as read."""
    articles = read_articles(inputs, settings, standard_input=io.BytesIO(stdin)).articles
    return inputs_of(articles, inputs)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("one.jsonl", "two.jsonl", "deep/down/three.jsonl", "deep/four.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STORM.format(id=path.stem), "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (["one.jsonl", "./two.jsonl"], {"one": "one.jsonl", "two": "./two.jsonl"}),
        (["deep"], {"three": "deep", "four": "deep"}),
        (["deep/"], {"three": "deep/", "four": "deep/"}),
        (["*.jsonl", "deep/*"], {"one": "*.jsonl", "two": "*.jsonl", "three": "deep/*", "four": "deep/*"}),
        (["deep/down", "."], {"three": "deep/down", "four": ".", "one": ".", "two": "."}),
        (["./one.jsonl", "one.jsonl"], {"one": "./one.jsonl"}),
        (["deep/../one.jsonl", "two.jsonl"], {"one": "deep/../one.jsonl", "two": "two.jsonl"}),
    ],
)
def test_an_article_s_input_is_the_first_that_names_its_file(
    inputs: list[str], expected: dict[str, str], folder: Path, reading_settings: ReadingSettings
) -> None:
    assert folder == Path.cwd()
    assert _read(inputs, reading_settings) == expected


def test_a_full_path_is_an_input_like_any(folder: Path, reading_settings: ReadingSettings) -> None:
    inputs = [str(folder / "deep"), "one.jsonl"]
    assert _read(inputs, reading_settings) == {"three": inputs[0], "four": inputs[0], "one": "one.jsonl"}


@pytest.mark.usefixtures("folder")
def test_standard_input_is_an_input_like_any(reading_settings: ReadingSettings) -> None:
    assert _read(["-", "one.jsonl"], reading_settings, STORM.format(id="five").encode()) == {"five": "-", "one": "one.jsonl"}


@pytest.mark.usefixtures("folder")
def test_a_name_that_looks_like_a_pattern_may_be_a_file(reading_settings: ReadingSettings) -> None:
    Path("[ab].jsonl").write_text(STORM.format(id="six"))
    assert _read(["[ab].jsonl"], reading_settings) == {"six": "[ab].jsonl"}


@pytest.mark.usefixtures("folder")
def test_what_is_read_through_a_list_has_no_input(reading_settings: ReadingSettings) -> None:
    Path("feeds").mkdir()
    Path("feeds/a.xml").write_text('<rss version="2.0"><channel><title>A</title><item><title>Storm</title></item></channel></rss>')
    Path("list.opml").write_text('<opml version="2.0"><body><outline type="rss" xmlUrl="feeds/a.xml"/></body></opml>')
    with pytest.raises(InputError, match=r"--by-input: .*a\.xml was read through a list"):
        _read(["list.opml"], reading_settings)


def test_of_no_articles_there_is_no_input() -> None:
    assert inputs_of([], []) == {}


def test_one_label_in_two_inputs_is_two_stories() -> None:
    labels, inputs = {"a": "1", "b": "1", "c": "1"}, {"a": "x", "b": "x", "c": "y"}
    apart = kept_apart(labels, inputs)
    assert b_cubed([apart[key] for key in "abc"], [1, 1, 2]) == Agreement(1, 1)
    assert len(set(apart.values())) == 2


def test_names_that_run_together_are_kept_apart() -> None:
    apart = kept_apart({"a": "1", "b": "11"}, {"a": "x1", "b": "x"})
    assert apart["a"] != apart["b"]
