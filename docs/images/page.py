"""Make the pictures of the page: `python docs/images/page.py [FOLDER]`, with Chromium on this machine (or RANKER_CHROMIUM=/path).

The sample newsroom as `ranker serve --demo` shows it, its clock standing still: page-light.png, page-dark.png, page-phone.png, story.png.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

import click  # noqa: E402 - the folder is put on the path first
from playwright.sync_api import Browser  # noqa: E402
from support.chromium import chromium  # noqa: E402
from support.looked import asked  # noqa: E402
from support.newsroom import newsroom_placed  # noqa: E402
from support.places import Place  # noqa: E402

MOST_BYTES = 250_000  # of one picture: readers of the README load them all
WIDE, PHONE = (1280, 900), (390, 844)  # pixels of the page
PLACES = 3  # stories at the top, of which the one with the most articles is shown


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: a page, and the screen that it is looked at on."""

    name: str
    path: str
    size: tuple[int, int] = WIDE
    scheme: Literal["light", "dark"] = "light"
    scale: int = 1  # pixels of the picture for one of the page


def pictures(place: Place) -> list[Picture]:
    """All of them."""
    story = max(asked(place, "/v1/stories", limit=PLACES)["stories"], key=lambda each: each["counts"]["articles"])
    return [
        Picture("page-light", "/"),
        Picture("page-dark", "/", scheme="dark"),
        Picture("page-phone", "/", size=PHONE, scale=2),
        Picture("story", f"/stories/{story['id']}"),
    ]


def taken(browser: Browser, place: Place, picture: Picture) -> bytes:
    """The picture as PNG."""
    context = browser.new_context(
        viewport={"width": picture.size[0], "height": picture.size[1]},
        device_scale_factor=picture.scale,
        color_scheme=picture.scheme,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    try:
        page = context.new_page()
        page.clock.set_fixed_time(place.runner.now())
        answer = page.goto(place.url + picture.path, wait_until="load")
        if answer is None or not answer.ok:
            raise SystemExit(f"{picture.name}: {picture.path} was not answered")
        page.evaluate("document.fonts.ready.then(() => 0)")
        return page.screenshot(animations="disabled", caret="hide")
    finally:
        context.close()


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    with (
        tempfile.TemporaryDirectory() as store,
        newsroom_placed(Path(store) / "desk.sqlite", encoder="news-minilm") as place,
        chromium() as found,
    ):
        for picture in pictures(place):
            made = found.do(partial(taken, found.browser, place, picture))
            if len(made) > MOST_BYTES:
                raise SystemExit(f"{picture.name}: {len(made):,} bytes are more than {MOST_BYTES:,}; show less, or at a smaller scale")
            (folder / f"{picture.name}.png").write_bytes(made)
            click.echo(f"{folder / picture.name}.png  {len(made):,} bytes")


if __name__ == "__main__":
    main()
