"""Tables: JSON Lines, JSON arrays, CSV and Parquet as raw records."""

from __future__ import annotations

import csv
import io
import re
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
        yield broken_json(data, error, path)
        return
    for number, item in enumerate(value if isinstance(value, list) else [value], start=1):
        origin = Origin(path, number)
        yield Record(item, origin) if isinstance(item, dict) else Refusal(origin, "json", "is no object")


def broken_json(data: bytes, error: Exception, path: str) -> Refusal:
    """The refusal of a file that should be one JSON text, at the line where it breaks."""
    if isinstance(error, UnicodeDecodeError):
        place = _first_bad_byte(data)
        return Refusal(Origin(path, data.count(b"\n", 0, place) + 1), "json", f"is not UTF-8 (byte {place})")
    message = _reason(error)
    byte = re.search(r" \(byte (\d+)\)$", message)
    place = int(byte[1]) if byte is not None else len(data.rstrip()) if "truncated" in message else -1
    return Refusal(Origin(path, None if place < 0 else data.count(b"\n", 0, place) + 1), "json", f"is not JSON ({message})")


def csv_records(data: bytes, path: str) -> Iterator[Record | Refusal]:
    """One record a row under a header; comma, semicolon, tab or bar. Dotted names ("provider.name") are nested."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield Refusal(Origin(path, line), "file", f"is not UTF-8 (byte {error.start})")
        return
    header: list[str] = []
    for line, row in _csv_rows(text):
        origin = Origin(path, line)
        if isinstance(row, csv.Error):
            yield Refusal(origin, "csv", f"{row}; nothing after this line can be read")
        elif not header:
            header = [cell.strip() for cell in row]
            twice = sorted({name for name in header if name and header.count(name) > 1})
            if twice:
                yield Refusal(origin, "csv", f"has two columns of the name {twice[0]!r}")
                return
        elif len(row) != len(header):
            yield Refusal(origin, "csv", f"has {len(row)} cells, the header has {len(header)}")
        else:
            yield Record(_nested(dict(zip(header, row, strict=True))), origin)


def _csv_rows(text: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Each row that is not blank and the line where it starts; a mistake in the quoting is the last."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=csv_delimiter(text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield line, error
            return
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield line, row


def csv_delimiter(text: str) -> str:
    """The delimiter that parts the header line best: the most frequent of comma, semicolon, tab and bar."""
    header = next((line for line in text[:_MAX_SNIFFED_CHARACTERS].splitlines() if line.strip()), "")
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
        yield Refusal(Origin(path), "parquet", f"cannot be read ({str(error).partition(chr(10))[0][:200]})")


def _object(line: bytes, origin: Origin) -> Record | Refusal:
    try:
        value = msgspec.json.decode(line)
    except UnicodeDecodeError:
        return Refusal(origin, "json", f"is not UTF-8 (byte {_first_bad_byte(line)} of the line)")
    except (msgspec.DecodeError, RecursionError) as error:
        return Refusal(origin, "json", f"is not JSON ({_reason(error)})")
    return Record(value, origin) if isinstance(value, dict) else Refusal(origin, "json", "is no object")


def _first_bad_byte(data: bytes) -> int:
    """Where `data` stops being UTF-8 (the JSON reader counts from the start of the string it is in)."""
    place = len(data)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = error.start
    return place


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
