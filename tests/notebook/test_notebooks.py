"""The notebooks: each runs from its first to its last cell in a kernel of its own, and is stored as it should be."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
SECTIONS = {
    "1-exploring-clusters": [
        "Exploring clusters",
        "The ranked list",
        "A map of the articles",
        "When they were told",
        "One story taken apart",
    ],
    "2-what-if-ranking": ["What if", "Other weights", "Half-lives", "Profiles side by side", "What would it take", "By hand"],
    "3-same-story": [
        *("One story or two", "The evidence of one pair", "Borderline cases", "How good it is", "Can P be taken at its word?"),
        *("Mistakes by kind", "Sweeping a setting"),
    ],
    "4-providers": ["Providers", "Who is first", "Who follows", "Copies", "Groups"],
    "5-your-own-data": ["Your own data", "A CSV file", "A folder of front matter", "A feed", "A frame", "A running service"],
}
CELL_SECONDS = 120  # of one cell, on a machine that does other things, too
MOST_WORDS = 90  # of one text between cells


def _read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]


def test_all_notebooks_are_looked_at() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(SECTIONS)


@pytest.mark.model
@pytest.mark.filterwarnings("ignore:Jupyter is migrating its paths:DeprecationWarning")  # older versions of jupyter_core
@pytest.mark.parametrize("name", SECTIONS)
def test_a_notebook_runs_from_its_first_to_its_last_cell(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbclient import NotebookClient

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for variable in [name for name in os.environ if name.startswith("COV_")]:
        monkeypatch.delenv(variable)
    notebook = _read(name)
    NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    outputs = [output for cell in cells for output in cell.outputs]
    assert [output.output_type for output in outputs if output.output_type not in {"display_data", "execute_result"}] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SECTIONS)
def test_a_notebook_is_stored_without_what_a_run_leaves(name: str) -> None:
    notebook = _read(name)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
        assert not cell.metadata


@pytest.mark.parametrize("name", SECTIONS)
def test_a_notebook_has_the_sections_it_promises(name: str) -> None:
    texts = [cell.source for cell in _read(name).cells if cell.cell_type == "markdown"]
    headings = [line.strip("# ") for text in texts for line in text.splitlines() if line.startswith("#")]
    for section in SECTIONS[name]:
        assert any(heading.startswith(section) for heading in headings), section
    assert max(len(text.split()) for text in texts) <= MOST_WORDS


@pytest.mark.parametrize("name", SECTIONS)
def test_no_cell_reaches_out(name: str) -> None:
    code = "\n".join(cell.source for cell in _read(name).cells if cell.cell_type == "code")
    assert re.findall(r"https?://(?![\w.-]+\.example)[^\s\"'<>]*", code) == []
    assert not re.search(r"\b(urllib|requests|httpx|urlopen|pip)\b|^[!%]", code, re.MULTILINE)
