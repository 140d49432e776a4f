"""Frames: articles from the rows of a frame of pandas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ranker.articles.article import Article, Origin
from ranker.articles.reading import newest_versions
from ranker.articles.record import Record, Refusal, article_from_record
from ranker.errors import ArticleError
from ranker.settings import ReadingSettings

if TYPE_CHECKING:
    import pandas as pd

_NESTED = {"provider_name": ("provider", "name"), "provider_domain": ("provider", "domain")}


def articles_of_frame(frame: pd.DataFrame, settings: ReadingSettings) -> tuple[tuple[Article, ...], tuple[Refusal, ...]]:
    """The articles of a frame's rows, and what was refused.

    Columns are named as the fields of the format, in camelCase or snake_case (`published_date_time`), or as usual elsewhere (`headline`,
    `url`, `date`, `source`); a provider is a column `provider` with names and `domain` beside it, or `provider.name` and
    `provider.domain`. What `Newsroom.articles.frame()` gives can be read back. Missing values say nothing. Rows are
    numbered from 1.
    """
    articles: list[Article] = []
    refusals: list[Refusal] = []
    names = [str(name) for name in frame.columns]
    for number, row in enumerate(frame.itertuples(index=False, name=None), start=1):
        origin = Origin("frame", number)
        try:
            articles.append(article_from_record(Record(_fields(names, row), origin), settings))
        except ArticleError as error:
            refusals.append(Refusal(origin, error.field, error.reason))
    return newest_versions(articles), tuple(refusals)


def _fields(names: Sequence[str], row: Sequence[object]) -> dict[str, object]:
    fields: dict[str, object] = {}
    nested: dict[str, dict[str, object]] = {}
    for name, raw in zip(names, row, strict=True):
        value = _plain(raw)
        if value is None:
            continue
        group, dot, part = name.partition(".")
        group, part = _NESTED.get(name, (group, part if dot else ""))
        if group and part:
            nested.setdefault(group, {})[part] = value
        else:
            fields[name] = value
    if fields.pop("has_amp", False) is True:
        fields.setdefault("ampWebUrl", fields.get("web_url", fields.get("webUrl", "amp")))
    return fields | nested


def _plain(value: object) -> object:
    """A cell as a plain value; None for what is missing."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"} or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime):  # Timestamp is one
        return value.isoformat()
    if hasattr(value, "tolist"):  # numpy's numbers and arrays
        return value.tolist()
    return value
