"""The README: its script for the service, run against what `make serve` starts, prints what stands below it."""

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

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
SHOWN_URL = "http://127.0.0.1:8710"
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n\n```text\n(?P<shown>.*?)^```\n", re.DOTALL | re.MULTILINE)
SERVE = [sys.executable, "-c", "from ranker.apps.cli import main; main()", "serve", "--demo", "--port", "0"]


@pytest.fixture
def newsroom() -> Iterator[str]:
    """The address of the service on the sample newsroom."""
    with subprocess.Popen(SERVE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        found = re.search(r"listening on (\S+) ?[,(]?", process.stdout.readline())
        try:
            assert found is not None
            yield found[1].rstrip(",")
        finally:
            process.terminate()
            process.communicate(timeout=60)


def test_the_script_prints_what_stands_below_it(newsroom: str) -> None:
    blocks = list(BLOCK.finditer(README))
    assert len(blocks) == README.count("```python\n") == 1
    names, told = dict[str, Any](), io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(blocks[0]["code"].replace(SHOWN_URL, newsroom), "README.md", "exec"), names)
    names["newsroom"].close()
    assert told.getvalue() == blocks[0]["shown"]


def test_make_serve_starts_that() -> None:
    assert "ranker serve --demo" in (ROOT / "Makefile").read_text("utf-8")
