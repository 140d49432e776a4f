"""Writing: files are wholly old or wholly new, and change in what the job owns alone."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ranker.articles.record import Refusal
from ranker.articles.writing import FileChange, FileUpdate, planned_change, remove_leftovers, sync_folder, write_atomically

POST = b"""---
title: "Bridge reopens"
webUrl: "https://harbour.example/bridge"
quality: 37
myKey: hush
secured: "hush"
---
body
"""


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def update(path: Path, *, read: bytes | None = None, **values: object) -> FileUpdate:
    return FileUpdate(str(path), hashlib.sha256(path.read_bytes() if read is None else read).digest(), values)


# Whole files


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old and longer")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o400, 0o755])
def test_permissions_are_kept(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_atomically(path, b"new")
    assert mode_of(path) == mode


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_a_new_file_has_the_permissions_that_are_usual(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "a.md", b"new")
        assert mode_of(tmp_path / "a.md") == 0o666 & ~mask
        assert os.umask(mask) == mask
    finally:
        os.umask(before)


def test_many_new_files_at_once_leave_the_mask_alone(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: write_atomically(tmp_path / str(number), b"new"), range(80)))
        assert os.umask(0o027) == 0o027
        assert {mode_of(path) for path in tmp_path.iterdir()} == {0o640}
    finally:
        os.umask(before)


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "a.md", tmp_path / "link.md"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.md", "real"]


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "\U0001f600" * 63])
def test_the_longest_names_can_be_written(name: str, tmp_path: Path) -> None:
    write_atomically(tmp_path / name, b"new")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("step", ["replace", "fsync", "fchmod"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full disk", "interrupt"])
def test_a_failure_leaves_the_old_file_and_no_other(
    step: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(error)):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "a.md", b"new")


def test_data_is_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def noted(name: str) -> None:
        real = getattr(os, name)

        def step(*arguments: object) -> None:
            steps.append(name)
            real(*arguments)

        monkeypatch.setattr(os, name, step)

    noted("fsync")
    noted("replace")
    write_atomically(tmp_path / "a.md", b"new")
    sync_folder(tmp_path)
    assert steps == ["fsync", "replace", "fsync"]


def test_a_folder_that_is_not_there_cannot_be_synced(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "none")


# Rewrites three files over and over in a child process, and kills it at moments that a seeded chance chooses, once
# it has told that every file has been written.
KILLS = 25
KILLING = """
import os, random, signal, sys, time
from pathlib import Path
from ranker.articles.writing import write_atomically

versions = [letter * 300_000 for letter in (b"A", b"B")]
files = [Path(sys.argv[1], name) for name in ("1.md", "2.md", "3.md")]
chance = random.Random(7)

def rewrite(tell):
    while True:
        for version in versions:
            for file in files:
                write_atomically(file, version)
        os.write(tell, b".")

for _ in range(int(sys.argv[2])):
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            rewrite(tell)
        finally:
            os._exit(1)
    os.close(tell)
    assert os.read(told, 1) == b".", "the child never wrote"
    time.sleep(chance.uniform(0, 0.02))
    os.kill(child, signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    os.close(told)
    for file in files:
        data = file.read_bytes()
        assert data in versions, f"{file.name} is torn: {len(data)} bytes"
"""


def test_a_job_that_is_killed_leaves_every_file_wholly_old_or_wholly_new(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLING, str(tmp_path), str(KILLS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# Front matter files


def test_a_planned_change_holds_the_file_before_and_after_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(POST)
    change = planned_change(update(path, quality=83))
    assert change == FileChange(str(path), POST, POST.replace(b"37", b"83"))
    assert path.read_bytes() == POST


def test_a_file_that_is_right_already_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(POST)
    change = planned_change(update(path, quality=37, related=None))
    assert isinstance(change, FileChange)
    assert change.before == change.after == POST
    assert change.diff() == ""


def test_bytes_that_are_not_owned_are_carried_over(tmp_path: Path) -> None:
    data = "\ufeff".encode() + POST.replace(b"\n", b"\r\n").removesuffix(b"\r\n") + "é\u2028\0".encode()
    path = tmp_path / "a.md"
    path.write_bytes(data)
    change = planned_change(update(path, quality=83))
    assert isinstance(change, FileChange)
    assert change.after == data.replace(b"37", b"83")


def test_a_file_that_someone_else_changed_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(POST + b"someone's line\n")
    refusal = planned_change(update(path, read=POST, quality=83))
    assert str(refusal) == f"{path}: file: was changed by someone else while the job ran; left as it is"
    assert path.read_bytes() == POST + b"someone's line\n"


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    refusal = planned_change(update(tmp_path / "a.md", read=POST, quality=83))
    assert str(refusal) == f"{tmp_path / 'a.md'}: file: cannot be read again (No such file or directory)"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no head", "1: file: has no front matter: the first line is not ---"),
        (POST.replace(b"37", b"&a 37\nheat: *a"), "5: yaml: holds an alias to nothing before it: 'a'"),
    ],
)
def test_a_file_that_cannot_be_changed_is_refused_with_a_reason(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(data)
    refusal = planned_change(update(path, quality=83))
    assert isinstance(refusal, Refusal)
    assert str(refusal) == f"{path}:{reason}"


def test_a_diff_shows_the_change_and_no_opaque_value() -> None:
    related = b"related:\n  - quality: 5\n\n"
    change = FileChange("a.md", POST, POST.replace(b"37", b"83").replace(b"myKey", related + b"myKey"))
    assert change.diff() == (
        "--- a.md\n+++ a.md\n@@ -3,3 +3,6 @@\n"
        ' webUrl: "https://harbour.example/bridge"\n'
        "-quality: 37\n+quality: 83\n+related:\n+  - quality: 5\n+\n (not shown)\n"
    )


def test_a_diff_parts_lines_at_line_feeds_alone() -> None:
    before = POST.replace(b"\n", b"\r\n").replace(b"Bridge", "Bri\u2028dge".encode())
    diff = FileChange("a.md", before, before.replace(b"37", b"83").replace(b"https", b"http")).diff()
    assert diff.split("\n") == [
        "--- a.md",
        "+++ a.md",
        "@@ -2,4 +2,4 @@",
        ' title: "Bri\u2028dge reopens"',
        '-webUrl: "https://harbour.example/bridge"',
        "-quality: 37",
        '+webUrl: "http://harbour.example/bridge"',
        "+quality: 83",
        " (not shown)",
        "",
    ]


def test_leftovers_of_killed_runs_go_and_those_of_running_ones_stay(tmp_path: Path) -> None:
    old, young, other = tmp_path / ".a.md.x1.ranker-tmp", tmp_path / ".b.md.x2.ranker-tmp", tmp_path / ".c.md"
    for path in (old, young, other):
        path.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    os.utime(young, (3000, 3000))
    os.utime(other, (1000, 1000))
    assert remove_leftovers(tmp_path, before=2000) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [young.name, other.name]
