"""The report in a browser: opened as a file it asks for nothing, runs nothing of strangers, and fits every screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from support.chromium import MISSING, Chromium, chromium, chromium_path
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.hostile import hostile_articles

from ranker.apps.report.page import Source, page_bytes
from ranker.pipeline import Ranking, rank_articles
from ranker.settings import Settings

NOTHING = Source((), "balanced", (), "hashing:1", (), ())

Work = Callable[[Page], Any]
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def driven() -> Iterator[Chromium]:
    program = chromium_path(os.environ)
    if program is None:
        pytest.skip(MISSING)
    with chromium(program) as made:
        yield made


@pytest.fixture(scope="module")
def report(ranking: Ranking, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "r.html"
    path.write_bytes(page_bytes(ranking, NOTHING, title="Night desk", limit=100, with_plots=True))
    return path


@pytest.fixture
def opened(driven: Chromium) -> Opened:
    """What some work finds in a report that is opened; whatever it asks for or complains of fails the test."""

    def look(path: Path, work: Work, **context: Any) -> Any:
        wrong: list[str] = []

        def run() -> Any:
            with _page(driven, wrong, path, context) as page:
                return work(page)

        found = driven.do(run)
        assert wrong == []
        return found

    return look


@contextmanager
def _page(driven: Chromium, wrong: list[str], path: Path, context: dict[str, Any]) -> Iterator[Page]:
    made = driven.browser.new_context(**context)
    try:
        page = made.new_page()
        page.on("request", lambda request: None if request.url == path.as_uri() else wrong.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.goto(path.as_uri())
        yield page
    finally:
        made.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plots_are_drawn_when_they_come_into_view(theme: str, report: Path, opened: Opened) -> None:
    def work(page: Page) -> list[str]:
        for plot in page.locator(".plot").all():
            plot.scroll_into_view_if_needed()
            plot.locator(".main-svg").first.wait_for()
        return [plot.get_attribute("data-drawn") or "" for plot in page.locator(".plot").all()]

    assert opened(report, work, color_scheme=theme) == [theme] * 4


def test_the_theme_is_changed_and_plots_with_it(report: Path, opened: Opened) -> None:
    def work(page: Page) -> tuple[Any, ...]:
        page.locator(".plot").first.scroll_into_view_if_needed()
        page.locator(".plot .main-svg").first.wait_for()
        page.locator("#theme").click()
        return (
            page.locator("html").get_attribute("data-theme"),
            page.locator(".plot").first.get_attribute("data-drawn"),
            page.inner_text("#theme"),
        )

    assert opened(report, work, color_scheme="light") == ("dark", "dark", "Light")


def test_stories_are_found_and_opened(report: Path, opened: Opened) -> None:
    def work(page: Page) -> tuple[Any, ...]:
        page.fill("#find", "quake TARAPAY")
        found = page.locator("#stories > li:visible").count(), page.inner_text("#found")
        page.fill("#find", "")
        page.click("#fold")
        return *found, page.locator("details[open]").count() == page.locator("details").count() > 1

    assert opened(report, work) == (1, "1 of 3", True)


def test_without_scripts_the_stories_are_read_and_opened(report: Path, opened: Opened) -> None:
    def work(page: Page) -> tuple[Any, ...]:
        page.locator("summary").first.click()
        return (
            page.locator("#stories > li").count(),
            page.locator("details[open] tbody tr").first.is_visible(),
            page.locator("#find").is_visible(),
        )

    assert opened(report, work, java_script_enabled=False) == (3, True, False)


@pytest.mark.parametrize("width", [320, 360, 800, 1600])
def test_no_screen_is_too_narrow(width: int, report: Path, opened: Opened) -> None:
    def work(page: Page) -> int:
        page.click("#fold")
        return int(page.evaluate("document.documentElement.scrollWidth"))

    assert opened(report, work, viewport={"width": width, "height": 800}) <= width


def test_nothing_hostile_runs_or_becomes_an_element(default_settings: Settings, tmp_path: Path, opened: Opened) -> None:
    articles = hostile_articles()
    newest = max(article.published for article in articles if article.published)
    ranking = rank_articles(articles, default_settings, as_of=newest, encoder=HashingEncoder(), same_story=SAME_STORY)
    path = tmp_path / "hostile.html"
    path.write_bytes(page_bytes(ranking, NOTHING, title="<script hostile>", limit=500, with_plots=True))

    def work(page: Page) -> tuple[Any, ...]:
        page.click("#fold")
        for plot in page.locator(".plot").all():
            plot.scroll_into_view_if_needed()
            plot.locator(".main-svg").first.wait_for()
        return page.evaluate("window.ran ?? null"), page.locator("[hostile]").count(), page.evaluate("document.documentElement.scrollWidth")

    assert opened(path, work, viewport={"width": 800, "height": 800}) == (None, 0, 800)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_shut_out(theme: str, report: Path, opened: Opened) -> None:
    def work(page: Page) -> list[str]:
        page.click("#fold")
        for plot in page.locator(".plot").all():
            plot.scroll_into_view_if_needed()
            plot.locator(".main-svg").first.wait_for()
        return [fault["id"] for fault in Axe().run(page).response["violations"]]

    assert opened(report, work, color_scheme=theme, bypass_csp=True) == []  # axe-core is put into the page, which its policy forbids
