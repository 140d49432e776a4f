"""The table of contents of the site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PARTS: Mapping[str, Sequence[str]] = {
    "Learn": ("tutorial",),
    "How to": ("how-to/index", "how-to/*"),
    "Explanation": ("explanation/*", "grouping", "ranking", "desk", "corrections", "figures", "comparison"),
    "Reference": (
        "reference/commands", "reference/settings", "format", "reference/http-api", "http", "client", "reference/python",
        "service", "store", "reference/exit-codes", "reference/errors",
    ),
    "Project": (
        "../README", "../data/README", "../data/newsroom/README", "../models/README", "../benchmarks/README", "../benchmarks/*/README",
        "../notebooks/README", "../CHANGELOG",
    ),
}  # fmt: skip


def page() -> str:
    """One hidden table for each part; the theme shows them at the side."""
    return "\n".join(_tree(caption, pages) for caption, pages in PARTS.items())


def _tree(caption: str, pages: Sequence[str]) -> str:
    lines = ["```{toctree}", ":hidden:", ":glob:", ":maxdepth: 1", f":caption: {caption}", "", *pages, "```", ""]
    return "\n".join(lines)
