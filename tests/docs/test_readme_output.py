"""The README: what stands below a command is what it prints, where tests/test_readme.py does not look already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support import doc_shell
from support.doc_blocks import ROOT, Block, blocks
from support.doc_output import LEFT_OUT
from support.doc_reader import Reader

README = ROOT / "README.md"
ELSEWHERE = ("ranker explain", "ranker replay", "--limit 3", "curl ")  # tests/test_readme.py and tests/test_readme_service.py compare these
REFUSES = "data/newsroom/broken"  # a command that reads these ends with exit code 3
SHOWN = [block for block in blocks(README) if block.shown and block.language == "sh" and not any(each in block.text for each in ELSEWHERE)]


def test_there_is_something_to_look_at() -> None:
    assert len(SHOWN) >= 2


@pytest.mark.model
@pytest.mark.parametrize("block", [pytest.param(block, id=block.text.split("\n")[0][:40]) for block in SHOWN])
def test_what_stands_below_is_what_is_printed(block: Block, tmp_path: Path, vectors: Path) -> None:
    marks = {"exits": "3"} if REFUSES in block.text else {}
    shown = f"{LEFT_OUT}\n{block.shown}{LEFT_OUT}\n" if "--diff" in block.text else block.shown  # one file of many
    with Reader(README, tmp_path, doc_shell.environment(tmp_path, vectors)) as reader:
        reader.take(replace(block, marks=marks, shown=shown))
