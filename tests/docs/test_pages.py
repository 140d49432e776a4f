"""Every page of the documentation, gone through as a reader does: its commands and its Python run, and print what stands below them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import doc_shell
from support.doc_blocks import Order, blocks, name, pages, steps
from support.doc_reader import Reader

ELSEWHERE = {"docs/client.md": "tests/client/test_docs.py"}  # run there, with a service for it
RUN = [page for page in pages() if name(page) not in ELSEWHERE and any(block.is_run for block in blocks(page))]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vectors that all pages share: many of them rank the sample newsroom."""
    return tmp_path_factory.mktemp("vectors")


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in RUN])
def test_what_the_page_says_is_what_happens(page: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    environ = doc_shell.environment(folder, cache)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(folder)
    with Reader(page, folder, environ) as reader:
        for step in steps(page):
            reader.take(step)


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in pages()])
def test_only_harmless_commands_are_run(page: Path) -> None:
    commands = [(step.line, step.text) for step in steps(page) if isinstance(step, Order) and step.mark == "run first"]
    commands += [(block.line, block.text) for block in blocks(page) if block.is_run and block.language == "sh"]
    wrong = [(line, word) for line, text in commands for word in doc_shell.first_words(text) if word not in doc_shell.HARMLESS]
    assert wrong == [], "mark these blocks `<!-- not run: REASON -->`, or use another command"


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in pages()])
def test_a_service_that_a_page_starts_is_started_by_the_test(page: Path) -> None:
    shell = [block for block in blocks(page) if block.is_run and block.language == "sh" and "starts the service" not in block.marks]
    endless = [block.line for block in shell if doc_shell.serves(block.text)]
    assert endless == [], "mark these blocks `<!-- starts the service -->` or `<!-- not run: never ends -->`"


def test_pages_that_are_run_elsewhere_are_there() -> None:
    root = Path(__file__).parents[2]
    assert all(root.joinpath(page).exists() and root.joinpath(test).exists() for page, test in ELSEWHERE.items())
