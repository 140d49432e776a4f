"""What tests of the page share: a service that is ready, though nothing was started."""

from __future__ import annotations

import pytest

from ranker.apps.service.runner import DeskRunner


@pytest.fixture(autouse=True)
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runners that count as ready: the services of tests decide when they are told to, and load no encoder."""
    monkeypatch.setattr(DeskRunner, "not_ready", None)
