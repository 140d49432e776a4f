"""The wheel: built without a network, complete, and working far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Runs the command and says on standard error which files of the checkout were opened on the way.
WATCHED_COMMAND = """
import os, sys
checkout, environment = sys.argv.pop(1), sys.prefix
opened = set()
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        path = os.path.realpath(arguments[0])
        if path.startswith(checkout + os.sep) and not path.startswith(environment + os.sep):
            opened.add(path)
sys.addaudithook(watch)
from ranker import places
from ranker.apps import cli
try:
    cli.main()
except SystemExit as end:
    print("EXIT", end.code, sep="|", file=sys.stderr)
print("PLACES", cli.__file__, places.models_folder(), places.newsroom_folder(), sep="|", file=sys.stderr)
print("OPENED", " ".join(sorted(opened)), sep="|", file=sys.stderr)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("ranker-*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked").resolve()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("folder", ["models", "data/newsroom/articles", "data/newsroom/broken"])
def test_the_wheel_holds_all_files_of_a_shipped_folder(folder: str, unpacked: Path) -> None:
    assert files_in(unpacked / "ranker" / folder) == files_in(ROOT / folder)


@pytest.mark.parametrize(
    "name", ["defaults.yaml", "models/static-minilm/table.npz", "data/newsroom/ranker.yaml", "data/newsroom/labels.csv"]
)
def test_the_wheel_holds_single_files(name: str, unpacked: Path) -> None:
    assert (unpacked / "ranker" / name).is_file()


def test_the_wheel_holds_all_of_the_package_and_no_test(unpacked: Path) -> None:
    package = {name for name in files_in(ROOT / "ranker") if "__pycache__" not in name}
    assert {"apps/service/page/templates/base.html", "apps/service/page/static/base.css"} <= package
    assert package <= files_in(unpacked / "ranker")
    assert {path.name for path in unpacked.iterdir()} == {"ranker", next(unpacked.glob("*.dist-info")).name}


def test_the_demo_runs_from_the_wheel_and_touches_nothing_of_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(unpacked), "RANKER_CACHE_DIR": str(tmp_path / "cache"), "COLUMNS": "80"}
    command = [sys.executable, "-c", WATCHED_COMMAND, str(ROOT.resolve()), "demo", "--encoder", "static", "--limit", "3"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, encoding="utf-8")
    told = dict(line.split("|", 1) for line in done.stderr.splitlines() if "|" in line)
    assert told["EXIT"] == "0"
    assert "  1 0." in done.stdout
    assert told["OPENED"] == ""
    assert all(Path(place).is_relative_to(unpacked) for place in told["PLACES"].split("|"))
