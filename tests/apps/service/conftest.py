"""What tests of the service share: a desk over a real store, a runner that decides when it is told to, and a client in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient
from support.decision import SAME_STORY
from support.hashing_encoder import HashingEncoder
from support.service import BASE_URL, NEWSROOM, NOW, Make, Service

from ranker.apps.service.app import create_app
from ranker.apps.service.runner import DeskRunner
from ranker.desk.desk import Desk
from ranker.desk.sqlite import SqliteStore
from ranker.settings import Settings
from ranker.settings_file import load_settings, profile_names


@pytest.fixture(scope="session")
def shipped_profiles() -> dict[str, Settings]:
    """The profiles that are shipped, read once."""
    return {name: load_settings(profile=name) for name in profile_names()}


@contextmanager
def made(settings: Settings, profiles: dict[str, Settings], path: Path) -> Iterator[Service]:
    """A service over a store."""
    with closing(SqliteStore(path)) as store:
        desk = Desk(settings, HashingEncoder(), store, now=NOW, same_story=SAME_STORY)
        clock = [NOW]
        runner = DeskRunner(desk, settings, clock=lambda: clock[0])
        app = create_app(runner, settings, profiles=profiles)
        caller = TestClient(app, base_url=BASE_URL, client=("127.0.0.1", 50_000), raise_server_exceptions=False, follow_redirects=False)
        yield Service(desk, runner, app, caller, clock)


@pytest.fixture
def make_service(tmp_path: Path, default_settings: Settings, shipped_profiles: dict[str, Settings]) -> Iterator[Make]:
    """Services one after the other over one store file; what is given is of `settings.service`."""
    with ExitStack() as open_ones:

        def make(*, settings: Settings = default_settings, profiles: dict[str, Settings] | None = None, **service: Any) -> Service:
            open_ones.close()
            chosen = msgspec.structs.replace(settings, service=msgspec.structs.replace(settings.service, **service))
            known = shipped_profiles if profiles is None else profiles
            return open_ones.enter_context(made(chosen, known, tmp_path / "desk.sqlite"))

        yield make


@pytest.fixture(scope="module")
def standing(
    tmp_path_factory: pytest.TempPathFactory, default_settings: Settings, shipped_profiles: dict[str, Settings]
) -> Iterator[Service]:
    """A service with `NEWSROOM` that several tests share: they leave it as it is."""
    with made(default_settings, shipped_profiles, tmp_path_factory.mktemp("standing") / "desk.sqlite") as service:
        service.post(NEWSROOM)
        yield service


@pytest.fixture
def service(make_service: Make) -> Service:
    """An empty service."""
    return make_service()


@pytest.fixture
def newsroom(service: Service) -> Service:
    """A service with `NEWSROOM`."""
    service.post(NEWSROOM)
    return service
