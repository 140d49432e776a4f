"""Markdown that generated pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([*<>\[\]\\])")


def plain(text: str) -> str:
    """A text of the code, with what stands between backticks as code and all else as it is written."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner is a backtick
        return _SPECIAL.sub(r"\\\1", text).replace("`", "\\`")
    return "`".join(part if number % 2 else _SPECIAL.sub(r"\\\1", part) for number, part in enumerate(parts))


def code(text: str) -> str:
    """The text as code; nothing if there is none."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}" if text else ""


def anchor(name: str) -> str:
    """A place that links may lead to."""
    return f'<span id="{name}"></span>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; nothing if it has no rows."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(head), "|" + "---|" * len(head), *lines, ""]) if lines else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def fenced(text: str, language: str) -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```\n"
