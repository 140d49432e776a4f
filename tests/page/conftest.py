"""What tests of the page share: one browser, services to look at, and a page that fails its test for whatever a page should not do.

Every test that has a page runs in the thread that owns the browser. Pictures of pages of tests that fail, and some of those that pass, are
kept in the folder that `RANKER_SCREENSHOTS` names, else beside pytest's temporary folders.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.chromium import MISSING, Chromium, chromium, chromium_path
from support.newsroom import newsroom_placed
from support.places import Place, placed
from support.watched import PATIENCE_MILLISECONDS, Visit, Watched, visiting

SCREENSHOTS = "RANKER_SCREENSHOTS"
expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.fixture(scope="session")
def driven() -> Iterator[Chromium]:
    """The browser, one for all tests."""
    with chromium() as made:
        yield made


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of pictures."""
    given = os.environ.get(SCREENSHOTS)
    return Path(given) if given else tmp_path_factory.mktemp("screenshots")


@pytest.fixture
def visit(driven: Chromium, pictures: Path) -> Iterator[Visit]:  # noqa: ARG001 - kept when a test fails
    """The pages of this test."""
    with ExitStack() as ending:
        made = visiting(driven.browser)
        yield driven.do(lambda: ending.enter_context(made))
        driven.do(ending.close)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a browser where there is none, before anything is set up for it."""
    if "driven" in getattr(item, "fixturenames", ()) and chromium_path(os.environ) is None:
        pytest.skip(MISSING)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that has pages in the thread of the browser, and look at its pages at its end."""
    arguments = pyfuncitem.funcargs
    driven, visit, folder = (arguments.get(name) for name in ("driven", "visit", "pictures"))
    if not (isinstance(driven, Chromium) and isinstance(visit, Visit) and isinstance(folder, Path)):
        return None

    def run() -> None:
        try:
            pyfuncitem.obj(**{name: arguments[name] for name in pyfuncitem._fixtureinfo.argnames})
            visit.check()
        except Exception:
            kept = [str(path) for path in visit.pictures(folder, re.sub(r"\W+", "-", pyfuncitem.name))]
            pyfuncitem.add_report_section("call", "pictures", "\n".join(kept))
            raise

    driven.do(run)
    return True


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The sample newsroom, its clock standing still. Tests leave it as it is."""
    with newsroom_placed(tmp_path_factory.mktemp("newsroom") / "desk.sqlite") as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Place]:
    """An empty service of one test's own."""
    with placed(tmp_path / "desk.sqlite") as made:
        yield made


@pytest.fixture
def page(visit: Visit, newsroom: Place, driven: Chromium) -> Watched:
    """A page on the sample newsroom."""
    return driven.do(lambda: visit.page(newsroom.url))


@pytest.fixture
def keep(pictures: Path) -> Callable[[Watched, str], None]:
    """Keeps a picture of a page that is as it should be."""

    def kept(watched: Watched, name: str) -> None:
        pictures.mkdir(parents=True, exist_ok=True)
        watched.page.screenshot(path=pictures / f"{name}.png", caret="initial")  # hiding the caret would write into the page

    return kept
