"""Serve: a desk put together from the settings, kept going by its runner, asked over HTTP, and brought to a clean end."""

from __future__ import annotations

import contextlib
import errno
import gc
import ipaddress
import logging
import math
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
import uvicorn
from threadpoolctl import threadpool_limits

from ranker.apps.service.app import create_app
from ranker.apps.service.environment import service_settings
from ranker.apps.service.logs import set_up_logs
from ranker.apps.service.runner import DeskRunner, utc_now
from ranker.apps.service.sample import sample_articles, sample_clock, sample_settings_file
from ranker.apps.service.store_file import store_file
from ranker.apps.service.watch import Watcher
from ranker.apps.service.work import WatchedEncoder, Work
from ranker.articles.article import Article
from ranker.desk.desk import Desk
from ranker.desk.records import Change
from ranker.desk.sqlite import SqliteStore
from ranker.errors import SettingsError
from ranker.pipeline import same_story_file
from ranker.places import models_folder
from ranker.settings import ServiceSettings, Settings
from ranker.settings_file import profile_names
from ranker.vectors.background import load_background
from ranker.vectors.encoder import load_encoder

_STORE_FILE = "desk.sqlite"
_KEEP_ALIVE_SECONDS = 75  # longer than nginx keeps idle connections to a service (60), which else are closed under its hands
_WARM_TEXT = "Quake of magnitude 6.8 strikes off the coast. Three fishing towns were evacuated before dawn."
_EXIT_BROKEN = 1
_TRUSTED_PROXIES = "FORWARDED_ALLOW_IPS"  # the variable of uvicorn: of whom it believes X-Forwarded-For and X-Forwarded-Proto

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for; None where it says nothing."""

    config: Path | None = None
    profile: str | None = None
    encoder: str | None = None
    host: str | None = None
    port: int | None = None
    store: Path | None = None
    watch: Path | None = None
    demo: bool = False

    def options(self) -> dict[str, object]:
        """The settings that options change, dotted key -> value."""
        given = {
            "encoder.name": self.encoder,
            "service.host": self.host,
            "service.port": self.port,
            "service.store": None if self.store is None else str(self.store),
            "service.watch": None if self.watch is None else str(self.watch),
        }
        return {key: value for key, value in given.items() if value is not None}


def serve(asked: Asked, environ: Mapping[str, str]) -> int:
    """Serve until told to stop (SIGTERM, SIGINT); returns the exit code.

    Raises
    ------
    RankerError : if it cannot start, in words that say what to do.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)  # while it starts; the server has handlers of its own
    config = asked.config or (sample_settings_file() if asked.demo else None)
    settings = service_settings(config, profile=asked.profile, environ=environ, options=asked.options())
    profiles = {name: service_settings(config, profile=name, environ=environ, options=asked.options()) for name in profile_names(config)}
    check_doors(settings.service)
    with contextlib.ExitStack() as ending:
        # Products of matrices in one thread: the deciding thread's would else take every core from those who read, and wait for them.
        ending.enter_context(threadpool_limits(1, user_api="blas"))
        listening = ending.enter_context(_socket(settings.service))
        set_up_logs(settings.service)
        tell_proxy(settings.service, environ)
        runner = ending.enter_context(_running(asked, settings))
        application = create_app(runner, settings, profiles=profiles)
        server = _Server(_server_config(application, settings.service), runner, lambda: _tell_start(runner, listening, asked))
        with contextlib.suppress(SystemExit):  # the signal that ended it is raised once more at its end
            server.run(sockets=[listening])
    return 0 if server.started and not runner.has_failed else _EXIT_BROKEN


def check_doors(service: ServiceSettings) -> None:
    """Refuse to stand open to the world, or closed to everybody.

    Raises
    ------
    SettingsError : saying what to do.
    """
    if service.keys:
        return
    if not _is_loopback(service.host):
        raise SettingsError(
            f"service.host = {service.host!r}: without keys anybody who reaches this address could read and change everything; "
            "make keys with `ranker serve --new-key NAME`, or listen on 127.0.0.1"
        )
    if not service.open_on_loopback:
        raise SettingsError(
            "service.open_on_loopback = False, and there are no service.keys: nobody could ask anything; "
            "make a key with `ranker serve --new-key NAME`"
        )


def tell_proxy(service: ServiceSettings, environ: Mapping[str, str]) -> None:
    """Warn where a proxy may stand on another machine, of which nothing is believed: the page's cookie would lack `Secure`."""
    if service.keys and not _is_loopback(service.host) and not environ.get(_TRUSTED_PROXIES):
        _log.warning(
            "service.host = %r, and %s is not set: what a proxy on another machine says of TLS and of callers is not believed, so the "
            "cookie of the page lacks Secure behind it; set it to the address of the proxy, or to 127.0.0.1 where there is none",
            service.host, _TRUSTED_PROXIES,
        )  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def _running(asked: Asked, settings: Settings) -> Iterator[DeskRunner]:
    """The desk at work, until this ends; then what was taken in is decided, as far as the time allows."""
    service = settings.service
    articles = sample_articles(settings) if asked.demo else ()
    clock = sample_clock(articles) if asked.demo else utc_now
    with contextlib.ExitStack() as ending:
        path = Path(ending.enter_context(tempfile.TemporaryDirectory())) / _STORE_FILE if asked.demo and not service.store else None
        file = path or store_file(service)
        store = ending.enter_context(contextlib.closing(SqliteStore(file)))
        work = Work()
        encoder = WatchedEncoder(load_encoder(settings.encoder, models=models_folder()), work)
        _tell_stand_in(settings)
        background, beside = load_background(models_folder() / "background.json"), file.with_name(f"{file.name}.window")
        desk = Desk(settings, encoder, store, now=clock(), background=background, snapshot=None if path else beside)
        runner = DeskRunner(desk, settings, clock=clock, work=work, aside=file.with_name(f"{file.name}.set-aside.jsonl"))
        watcher = None if service.watch is None else Watcher(runner, Path(service.watch).expanduser())
        _take_sample(runner, articles)
        gc.collect()
        gc.freeze()  # what lives as long as the process need not be looked through again and again while readers wait
        runner.start(lambda: _warm_up(encoder, runner))
        ending.callback(_stop, runner)
        if watcher is not None:
            watcher.start()
            ending.callback(watcher.stop)
        yield runner


def _take_sample(runner: DeskRunner, articles: tuple[Article, ...]) -> None:
    if articles:
        now = runner.now()
        runner.accept([Change("put", now, article=article, by="sample") for article in articles])


def _warm_up(encoder: WatchedEncoder, runner: DeskRunner) -> None:
    encoder.encode([_WARM_TEXT])
    runner.step()  # the sample


def _stop(runner: DeskRunner) -> None:
    if not runner.stop() and not runner.has_failed:
        _log.warning("stopped before all was decided; what waits in the store is decided at the next start")


def _tell_stand_in(settings: Settings) -> None:
    file, name = same_story_file(settings), settings.encoder.name
    if name not in file.encoders:
        _log.warning(
            "no decision was learned for encoder %s, that of %s stands in; `ranker train same-story` learns one", name, file.fallback
        )


# The server


class _Server(uvicorn.Server):
    """Says when it listens, and sends those away who only listen before it waits for the others."""

    def __init__(self, config: uvicorn.Config, runner: DeskRunner, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._runner = runner
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        await super().startup(sockets=sockets)
        self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        self._runner.send_away()
        await super().shutdown(sockets=sockets)


def _server_config(application: object, service: ServiceSettings) -> uvicorn.Config:
    return uvicorn.Config(
        application,  # type: ignore[arg-type]  # an ASGI application
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        root_path=service.root_path,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=math.ceil(service.stop_seconds),
    )


@contextlib.contextmanager
def _socket(service: ServiceSettings) -> Iterator[socket.socket]:
    """The address, taken at once: who starts a second service shall be told before anything is loaded."""
    place = f"{service.host}:{service.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(service.host, service.port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        hint = "; take another one with --port" if error.errno == errno.EADDRINUSE else ""
        raise SettingsError(f"service.host, service.port: cannot listen on {place} ({error.strerror}){hint}") from error
    with contextlib.closing(made):
        yield made


def _tell_start(runner: DeskRunner, listening: socket.socket, asked: Asked) -> None:
    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    told = f"ranker: listening on {address}, the page at {address}/, every request at {address}/docs"
    if asked.demo:
        told += f" (sample newsroom: the clock goes on from {_minute(runner.now())}, the time of its newest article)"
    click.echo(told)
    sys.stdout.flush()


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _leave(*_: object) -> None:
    """Leave by the ordinary way out, closing what is open."""
    sys.exit(0)
