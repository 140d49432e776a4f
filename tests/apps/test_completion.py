"""Completion: scripts that shells understand, and values that options complete to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ranker.apps.completion import SHELLS, SHIPPED_ENCODERS, VARIABLE
from ranker.vectors.encoder import shipped_encoders

Command = Callable[..., "CompletedProcess[str]"]

RANKER = Path(sys.executable).parent / "ranker"


def completed(words: str, place: int, folder: Path) -> list[str]:
    """What a shell is told after some words, the last of them begun."""
    environment = os.environ | {VARIABLE: "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(place)}
    done = subprocess.run([RANKER], capture_output=True, text=True, check=True, cwd=folder, env=environment)
    return done.stdout.splitlines()


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script_that_asks_ranker(shell: str, ranker: Command) -> None:
    told = ranker("completion", shell)
    assert told.returncode == 0
    assert f"{VARIABLE}={shell}_complete" in told.stdout
    assert "ranker" in told.stdout


def test_bash_takes_the_script_in(ranker: Command, tmp_path: Path) -> None:
    script = tmp_path / "ranker.bash"
    script.write_text(ranker("completion", "bash").stdout)
    done = subprocess.run(["bash", "-c", f"source {script}; complete -p ranker"], capture_output=True, text=True, check=True)
    assert done.stdout == "complete -o nosort -F _ranker_completion ranker\n"


def test_bash_completes_a_word_by_the_script(ranker: Command, tmp_path: Path) -> None:
    script = tmp_path / "ranker.bash"
    script.write_text(ranker("completion", "bash").stdout)
    ask = "COMP_WORDS=(ranker rerank --profile ho); COMP_CWORD=3; _ranker_completion ranker; echo ${COMPREPLY[@]}"
    path = f"{RANKER.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"source {script}; {ask}"], capture_output=True, text=True, check=True, env=os.environ | {"PATH": path}
    )
    assert done.stdout == "hottest\n"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_find_nothing_wrong_with_the_script(shell: str, ranker: Command, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: apt-get install {shell}")
    script = tmp_path / f"ranker.{shell}"
    script.write_text(ranker("completion", shell).stdout)
    assert subprocess.run([shell, "-n", script], check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ranker rer", ["plain,rerank"]),
        ("ranker store ver", ["plain,verify"]),
        ("ranker rerank --format js", ["plain,jsonl"]),
        ("ranker rerank --profile n", ["plain,newest"]),
        ("ranker serve --profile n", ["plain,newest"]),
        ("ranker doctor --encoder s", ["plain,static"]),
        ("ranker train same-story --encoder n", ["plain,news-minilm"]),
        ("ranker rerank --encoder ./my", ["dir,./my"]),
        ("ranker rerank art", ["file,art"]),
        ("ranker rerank x --output st", ["file,st"]),
        ("ranker serve --watch in", ["dir,in"]),
        ("ranker rerank x --config mine.yaml --profile night", ["plain,nightly"]),
        ("ranker rerank x --config nowhere.yaml --profile ev", ["plain,everyday"]),
        ("ranker rerank --cor", ["plain,--corrections"]),
    ],
)
def test_words_are_completed(words: str, found: list[str], tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("profiles: {nightly: {}}\n")
    assert completed(words, len(words.split()) - 1, tmp_path) == found


def test_the_encoders_that_are_completed_are_those_that_ship() -> None:
    assert list(SHIPPED_ENCODERS) == shipped_encoders()


def test_a_shell_without_a_script_is_told_which_have_one(ranker: Command) -> None:
    told = ranker("completion", "tcsh")
    assert told.returncode == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in told.stderr
