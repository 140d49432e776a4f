"""A page of the documentation as the steps that a reader takes: blocks of code with what stands before and behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

RUN = frozenset({"sh", "python"})
SHOWN = frozenset({"text", "json", "jsonl", "diff"})  # what may be the output of a block that is run
LANGUAGES = RUN | SHOWN | {"yaml", "toml", "nginx", "ini", "html", "js", "csv", "markdown", "dockerfile"}

Mark = Literal["not run", "exits", "file", "starts the service", "with the service", "stops the service", "run first"]
_MARK = re.compile(r"<!-- (not run|exits|file|starts the service|with the service|stops the service|run first)(?:[: ] ?(.*?))? -->")
_FENCE = re.compile(r"(?P<indent> *)```(?P<language>[\w-]*)(?P<more>.*)")
OF_BLOCKS = frozenset({"not run", "exits", "file", "starts the service"})  # these stand right before a block


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Parameters
    ----------
    line : 1-based, of the opening fence.
    marks : what the comments right before it say: mark -> what follows the colon.
    shown : the block right behind it, if that is what this one prints.
    """

    line: int
    language: str
    text: str
    marks: dict[str, str]
    shown: str | None = None

    @property
    def is_run(self) -> bool:
        """Whether a test runs it."""
        return self.language in RUN and "not run" not in self.marks


@dataclass(frozen=True, slots=True)
class Order:
    """A comment that stands by itself and asks for something that the page does not show."""

    line: int
    mark: str
    text: str


def pages() -> list[Path]:
    """All pages of docs/, sorted."""
    return sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)


def name(page: Path) -> str:
    """A page's path as links from the checkout's root have it."""
    return page.relative_to(ROOT).as_posix()


def steps(page: Path) -> list[Block | Order]:
    """Blocks and orders of a page, in order.

    Raises
    ------
    ValueError : a fence that does not end, or a mark that stands before no block.
    """
    found: list[Block | Order] = []
    lines = page.read_text("utf-8").splitlines()
    marks: dict[str, str] = {}
    number, gap = 0, True  # gap: something but blank lines since the last block
    while number < len(lines):
        line = lines[number]
        fence, mark = _FENCE.fullmatch(line), _MARK.fullmatch(line.strip())
        if fence is not None:
            end = _end(lines, number, page)
            text = "".join(f"{each.removeprefix(fence['indent'])}\n" for each in lines[number + 1 : end])
            _add(found, Block(number + 1, fence["language"], text, marks), is_next=not gap)
            number, marks, gap = end + 1, {}, False
            continue
        if mark is not None and mark[1] in OF_BLOCKS:
            marks[mark[1]] = mark[2] or ""
            gap = True
        elif mark is not None:
            found.append(Order(number + 1, mark[1], mark[2] or ""))
            gap = True
        elif line.strip():
            if marks:
                raise ValueError(f"{name(page)}:{number + 1}: {', '.join(marks)} stands before no block")
            gap = True
        number += 1
    return found


def _end(lines: list[str], start: int, page: Path) -> int:
    """Index of the line that closes the fence at `start`."""
    for number in range(start + 1, len(lines)):
        if lines[number].strip() == "```":
            return number
    raise ValueError(f"{name(page)}:{start + 1}: a block without an end")


def _add(found: list[Block | Order], block: Block, *, is_next: bool) -> None:
    """Append the block, or give it to the one before as what that prints."""
    before = found[-1] if found else None
    if is_next and isinstance(before, Block) and before.is_run and before.shown is None and block.language in SHOWN and not block.marks:
        found[-1] = Block(before.line, before.language, before.text, before.marks, block.text)
    else:
        found.append(block)


def blocks(page: Path) -> list[Block]:
    """Blocks of a page, in order; one that is another's output is not among them."""
    return [step for step in steps(page) if isinstance(step, Block)]
