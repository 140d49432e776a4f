"""Tables: what they show is escaped and as wide as the terminal; frames have fixed types."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from rich.cells import cell_len
from support.rooms import HOSTILE

from ranker.notebook.table import Column, Table, Tabular, lines_html

COLUMNS = (
    Column("title", "text", "title", link="web_url", wide=True),
    Column("articles", "whole", "articles"),
    Column("score", "number", "score", digits=3),
    Column("is_lead", "flag", "lead"),
    Column("published", "time", "published"),
    Column("topics", "texts", "topics"),
    Column("", "bar", "bar", plain=False),
    Column("web_url", "text"),
)
WHEN = datetime(2026, 3, 11, 18, 20, tzinfo=UTC)
ROW = ("A title", 1200, 0.12345, True, WHEN, ("one", "two"), (0.1, 0.2, 0.3), "https://one.example/?a=1&b=2")
NONE = (None, None, None, None, None, (), (0.0, 0.0, 0.0), None)
DTYPES = ["string", "Int64", "float64", "boolean", "datetime64[us, UTC]", "object", "string"]


@pytest.mark.parametrize("rows", [(ROW, NONE), (ROW,), (NONE,), ()])
def test_frames_have_fixed_types_and_no_columns_that_are_only_shown(rows: tuple[tuple[object, ...], ...]) -> None:
    frame = Table("t", COLUMNS, rows).frame()
    assert list(frame.columns) == ["title", "articles", "score", "is_lead", "published", "topics", "web_url"]
    assert [str(dtype) for dtype in frame.dtypes] == DTYPES
    assert len(frame) == len(rows)


def test_frames_hold_the_values_and_what_is_missing() -> None:
    frame = Table("t", COLUMNS, (ROW, NONE)).frame()
    assert frame["score"][0] == 0.12345
    assert frame["published"][0] == pd.Timestamp(WHEN)
    assert frame["topics"][0] == ("one", "two")
    assert frame.iloc[1][["title", "articles", "score", "is_lead", "published", "web_url"]].isna().all()


def test_a_table_shows_its_cells_as_a_reader_wants_them() -> None:
    shown = Table("A title", COLUMNS, (ROW,), note="A note").html()
    for cell in ("1,200", "0.123", "yes", "2026-03-11 18:20", "one, two", "<caption>A title</caption>", "<p>A note</p>"):
        assert cell in shown
    assert '<a href="https://one.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">A title</a>' in shown
    assert shown.count("<th ") == 7
    assert 'aria-label="quality 0.100, heat 0.200, recency 0.300"' in shown
    assert '<rect x="12.0" width="24.0"' in shown


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//one.example",
        "ftp://one.example",
        "",
        None,
        "JavaScript://x",
        "http:// a",
        "https://\n",
        "https:\\\\a",
    ],
)
def test_only_addresses_of_the_web_are_links(address: str | None) -> None:
    assert "<a " not in Table("t", COLUMNS, ((*ROW[:-1], address),)).html()


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_markup(text: str) -> None:
    columns = (Column("a", "text", text, link="b"), Column("b", "text"), Column("c", "texts", "c"))
    table = Table(text, columns, ((text, f"https://one.example/{text}", (text,)),), note=text, texts={(0, "c"): text})
    for shown in (table.html(), lines_html(text, [text])):
        bare = shown.replace(_style(shown), "")
        for tag in ("div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "b", "a"):
            bare = bare.replace(f"</{tag}>", "").replace(f"<{tag}>", "")
        bare = bare.replace('<div class="ranker">', "").replace('<th scope="col">', "").replace("<style></style>", "")
        head, _, rest = bare.partition('<a href="')
        assert "<" not in head
        assert rest.count("<") == 0
        assert rest.count('"') in {0, 3}  # the end of the address, and of what the link is to the page


def _style(shown: str) -> str:
    return shown.split("<style>")[1].split("</style>", maxsplit=1)[0]


def test_long_tables_show_their_beginning_and_say_so() -> None:
    table = Table("t", COLUMNS, (ROW,) * 25)
    for shown in (table.html(), repr(table)):
        assert "and 5 more; .frame() has all 25" in shown
    assert table.html(limit=3).count("<tr>") == 4
    assert len(table.frame()) == len(table) == 25


@pytest.mark.parametrize("columns", [20, 80, 120, 500])
def test_a_table_as_text_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    row = ("日本語の長い題名" * 20, *ROW[1:])
    lines = Table("t", COLUMNS, (row, ROW, NONE), note="many words " * 40).text().splitlines()
    assert max(map(cell_len, lines)) <= min(max(columns, 80), 160)
    assert len([line for line in lines if "1,200" in line]) == 2
    assert "bar" not in lines[1]


def test_control_characters_are_shown_as_escapes() -> None:
    columns = (Column("a", "text", "a"),)
    shown = Table("a\x1b[31m", columns, (("b\x1b]0;x\x07",),), note="c\x9b").text()
    assert not {"\x1b", "\x07", "\x9b"} & set(shown)
    assert "b\\x1b]0;x\\x07" in shown


def test_a_cell_may_be_shown_as_it_is_told() -> None:
    table = Table("t", COLUMNS, (ROW,), texts={(0, "score"): "0.2"})
    assert ">0.2<" in table.html()
    assert " 0.2 " in table.text()
    assert table.frame()["score"][0] == 0.12345


def test_a_result_without_rows_of_its_own_cannot_be_made() -> None:
    with pytest.raises(TypeError, match=r"abstract method .?table"):
        Tabular()  # type: ignore[abstract] # that is what is tried
