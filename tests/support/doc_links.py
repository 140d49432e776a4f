"""Links: of pages of HTML as they were built, and of Markdown as GitHub shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADING = {(tag, "src") for tag in ("script", "img", "iframe", "source")} | {("img", "srcset"), ("link", "href"), ("object", "data")}
_MARKDOWN_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_FENCED = re.compile(r"^( *)```.*?^ *```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#{1,6} +(.*?)(?: +#*)?$", re.MULTILINE)


@dataclass
class Page(HTMLParser):
    """Anchors of a page, where its links lead, and what it loads."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif (tag, name) == ("a", "href") and value:
                self.links.append(value)
            elif (tag, name) in _LOADING and value:
                self.loads.append(value)

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        self.text += data


def read_page(path: Path) -> Page:
    """What a page of HTML holds."""
    page = Page()
    page.feed(path.read_text("utf-8"))
    return page


def is_elsewhere(link: str) -> bool:
    """Whether a link leads out of the site or the checkout."""
    return bool(urlsplit(link).scheme or urlsplit(link).netloc)


def broken_links(site: Path) -> list[str]:
    """Links inside a site, and files that its pages load, that lead nowhere; as "page: link"."""
    pages = {path.resolve(): read_page(path) for path in sorted(site.rglob("*.html"))}
    return [
        f"{path.relative_to(site.resolve())}: {link}"
        for path, page in pages.items()
        for link in (*page.links, *page.loads)
        if not is_elsewhere(link) and not _leads(link, path, pages)
    ]


def _leads(link: str, path: Path, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return False
    return not parts.fragment or target not in pages or unquote(parts.fragment) in pages[target].anchors


def markdown_links(text: str) -> list[str]:
    """Where the links and pictures of a page of Markdown lead; what stands in code is none."""
    return _MARKDOWN_LINK.findall(_CODE.sub("``", _FENCED.sub("", text)))


def markdown_anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page of Markdown."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCED.sub("", text)):
        shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).strip().replace(" ", "-")
        found.add(slug if slug not in found else next(f"{slug}-{number}" for number in range(1, 1000) if f"{slug}-{number}" not in found))
    return found
