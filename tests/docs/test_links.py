"""Links of Markdown pages, as GitHub follows them: every file is there, every heading too."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from support.doc_blocks import ROOT, pages
from support.doc_links import is_elsewhere, markdown_anchors, markdown_links

OUTSIDE = ["README.md", "CHANGELOG.md", *(f"{name}/README.md" for name in ("data", "data/newsroom", "models", "notebooks", "benchmarks"))]
PAGES = [*pages(), *(ROOT / name for name in OUTSIDE)]
GENERATED = "<!-- generated here: "  # anchors of such pages are those of the site; tests/docs/test_site.py follows them


@pytest.mark.parametrize("page", [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES])
def test_links_lead_to_files_and_headings(page: Path) -> None:
    broken = [link for link in markdown_links(page.read_text("utf-8")) if not is_elsewhere(link) and not leads(link, page)]
    assert broken == []


def leads(link: str, page: Path) -> bool:
    """Whether there is what a link names."""
    parts = urlsplit(link)
    target = page.parent / unquote(parts.path) if parts.path else page
    if not target.resolve().is_relative_to(ROOT) or not target.exists():
        return False
    if not parts.fragment or target.suffix != ".md":
        return True
    text = target.read_text("utf-8")
    return GENERATED in text or unquote(parts.fragment) in markdown_anchors(text)


@pytest.mark.parametrize("page", [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES])
def test_links_out_of_the_checkout_are_web_addresses(page: Path) -> None:
    links = [urlsplit(link) for link in markdown_links(page.read_text("utf-8")) if is_elsewhere(link)]
    assert [link for link in links if link.scheme not in {"http", "https"} or "." not in link.netloc] == []


def test_anchors_are_those_of_github() -> None:
    text = "# The `x` of *it*\n\n## A.b, c?\n\n```sh\n# no heading\n```\n\n## [Linked](a.md) words\n\n## A.b, c?\n"
    assert markdown_anchors(text) == {"the-x-of-it", "ab-c", "linked-words", "ab-c-1"}


def test_links_in_code_are_none() -> None:
    assert markdown_links("[a](b.md#c) `[d](e)` ![f](g.svg)\n\n```text\n[h](i)\n```\n") == ["b.md#c", "g.svg"]


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = ROOT / "docs" / "format.md"
    assert leads("#identity", page)
    assert leads("../README.md#settings", page)
    assert not leads("#no-such-heading", page)
    assert not leads("no-such-page.md", page)
    assert not leads(str(tmp_path), page)
