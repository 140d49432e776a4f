"""Serve: it starts with a line, loses nothing when it is told to stop, and does not stand open to the world."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import platformdirs
import pytest
from click.testing import CliRunner

from ranker.apps.cli import commands
from ranker.apps.service.environment import service_settings
from ranker.apps.service.keys import hashed_key
from ranker.apps.service.sample import sample_articles, sample_clock, sample_settings_file
from ranker.apps.service.serve import Asked, check_doors, tell_proxy
from ranker.apps.service.store_file import store_file
from ranker.articles.article import Article
from ranker.errors import ArtifactError, SettingsError
from ranker.settings_file import load_settings

PATIENCE_SECONDS = 40.0
STOP_SECONDS = 20.0


class Started:
    """`ranker serve` in a process of its own, with the static encoder."""

    def __init__(self, *arguments: str, **environ: str) -> None:
        command = [
            sys.executable,
            "-c",
            "from ranker.apps.cli import main; main()",
            "serve",
            "--encoder",
            "static",
            "--port",
            "0",
            *arguments,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environ)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        found = re.search(r"listening on (\S+),", self.line)
        if found is None:
            self.process.kill()
            raise AssertionError(self.line + self.process.communicate()[1])
        self.client = httpx.Client(base_url=found[1], timeout=PATIENCE_SECONDS)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.client.get("/readyz").status_code != httpx.codes.OK:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> str:
        """Tell it to stop; what it said on standard error."""
        self.client.close()
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=STOP_SECONDS)
        assert self.process.returncode == 0, said
        return said


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "desk.sqlite"


def item(number: int) -> dict[str, Any]:
    return {"id": f"a{number}", "title": f"Quake number {number} off the coast", "publishedDateTime": datetime.now(UTC).isoformat()}


def test_what_was_acknowledged_is_there_after_a_restart(store: Path) -> None:
    first = Started("--store", str(store))
    assert "/docs" in first.line
    first.wait_until_ready()
    answer = first.client.post("/v1/articles", json=[item(number) for number in range(500)])
    assert answer.status_code == 200
    assert len(answer.json()["items"]) == 500
    said = first.stop()
    logged = [json.loads(line) for line in said.splitlines()]
    assert [(line["method"], line["route"]) for line in logged if line["event"] == "request" and line["status"] == 200] == [
        ("POST", "/v1/articles")
    ]
    second = Started("--store", str(store))
    try:
        assert second.client.get("/v1/articles/a499").status_code == 200
        assert second.client.get("/v1/articles/a0").json()["story"]
    finally:
        second.stop(signal.SIGINT)


def test_a_stream_ends_whole_when_it_stops(store: Path) -> None:
    service = Started("--store", str(store))
    with (
        httpx.Client(base_url=service.client.base_url, timeout=PATIENCE_SECONDS) as reader,
        reader.stream("GET", "/v1/changes/stream") as answer,
    ):
        pieces = answer.iter_text()
        assert next(pieces).startswith(": hello")
        started = time.monotonic()
        service.stop()
        assert list(pieces) in ([], [""])
        assert time.monotonic() - started < STOP_SECONDS


def test_the_sample_is_served_without_any_set_up(store: Path, tmp_path: Path) -> None:
    with_demo = Started("--demo", "--watch", str(tmp_path), RANKER_SERVICE_LOG_FORMAT="console")
    try:
        assert "the clock goes on from 2026-03-11 18:20 UTC" in with_demo.line
        with_demo.wait_until_ready()
        stories = with_demo.client.get("/v1/stories").json()
        assert stories["total"] > 50
        assert stories["asOf"].startswith("2026-03-11T18:2")
        (tmp_path / "new.jsonl").write_text('{"id": "mine", "title": "Quake", "publishedDateTime": "2026-03-11T18:00:00Z"}\n')
        deadline = time.monotonic() + PATIENCE_SECONDS
        while with_demo.client.get("/v1/articles/mine").status_code != httpx.codes.OK:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        with_demo.stop()
    assert not store.exists()


# What is refused


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--host", "0.0.0.0"], 2, "service.host = '0.0.0.0': without keys anybody"),
        (["--host", "no.such.host.invalid"], 2, "without keys anybody"),
        (["--port", "70000"], 2, "70000"),
        (["--role", "read"], 2, "--role goes with --new-key"),
        (["--new-key", " "], 2, "a name must have characters"),
        (["--config", "no-such.yaml"], 2, "no-such.yaml: cannot be read"),
        (["--profile", "none"], 2, "no profile 'none'"),
        (["--store", "/no/such/folder/desk.sqlite", "--port", "0"], 1, "is no place for a store"),
    ],
)
def test_what_cannot_start_says_why(arguments: list[str], code: int, says: str) -> None:
    command = [sys.executable, "-c", "from ranker.apps.cli import main; main()", "serve", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_that_is_taken_is_named(store: Path) -> None:
    service = Started("--store", str(store))
    try:
        port = str(service.client.base_url.port)
        command = [sys.executable, "-c", "from ranker.apps.cli import main; main()", "serve", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
        told = f"ranker: service.host, service.port: cannot listen on 127.0.0.1:{port} (Address already in use)"
        assert (done.returncode, done.stderr) == (2, f"{told}; take another one with --port\n")
    finally:
        service.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_may_be_open(host: str) -> None:
    check_doors(load_settings(overrides={"service.host": host}).service)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_all_else_needs_keys(host: str) -> None:
    with pytest.raises(SettingsError, match="make keys with `ranker serve --new-key NAME`"):
        check_doors(load_settings(overrides={"service.host": host}).service)
    keys = {"site": {"hash": hashed_key("secret"), "role": "read"}}
    check_doors(load_settings(overrides={"service.host": host, "service.keys": keys}).service)


@pytest.mark.parametrize(
    ("host", "has_keys", "environ", "warns"),
    [
        ("0.0.0.0", True, {}, True),
        ("0.0.0.0", True, {"FORWARDED_ALLOW_IPS": ""}, True),
        ("0.0.0.0", True, {"FORWARDED_ALLOW_IPS": "192.0.2.7"}, False),
        ("127.0.0.1", True, {}, False),
        ("127.0.0.1", False, {}, False),
        ("0.0.0.0", False, {}, False),
    ],
)
def test_a_proxy_that_is_not_believed_is_told_of(
    host: str, has_keys: bool, environ: dict[str, str], warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    keys = {"site": {"hash": hashed_key("secret"), "role": "read"}} if has_keys else {}
    tell_proxy(load_settings(overrides={"service.host": host, "service.keys": keys}).service, environ)
    assert [("FORWARDED_ALLOW_IPS is not set" in record.message, "lacks Secure" in record.message) for record in caplog.records] == (
        [(True, True)] if warns else []
    )


def test_a_service_that_nobody_could_ask_does_not_start() -> None:
    with pytest.raises(SettingsError, match="nobody could ask anything"):
        check_doors(load_settings(overrides={"service.open_on_loopback": False}).service)


# Keys, options, places, the sample


def test_a_new_key_is_printed_with_the_line_that_lets_it_in(tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["serve", "--new-key", "nina's", "--role", "write"])
    key, *_, line = done.output.splitlines()
    file = tmp_path / "mine.yaml"
    file.write_text(line)
    ((name, made),) = load_settings(file).service.keys.items()
    assert (name, made.role, made.hash) == ("nina's", "write", hashed_key(key))


def test_options_are_settings(tmp_path: Path) -> None:
    asked = Asked(encoder="static", host="::1", port=0, store=tmp_path / "a", watch=tmp_path)
    settings = service_settings(None, environ={"RANKER_SERVICE_PORT": "9"}, options=asked.options())
    service = settings.service
    assert (settings.encoder.name, service.host, service.port, service.store, service.watch) == (
        "static",
        "::1",
        0,
        str(tmp_path / "a"),
        str(tmp_path),
    )
    assert Asked().options() == {}


def test_the_store_lies_where_the_settings_say_or_with_the_user_s_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert store_file(load_settings(overrides={"service.store": "~/a.sqlite"}).service) == tmp_path / "a.sqlite"
    found = store_file(load_settings().service)
    assert found == platformdirs.user_data_path("ranker", appauthor=False) / "desk.sqlite"
    assert found.parent.is_dir()


def test_the_sample_s_clock_goes_on_from_its_newest_article_with_a_right_date() -> None:
    settings = load_settings(sample_settings_file())
    articles = sample_articles(settings)
    clock = sample_clock(articles)
    newest = datetime(2026, 3, 11, 18, 20, tzinfo=UTC)
    assert newest <= clock() <= clock() < newest + timedelta(minutes=1)
    with pytest.raises(ArtifactError, match="has no article with a date"):
        sample_clock([Article(id="a", title="Quake")])
