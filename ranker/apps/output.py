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
_STORY_COLUMNS = (
    "storyRank", "storyId", "storyScore", "isLead", "id", "title", "publishedDateTime", "webUrl", "type", "quality",
    "provider.name", "provider.domain", "excerpt",
)  # fmt: skip
_RELATED_COLUMNS = (
    "id", "place", "relatedId", "provider.name", "provider.domain", "title", "publishedDateTime", "webUrl", "type", "quality",
    "similarity", "sameStory", "probability",
)  # fmt: skip


def format_of(path: Path | None, wanted: OutputFormat | None) -> OutputFormat:
    """The format asked for, else the one that the file's name says; JSON Lines for standard output and names without a suffix.

    Raises
    ------
    InputError : if the file's name says a format that nobody here writes.
    """
    if wanted is not None:
        return wanted
    suffix = "" if path is None else path.suffix.lower()
    if suffix and suffix not in _BY_SUFFIX:
        raise InputError(f"{path}: {suffix} is no format that can be written; name the file .jsonl, .csv or .parquet, or give --format")
    return _BY_SUFFIX.get(suffix, "jsonl")


def check_place(path: Path) -> None:
    """Refuse a place that cannot be written to, before hours of work are done for it.

    Raises
    ------
    InputError : if the path is a folder, or its folder does not exist.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file in it")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: cannot be written (there is no folder {path.parent})")


def stories_bytes(ranking: Ranking, form: OutputFormat) -> bytes:
    """Ranked stories: JSON Lines and Parquet hold one story a row, CSV one article a row."""
    if form == "csv":
        return _csv(flat_rows(ranking), _STORY_COLUMNS)
    rows = [story_json(ranked, ranking) for ranked in ranking.stories.with_folded()]
    return _json_lines(rows) if form == "jsonl" else _parquet([_plain(row) for row in rows], "stories")


def first_stories_bytes(ranking: Ranking, limit: int) -> bytes:
    """The first places of the list, and what is folded under them, as JSON Lines."""
    first = (ranked for ranked in ranking.stories.with_folded() if ranked.rank <= limit)
    return _json_lines([story_json(ranked, ranking) for ranked in first])


def related_bytes(ranking: Ranking, form: OutputFormat) -> bytes:
    """Related lists: JSON Lines and Parquet hold one article a row, CSV one related item a row."""
    corpus = ranking.grouping.corpus
    lists = {article.id: [related_json(item, ranking) for item in ranking.related_to(article.id)] for article in corpus.articles}
    if form == "csv":
        flat = [_flat_related(key, place, item) for key, items in lists.items() for place, item in enumerate(items, start=1)]
        return _csv(flat, _RELATED_COLUMNS)
    rows = [{"id": key, "related": items} for key, items in lists.items()]
    return _json_lines(rows) if form == "jsonl" else _parquet(rows, "related")


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


def _csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _parquet(rows: Sequence[dict[str, Any]], shape: Literal["stories", "related"]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=_schemas()[shape]), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A story whose parts of no fixed shape are JSON text: images are whatever the input said of them."""
    images = [msgspec.json.encode(image).decode() for image in row["lead"]["images"]]
    adjustments = [msgspec.json.encode(adjustment).decode() for adjustment in row["adjustments"]]
    signals = {name: signal | {"parts": msgspec.json.encode(signal["parts"]).decode()} for name, signal in row["signals"].items()}
    return row | {"lead": row["lead"] | {"images": images}, "adjustments": adjustments, "signals": signals}


def _schemas() -> dict[str, Any]:
    """Schemas written out, so that files of two runs have one even where a run has no dates, images or related articles."""
    import pyarrow as pa

    text, number, whole, texts = pa.string(), pa.float64(), pa.int64(), pa.list_(pa.string())
    article = [("id", text), ("title", text), ("provider", pa.struct([("name", text), ("domain", text)]))]
    article += [("publishedDateTime", text), ("webUrl", text), ("type", text), ("quality", whole)]
    signal = pa.struct([*((name, number) for name in ("value", "scale", "normalised", "weight", "contribution")), ("parts", text)])
    membership = pa.struct([("probability", number), ("similarity", number), ("nearest", text)])
    lead = [*article, ("excerpt", text), ("category", text), ("topics", texts), ("images", texts), ("dateHealth", text)]
    related = [*article, ("similarity", number), ("sameStory", pa.bool_()), ("probability", number)]
    stories = [("id", text), ("rank", whole), ("score", number), ("asOf", text)]
    stories += [("signals", pa.struct([(name, signal) for name in ("quality", "heat", "recency")])), ("adjustments", texts)]
    stories += [("counts", pa.struct([(name, whole) for name in ("articles", "uniqueTexts", "providers", "publisherGroups")]))]
    stories += [("phase", text), ("firstPublished", text), ("lastPublished", text), ("lead", pa.struct(lead))]
    stories += [("articles", pa.list_(pa.struct([*article, ("membership", membership)]))), ("topics", texts), ("folded", texts)]
    stories += [("timeline", pa.list_(pa.struct([("hour", text), ("articles", whole), ("providers", whole)]))), ("lineage", text)]
    return {"stories": pa.schema(stories), "related": pa.schema([("id", text), ("related", pa.list_(pa.struct(related)))])}
