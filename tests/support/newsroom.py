"""The sample newsroom as a service on a port of this machine, its clock standing where its articles end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from support.places import Place, listening

from ranker.apps.service.app import create_app
from ranker.apps.service.runner import DeskRunner
from ranker.apps.service.sample import sample_articles, sample_clock, sample_settings_file
from ranker.apps.service.work import WatchedEncoder, Work
from ranker.desk.desk import Desk
from ranker.desk.records import Change
from ranker.desk.sqlite import SqliteStore
from ranker.places import models_folder
from ranker.settings_file import load_settings, profile_names
from ranker.vectors.background import load_background
from ranker.vectors.encoder import load_encoder


@contextmanager
def newsroom_placed(path: Path, *, encoder: str = "static", **service: object) -> Iterator[Place]:
    """The sample newsroom over a store at a path, as `ranker serve --demo` starts it; `service` are settings of that section."""
    file, changed = sample_settings_file(), {"encoder.name": encoder, **{f"service.{key}": value for key, value in service.items()}}
    settings = load_settings(file, overrides=changed)
    profiles = {name: load_settings(file, profile=name, overrides=changed) for name in profile_names(file)}
    articles = sample_articles(settings)
    now, work = sample_clock(articles)(), Work()
    now = now.replace(microsecond=0)  # a clock goes on a little between two looks
    with closing(SqliteStore(path)) as store:
        known = WatchedEncoder(load_encoder(settings.encoder, models=models_folder()), work)
        desk = Desk(settings, known, store, now=now, background=load_background(models_folder() / "background.json"))
        runner = DeskRunner(desk, settings, clock=lambda: now, work=work)
        runner.accept([Change("put", now, article=article, by="sample") for article in articles])
        runner.step()
        app = create_app(runner, settings, profiles=profiles)
        with runner, listening(app, runner) as url:
            yield Place(url, app, runner)
