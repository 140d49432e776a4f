"""The site: built without a warning, whole, and loading nothing from elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.doc_blocks import ROOT, pages
from support.doc_links import broken_links, is_elsewhere, read_page
from support.doc_site import Site

pytestmark = pytest.mark.xdist_group("site")  # one process builds the site


def test_it_is_built_without_a_warning(built: Site) -> None:
    assert (built.exit_code, built.told) == (0, "")


def test_every_page_is_in_it(site: Path) -> None:
    missing = [page for page in pages() if not (site / page.relative_to(ROOT)).with_suffix(".html").exists()]
    assert missing == []


def test_every_link_and_anchor_inside_it_leads_somewhere(site: Path) -> None:
    assert broken_links(site) == []


def test_links_out_of_it_are_addresses(site: Path) -> None:
    out = {link for path in site.rglob("*.html") for link in read_page(path).links if is_elsewhere(link)}
    wrong = [
        link for link in out if urlsplit(link).scheme not in {"http", "https", "mailto"} or not urlsplit(link).path + urlsplit(link).netloc
    ]
    assert wrong == []
    assert len(out) > 10


def test_its_pages_load_nothing_from_elsewhere(site: Path) -> None:
    loaded = [f"{path.name}: {link}" for path in site.rglob("*.html") for link in read_page(path).loads if is_elsewhere(link)]
    assert [each for each in loaded if "data:" not in each] == []


def test_its_styles_load_nothing_from_elsewhere(site: Path) -> None:
    texts = [path.read_text("utf-8") for path in (*site.rglob("*.css"), *site.rglob("*.html"))]
    assert texts
    assert [found for text in texts for found in re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\"']*", text)] == []


def test_the_entry_leads_to_the_first_page(site: Path) -> None:
    address = re.search(r'url=([^"]+)"', (site / "index.html").read_text("utf-8"))
    assert address is not None
    assert (site / address[1]).exists()


def test_it_holds_the_openapi_document(site: Path) -> None:
    document = json.loads((site / "openapi.json").read_text("utf-8"))
    assert "/v1/stories" in document["paths"]


def test_make_docs_builds_it() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"^docs:.*\n\t.*sphinx-build -W --keep-going -n .*docs/_build", makefile, re.MULTILINE)
    assert "docs/_build/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
