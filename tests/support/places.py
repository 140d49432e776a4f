"""A service that listens on a port of this machine, in a thread of this process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from support.serving import PATIENCE_SECONDS, desk_runner, service_settings

from ranker.apps.service.app import create_app
from ranker.apps.service.runner import DeskRunner


@dataclass
class Place:
    """A service that listens, with a runner that decides as things come."""

    url: str
    app: FastAPI
    runner: DeskRunner


@contextmanager
def listening(app: FastAPI, runner: DeskRunner, port: int = 0) -> Iterator[str]:
    """The address of an application that is served by a thread."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            runner.send_away()  # streams end, else the server waits for them
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)


@contextmanager
def placed(path: Path, *, port: int = 0, decides: bool = True, **service: object) -> Iterator[Place]:
    """A service over the store at a path.

    Parameters
    ----------
    decides : whether it decides what it takes in.
    """
    settings = service_settings(**service)
    with desk_runner(path, settings) as runner:
        app = create_app(runner, settings, profiles={"plain": settings})
        with runner if decides else nullcontext(), listening(app, runner, port) as url:
            yield Place(url, app, runner)
