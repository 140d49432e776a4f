"""The Sphinx extension of this documentation: reference pages made from the code while the site is built.

A page says `<!-- generated here: NAME -->` where its content belongs. On GitHub that line is invisible; in the site it is replaced by what
the generator of that name gives, before the page is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from pygments.lexers.data import JsonLexer  # type: ignore[import-untyped,unused-ignore]
from pygments.lexers.special import TextLexer  # type: ignore[import-untyped,unused-ignore]
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from ranker_docs import commands_page, contents, errors_page, http_document, http_page, python_page, references, settings_page
from ranker_docs.docstrings import as_fields

GENERATORS: Mapping[str, Callable[[], str]] = {
    "commands": commands_page.page,
    "contents": contents.page,
    "errors": errors_page.page,
    "exit codes": errors_page.exit_codes_page,
    "http": http_page.page,
    "python": python_page.page,
    "settings": settings_page.page,
}
_PLACE = re.compile(r"^<!-- generated here: ([\w ]+) -->$", re.MULTILINE)
_FOLDER = re.compile(r"(?<=\]\()(?![a-z]+:)[^)#\s]*/(?=\))")
_ENTRY = '<!doctype html>\n<meta charset="utf-8">\n<title>ranker</title>\n<meta http-equiv="refresh" content="0; url=docs/index.html">\n'


def setup(app: Sphinx) -> ExtensionMetadata:
    """Tell Sphinx what this adds."""
    app.add_lexer("jsonl", JsonLexer)
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", _fill)
    app.connect("autodoc-process-docstring", _rewrite)
    app.connect("autodoc-process-signature", _readable)
    app.connect("missing-reference", references.of_inside)
    app.add_transform(references.Anchors)
    app.add_transform(references.Dashes)
    app.connect("build-finished", _finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _fill(_: Sphinx, __: str, content: list[str]) -> None:
    """Put what is generated into its place, and let links to folders lead to what is written about them."""
    filled = _PLACE.sub(lambda place: GENERATORS[place[1]](), content[0])
    content[0] = _FOLDER.sub(r"\g<0>README.md", filled)


def _rewrite(_: Sphinx, __: str, ___: str, ____: object, _____: object, lines: list[str]) -> None:
    lines[:] = as_fields(lines)


def _readable(
    _: Sphinx, __: str, ___: str, ____: object, _____: object, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """A signature that can be read as Python: what a dataclass makes anew for each instance has no words of its own."""
    return None if signature is None else signature.replace("<factory>", "..."), returned


def _finish(app: Sphinx, error: Exception | None) -> None:
    """Write the OpenAPI document beside the pages, and the way in."""
    if error is None and app.builder.format == "html":
        out = Path(app.outdir)
        (out / "openapi.json").write_text(http_document.text(), "utf-8")
        (out / "index.html").write_text(_ENTRY, "utf-8")
