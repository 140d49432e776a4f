"""Output: rankings and related lists as JSON Lines, CSV or Parquet, written whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from ranker.apps.wire import flat_rows, related_json, story_json
from ranker.articles.writing import sync_folder, write_atomically
from ranker.errors import InputError
from ranker.pipeline import Ranking

OutputFormat = Literal["jsonl", "csv", "parquet"]
_BY_SUFFIX: dict[str, OutputFormat] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet"}


def format_of(path: Path | None, wanted: OutputFormat | None) -> OutputFormat:
    """The format asked for, else the one that the file's name says, else JSON Lines."""
    if wanted is not None:
        return wanted
    return "jsonl" if path is None else _BY_SUFFIX.get(path.suffix.lower(), "jsonl")


def stories_bytes(ranking: Ranking, form: OutputFormat) -> bytes:
    """Ranked stories: JSON Lines and Parquet hold one story a row, CSV one article a row."""
    if form == "csv":
        return _csv(flat_rows(ranking))
    rows = [story_json(ranked, ranking) for ranked in ranking.stories]
    return _json_lines(rows) if form == "jsonl" else _parquet(rows)


def related_bytes(ranking: Ranking, form: OutputFormat) -> bytes:
    """Related lists: JSON Lines and Parquet hold one article a row, CSV one related item a row."""
    corpus = ranking.grouping.corpus
    lists = {article.id: [related_json(item, ranking) for item in ranking.related_to(article.id)] for article in corpus.articles}
    if form == "csv":
        return _csv([_flat_related(key, place, item) for key, items in lists.items() for place, item in enumerate(items, start=1)])
    rows = [{"id": key, "related": items} for key, items in lists.items()]
    return _json_lines(rows) if form == "jsonl" else _parquet(rows)


def write_output(path: Path, data: bytes) -> None:
    """Write a result file; at any moment it is the old one or the new one.

    Raises
    ------
    InputError : if it cannot be written.
    """
    try:
        write_atomically(path, data)
        sync_folder(path.absolute().parent)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


def _flat_related(article_id: str, place: int, item: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in item.items() if key not in {"id", "provider"}}
    provider = item["provider"]
    named = {"provider.name": provider["name"], "provider.domain": provider["domain"]}
    return {"id": article_id, "place": place, "relatedId": item["id"]} | named | rest


def _json_lines(rows: Sequence[object]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Images are whatever the input said of them; as JSON text their shape cannot clash between rows.
    table = pa.Table.from_pylist([_plain_images(row) for row in rows])
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _plain_images(row: dict[str, Any]) -> dict[str, Any]:
    lead = row.get("lead")
    if lead is None:
        return row
    return row | {"lead": lead | {"images": [msgspec.json.encode(image).decode() for image in lead["images"]]}}
