"""The harness itself: what a page should not do is taken down, and a missing browser is said in words."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route
from support.chromium import MISSING, Chromium, chromium_path
from support.places import Place
from support.watched import Visit, Watched

STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"
PLACE = "http://127.0.0.1:8730"  # nobody listens: a route answers
FAULTS = {
    "a script in the page": ("<script>window.ran = 1</script>", "Content Security Policy"),
    "a style in the page": ("<p style='color: red'>", "Content Security Policy"),
    "a picture from elsewhere": ("<img src='http://127.0.0.1:8731/x.png' alt=''>", "request elsewhere|127.0.0.1:8731"),
    "an error in a script": ("<script src='/broken.js'></script>", "(?m)^error: broken"),
    "a word on the console": ("<script src='/warns.js'></script>", "(?m)^console warning: careful"),
    "a dialog": ("<script src='/asks.js'></script>", r"(?m)^dialog: sure\?"),
    "a file that is not there": ("<script src='/nothing.js'></script>", "(?m)^status 404: /nothing.js"),
    "a request that fails": ("<script src='/fails.js'></script>", "(?m)^request failed: "),
}
FILES = {
    "/style.css": ".cut { overflow-x: clip }",
    "/icon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "/broken.js": "throw new Error('broken')",
    "/warns.js": "console.warn('careful')",
    "/asks.js": "alert('sure?')",
}
TYPES = {"svg": "image/svg+xml", "css": "text/css", "js": "text/javascript"}
MARKUP = {
    "an attribute that runs": "<p onclick='ran()'>",
    "an address that runs": "<a href='javascript:ran()'>x</a>",
    "an address of a file": "<a href='file:///etc/passwd'>x</a>",
    "a frame": "<iframe></iframe>",
    "a drawing that holds more": "<svg><foreignObject></foreignObject></svg>",
    "an element of a text": "<p hostile>",
    "a link that tells too much": "<a href='https://paper.example/' rel='noopener'>x</a>",
    "more than the window is wide": "<pre>" + "x" * 1000 + "</pre>",
    "a text that is cut off": f"<main class=cut><p>{'x' * 1000}</p></main>",
}


def _answers(body: str) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(PLACE)
        if path == "/":
            text = f"<!doctype html><link rel=icon href=/icon.svg><link rel=stylesheet href=/style.css><title>x</title>{body}"
            route.fulfill(body=text, content_type="text/html", headers={"Content-Security-Policy": STRICT})
        elif path in FILES:
            route.fulfill(body=FILES[path], content_type=TYPES[path.rpartition(".")[2]])
        elif path == "/fails.js":
            route.abort("connectionreset")
        else:
            route.fulfill(status=404)

    return answer


def test_what_a_page_should_not_do_is_taken_down(visit: Visit) -> None:
    watched = visit.page(PLACE)
    for body, wanted in FAULTS.values():
        watched.page.route("**/*", _answers(body))
        watched.open()
        with pytest.raises(AssertionError, match=wanted):
            visit.check()
        watched.expected = [re.compile(known) for known in (wanted, "Failed to load resource", "Content Security Policy")]
        visit.check()
        watched.complaints, watched.expected = [], []


def test_markup_that_should_not_be_there_is_found(visit: Visit) -> None:
    watched = visit.page(PLACE)
    watched.expect("Content Security Policy")
    for body in MARKUP.values():
        watched.page.route("**/*", _answers(body))
        watched.open()
        with pytest.raises(AssertionError):
            watched.check_document()


def test_a_page_that_does_nothing_wrong_passes(visit: Visit) -> None:
    watched = visit.page(PLACE)
    watched.page.route(
        "**/*", _answers("<p>x</p><a href='https://paper.example' rel='noopener noreferrer nofollow'>x</a><a href='/'>y</a>")
    )
    watched.open()
    watched.check_document()


def test_documentation_of_requests_loads_nothing_from_elsewhere(page: Watched) -> None:
    page.open("/docs")
    page.page.get_by_text("/v1/stories/{id}", exact=True).wait_for()


def test_without_scripts_a_page_can_still_be_looked_at(visit: Visit, newsroom: Place) -> None:
    watched = visit.page(newsroom.url, scripts=False)
    assert watched.open("/docs").ok
    assert not watched.page.get_by_text("/v1/stories/{id}", exact=True).count()
    assert watched.overflow() <= 0


def test_no_event_loop_runs_beside_the_browser(driven: Chromium) -> None:
    assert driven.do(driven.browser.is_connected)
    asyncio.run(asyncio.sleep(0))


def test_a_browser_is_looked_for(tmp_path: Path) -> None:
    assert chromium_path({"RANKER_CHROMIUM": sys.executable}) == sys.executable
    assert chromium_path({"RANKER_CHROMIUM": str(tmp_path / "nothing")}) is None


def test_without_a_browser_tests_are_skipped_in_words(tmp_path: Path) -> None:
    environ = {**os.environ, "RANKER_CHROMIUM": str(tmp_path / "nothing"), "COLUMNS": "200"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", __file__, "-k", "passes or loads"]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False, cwd=Path(__file__).parents[2])
    assert (ran.returncode, "2 skipped" in ran.stdout, MISSING in ran.stdout) == (0, True, True), ran.stdout
