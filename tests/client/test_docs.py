"""The page of the client: its examples run in order on the sample newsroom, and print what stands below them."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "client.md"
SHOWN_URL = "http://127.0.0.1:8710"
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\s*^```text\n(?P<shown>.*?)^```\n)?", re.DOTALL | re.MULTILINE)
COMMAND = ["-c", "from ranker.apps.cli import main; main()", "serve", "--demo", "--encoder", "static", "--port", "0"]


@pytest.fixture(scope="module")
def newsroom() -> Iterator[str]:
    """The address of the sample newsroom."""
    with subprocess.Popen([sys.executable, *COMMAND], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        found = re.search(r"listening on (\S+),", process.stdout.readline())
        try:
            assert found is not None
            yield found[1]
        finally:
            process.terminate()
            process.communicate(timeout=30)


def printed(code: str, line: int, names: dict[str, Any]) -> str:
    """What a block prints; its lines are numbered as on the page."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile("\n" * line + code, str(PAGE), "exec"), names)
    return told.getvalue()


def test_the_examples_print_what_the_page_shows(newsroom: str) -> None:
    page, names = PAGE.read_text("utf-8"), dict[str, Any]()
    blocks = list(BLOCK.finditer(page))
    assert len(blocks) == page.count("```python\n")
    assert SHOWN_URL in page
    found = [printed(block["code"].replace(SHOWN_URL, newsroom), page[: block.start("code")].count("\n"), names) for block in blocks]
    assert found == [block["shown"] or "" for block in blocks]


def test_the_command_of_the_page_is_the_one_that_runs() -> None:
    assert f"`ranker {' '.join(COMMAND[2:-2])}`" in PAGE.read_text("utf-8")
