"""Docstrings as this project writes them, for Sphinx: sections become fields, `x` is code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

_FIELDS = {"Parameters": "param", "Attributes": "ivar", "Raises": "raises", "Returns": "returns", "Yields": "yields"}
_ITEM = re.compile(r"(?P<names>[*\w.]+(?:, [*\w.]+)*) : (?P<text>.*)")
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_SPECIAL = re.compile(r"(?<!\\)([*|]|\b_|_\b)")


def summary(thing: object) -> str:
    """The first sentence of a docstring, on one line."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())


def as_fields(lines: list[str]) -> list[str]:
    """The lines of a docstring in reStructuredText."""
    found: list[str] = []
    body, sections = _sections(lines)
    found += [_text(line) for line in body]
    for title, section in sections:
        found += ["", *_field_lines(title, section)]
    return [*found, ""]


def _sections(lines: list[str]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """What stands before the first section, and title and lines of each section."""
    body: list[str] = []
    sections: list[tuple[str, list[str]]] = []
    for number, line in enumerate(lines):
        after = lines[number + 1].strip() if number + 1 < len(lines) else ""
        if line.strip() in _FIELDS and after and set(after) == {"-"}:
            sections.append((line.strip(), []))
        elif set(line.strip()) == {"-"} and number and lines[number - 1].strip() in _FIELDS:
            continue
        else:
            (sections[-1][1] if sections else body).append(line)
    return body, sections


def _field_lines(title: str, lines: list[str]) -> Iterator[str]:
    """Items of a section as fields; what goes on in the next lines stays with its item."""
    role = _FIELDS[title]
    for line in lines:
        item = _ITEM.fullmatch(line.rstrip())
        if item is not None and not line.startswith(" "):
            for name in item["names"].split(", "):
                yield f":{role} {_text(name)}: {_text(item['text'])}"
        elif line.startswith(" ") or not line.strip():
            yield f"    {_text(line.strip())}" if line.strip() else ""
        else:
            yield f":{role}: {_text(line)}"


def _text(line: str) -> str:
    """A line in which what stands between backticks is code, and nothing else has a meaning."""
    if line.startswith("    "):  # a drawing or an example
        return line
    parts = _CODE.split(line)
    return "".join(f"``{part}``" if number % 2 else _SPECIAL.sub(r"\\\1", part) for number, part in enumerate(parts))
