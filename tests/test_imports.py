"""What is loaded when: heavy libraries only by the work that needs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ranker

NEWSROOM = Path(__file__).parents[1] / "data" / "newsroom" / "articles"
MISSING = "no_such_name"
COMMAND = "import sys\nfrom ranker.apps.cli import main\ntry:\n    main()\nexcept SystemExit as end:\n    assert not end.code"


def loaded_after(code: str, *arguments: str) -> set[str]:
    """Top-level names of the modules that a fresh Python holds after some code."""
    script = f"{code}\nimport sys\nprint('LOADED', *sys.modules, file=sys.stderr)"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV_")}
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True, env=environment)
    names = done.stderr.rpartition("LOADED ")[2].split()
    assert "sys" in names
    return {name.partition(".")[0] for name in names}


def test_the_package_loads_no_heavy_library() -> None:
    loaded = loaded_after("import ranker")
    assert "ranker" in loaded
    assert loaded & {"torch", "fastapi", "sentence_transformers", "sklearn", "scipy"} == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("rerank", "--help"),
        ("evaluate", "--help"),
        ("report", "--help"),
        ("doctor", "--help"),
        ("serve", "--help"),
        ("store", "info", "--help"),
        ("completion", "bash"),
    ],
)
def test_help_loads_nothing_that_does_work(arguments: tuple[str, ...]) -> None:
    loaded = loaded_after(COMMAND, *arguments)
    assert "click" in loaded
    at_work = {"numpy", "torch", "sklearn", "scipy", "rich", "pyarrow", "yaml", "msgspec", "sentence_transformers"}
    assert loaded & (at_work | {"jinja2", "plotly", "fastapi", "uvicorn", "difflib"}) == set()


def test_ranking_with_the_static_encoder_loads_no_transformer() -> None:
    loaded = loaded_after(COMMAND, "rerank", str(NEWSROOM / "2026-03-02*"), "--encoder", "static", "--no-cache", "--format", "jsonl")
    assert "numpy" in loaded
    assert loaded & {"torch", "transformers", "sentence_transformers", "sklearn", "pyarrow", "fastapi"} == set()


@pytest.mark.parametrize("name", ranker.__all__)
def test_every_exported_name_is_there_under_its_own_name(name: str) -> None:
    assert getattr(ranker, name).__name__ == name


def test_exported_names_are_sorted() -> None:
    assert ranker.__all__ == sorted(ranker.__all__, key=lambda name: (name.islower(), name))


def test_a_name_that_is_not_exported_is_missing() -> None:
    with pytest.raises(AttributeError, match="module 'ranker' has no attribute 'no_such_name'"):
        getattr(ranker, MISSING)
