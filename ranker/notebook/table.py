"""Tables: results in rows that show themselves as HTML and as text, and become frames of pandas."""

from __future__ import annotations

import html
import io
import shutil
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, cast

from ranker.articles.web_link import web_link
from ranker.notebook.extras import needed
from ranker.ranking.sentences import printable

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "whole", "number", "flag", "time", "texts", "bar"]

SHOWN = 20  # rows of a table that shows itself; frames hold all
_DTYPES = {"text": "string", "whole": "Int64", "number": "float64", "flag": "boolean", "time": "datetime64[us, UTC]", "texts": "object"}
_RIGHT = {"whole", "number"}
_LEAST_CELLS, _MOST_CELLS = 80, 160  # of a table as text
_BAR_PIXELS, _BAR_HEIGHT = 120, 12
_BAR_COLOURS = ("#0072B2", "#D55E00", "#009E73")  # quality, heat, recency, as in the plots
_STYLE = (
    "<style>.ranker table{border-collapse:collapse;font-size:90%}"
    ".ranker caption{caption-side:top;text-align:left;font-weight:bold;white-space:nowrap;padding:.2em .5em}"
    ".ranker th,.ranker td{padding:.2em .5em;text-align:left;vertical-align:top;white-space:normal}"
    ".ranker .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.ranker td.t{white-space:nowrap}"
    ".ranker tbody tr{border-top:1px solid rgba(128,128,128,.3)}.ranker p{margin:.2em .5em}</style>"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what frames call it, what it holds, and what a reader sees over it.

    Parameters
    ----------
    name : snake_case, in frames; "" for one that is only shown.
    heading : for readers; "" for one that only frames have.
    digits : behind the point, as shown; frames hold every number in full.
    link : the name of the column whose http or https address the cell leads to.
    wide : gets the room that others leave, where a table is plain text; there each row is one line.
    plain : shown where a table is plain text, too.
    """

    name: str
    kind: Kind
    heading: str = ""
    digits: int = 2
    link: str = ""
    wide: bool = False
    plain: bool = True


@dataclass(frozen=True)
class Table:
    """Rows under a title.

    `frame()` has all rows, columns in snake_case, and fixed types: text is `string`, whole numbers `Int64`, numbers `float64`, flags
    `boolean`, times `datetime64[us, UTC]`, lists tuples in `object`.

    Parameters
    ----------
    rows : a value for each column; None for none.
    note : a sentence under it.
    texts : what is shown of single cells, by row and name of the column, where rounding each by itself would spoil a sum.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    note: str = ""
    texts: Mapping[tuple[int, str], str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def frame(self) -> pd.DataFrame:
        """All rows as a frame.

        Raises
        ------
        RankerError : if pandas is not installed.
        """
        pandas = needed("pandas", "a frame")
        found = {}
        for place, column in enumerate(self.columns):
            if column.name:
                values = [row[place] for row in self.rows]
                if column.kind == "time":
                    values = list(pandas.to_datetime(values, utc=True))
                found[column.name] = pandas.Series(values, dtype=_DTYPES[column.kind])
        return cast("pd.DataFrame", pandas.DataFrame(found))

    def html(self, *, limit: int = SHOWN) -> str:
        """The first rows as a table of HTML; everything in it is escaped."""
        shown = [place for place, column in enumerate(self.columns) if column.heading]
        names = {column.name: place for place, column in enumerate(self.columns)}
        head = "".join(f'<th scope="col"{_class(self.columns[place])}>{html.escape(self.columns[place].heading)}</th>' for place in shown)
        body = []
        for number, row in enumerate(self.rows[:limit]):
            cells = []
            for place in shown:
                column = self.columns[place]
                link = row[names[column.link]] if column.link else ""
                told = _bar(cast("Sequence[float]", row[place])) if column.kind == "bar" else html.escape(self._cell(number, place))
                cells.append(f"<td{_class(column)}>{_linked(told, link)}</td>")
            body.append(f"<tr>{''.join(cells)}</tr>")
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes(limit))
        caption = f"<caption>{html.escape(self.title)}</caption>"
        table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        return f'<div class="ranker">{_STYLE}{table}{notes}</div>'

    def text(self, *, limit: int = SHOWN) -> str:
        """The first rows as plain text, as wide as the terminal."""
        from rich.console import Console
        from rich.table import Table as Paper
        from rich.text import Text

        shown = [place for place, column in enumerate(self.columns) if column.heading and column.plain]
        paper = Paper(box=None, padding=(0, 2, 0, 0), show_edge=False, expand=any(self.columns[place].wide for place in shown))
        for place in shown:
            column = self.columns[place]
            justify: Literal["right", "left"] = "right" if column.kind in _RIGHT else "left"
            paper.add_column(column.heading, justify=justify, no_wrap=True, overflow="ellipsis", ratio=1 if column.wide else None)
        for number in range(min(limit, len(self.rows))):
            paper.add_row(*(Text(printable(self._cell(number, place))) for place in shown))
        width = min(max(shutil.get_terminal_size().columns, _LEAST_CELLS), _MOST_CELLS)
        out = io.StringIO()
        Console(file=out, width=width, color_system=None, force_jupyter=False, highlight=False, markup=False, emoji=False).print(paper)
        lines = [line.rstrip() for line in out.getvalue().splitlines()]
        notes = [line for note in self._notes(limit) for line in textwrap.wrap(printable(note), width)]
        return "\n".join([printable(self.title), *lines, *notes])

    def _cell(self, number: int, place: int) -> str:
        """A cell as a reader sees it."""
        told = self.texts.get((number, self.columns[place].name))
        return _cell(self.columns[place], self.rows[number][place]) if told is None else told

    def _notes(self, limit: int) -> list[str]:
        more = len(self.rows) - limit
        return [*([f"and {more:,} more; .frame() has all {len(self.rows):,}"] if more > 0 else []), *([self.note] if self.note else [])]

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


class Tabular(ABC):
    """A result that is a table: it shows itself, and has `frame()`."""

    @abstractmethod
    def table(self) -> Table:
        """The result in rows."""

    def frame(self) -> pd.DataFrame:
        """All rows as a frame of pandas; see `Table` for names and types.

        Raises
        ------
        RankerError : if pandas is not installed.
        """
        return self.table().frame()

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()


def lines_html(title: str, lines: Sequence[str]) -> str:
    """A heading and some lines as HTML, escaped."""
    shown = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    return f'<div class="ranker">{_STYLE}<p><b>{html.escape(title)}</b></p>{shown}</div>'


def _class(column: Column) -> str:
    return ' class="n"' if column.kind in _RIGHT else ' class="t"' if column.kind == "time" else ""


def _cell(column: Column, value: object) -> str:
    """A value as a reader sees it."""
    if value is None:
        return ""
    if column.kind == "number":
        return f"{cast('float', value):.{column.digits}f}"
    if column.kind == "whole":
        return f"{cast('int', value):,}"
    if column.kind == "flag":
        return "yes" if value else "no"
    if column.kind == "time":
        return f"{cast('datetime', value):%Y-%m-%d %H:%M}"
    if column.kind == "texts":
        return ", ".join(cast("Sequence[str]", value))
    return str(value)


def _linked(shown: str, address: object) -> str:
    """What is shown, leading to an address where that is one of the web."""
    safe = web_link(address) if isinstance(address, str) else ""
    if safe:
        return f'<a href="{html.escape(safe)}" rel="noopener noreferrer nofollow">{shown}</a>'
    return shown


def _bar(parts: Sequence[float]) -> str:
    """Three contributions as a bar of 1."""
    across, drawn = 0.0, []
    for part, colour in zip(parts, _BAR_COLOURS, strict=True):
        width = max(0.0, part) * _BAR_PIXELS
        drawn.append(f'<rect x="{across:.1f}" width="{width:.1f}" height="{_BAR_HEIGHT}" fill="{colour}"/>')
        across += width
    told = ", ".join(f"{name} {part:.3f}" for name, part in zip(("quality", "heat", "recency"), parts, strict=True))
    size = f'width="{max(_BAR_PIXELS, across):.0f}" height="{_BAR_HEIGHT}"'
    return f'<svg {size} role="img" aria-label="{told}"><title>{told}</title>{"".join(drawn)}</svg>'
