"""Labels: the true story of each article, from its own field or from a table beside the articles."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ranker.articles.article import Article, Origin
from ranker.errors import InputError
from ranker.evaluation.labels import labels_of

ARTICLES = (
    Article("a", "Storm closes harbour", url="https://one.example/storm", extra={"story": "storm", "number": 7, "empty": "", "null": None}),
    Article("b", "Harbour shut", url="https://two.example/harbour", extra={"story": "storm", "number": 0}),
    Article("c", "Chess prodigy draws", extra={"story": "chess"}),
    Article("d", "Unlabelled"),
)


def _table(folder: Path, text: str, name: str = "labels.csv") -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


class TestField:
    def test_is_a_key_the_articles_carry(self) -> None:
        assert labels_of(ARTICLES, "story") == {"a": "storm", "b": "storm", "c": "chess"}

    def test_holds_labels_of_any_kind_as_text(self) -> None:
        assert labels_of(ARTICLES, "number") == {"a": "7", "b": "0"}

    @pytest.mark.parametrize("field", ["empty", "null", "no-such-key"])
    def test_that_no_article_has_filled_is_refused(self, field: str) -> None:
        with pytest.raises(InputError, match=f"--labels {field}: no article has such a label"):
            labels_of(ARTICLES, field)

    def test_of_no_articles_is_refused(self) -> None:
        with pytest.raises(InputError, match="no article has such a label"):
            labels_of([], "story")


class TestTable:
    def test_names_articles_by_id(self, tmp_path: Path) -> None:
        assert labels_of(ARTICLES, _table(tmp_path, "id,story\na,s1\nc,s2\n")) == {"a": "s1", "c": "s2"}

    def test_names_articles_by_any_form_of_their_address(self, tmp_path: Path) -> None:
        table = _table(tmp_path, "webUrl,story\nhttp://www.one.example/storm/?utm_source=x,s1\n")
        assert labels_of(ARTICLES, table) == {"a": "s1"}

    def test_names_articles_by_their_file_beside_it(self, tmp_path: Path) -> None:
        (tmp_path / "articles").mkdir()
        articles = [Article(name, name, origin=Origin(str(tmp_path / "articles" / f"{name}.md"))) for name in "ab"]
        assert labels_of(articles, _table(tmp_path, "file,story\narticles/a.md,s1\n./articles/../articles/b.md,s2\n")) == {
            "a": "s1",
            "b": "s2",
        }

    def test_of_files_is_found_whatever_folder_the_command_runs_in(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        article = Article("a", "Storm", origin=Origin("a.md"))
        assert labels_of([article], _table(tmp_path, "file,story\na.md,s1\n")) == {"a": "s1"}

    def test_takes_id_before_address_before_file(self, tmp_path: Path) -> None:
        article = Article("a", "Storm", url="https://one.example/storm", origin=Origin(str(tmp_path / "a.md")))
        rows = {"id": "a,,,by id", "webUrl": ",https://one.example/storm,,by address", "file": ",,a.md,by file"}
        for names, expected in ((["file", "webUrl", "id"], "by id"), (["file", "webUrl"], "by address"), (["file"], "by file")):
            text = "id,webUrl,file,story\n" + "\n".join(rows[name] for name in names) + "\n"
            assert labels_of([article], _table(tmp_path, text)) == {"a": expected}

    def test_may_have_other_columns_and_rows_of_other_articles(self, tmp_path: Path) -> None:
        assert labels_of(ARTICLES, _table(tmp_path, "note,id,story\nsure,a,s1\n,elsewhere,s9\n")) == {"a": "s1"}

    def test_may_be_json_lines(self, tmp_path: Path) -> None:
        table = _table(tmp_path, '{"id": "a", "story": 1}\n{"id": "b", "story": "s2"}\n', "labels.jsonl")
        assert labels_of(ARTICLES, table) == {"a": "1", "b": "s2"}

    def test_may_be_a_json_array(self, tmp_path: Path) -> None:
        assert labels_of(ARTICLES, _table(tmp_path, json.dumps([{"id": "a", "story": "s1"}]), "labels.json")) == {"a": "s1"}

    def test_may_be_parquet(self, tmp_path: Path) -> None:
        pq.write_table(pa.table({"id": ["a", "b"], "story": ["s1", "s2"]}), tmp_path / "labels.parquet")
        assert labels_of(ARTICLES, str(tmp_path / "labels.parquet")) == {"a": "s1", "b": "s2"}

    def test_labels_no_article_without_an_address_by_an_address(self, tmp_path: Path) -> None:
        table = _table(tmp_path, "id,webUrl,story\na,no address,s1\n")
        assert labels_of(ARTICLES, table) == {"a": "s1"}

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("id,story\na,\n", r"labels\.csv:2: has no story"),
            ("id,label\na,s1\n", r"labels\.csv:2: has no story"),
            ("id,story\na,s1\nb\n", r"labels\.csv:3: csv: has 1 cells, the header has 2"),
            ("name,story\nx,s1\n", r"labels\.csv:2: has no id, no web address in webUrl, and no file"),
            ("webUrl,story\nno address,s1\n", r"labels\.csv:2: has no id, no web address in webUrl, and no file"),
            ("id,story\na,s1\na,s2\n", r"labels\.csv:3: a is labelled s1 already"),
            ("id,story\nelsewhere,s1\n", "no article has such a label"),
            ("id,story\n", "no article has such a label"),
        ],
    )
    def test_that_labels_nothing_is_refused_with_its_line(self, tmp_path: Path, text: str, reason: str) -> None:
        with pytest.raises(InputError, match=reason):
            labels_of(ARTICLES, _table(tmp_path, text))

    def test_of_another_format_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"labels\.md: labels are CSV, JSON or Parquet"):
            labels_of(ARTICLES, _table(tmp_path, "---\ntitle: Storm\n---\n", "labels.md"))
