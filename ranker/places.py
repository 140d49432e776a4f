"""Places: where the shipped models, the sample newsroom and the list of publishers lie, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from ranker.errors import ArtifactError

_PACKAGE = Path(__file__).resolve().parent


def models_folder() -> Path:
    """The folder of the shipped models.

    Raises
    ------
    ArtifactError : if it is missing.
    """
    return _shipped("models")


def newsroom_folder() -> Path:
    """The folder of the sample newsroom.

    Raises
    ------
    ArtifactError : if it is missing.
    """
    return _shipped("data/newsroom")


def publishers_file() -> Path:
    """The shipped list of outlets with their owners, countries and roles.

    Raises
    ------
    ArtifactError : if it is missing.
    """
    return _shipped("data/publishers.csv")


def _shipped(name: str) -> Path:
    """A wheel carries these inside the package, a checkout beside it."""
    for folder in (_PACKAGE / name, _PACKAGE.parent / name):
        if folder.exists():
            return folder
    raise ArtifactError(f"{name} is missing: neither {_PACKAGE / name} nor {_PACKAGE.parent / name} exists")
