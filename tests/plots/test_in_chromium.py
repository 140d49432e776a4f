"""Plots and tables of hostile articles in a browser: they are drawn, nothing of the articles runs, nothing is fetched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Dialog
from support.chromium import MISSING, Chromium, chromium, chromium_path
from support.rooms import hostile_room

from ranker import plots
from ranker.evaluation.coverage import group_overlap, provider_coverage
from ranker.notebook import Newsroom

pytestmark = pytest.mark.skipif(chromium_path(os.environ) is None, reason=MISSING)
DRAWN = "document.querySelectorAll('.main-svg').length >= {count} && document.querySelectorAll('.main-svg text').length > 20"
LOOK = """() => ({
  ran: window.ran ?? null,
  hostile: document.querySelectorAll('[hostile], .main-svg a, iframe, object, embed, form, base, link, meta').length,
  handlers: [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
  scripts: document.querySelectorAll('script').length,
  texts: [...document.querySelectorAll('.main-svg text')].map(e => e.textContent).join('\\n'),
})"""


@pytest.fixture(scope="module")
def driven() -> Iterator[Chromium]:
    with chromium() as made:
        yield made


def pieces(room: Newsroom) -> list[str]:
    ranking = room.ranking
    figures = [
        plots.score_bars(ranking.stories, limit=80),
        plots.story_timeline(ranking.stories[1], ranking),
        plots.heat_over_time(ranking, hours=3),
        plots.article_map(ranking, method="pca"),
        plots.rank_moves(ranking.stories, room.ranked(profile="newest").ranking.stories, names=("<img hostile src=x>", "b"), limit=80),
        plots.first_reports(provider_coverage(ranking), limit=80),
        plots.overlap_matrix(group_overlap(ranking, limit=40)),
    ]
    return [plots.figure_html(figure) for figure in figures]


def looked_at(found: Chromium, body: str, count: int) -> tuple[dict[str, Any], list[str]]:
    page = found.browser.new_page(viewport={"width": 1000, "height": 800})
    asked: list[str] = []

    def dismissed(dialog: Dialog) -> None:
        asked.append(f"dialog {dialog.message}")
        dialog.dismiss()

    try:
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(f"error {error}"))
        page.on("dialog", dismissed)
        page.set_content(f"<title>t</title><script>{plots.plotly_script()}</script>{body}")
        if count:
            page.wait_for_function(DRAWN.format(count=count))
            box = page.locator(".main-svg .trace").first.bounding_box()
            assert box is not None
            page.mouse.move(box["x"] + 10, box["y"] + 10)  # hover shows titles
            page.wait_for_timeout(200)
        told: dict[str, Any] = page.evaluate(LOOK)
        return told, asked
    finally:
        page.close()


def test_plots_show_hostile_titles_as_text(driven: Chromium) -> None:
    drawn = pieces(hostile_room())
    told, asked = driven.do(lambda: looked_at(driven, "".join(drawn), len(drawn)))
    assert asked == []
    assert (told["ran"], told["hostile"], told["handlers"], told["scripts"]) == (None, 0, 0, 1 + len(drawn))
    assert "<script hostile>" in told["texts"]
    assert "%{x}" in told["texts"]
    assert "&lt;b&gt;" in told["texts"]
    assert '" onmouseover="' in told["texts"]
    assert "' onmouseover='" in told["texts"]


def test_tables_show_hostile_titles_as_text(driven: Chromium) -> None:
    room = hostile_room()
    results = (room.stories, room.story(2), room.articles, room.borderline(), room.providers, room.mistakes())
    body = "".join(result._repr_html_() for result in results)
    told, asked = driven.do(lambda: looked_at(driven, body, 0))
    assert asked == []
    assert (told["ran"], told["hostile"], told["handlers"], told["scripts"]) == (None, 0, 0, 1)
