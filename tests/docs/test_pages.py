"""Every page of the documentation, gone through as a reader does: its commands and its Python run, and print what stands below them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from support import doc_shell
from support.doc_blocks import ROOT, Order, blocks, name, pages, steps

ELSEWHERE = {"docs/client.md": "tests/client/test_docs.py"}  # run there, with a service for it
RUN = [page for page in pages() if name(page) not in ELSEWHERE and any(block.is_run for block in blocks(page))]
AT_ONE_TIME = min(os.cpu_count() or 1, 4)

Read = Callable[[Path], "subprocess.CompletedProcess[str]"]


def read(page: Path, folder: Path, vectors: Path) -> subprocess.CompletedProcess[str]:
    """A page gone through in a process of its own."""
    command = [sys.executable, "-m", "support.doc_run", str(page), str(folder), str(vectors)]
    environ = os.environ | {"PYTHONPATH": str(ROOT / "tests")}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def reading(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, vectors: Path) -> Iterator[Read]:
    """What came of reading a page; all whose tests are to run are read from the start, several at one time."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function) and "reading" in item.fixturenames]
    wanted = [] if "PYTEST_XDIST_WORKER" in os.environ else [Path(str(item.callspec.params["page"])) for item in items]
    with ThreadPoolExecutor(AT_ONE_TIME) as pool:

        def begun(page: Path) -> Future[subprocess.CompletedProcess[str]]:
            return pool.submit(read, page, tmp_path_factory.mktemp(page.stem), vectors)

        known = {page: begun(page) for page in wanted}
        yield lambda page: (known.get(page) or begun(page)).result()
        pool.shutdown(cancel_futures=True)


@pytest.mark.model
@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in RUN])
def test_what_the_page_says_is_what_happens(page: Path, reading: Read) -> None:
    done = reading(page)
    assert done.returncode == 0, done.stderr


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
