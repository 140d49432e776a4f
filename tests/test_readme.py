"""The README: every command in it runs, and what it promises of files and versions is there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ranker

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    *("README.md", "notebooks/README.md", "data/README.md", "data/newsroom/README.md", "models/README.md", "benchmarks/README.md"),
    *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md"))),
]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines() if line.startswith("ranker ")
]
REFUSES = "data/newsroom/broken"  # a command that reads these ends with exit code 3


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the README's paths lead somewhere, and in which its commands may write."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "data").symlink_to(ROOT / "data")
    return folder


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {"RANKER_CACHE_DIR": str(folder / "cache"), "COLUMNS": "80", "HF_HUB_OFFLINE": "1"}


def test_the_readme_shows_commands() -> None:
    assert len(COMMANDS) >= 7


@pytest.mark.model
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_runs(command: str, checkout: Path) -> None:
    _write_what_it_reads(command, checkout)
    arguments = [str(Path(sys.executable).parent / "ranker"), *shlex.split(command)[1:]]
    done = subprocess.run(arguments, cwd=checkout, env=_environment(checkout), capture_output=True, text=True, check=False)
    assert done.returncode == (3 if REFUSES in command else 0), done.stderr


@pytest.mark.model
@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command.startswith(("ranker explain", "ranker diff")) or "--limit 3" in command]
)
def test_what_the_readme_shows_is_what_the_command_prints(command: str, checkout: Path) -> None:
    shown = README.split(command, 1)[1].split("```text\n", 1)[1].split("```", 1)[0]
    _write_what_it_reads(command, checkout)
    arguments = [str(Path(sys.executable).parent / "ranker"), *shlex.split(command)[1:]]
    printed = subprocess.run(arguments, cwd=checkout, env=_environment(checkout), capture_output=True, text=True, check=True).stdout
    assert _steady(shown) in _steady(printed)


def _write_what_it_reads(command: str, folder: Path) -> None:
    """Run what writes the files it reads, if it did not run yet: `ranker diff` reads what `ranker replay` wrote."""
    for earlier in COMMANDS[: COMMANDS.index(command)]:
        written = re.search(r"--output (\S+)", earlier)
        if written is not None and f"{written[1]}@" in command and not (folder / written[1]).exists():
            arguments = [str(Path(sys.executable).parent / "ranker"), *shlex.split(earlier)[1:]]
            subprocess.run(arguments, cwd=folder, env=_environment(folder), capture_output=True, check=True)


def _steady(text: str) -> str:
    """Lines without what may differ in its last digit where another processor computes the vectors."""
    return "\n".join(re.sub(r"[+-]?\b\d+\.\d+\b", "N", line.rstrip()) for line in text.strip().splitlines())


def test_the_python_of_the_notebooks_page_runs(checkout: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "notebooks" / "README.md").read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        done = subprocess.run([sys.executable, "-c", block], env=_environment(checkout), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("1. ")


@pytest.mark.model
def test_the_readme_s_look_at_other_weights_prints_what_it_shows(checkout: Path) -> None:
    ((code, shown),) = re.findall(r"```python\n(from ranker\.notebook.*?)```\n\n```text\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, env=_environment(checkout), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, shown), done.stderr
    assert (checkout / "what-moved.html").stat().st_size > 1_000_000


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_a_file_leads_there(page: str) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / page).read_text("utf-8"))
    missing = [target for target in targets if "://" not in target and not (ROOT / page).parent.joinpath(target).exists()]
    assert missing == []


@pytest.mark.parametrize("target", ["demo", "test", "check", "bench", "serve"])
def test_the_makefile_has_every_target(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_the_newest_version_of_the_changelog_is_the_package_s() -> None:
    headings = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert headings[0] == ranker.__version__ == project["version"]


def test_each_dependency_has_its_line_in_the_readme() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.split(r"[<>=!~\[; ]", entry, maxsplit=1)[0] for entry in project["dependencies"]]
    table = README.split("## What it stands on", 1)[1]
    assert [name for name in names if name.casefold() not in table.casefold()] == []


def test_the_demo_s_help_counts_the_newsroom_right() -> None:
    labels = (ROOT / "data" / "newsroom" / "labels.csv").read_text("utf-8").splitlines()[1:]
    assert len(labels) == len(list((ROOT / "data" / "newsroom" / "articles").glob("*.md"))) == 386
    assert len({line.split(",")[1] for line in labels}) == 108


def test_the_names_of_the_package_are_those_it_exports() -> None:
    assert ranker.__all__ == sorted(ranker.__all__)
    assert all(getattr(ranker, name) is not None for name in ranker.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ranker.nothing
