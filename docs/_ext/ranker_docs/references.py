"""References that Sphinx does not resolve by itself: anchors inside tables, and names of Python that have no place of their own."""

from __future__ import annotations

import importlib
import re
from typing import Any

from docutils import nodes  # type: ignore[import-untyped,unused-ignore]
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util.nodes import make_refnode

_RAW_ANCHOR = re.compile(r'<\w+ id="([^"]+)"')
_DASH = "\N{EN DASH}"
_SETTINGS, _SETTINGS_PAGE = "ranker.settings.", "docs/reference/settings"


class Anchors(SphinxTransform):
    """Lets links of Markdown lead to every anchor of a page, not to headings alone."""

    default_priority = 878  # when all ids are given, right before MyST resolves links inside the page

    def apply(self, **_: Any) -> None:
        """Add the anchors to those that MyST knows."""
        slugs = getattr(self.document, "myst_slugs", {})
        for node in self.document.findall(nodes.Element):
            for name in _RAW_ANCHOR.findall(node.astext()) if isinstance(node, nodes.raw) else node.get("ids", ()):
                slugs.setdefault(name, (None, name, ""))


class Dashes(SphinxTransform):
    """One dash behind the name of a parameter, for which docutils writes two."""

    default_priority = 878

    def apply(self, **_: Any) -> None:
        """Replace them; two dashes elsewhere are those of an option."""
        for text in list(self.document.findall(nodes.Text)):
            if text == " -- ":
                text.parent.replace(text, nodes.Text(f" {_DASH} "))


def of_inside(app: Sphinx, _: BuildEnvironment, node: pending_xref, shown: nodes.TextElement) -> nodes.Element | None:
    """A name of the package that the reference leaves out: settings lead to their page, others stand without a link.

    A name that is not there gives nothing, and so a warning.
    """
    target = str(node.get("reftarget", ""))
    if node.get("refdomain") != "py" or not _exists(target):
        return None
    if target.startswith(_SETTINGS):
        return make_refnode(app.builder, node["refdoc"], _SETTINGS_PAGE, "", [shown])
    return shown


def _exists(name: str) -> bool:
    """Whether a dotted name of the package can be imported."""
    parts = name.split(".")
    if parts[0] != "ranker":
        return False
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False
