"""The site, built once for all tests that look at it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.doc_site import Site

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site, whether it could be built or not."""
    if "DOCS_SITE" in os.environ:  # `make docs` has built it
        return Site(Path(os.environ["DOCS_SITE"]), 0, "")
    folder = tmp_path_factory.mktemp("site")
    command = ["-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-c", "docs", "-d", str(folder / "doctrees"), ".", str(folder / "html")]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    return Site(folder / "html", done.returncode, done.stderr)


@pytest.fixture(scope="session")
def site(built: Site) -> Path:
    """The folder of the site."""
    if not (built.folder / "docs" / "index.html").exists():
        pytest.fail(f"the site cannot be built:\n{built.told}")
    return built.folder


@pytest.fixture(scope="session")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that all pages share: many of them rank the sample newsroom."""
    return tmp_path_factory.mktemp("vectors")
