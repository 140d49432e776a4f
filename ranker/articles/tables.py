"""Tables: JSON Lines, JSON arrays, CSV and Parquet as raw records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

import msgspec

from ranker.articles.article import Origin
from ranker.articles.record import Record, Refusal

_MAX_SNIFFED_CHARACTERS = 8192
_DELIMITERS = ",;\t|"
_BATCH_ROWS = 4096


def json_lines_records(data: bytes, path: str) -> Iterator[Record | Refusal]:
    """One record a line; blank lines are nothing, a broken line is refused and the next one read."""
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            yield _object(line, Origin(path, number))


def json_array_records(data: bytes, path: str) -> Iterator[Record | Refusal]:
    """One record an element of a JSON array, or the one object that the file is; numbered from 1."""
    try:
        value = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield Refusal(Origin(path), "json", f"is not JSON ({_reason(error)})")
        return
    for number, item in enumerate(value if isinstance(value, list) else [value], start=1):
        origin = Origin(path, number)
        yield Record(item, origin) if isinstance(item, dict) else Refusal(origin, "json", "is no object")


def csv_records(data: bytes, path: str) -> Iterator[Record | Refusal]:
    """One record a row under a header; comma, semicolon, tab or bar. Dotted names ("provider.name") are nested."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield Refusal(Origin(path, line), "file", f"is not UTF-8 (byte {error.start})")
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=csv_delimiter(text), strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield Refusal(Origin(path, line), "csv", f"{error}; nothing after this line can be read")
            return
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header = [cell.strip() for cell in row]
        elif len(row) != len(header):
            yield Refusal(Origin(path, line), "csv", f"has {len(row)} cells, the header has {len(header)}")
        else:
            yield Record(_nested(dict(zip(header, row, strict=True))), Origin(path, line))


def csv_delimiter(text: str) -> str:
    """The delimiter that parts the header line best: the most frequent of comma, semicolon, tab and bar."""
    header = text[:_MAX_SNIFFED_CHARACTERS].split("\n", 1)[0]
    return max(_DELIMITERS, key=lambda character: (header.count(character), -_DELIMITERS.index(character)))


def parquet_records(data: bytes, path: str) -> Iterator[Record | Refusal]:
    """One record a row, numbered from 1."""
    import pyarrow as pa  # 140 ms to import, for the few inputs that need it
    import pyarrow.parquet as pq

    try:
        batches = pq.ParquetFile(io.BytesIO(data)).iter_batches(batch_size=_BATCH_ROWS)
        number = 0
        for batch in batches:
            for row in batch.to_pylist():
                number += 1
                yield Record(_nested(row), Origin(path, number))
    except (pa.ArrowException, ValueError, OSError) as error:
        yield Refusal(Origin(path), "parquet", f"cannot be read ({str(error).splitlines()[0][:200]})")


def _object(line: bytes, origin: Origin) -> Record | Refusal:
    try:
        value = msgspec.json.decode(line)
    except UnicodeDecodeError as error:
        return Refusal(origin, "json", f"is not UTF-8 (byte {error.start} of the line)")
    except (msgspec.DecodeError, RecursionError) as error:
        return Refusal(origin, "json", f"is not JSON ({_reason(error)})")
    return Record(value, origin) if isinstance(value, dict) else Refusal(origin, "json", "is no object")


def _reason(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error).removeprefix("JSON is malformed: ")


def _nested(row: Mapping[str, object]) -> dict[str, object]:
    """`{"provider.name": x}` as `{"provider": {"name": x}}`, one level deep; other names as they are."""
    plain = {key: value for key, value in row.items() if not all(key.partition("."))}
    groups: dict[str, dict[str, object]] = {}
    for key, value in row.items():
        head, dot, rest = key.partition(".")
        if head and dot and rest:
            groups.setdefault(head, {})[rest] = value
    return groups | plain
