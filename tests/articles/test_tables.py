"""Tables: JSON Lines, JSON arrays, CSV and Parquet as raw records, with the place of each."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.articles.record import Record, Refusal
from ranker.articles.tables import csv_delimiter, csv_records, json_array_records, json_lines_records, parquet_records

DEEP = b"[" * 100_000 + b"]" * 100_000


def told(items: Iterable[Record | Refusal]) -> list[object]:
    """Records as (line, fields), refusals as their text."""
    return [(item.origin.line, item.fields) if isinstance(item, Record) else str(item) for item in items]


# JSON Lines


@pytest.mark.parametrize("data", [b'{"a": 1}\n\n  \n{"b": 2}\n', b'{"a": 1}\r\n\r\n\r\n{"b": 2}', b'\xef\xbb\xbf{"a": 1}\n\n\n{"b": 2}'])
def test_each_line_is_a_record_and_blank_lines_are_none(data: bytes) -> None:
    assert told(json_lines_records(data, "x")) == [(1, {"a": 1}), (4, {"b": 2})]


def test_no_lines_are_no_records() -> None:
    assert told(json_lines_records(b"", "x")) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": ', "is not JSON (Input data was truncated)"),
        (b'{"a": 1} x', "is not JSON (trailing characters"),
        (b"[1]", "is no object"),
        (b"7", "is no object"),
        (b'{"a": NaN}', "is not JSON (invalid character"),
        (b'{"a": "\\ud800"}', "is not JSON"),
        (b'{"a": "b", "c": "d\xff"}', "is not UTF-8 (byte 18 of the line)"),
        (b'{"a": ' + DEEP + b"}", "is not JSON (nested too deep)"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not JSON (Integer value out of range"),
    ],
    ids=lambda value: value[:30],
)
def test_a_broken_line_is_refused_and_the_next_one_read(line: bytes, reason: str) -> None:
    refused, record = told(json_lines_records(b"\n" + line + b'\n{"a": 1}', "x"))
    assert str(refused).startswith(f"x:2: json: {reason}")
    assert record == (3, {"a": 1})


# JSON arrays


@pytest.mark.parametrize(
    ("data", "items"),
    [
        (b'[{"a": 1}, {"b": 2}]', [(1, {"a": 1}), (2, {"b": 2})]),
        (b'\xef\xbb\xbf{"a": 1}', [(1, {"a": 1})]),
        (b"[]", []),
        (b'[{"a": 1}, 7, {"b": 2}]', [(1, {"a": 1}), "x:2: json: is no object", (3, {"b": 2})]),
        (b"7", ["x:1: json: is no object"]),
    ],
)
def test_each_element_is_a_record(data: bytes, items: list[object]) -> None:
    assert told(json_array_records(data, "x")) == items


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b'[{"a": 1},\n{"a" 1}]', "x:2: json: is not JSON (expected ':'"),
        (b'[\n{"a": 1}\n\n', "x:2: json: is not JSON (Input data was truncated)"),
        (b'[\n\n{"a": "\xff"}]', "x:3: json: is not UTF-8 (byte 10)"),
        (DEEP, "x: json: is not JSON (nested too deep)"),
        (b"[" + b"9" * 5000 + b"]", "x: json: is not JSON (Integer value out of range"),
    ],
    ids=["syntax", "cut off", "not UTF-8", "deep", "huge number"],
)
def test_a_broken_array_is_refused_at_the_line_where_it_breaks(data: bytes, refusal: str) -> None:
    (refused,) = told(json_array_records(data, "x"))
    assert str(refused).startswith(refusal)


# CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_row_is_a_record_whatever_parts_it(delimiter: str, newline: str, mark: str) -> None:
    rows = [["title", " url "], ["Bridge", "https://x.example/a"], ["", ""], ["Ferry", ""]]
    data = (mark + newline.join(delimiter.join(row) for row in rows)).encode()
    assert told(csv_records(data, "x")) == [(2, {"title": "Bridge", "url": "https://x.example/a"}), (4, {"title": "Ferry", "url": ""})]


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_breaks() -> None:
    data = b'title,url\n"Bridge, ""open"",\nagain",u\nFerry,v\n'
    assert told(csv_records(data, "x")) == [(2, {"title": 'Bridge, "open",\nagain', "url": "u"}), (4, {"title": "Ferry", "url": "v"})]


def test_dotted_names_are_nested_one_level() -> None:
    data = b"title,provider.name,provider.domain,.x,y.,a.b.c\nBridge,Daily,d.example,1,2,3\n"
    assert told(csv_records(data, "x")) == [
        (2, {"title": "Bridge", "provider": {"name": "Daily", "domain": "d.example"}, ".x": "1", "y.": "2", "a": {"b.c": "3"}})
    ]


def test_a_plain_name_wins_over_dotted_ones() -> None:
    assert told(csv_records(b"provider.name,provider\nDaily,Other\n", "x")) == [(2, {"provider": "Other"})]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"title,url\n", b"title,url"])
def test_no_rows_are_no_records(data: bytes) -> None:
    assert told(csv_records(data, "x")) == []


def test_rows_of_a_wrong_width_are_refused_and_the_rest_read() -> None:
    assert told(csv_records(b"title,url\na\nb,c,d\ne,f\n", "x")) == [
        "x:2: csv: has 1 cells, the header has 2",
        "x:3: csv: has 3 cells, the header has 2",
        (4, {"title": "e", "url": "f"}),
    ]


def test_two_columns_of_one_name_are_refused() -> None:
    assert told(csv_records(b"\ntitle,url,url\na,b,c\n", "x")) == ["x:2: csv: has two columns of the name 'url'"]


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b'title,url\na,b\n"c,d\ne,f\n', "x:3: csv: unexpected end of data; nothing after this line can be read"),
        (b'title,url\na,b\n"c"d,e\n', "x:3: csv: ',' expected after '\"'; nothing after this line can be read"),
    ],
    ids=["open quote", "text behind a quote"],
)
def test_a_mistake_in_the_quoting_ends_the_file_with_a_refusal(data: bytes, refusal: str) -> None:
    assert told(csv_records(data, "x")) == [(2, {"title": "a", "url": "b"}), refusal]


def test_a_table_that_is_not_utf8_is_refused_at_its_line() -> None:
    assert told(csv_records("title,url\na,b\nCafé,d\n".encode("latin-1"), "x")) == ["x:3: file: is not UTF-8 (byte 17)"]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [("a,b;c,d", ","), ("a;b", ";"), ("a\tb", "\t"), ("a|b", "|"), ("a", ","), ("", ","), ("\n\na;b\nc,d,e", ";"), ("a,b;c", ",")],
)
def test_the_delimiter_is_the_most_frequent_of_the_header_line(text: str, delimiter: str) -> None:
    assert csv_delimiter(text) == delimiter


# Parquet


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def test_each_row_of_a_parquet_table_is_a_record() -> None:
    noon = datetime(2024, 3, 4, 12, tzinfo=UTC)
    table = pa.table({"title": ["Bridge", None], "date": [noon, None], "provider.name": ["Daily", "Post"], "topics": [["AI"], []]})
    assert told(parquet_records(parquet(table), "x")) == [
        (1, {"title": "Bridge", "date": noon, "provider": {"name": "Daily"}, "topics": ["AI"]}),
        (2, {"title": None, "date": None, "provider": {"name": "Post"}, "topics": []}),
    ]


def test_rows_are_numbered_through_all_batches() -> None:
    lines = [item.origin.line for item in parquet_records(parquet(pa.table({"title": ["x"] * 5000})), "x")]
    assert lines == list(range(1, 5001))


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1 nothing PAR1"])
def test_a_damaged_parquet_file_is_refused(data: bytes) -> None:
    (refusal,) = parquet_records(data, "x")
    assert isinstance(refusal, Refusal)
    assert str(refusal).startswith("x: parquet: cannot be read (")
    assert "\n" not in str(refusal)


def test_a_page_that_cannot_be_decoded_is_refused() -> None:
    data = bytearray(parquet(pa.table({"title": ["Bridge reopens"] * 50})))
    data[4:60] = bytes(56)
    assert str(list(parquet_records(bytes(data), "x"))[-1]).startswith("x: parquet: cannot be read (")


CELLS = st.dictionaries(st.sampled_from(["title", "excerpt", "n"]), st.text(st.characters(exclude_categories=["Cs"])), min_size=3)


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_law_all_forms_of_a_table_hold_the_same_records(rows: list[dict[str, str]]) -> None:
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    forms = [
        json_lines_records(lines, "x"),
        json_array_records(json.dumps(rows).encode(), "x"),
        parquet_records(parquet(pa.Table.from_pylist(rows)), "x"),
    ]
    for form in forms:
        assert told(form) == list(enumerate(rows, start=1))
