"""Chromium: where it is, and one thread that owns it, so that no test beside these finds an event loop running in its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from playwright.sync_api import Browser, Playwright, sync_playwright

VARIABLE = "RANKER_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")  # as systems call it
ARGUMENTS = (
    "--no-sandbox",  # containers and root have none; it sees pages of this machine alone
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
)
MISSING = f"Chromium is not here: `apt-get install chromium`, or {VARIABLE}=/path/to/chromium"

T = TypeVar("T")


def chromium_path(environ: Mapping[str, str]) -> str | None:
    """The program that `RANKER_CHROMIUM` names, else the first that is found under a usual name; None if there is none."""
    given = environ.get(VARIABLE)
    return shutil.which(given) if given else next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """A browser, and the thread that owns it: all that is asked of its pages is asked in there, by `do`."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._thread = ThreadPoolExecutor(1, "chromium")
        self._driver: Playwright | None = None
        self._browser: Browser | None = None

    @property
    def browser(self) -> Browser:
        """The browser, once it runs; to be used in its thread."""
        assert self._browser is not None, "it was not started"
        return self._browser

    def do(self, work: Callable[[], T]) -> T:
        """What some work gives in the thread of the browser."""
        return self._thread.submit(work).result()

    def start(self) -> None:
        """Start the browser."""
        self._driver = self.do(lambda: sync_playwright().start())
        driver = self._driver
        self._browser = self.do(lambda: driver.chromium.launch(executable_path=self._program, args=ARGUMENTS))

    def stop(self) -> None:
        """End the browser, its driver and the thread."""
        browser, driver = self._browser, self._driver
        if browser is not None:
            self.do(browser.close)
        if driver is not None:
            self.do(driver.stop)
        self._thread.shutdown()


@contextmanager
def chromium(program: str | None = None) -> Iterator[Chromium]:
    """A running browser.

    Raises
    ------
    FileNotFoundError : if there is none on this machine, saying how to get one.
    """
    found = program or chromium_path(os.environ)
    if found is None:
        raise FileNotFoundError(MISSING)
    made = Chromium(found)
    try:
        made.start()
        yield made
    finally:
        made.stop()
