"""Labels: which true story each article belongs to, from a field of the articles or from a file beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ranker.articles.article import Article
from ranker.articles.identity import canonical_url
from ranker.articles.reading import sniffed_format
from ranker.articles.record import Record
from ranker.articles.tables import csv_records, json_array_records, json_lines_records, parquet_records
from ranker.errors import InputError

_READERS = {"csv": csv_records, "jsonl": json_lines_records, "json": json_array_records, "parquet": parquet_records}
_STORY = "story"


def labels_of(articles: Sequence[Article], source: str) -> dict[str, str]:
    """True story by article id, for the articles that have a label.

    Parameters
    ----------
    source : a labels file, if there is one of this name; else the field of the articles that holds the label.

    Raises
    ------
    InputError : if no article has a label, or the file is none.
    """
    path = Path(source)
    labels = _from_file(articles, path) if path.is_file() else _from_field(articles, source)
    if not labels:
        what = "name a field of the articles, or a file with columns story and id, webUrl or file"
        raise InputError(f"--labels {source}: no article has such a label; {what}")
    return labels


def _from_field(articles: Sequence[Article], field: str) -> dict[str, str]:
    found = ((article.id, article.extra.get(field)) for article in articles)
    return {key: str(value) for key, value in found if value is not None and value != ""}


def _from_file(articles: Sequence[Article], path: Path) -> dict[str, str]:
    """Labels from a table with a column `story` and one of `id`, `webUrl`, `file` (relative to the table)."""
    data = path.read_bytes()
    form = sniffed_format(path.name, data)
    if form not in _READERS:
        raise InputError(f"{path}: labels are CSV, JSON or Parquet")
    by_id: dict[str, str] = {}
    by_url: dict[str, str] = {}
    by_file: dict[Path, str] = {}
    for record in _READERS[form](data, str(path)):
        if not isinstance(record, Record):
            raise InputError(str(record))
        story = record.fields.get(_STORY)
        if story is None or story == "":
            raise InputError(f"{record.origin}: has no {_STORY}")
        if not _put(record, str(story), path, by_id, by_url, by_file):
            raise InputError(f"{record.origin}: has no id, no web address in webUrl, and no file")
    labels: dict[str, str] = {}
    for article in articles:
        label = by_id.get(article.id) or by_url.get(canonical_url(article.url)) or by_file.get(Path(article.origin.path).resolve())
        if label is not None:
            labels[article.id] = label
    return labels


def _put(record: Record, story: str, path: Path, by_id: dict[str, str], by_url: dict[str, str], by_file: dict[Path, str]) -> bool:
    """Whether the row names an article; its label is put under each name it gives.

    Raises
    ------
    InputError : if a name has another label already.
    """
    article_id, url, file = (str(record.fields.get(name) or "") for name in ("id", "webUrl", "file"))
    address = canonical_url(url)
    names: list[tuple[Any, dict[Any, str]]] = [(article_id, by_id), (address, by_url)]
    if file:
        names.append(((path.parent / file).resolve(), by_file))
    for name, known in names:
        if name and known.setdefault(name, story) != story:
            raise InputError(f"{record.origin}: {name} is labelled {known[name]} already")
    return bool(article_id or address or file)
