"""Layers: imports go down only, and never in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

# From the lowest up; a module may import its own layer and those before it.
LAYERS = (
    "errors",
    "client",
    "settings",
    "settings_file",
    "places",
    "articles",
    "vectors",
    "stories",
    "ranking",
    "pipeline",
    "desk",
    "evaluation",
    "training",
    "plots",
    "notebook",
    "apps",
)
PACKAGE = Path(__file__).parents[1] / "ranker"
SOURCES = {
    ".".join(("ranker", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path.read_text("utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
}


def imported(source: str, *, while_loading: bool = False) -> set[str]:
    """What of `ranker` a source imports; names of the package root as "ranker:name".

    Parameters
    ----------
    while_loading : leave out what is imported when a function is called, or for the type checker alone.
    """
    found: set[str] = set()
    for node in _loading(ast.parse(source)) if while_loading else ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports say their whole path"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                root = f"ranker:{alias.name}" if node.module == "ranker" else str(node.module)
                found.add(submodule if submodule in SOURCES else root)
    return {name for name in found if name.partition(":")[0].split(".")[0] == "ranker"}


def _loading(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        is_for_types = isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"
        if not (is_for_types or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
            yield from _loading(child)


def layer(module: str) -> int:
    return LAYERS.index(module.split(".")[1])


def upward(module: str, source: str) -> list[str]:
    """The imports of a module that it may not have."""
    own = len(LAYERS) if module == "ranker" else layer(module)
    allowed_of_root = {"ranker:__version__"}
    return sorted(
        name for name in imported(source) - allowed_of_root if ":" in name or name == "ranker" or name not in SOURCES or layer(name) > own
    )


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_imports_its_own_layer_and_those_below(module: str) -> None:
    assert upward(module, SOURCES[module]) == []


def test_no_modules_load_each_other_in_a_circle() -> None:
    loads = {module: imported(source, while_loading=True) & set(SOURCES) for module, source in SOURCES.items()}
    TopologicalSorter(loads).prepare()


def test_the_package_root_loads_nothing() -> None:
    assert imported(SOURCES["ranker"], while_loading=True) == set()


def test_an_import_while_loading_is_told_from_a_later_one() -> None:
    source = """
from ranker.settings import Settings
if TYPE_CHECKING:
    from ranker.articles.article import Article
try:
    import ranker.errors
except ImportError:
    pass
class Late:
    def load(self):
        from ranker.pipeline import rank_articles
"""
    assert imported(source, while_loading=True) == {"ranker.settings", "ranker.errors"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from ranker.apps import cli", ["ranker.apps.cli"]),
        ("def late():\n    from ranker.pipeline import rank_articles", ["ranker.pipeline"]),
        ("import ranker.apps.wire", ["ranker.apps.wire"]),
        ("import ranker", ["ranker"]),
        ("from ranker import __version__", []),
        ("from ranker import pipeline", ["ranker.pipeline"]),
        ("from ranker import rank", ["ranker:rank"]),
        ("from ranker.nowhere import nothing", ["ranker.nowhere"]),
        ("import rankers\nfrom ranker.vectors.cache import embed\nfrom ranker.errors import RankerError", []),
    ],
)
def test_an_upward_import_would_be_seen(source: str, found: list[str]) -> None:
    assert upward("ranker.vectors.corpus", source) == found
