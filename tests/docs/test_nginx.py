"""nginx as the documentation has it: the configuration is accepted, and the service is reached through it as it should be."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support import doc_nginx
from support.doc_nginx import CONTAINER_FILE, Nginx, prepared, running, shown_configuration

needs_nginx = pytest.mark.skipif(not doc_nginx.is_installed(), reason=doc_nginx.MISSING)
KEYS = {"reader": "read", "crawler": "write"}
SECONDS = 20  # of any request; a stream that is held back takes longer


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a service that has keys."""
    folder = tmp_path_factory.mktemp("service")
    keys = {name: {"hash": "sha256:" + hashlib.sha256(name.encode()).hexdigest(), "role": role} for name, role in KEYS.items()}
    (folder / "desk.yaml").write_text(json.dumps({"service": {"keys": keys}}), "utf-8")  # JSON is YAML
    options = ["--config", "desk.yaml", "--encoder", "static", "--store", "desk.sqlite", "--port", "0"]
    command = [sys.executable, "-c", "from ranker.apps.cli import main; main()", "serve", *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        listening = re.search(r"listening on http://([^\s,]+)", process.stdout.readline())
        try:
            assert listening is not None
            yield listening[1]
        finally:
            process.terminate()
            process.communicate(timeout=60)


@pytest.fixture(scope="module")
def nginx(service: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx in front of it."""
    ready = prepared(shown_configuration(), tmp_path_factory.mktemp("nginx"), service=service)
    with running(ready):
        yield ready


@pytest.fixture
def outside(nginx: Nginx) -> Iterator[httpx.Client]:
    """A caller from outside."""
    with httpx.Client(base_url=nginx.secure, verify=nginx.trust, trust_env=False, timeout=SECONDS) as client:
        yield client


def bearer(name: str) -> dict[str, str]:
    """The header of a caller who has a key."""
    return {"Authorization": f"Bearer {name}"}


def test_the_container_s_file_is_that_of_the_page() -> None:
    text = "\n".join(line for line in CONTAINER_FILE.read_text("utf-8").splitlines() if not line.startswith("#")).strip()
    assert text == shown_configuration().strip().replace("127.0.0.1:8710", "ranker:8710")


@needs_nginx
@pytest.mark.parametrize("configuration", [shown_configuration(), CONTAINER_FILE.read_text("utf-8")], ids=["page", "container"])
def test_nginx_accepts_it(configuration: str, tmp_path: Path) -> None:
    ready = prepared(configuration, tmp_path, service="127.0.0.1:8710")
    done = subprocess.run([*ready.command, "-t"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


@needs_nginx
def test_plain_http_leads_to_https(nginx: Nginx) -> None:
    answer = httpx.get(f"{nginx.plain}/v1/stories?limit=1", trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (301, "https://127.0.0.1/v1/stories?limit=1")


@needs_nginx
def test_a_browser_needs_one_connection_for_all_its_tabs(nginx: Nginx) -> None:
    host, _, port = nginx.secure.removeprefix("https://").rpartition(":")
    nginx.trust.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection((host, int(port))) as plain, nginx.trust.wrap_socket(plain, server_hostname=host) as secure:
        assert secure.selected_alpn_protocol() == "h2"


@needs_nginx
def test_nobody_gets_in_without_a_key(outside: httpx.Client) -> None:
    answer = outside.get("/v1/stories")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    page = outside.get("/")
    assert (page.status_code, page.headers["location"].partition("?")[0]) == (303, "/sign-in")
    assert outside.get("/sign-in").status_code == 200


@needs_nginx
def test_a_key_opens_what_its_role_may(outside: httpx.Client) -> None:
    answer = outside.get("/v1/stories", headers=bearer("reader"))
    assert (answer.status_code, answer.headers["strict-transport-security"]) == (200, "max-age=31536000")
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"]), "the id is nginx's, and the service has taken it over"
    assert outside.post("/v1/articles", json=[], headers=bearer("reader")).status_code == 403
    assert outside.get("/metrics", headers=bearer("reader")).status_code == 404


@needs_nginx
def test_the_cookie_of_a_browser_goes_over_tls_alone(outside: httpx.Client, nginx: Nginx) -> None:
    answer = outside.post("/sign-in", data={"key": "reader"}, headers={"Origin": nginx.secure, "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    assert "secure" in answer.headers["set-cookie"].lower()


@needs_nginx
def test_the_stream_is_not_held_back(outside: httpx.Client) -> None:
    article = {"title": "Ferry aground on Gannet Ledge", "publishedDateTime": "2026-03-11T09:00:00Z"}
    with outside.stream("GET", "/v1/changes/stream", headers=bearer("reader")) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.headers
        assert outside.post("/v1/articles", json=article, headers=bearer("crawler")).status_code == 200
        assert next(line for line in stream.iter_lines() if line.startswith("event:")) == "event: created"


@needs_nginx
def test_too_many_requests_are_refused(outside: httpx.Client) -> None:
    codes = [outside.get("/healthz").status_code for _ in range(150)]
    assert codes[0] == 200
    assert 429 in codes
