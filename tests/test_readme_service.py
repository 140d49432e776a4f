"""The README: its script for the service, run against what `make serve` starts, prints what stands below it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ranker.client import RankerClient

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
    blocks = [block for block in BLOCK.finditer(README) if "ranker.client" in block["code"]]
    assert len(blocks) == 1
    names, told = dict[str, Any](), io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(blocks[0]["code"].replace(SHOWN_URL, newsroom), "README.md", "exec"), names)
    names["newsroom"].close()
    assert told.getvalue() == blocks[0]["shown"]


def test_what_is_asked_of_the_service_is_answered_as_shown(newsroom: str) -> None:
    ((address, shown),) = re.findall(r"^curl '(.*)'\n```\n\n```json\n(.*?)^```\n", README, re.DOTALL | re.MULTILINE)
    with RankerClient(newsroom) as client:
        client.readiness()
    answer = httpx.get(address.replace(SHOWN_URL, newsroom)).json()
    assert without_decimals(answer) == without_decimals(json.loads(shown))


def without_decimals(answer: dict[str, Any]) -> dict[str, Any]:
    """What another processor answers as well: its vectors may differ in the last digits, and it makes its editions at other moments."""
    items = [{name: round(value, 1) if isinstance(value, float) else value for name, value in item.items()} for item in answer["related"]]
    return answer | {"edition": 0, "related": items}


def test_make_serve_starts_that() -> None:
    assert "ranker serve --demo" in (ROOT / "Makefile").read_text("utf-8")
