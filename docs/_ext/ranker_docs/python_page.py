"""The reference of the Python API: which modules and names are public, for Sphinx's autodoc."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType

from ranker_docs.docstrings import summary
from ranker_docs.markdown import code, plain

# What each part is for, and the modules whose public names stand in it. A module that is not there (yet) is left out.
PARTS: Mapping[str, Sequence[str]] = {
    "The package": ("ranker",),
    "The road of a batch": ("ranker.pipeline",),
    "Settings": ("ranker.settings_file",),
    "Articles": (
        "ranker.articles.article", "ranker.articles.reading", "ranker.articles.writing", "ranker.articles.front_matter",
        "ranker.articles.feeds",
    ),
    "Vectors": ("ranker.vectors.encoder", "ranker.vectors.cache", "ranker.vectors.background"),
    "Stories": (
        "ranker.stories.story", "ranker.stories.same_story", "ranker.stories.corrections", "ranker.stories.corrections_file",
        "ranker.stories.publishers", "ranker.stories.reasons",
    ),
    "Ranking": (
        "ranker.ranking.ranked", "ranker.ranking.related", "ranker.ranking.blend", "ranker.ranking.movement", "ranker.ranking.explanation",
    ),
    "Live stories": (
        "ranker.desk.desk", "ranker.desk.records", "ranker.desk.edition", "ranker.desk.store", "ranker.desk.sqlite", "ranker.desk.memory",
    ),
    "Notebooks and plots": ("ranker.notebook", "ranker.plots"),
    "Evaluation": ("ranker.evaluation.metrics", "ranker.evaluation.labels", "ranker.evaluation.forecast"),
    "The client of a service": ("ranker.client", "ranker.client.answers"),
    "Files that come along": ("ranker.places",),
}  # fmt: skip


def page() -> str:
    """The whole reference, in Markdown with autodoc's directives in it."""
    return "\n".join(part for title, modules in PARTS.items() if (part := _part(title, modules)))


def modules() -> list[ModuleType]:
    """The public modules that there are."""
    return [found for names in PARTS.values() for name in names if (found := _module(name)) is not None]


def public_names(module: ModuleType) -> list[str]:
    """Names of a module that its users call: those it exports, or the functions and classes that it defines, in its order."""
    exported = getattr(module, "__all__", None)
    if exported is not None:
        return sorted(exported)
    return [
        name for name, value in vars(module).items()
        if not name.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module.__name__
    ]  # fmt: skip


def _module(name: str) -> ModuleType | None:
    return importlib.import_module(name) if importlib.util.find_spec(name) is not None else None


def _part(title: str, names: Sequence[str]) -> str:
    found = [module for name in names if (module := _module(name)) is not None]
    return f"## {title}\n\n" + "\n".join(_section(module) for module in found) if found else ""


def _section(module: ModuleType) -> str:
    moved = [(name, there) for name in public_names(module) if (there := place(module, name)) != f"{module.__name__}.{name}"]
    elsewhere = ", ".join(f"[{code(name)}](#{there})" for name, there in moved)
    also = f"Here too: {elsewhere}.\n" if moved else ""
    return "\n".join([f"### {module.__name__}\n", plain(summary(module)) + "\n", also, "```{eval-rst}", *_directives(module), "```", ""])


def _directives(module: ModuleType) -> Iterator[str]:
    """A directive for each name that has its place in this module."""
    yield f".. module:: {module.__name__}\n"
    for name in public_names(module):
        if place(module, name) != f"{module.__name__}.{name}":
            continue
        value, qualified = getattr(module, name), f"{module.__name__}.{name}"
        if inspect.isclass(value):
            inherits = "" if value.__bases__ == (object,) else "   :show-inheritance:\n"
            yield f".. autoclass:: {qualified}\n   :members:\n{inherits}"
        elif inspect.isroutine(value):
            yield f".. autofunction:: {qualified}\n"
        else:
            yield f".. autodata:: {qualified}\n"


def place(module: ModuleType, name: str) -> str:
    """Where a name is described: in the first of the modules above from which its users may take it."""
    value = getattr(module, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        for other in modules():
            if name in public_names(other) and getattr(other, name) is value:
                return f"{other.__name__}.{name}"
    return f"{module.__name__}.{name}"
