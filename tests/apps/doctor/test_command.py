"""`ranker doctor`: the whole report, its exit code, and that it changes nothing."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Command = Callable[..., "CompletedProcess[str]"]

IN_OTHER_PROCESS = [sys.executable, "-c", "from ranker.apps.cli import main; main()"]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own, no variables of the service; whatever the command sets is unset."""
    for name in [name for name in os.environ if name.startswith("RANKER_") and name != "RANKER_CACHE_DIR"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def test_everything_is_looked_at_and_nothing_is_made(tmp_path: Path, ranker: Command) -> None:
    told = ranker("doctor", "--encoder", "static")
    assert told.returncode == 0
    checks = list(dict.fromkeys(line.split()[1] for line in told.stdout.splitlines()[:-1] if not line.startswith(" ")))
    assert [name.rstrip(":") for name in checks] == [
        "python", "packages", "extras", "settings", "encoder", "models", "publishers", "cache", "store", "disk", "threads", "terminal",
    ]  # fmt: skip
    assert "  encoder.name = static (default news-minilm), --encoder\n" in told.stdout
    assert not (tmp_path / "data").exists()


def test_a_fault_ends_with_1_and_says_what_to_do(tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "x.yaml").write_text("heat: {brust: 2}\n")
    told = ranker("doctor", "--encoder", "static", "--config", tmp_path / "x.yaml")
    assert told.returncode == 1
    fault = next(line for line in told.stdout.splitlines() if line.startswith("fault"))
    assert fault.startswith(f"fault settings: {tmp_path / 'x.yaml'}: heat.brust: unknown key; allowed: ")
    assert fault.endswith("; near it: burst > mend that; the rest of this report is of the defaults")
    assert told.stdout.endswith("1 fault\n") or "1 fault, " in told.stdout.splitlines()[-1]


def test_programs_get_every_finding(monkeypatch: pytest.MonkeyPatch, ranker: Command) -> None:
    monkeypatch.setenv("RANKER_SERVICE_KEYS", '{ann: {hash: "sha256:' + "ab" * 32 + '", role: admin}}')
    told = ranker("doctor", "--encoder", "static", "--json")
    report = json.loads(told.stdout)
    assert report["ok"] is (told.returncode == 0)
    checks = {check["check"]: check for check in report["checks"]}
    assert checks["encoder"]["details"]["name"] == "static"
    assert {"key": "service.keys.ann.hash", "value": "set", "default": None, "origin": "RANKER_SERVICE_KEYS"} in checks["variables"][
        "details"
    ]["changed"]
    assert "abab" not in told.stdout


def test_the_service_s_encoder_is_looked_at_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ranker: Command) -> None:
    monkeypatch.setenv("RANKER_ENCODER_NAME", str(tmp_path / "nowhere"))
    (tmp_path / "x.yaml").write_text("encoder: {name: static}\n")
    told = ranker("doctor", "--config", tmp_path / "x.yaml")
    assert told.returncode == 1
    encoders = [line.split()[:3] for line in told.stdout.splitlines() if line.split()[1] == "encoder:"]
    assert encoders == [["ok", "encoder:", "static"], ["fault", "encoder:", str(tmp_path / "nowhere")]]


@pytest.mark.parametrize(("variables", "has_colour"), [({"TERM": "xterm-256color"}, True), ({"TERM": "dumb"}, False)])
def test_a_terminal_gets_a_table(variables: dict[str, str], has_colour: bool) -> None:
    shown = on_terminal("doctor", "--encoder", "static", **variables)
    assert ("\x1b[32mok" in shown) is has_colour
    assert ("\x1b" in shown) is has_colour
    assert "  settings    the defaults, profile balanced; 1 differs from the defaults" in shown.replace("\x1b[0m", "")


def test_no_colour_is_no_colour() -> None:
    assert "\x1b[3" not in on_terminal("doctor", "--encoder", "static", TERM="xterm-256color", NO_COLOR="1")


def on_terminal(*arguments: str, **variables: str) -> str:
    main, terminal = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}} | variables
    process = subprocess.Popen([*IN_OTHER_PROCESS, *arguments], stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    shown = b""
    try:
        while block := os.read(main, 65536):
            shown += block
    except OSError:  # how a terminal says that nobody writes any more
        pass
    process.wait(timeout=60)
    return shown.decode()
