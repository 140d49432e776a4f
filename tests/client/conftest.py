"""What tests of the client share: the real service on a port of its own, and scripts that answer in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.places import Place, placed
from support.scripted import BRISK, Played, Script

from ranker.client import RankerClient


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An empty service."""
    with placed(tmp_path / "desk.sqlite") as made:
        yield made


@pytest.fixture
def client(place: Place) -> Iterator[RankerClient]:
    """A client of the empty service."""
    with RankerClient(place.url, patience=BRISK) as made:
        assert made.readiness().status == "ready"
        yield made


@pytest.fixture
def script() -> Iterator[Callable[..., Script]]:
    """Scripts that must be played to their end."""
    with ExitStack() as checks:

        def made(*answers: Played) -> Script:
            one = Script(list(answers))
            checks.callback(lambda: _played(one))
            return one

        yield made


def _played(script: Script) -> None:
    assert script.answers == [], "not all was asked"
