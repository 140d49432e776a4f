"""Watched pages: a page that takes down all that a page should not do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response, ViewportSize

WIDE, PHONE = (1280, 900), (360, 740)  # pixels
PATIENCE_MILLISECONDS = 10_000  # for what takes some, on a machine that does much else
_LEFT = "net::ERR_ABORTED"  # a stream or an answer that nobody waited for any more: the page was left, or asked anew
_WRONG = 400  # statuses from here on are errors
_BESIDE = ("data:", "blob:", "about:")

# What text of articles would do if it ran: it sets `window.ran`, or opens a dialog. What it would be as an element carries `hostile`.
_FOUND = """() => {
  const bad = [];
  if (window.ran !== undefined) bad.push('a script of a text ran: ' + window.ran);
  const doors = {'href': ['http:', 'https:'], 'src': ['http:', 'https:'], 'action': ['http:', 'https:'], 'formaction': ['http:', 'https:'],
                 'xlink:href': ['http:', 'https:'], 'data': [], 'srcdoc': [], 'style': [], 'ping': [], 'background': [], 'poster': []};
  for (const element of document.querySelectorAll('*')) {
    for (const {name, value} of element.attributes) {
      const told = `<${element.localName} ${name}="${value.slice(0, 80)}">`;
      if (name.startsWith('on') || name === 'hostile') bad.push('attribute ' + told);
      if (!(name in doors)) continue;
      let scheme = ''; try { scheme = new URL(value, document.baseURI).protocol; } catch { scheme = 'no address'; }
      if (!doors[name].includes(scheme)) bad.push('address ' + told);
    }
    if (/^(iframe|object|embed|base|math|foreignobject|animate|set)$/i.test(element.localName)) bad.push('element ' + element.localName);
    if (element.localName === 'script' && !element.src && (element.type === '' || element.type === 'module')) bad.push('inline script');
    if (element instanceof HTMLAnchorElement && element.href && element.origin !== location.origin) {
      for (const word of ['noopener', 'noreferrer', 'nofollow'])
        if (!element.relList.contains(word)) bad.push('no ' + word + ' on ' + element.href.slice(0, 80));
    }
  }
  return bad;
}"""

# Texts that reach beyond the window where no reader could see their end: neither by scrolling them nor by dots that say that there is more.
# One letter under hundreds of marks cannot be broken; it may be cut off.
_CUT_OFF = """() => {
  const edge = document.documentElement.clientWidth + 1, found = [], range = document.createRange();
  const isSeen = (element, style) => /auto|scroll/.test(style.overflowX) || style.textOverflow === 'ellipsis'
    || style.webkitLineClamp !== 'none' || element.matches('.unseen, .skip, option, datalist');
  const mayBe = each => each && each !== document.body && (isSeen(each, getComputedStyle(each)) || mayBe(each.parentElement));
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode() && found.length < 4) {
    const {textContent, parentElement} = texts.currentNode;
    if (!textContent.trim() || /\\u0489.?\\u0321/.test(textContent) || !parentElement.checkVisibility()) continue;
    range.selectNodeContents(texts.currentNode);
    if (range.getBoundingClientRect().right > edge && !mayBe(parentElement))
      found.push(`cut off: ${parentElement.localName} of ${parentElement.parentElement.className}: ${textContent.trim().slice(0, 80)}`);
  }
  return found;
}"""


@dataclass
class Watched:
    """A page, and what was wrong with it so far."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)
    expected: list[re.Pattern[str]] = field(default_factory=list)

    def expect(self, *patterns: str) -> None:
        """Let pass what a test brings about on purpose."""
        self.expected += map(re.compile, patterns)

    def wrong(self) -> list[str]:
        """What was wrong and not expected."""
        return [told for told in self.complaints if not any(each.search(told) for each in self.expected)]

    def open(self, path: str = "/") -> Response:
        """Go to a page of the service."""
        answer = self.page.goto(self.origin + path)
        assert answer is not None
        return answer

    def check_document(self, *, fits: bool = True) -> None:
        """Hold that nothing of a text became part of the document, and that all of it can be seen within the width of the window."""
        found = list(self.page.evaluate(_FOUND))
        if fits:
            wider = self.overflow()
            found += [f"the document is {wider} pixels wider than its window"] if wider > 0 else []
            found += self.page.evaluate(_CUT_OFF)
        _hold_none(found, self.page.url)

    def overflow(self) -> int:
        """How many pixels the document is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def watch(self) -> None:
        """Begin to take down."""
        page = self.page
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.complaints.append(f"console {message.type}: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.origin + "/", *_BESIDE)):
            self.complaints.append(f"request elsewhere: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != _LEFT:
            self.complaints.append(f"request failed: {request.url}: {request.failure}")

    def _response(self, answer: Response) -> None:
        if answer.status >= _WRONG:
            self.complaints.append(f"status {answer.status}: {urlsplit(answer.url).path}")


@dataclass
class Visit:
    """The pages of one test."""

    browser: Browser
    pages: list[Watched] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, origin: str, *, size: tuple[int, int] = WIDE, scripts: bool = True, **options: Any) -> Watched:
        """A page of a context of its own, for a service; `options` are of the context. Nothing moves unless they say so."""
        usual: dict[str, Any] = {"locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce"}
        viewport: ViewportSize = {"width": size[0], "height": size[1]}
        context = self.browser.new_context(viewport=viewport, java_script_enabled=scripts, **(usual | options))
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        self.contexts.append(context)
        return self.another(context, origin)

    def another(self, context: BrowserContext, origin: str) -> Watched:
        """One more page of a context."""
        made = Watched(context.new_page(), origin)
        made.watch()
        self.pages.append(made)
        return made

    def check(self) -> None:
        """Hold that no page did what it should not."""
        for watched in self.pages:
            if not watched.page.is_closed():
                watched.page.wait_for_timeout(0)  # what the browser has told by now arrives
            _hold_none(watched.wrong(), watched.page.url)

    def pictures(self, folder: Path, name: str) -> Iterator[Path]:
        """Pictures of all pages that are open, kept in a folder."""
        for number, watched in enumerate(self.pages):
            if not watched.page.is_closed():
                folder.mkdir(parents=True, exist_ok=True)
                path = folder / f"{name}-{number}.png"
                watched.page.screenshot(path=path, caret="initial")
                yield path

    def close(self) -> None:
        """Close all."""
        for context in self.contexts:
            context.close()


def _hold_none(found: list[str], url: str) -> None:
    if found:
        raise AssertionError("\n".join([f"on {url}:", *found]))


@contextmanager
def visiting(browser: Browser) -> Iterator[Visit]:
    """Pages for as long as this lasts."""
    visit = Visit(browser)
    try:
        yield visit
    finally:
        visit.close()
