"""Places: where the shipped models and the sample newsroom lie, in a checkout and in an installed wheel."""

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


def _shipped(name: str) -> Path:
    """A wheel carries these folders inside the package, a checkout beside it."""
    for folder in (_PACKAGE / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise ArtifactError(f"{name} is missing: neither {_PACKAGE / name} nor {_PACKAGE.parent / name} is a folder")
