"""What a page shows, held against what was printed: decimals may differ a little, and what is left out says so."""

from __future__ import annotations

import re
from collections.abc import Sequence

LEFT_OUT = "[...]"  # a line that stands for any number of lines
ANYTHING = "…"  # any characters of a line
RELATIVE, ABSOLUTE = 0.05, 0.011  # another processor may compute vectors that differ in their last digits

_DECIMAL = r"[+-]?\d*\.\d+"
_TOKEN = re.compile(rf"(?<![\w.])(?P<number>{_DECIMAL})(?![\w.]*\d)|(?P<any>{ANYTHING})")


def is_shown(shown: str, printed: str) -> bool:
    """Whether the printed text is what a page shows, from the first line to the last."""
    chunks = _chunks(shown.strip("\n").splitlines())
    lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
    if len(chunks) == 1:
        return _same(chunks[0], lines)
    first, *middle, last = chunks
    if len(first) + len(last) > len(lines) or not _same(first, lines[: len(first)]):
        return False
    if not _same(last, lines[len(lines) - len(last) :]):
        return False
    rest = lines[len(first) : len(lines) - len(last)]
    for chunk in middle:
        found = next((start for start in range(len(rest) - len(chunk) + 1) if _same(chunk, rest[start : start + len(chunk)])), None)
        if found is None:
            return False
        rest = rest[found + len(chunk) :]
    return True


def _chunks(lines: Sequence[str]) -> list[list[str]]:
    """Runs of lines between those that stand for what was left out."""
    chunks: list[list[str]] = [[]]
    for line in lines:
        if line.strip() == LEFT_OUT:
            chunks.append([])
        else:
            chunks[-1].append(line.rstrip())
    return chunks


def _same(shown: Sequence[str], printed: Sequence[str]) -> bool:
    return len(shown) == len(printed) and all(map(_same_line, shown, printed))


def _same_line(shown: str, printed: str) -> bool:
    pattern, numbers, end = "", [], 0
    for token in _TOKEN.finditer(shown):
        pattern += re.escape(shown[end : token.start()]) + (rf"({_DECIMAL})" if token["number"] else ".*?")
        if token["number"]:
            numbers.append(float(token["number"]))
        end = token.end()
    found = re.fullmatch(pattern + re.escape(shown[end:]), printed)
    if found is None:
        return False
    return all(
        abs(number - float(other)) <= max(ABSOLUTE, RELATIVE * abs(number)) for number, other in zip(numbers, found.groups(), strict=True)
    )
