"""Mixture: several inputs in one run, each article's input known, and labels of different inputs kept apart."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path

from ranker.articles.article import Article
from ranker.articles.reading import STANDARD_INPUT
from ranker.errors import InputError

_BETWEEN = "\x1f"  # stands in no name of an input and in no label that a person writes


def inputs_of(articles: Sequence[Article], inputs: Sequence[str]) -> dict[str, str]:
    """The input that each article was read from, by article id: the first that names its file, a folder above it or a pattern of it.

    Raises
    ------
    InputError : if an article comes from a file that no input names (a list of feeds names others).
    """
    first: dict[str, int] = {}
    for number, given in enumerate(inputs):
        for place in _places(given):
            first.setdefault(place, number)
    by_path: dict[str, str] = {}
    for path in {article.origin.path for article in articles}:
        numbers = [first[place] for place in _folders(path) if place in first]
        if not numbers:
            raise InputError(f"--by-input: {path} was read through a list; name the listed files themselves")
        by_path[path] = inputs[min(numbers)]
    return {article.id: by_path[article.origin.path] for article in articles}


def kept_apart(labels: Mapping[str, str], inputs: Mapping[str, str]) -> dict[str, str]:
    """Labels with the input before each, so that story 7 of one input is not story 7 of another.

    Parameters
    ----------
    labels : true story by article id.
    inputs : input by article id.
    """
    return {article_id: f"{inputs[article_id]}{_BETWEEN}{label}" for article_id, label in labels.items()}


def _places(given: str) -> frozenset[str]:
    """The files and folders that an input names."""
    if given == STANDARD_INPUT:
        return frozenset({STANDARD_INPUT})
    found = [given] if Path(given).exists() or not glob.has_magic(given) else glob.glob(given, recursive=True)
    return frozenset(str(Path(name).absolute()) for name in found)


def _folders(path: str) -> list[str]:
    """A file's place, and every folder above it."""
    if path == STANDARD_INPUT:
        return [STANDARD_INPUT]
    place = Path(path).absolute()
    return [str(place), *map(str, place.parents)]
