"""Blocks of pages that are not run: each is what it says it is, and whoever leaves a block out says why."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml
from support.doc_blocks import LANGUAGES, ROOT, Block, blocks, name, pages
from support.doc_output import ANYTHING, LEFT_OUT
from support.doc_shell import made_targets

from ranker.settings import Settings
from ranker.settings_file import load_settings

REASONS = {f"needs {what}" for what in ("a Docker engine", "root", "a network", "nginx", "systemd", "cron", "files of your own", "a GPU")}
REASONS |= {"never ends", "takes minutes"}
SECTIONS = {*Settings.__struct_fields__, "profiles"}
ALL = [(page, block) for page in pages() for block in blocks(page)]


def each_block(*languages: str) -> pytest.MarkDecorator:
    """A test for each block of some languages."""
    found = [pytest.param(block, id=f"{name(page)}:{block.line}") for page, block in ALL if block.language in languages]
    return pytest.mark.parametrize("block", found)


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in pages()])
def test_blocks_say_what_language_they_are_in(page: Path) -> None:
    lines = page.read_text("utf-8").splitlines()
    assert [lines[block.line - 1] for block in blocks(page) if lines[block.line - 1].strip() != f"```{block.language}"] == []
    assert {block.language for block in blocks(page)} <= LANGUAGES


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in pages()])
def test_what_is_not_run_says_why(page: Path) -> None:
    assert {block.marks["not run"] for block in blocks(page) if "not run" in block.marks} <= REASONS


def test_what_is_not_run_is_known() -> None:
    found = Counter((name(page), block.marks["not run"]) for page in pages() for block in blocks(page) if "not run" in block.marks)
    known = json.loads((Path(__file__).parent / "not_run.json").read_text("utf-8"))
    assert {f"{page}: {reason}": count for (page, reason), count in sorted(found.items())} == known


@each_block("yaml")
def test_yaml_can_be_read_and_settings_are_settings(block: Block, tmp_path: Path) -> None:
    tree, *_ = yaml.safe_load_all(block.text)  # front matter is followed by a text
    if isinstance(tree, dict) and tree and set(tree) <= SECTIONS:
        file = tmp_path / "settings.yaml"
        for line in re.findall(r"file: ([\w./-]+)", block.text):
            (tmp_path / line).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / line).touch()
        file.write_text(block.text, "utf-8")
        load_settings(file)


@each_block("json", "jsonl", "toml", "ini")
def test_data_can_be_read(block: Block) -> None:
    if ANYTHING in block.text or LEFT_OUT in block.text:
        return
    if block.language == "json":
        json.loads(block.text)
    elif block.language == "jsonl":
        assert all(json.loads(line) for line in block.text.splitlines())
    elif block.language == "toml":
        tomllib.loads(block.text)
    else:
        configparser.ConfigParser(strict=False, interpolation=None).read_string(block.text)


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in pages()])
def test_targets_of_make_are_there(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    wanted = [target for block in blocks(page) if block.language == "sh" for target in made_targets(block.text)]
    assert [target for target in wanted if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
