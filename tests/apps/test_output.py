"""Result files: which format, what stands in it, and that it is whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.hashing_encoder import HashingEncoder

from ranker.apps.output import OutputFormat, check_place, format_of, related_bytes, stories_bytes, write_output
from ranker.articles.article import Article, Provider
from ranker.errors import InputError
from ranker.pipeline import Ranking, rank_articles
from ranker.settings import Settings

Writer = Callable[[Ranking, OutputFormat], bytes]


def json_rows(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def parquet_table(data: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(data))


@pytest.fixture
def nothing(default_settings: Settings) -> Ranking:
    return rank_articles([], default_settings, as_of=datetime(2026, 3, 11, tzinfo=UTC), encoder=HashingEncoder())


@pytest.fixture
def bare(default_settings: Settings) -> Ranking:
    """One article of nobody, without date, image or neighbour."""
    return rank_articles([Article("a1", "Ferry")], default_settings, as_of=datetime(2026, 3, 11, tzinfo=UTC), encoder=HashingEncoder())


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.jsonl", "jsonl"), ("a.NDJSON", "jsonl"), ("a.json", "jsonl"), ("a.csv", "csv"), ("a.b.parquet", "parquet"), ("stories", "jsonl")],
)
def test_a_file_s_name_tells_its_format(name: str, form: OutputFormat) -> None:
    assert format_of(Path(name), None) == form


def test_standard_output_is_json_lines() -> None:
    assert format_of(None, None) == "jsonl"


def test_the_format_asked_for_is_the_last_word() -> None:
    assert format_of(Path("stories.xlsx"), "csv") == "csv"


def test_a_name_of_no_known_format_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        format_of(Path("stories.xlsx"), None)
    reason = ".xlsx is no format that can be written; name the file .jsonl, .csv or .parquet, or give --format"
    assert str(refused.value) == f"stories.xlsx: {reason}"


def test_a_place_in_a_folder_that_exists_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_place(tmp_path / "stories.csv")
    check_place(Path("stories.csv"))


def test_a_place_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"stories\.csv: cannot be written \(there is no folder .*missing\)"):
        check_place(tmp_path / "missing" / "stories.csv")


def test_a_folder_is_no_place_for_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder; name a file in it"):
        check_place(tmp_path)


def test_json_lines_hold_one_story_a_line_in_order_of_rank(ranking: Ranking) -> None:
    assert [story["rank"] for story in json_rows(stories_bytes(ranking, "jsonl"))] == [1, 2, 3]


def test_csv_holds_one_article_a_row_with_its_story(ranking: Ranking) -> None:
    stories = json_rows(stories_bytes(ranking, "jsonl"))
    rows = csv_rows(stories_bytes(ranking, "csv"))
    wanted = [(story["id"], article["id"], article["title"]) for story in stories for article in story["articles"]]
    assert [(row["storyId"], row["id"], row["title"]) for row in rows] == wanted
    assert [float(row["storyScore"]) for row in rows if row["isLead"] == "True"] == [story["score"] for story in stories]


def test_parquet_holds_what_json_lines_hold(ranking: Ranking) -> None:
    stories = json_rows(stories_bytes(ranking, "jsonl"))
    for story in stories:
        story["lead"]["images"] = [json.dumps(image, separators=(",", ":")) for image in story["lead"]["images"]]
        for signal in story["signals"].values():
            signal["parts"] = msgspec.json.encode(signal["parts"]).decode()
    assert parquet_table(stories_bytes(ranking, "parquet")).to_pylist() == stories


def test_json_lines_hold_one_related_list_an_article(ranking: Ranking) -> None:
    rows = json_rows(related_bytes(ranking, "jsonl"))
    assert [row["id"] for row in rows] == [article.id for article in ranking.grouping.corpus.articles]
    assert [[item["id"] for item in row["related"]] for row in rows] == [
        [item.article.id for item in ranking.related_to(row["id"])] for row in rows
    ]


def test_csv_holds_one_related_item_a_row_with_its_place(ranking: Ranking) -> None:
    lists = json_rows(related_bytes(ranking, "jsonl"))
    wanted = [(row["id"], str(place), item["id"]) for row in lists for place, item in enumerate(row["related"], start=1)]
    assert [(row["id"], row["place"], row["relatedId"]) for row in csv_rows(related_bytes(ranking, "csv"))] == wanted
    assert wanted


def test_parquet_holds_the_related_lists_of_json_lines(ranking: Ranking) -> None:
    assert parquet_table(related_bytes(ranking, "parquet")).to_pylist() == json_rows(related_bytes(ranking, "jsonl"))


@pytest.mark.parametrize("written", [stories_bytes, related_bytes], ids=["stories", "related"])
def test_parquet_has_one_schema_whatever_the_articles_lack(written: Writer, ranking: Ranking, bare: Ranking, nothing: Ranking) -> None:
    full, poor, empty = (parquet_table(written(each, "parquet")) for each in (ranking, bare, nothing))
    assert full.schema == poor.schema == empty.schema
    assert (poor.num_rows, empty.num_rows) == (1, 0)


@pytest.mark.parametrize("written", [stories_bytes, related_bytes], ids=["stories", "related"])
def test_csv_has_its_heading_even_without_a_row(written: Writer, ranking: Ranking, nothing: Ranking) -> None:
    assert written(nothing, "csv") == written(ranking, "csv").splitlines(keepends=True)[0]


@pytest.mark.parametrize("written", [stories_bytes, related_bytes], ids=["stories", "related"])
def test_json_lines_of_nothing_are_empty(written: Writer, nothing: Ranking) -> None:
    assert written(nothing, "jsonl") == b""


def test_commas_quotes_and_every_script_survive_csv(ranking: Ranking, default_settings: Settings) -> None:
    title = '"Lady Corinne", aground;\u3000\u706b\u707d \U0001f600'
    article = replace(ranking.grouping.corpus.articles[0], title=title, provider=Provider('The "A", Ltd'))
    odd = rank_articles([article], default_settings, as_of=ranking.as_of, encoder=HashingEncoder())
    (row,) = csv_rows(stories_bytes(odd, "csv"))
    assert (row["title"], row["provider.name"]) == (title, 'The "A", Ltd')


def test_a_result_replaces_the_file_before_it(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    path.write_bytes(b"old, and longer than the new one\n")
    write_output(path, b"new\n")
    assert path.read_bytes() == b"new\n"
    assert [found.name for found in tmp_path.iterdir()] == ["stories.jsonl"]


def test_a_result_that_cannot_be_written_is_an_error_that_says_why(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"stories\.jsonl: cannot be written \(No such file or directory\)"):
        write_output(tmp_path / "missing" / "stories.jsonl", b"new\n")
