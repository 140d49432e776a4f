"""The generators of the reference: words for types, Markdown that says what the code says, docstrings as fields."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Annotated, Literal

import click
import msgspec
import pytest
from support.doc_blocks import DOCS

from ranker.errors import CorrectionError, RankerError, StoreError


def module(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of the extension."""
    monkeypatch.setattr(sys, "path", [str(DOCS / "_ext"), *sys.path])
    return importlib.import_module(f"ranker_docs.{name}")


class Rule(msgspec.Struct):
    """A section."""

    points: float


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (bool, "`true` or `false`"),
        (str | None, "text or `null`"),
        (Annotated[int, msgspec.Meta(ge=1)], "whole number ≥ 1"),
        (Annotated[float, msgspec.Meta(gt=0)] | None, "number > 0 or `null`"),
        (Annotated[float, msgspec.Meta(gt=0, le=366)], "number > 0 and ≤ 366"),
        (Annotated[int, msgspec.Meta(ge=0, le=65_535)], "whole number 0 to 65,535"),
        (Literal["own"] | float, "`own` or number"),
        (list[list[str]], "list of lists of texts"),
        (str | list[str], "text or list of texts"),
        (list[Annotated[float, msgspec.Meta(ge=0, le=1)]], "list of numbers 0 to 1"),
        (dict[str, Rule | None], "mapping of names to mappings of `points` or `null`"),
    ],
)
def test_words_for_types(kind: object, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = module("kinds", monkeypatch).words(msgspec.inspect.type_info(kind))
    assert set(told.split(" or ")) == set(words.split(" or "))


@pytest.mark.parametrize(
    ("key", "unit"), [("half_life_hours", "hours"), ("neighbours_on_other_days", ""), ("rate_per_minute", "a minute"), ("burst", "")]
)
def test_units_of_keys(key: str, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert module("kinds", monkeypatch).unit(key) == unit


@pytest.mark.parametrize(
    ("text", "markdown"),
    [("a * b [c] <d>", "a \\* b \\[c\\] \\<d\\>"), ("say `--x [y]` *", "say `--x [y]` \\*"), ("one ` alone", "one \\` alone")],
)
def test_texts_mean_nothing_in_markdown(text: str, markdown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert module("markdown", monkeypatch).plain(text) == markdown


def test_a_bar_does_not_part_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    markdown = module("markdown", monkeypatch)
    assert markdown.table(["A", "B"], [["x | y", "z\nz"]]) == "| A | B |\n|---|---|\n| x \\| y | z z |\n"
    assert markdown.table(["A"], []) == ""


DOCSTRING = """First line with `code` and a name_.

Parameters
----------
a, b : what they are,
    and more.
*rest : others.

Raises
------
RankerError : if `a` is wrong.
"""


def test_docstrings_become_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = module("docstrings", monkeypatch).as_fields(DOCSTRING.splitlines())
    assert lines[0] == "First line with ``code`` and a name\\_."
    assert [line for line in lines if line.startswith(":")] == [
        ":param a: what they are,",
        ":param b: what they are,",
        ":param \\*rest: others.",
        ":raises RankerError: if ``a`` is wrong.",
    ]
    assert "    and more." in lines


@pytest.mark.parametrize(("kind", "code"), [(CorrectionError, 2), (StoreError, 1), (RankerError, 1)])
def test_exit_codes_are_those_of_the_command(kind: type[RankerError], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert module("errors_page", monkeypatch).exit_code(kind) == code


def test_options_tell_their_defaults_and_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    page = module("commands_page", monkeypatch)
    option = click.Option(["--limit", "-n"], type=int, default=3, required=True, multiple=False, help="So many.")
    row = page._row("ranker x", option, click.Context(click.Command("x")))
    assert row == ['<span id="ranker-x--limit"></span>`--limit, -n INTEGER`', "So many. Needed. Default: `3`."]


def test_names_of_python_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    exists = module("references", monkeypatch)._exists
    assert exists("ranker.desk.desk.Desk.accept")
    assert not exists("ranker.desk.desk.Desk.nothing")
    assert not exists("ranker.no_such_module")
    assert not exists("numpy.ndarray")
