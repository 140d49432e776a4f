"""Files brought up to date in place: the right values, nothing else touched, and never a torn file."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import msgspec
import pytest
from support.hashing_encoder import HashingEncoder
from support.planted import make_planted_stories

from ranker.apps import batch
from ranker.apps.batch import BatchResult, file_updates, related_items, update_files
from ranker.articles.dates import iso_text
from ranker.articles.reading import Reading, read_articles
from ranker.articles.writing import FileUpdate, write_atomically
from ranker.pipeline import Ranking, rank_articles
from ranker.settings import Settings
from ranker.settings_file import load_settings

Command = Callable[..., "CompletedProcess[str]"]

AS_OF = datetime(2026, 3, 11, 18, tzinfo=UTC)
NEWSROOM = Path(__file__).parents[2] / "data" / "newsroom"
IN_PLACE = ("--encoder", "static", "--in-place")
OWNED = re.compile(r"^(?:quality|heat|related):.*\n(?:[ \t-].*\n)*", re.MULTILINE)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if not path.name.startswith(".")}


def not_owned(data: bytes) -> tuple[list[str], str]:
    """The head's lines that are no part of an owned key, and everything behind the head."""
    head, body = re.split(r"(?<=\n)---[ \t]*\n", data.decode("utf-8").replace("\r\n", "\n") + "\n", maxsplit=1)
    return [line for line in OWNED.sub("", head).splitlines() if line], body


def ranked(folder: Path, settings: Settings) -> tuple[Ranking, Reading]:
    reading = read_articles([str(folder)], settings.reading)
    return rank_articles(reading.articles, settings, as_of=AS_OF, encoder=HashingEncoder()), reading


def planned(folder: Path, settings: Settings | None = None, *, set_published: bool = False) -> dict[str, dict[str, Any]]:
    """The values of each file, by its name."""
    ranking, reading = ranked(folder, settings or load_settings())
    updates = file_updates(ranking, reading.digests, set_published=set_published)
    return {Path(update.path).name: dict(update.values) for update in updates}


def with_heat(**changes: Any) -> Settings:
    settings = load_settings()
    return msgspec.structs.replace(settings, heat=msgspec.structs.replace(settings.heat, **changes))


def with_related(**changes: Any) -> Settings:
    settings = load_settings()
    return msgspec.structs.replace(settings, related=msgspec.structs.replace(settings.related, **changes))


def kept_items(desk: Path, items: Iterable[dict[str, object]], settings: Settings | None = None) -> list[object]:
    """Web addresses of the snooker report's related list, given the items that its file holds already."""
    ranking, _ = ranked(desk, settings or load_settings())
    article = next(article for article in ranking.grouping.corpus.articles if article.url.endswith("/147"))
    known = {"pressline.example/quake"}
    return [item.get("webUrl") for item in related_items(replace(article, related=tuple(items)), ranking, known)]


# Values


def test_a_file_gets_its_article_s_quality_heat_and_related(desk: Path) -> None:
    values = planned(desk)["quake-pressline.md"]
    covered, foretold = 10 * (0.5 ** (8 / 6) + 0.5 ** (6 / 6)), 10 * (0.5 ** (8 / 24) + 0.5 ** (6 / 24)) * 6 / 24
    assert values["quality"] == 2 * 17 + 20 - 15
    assert values["heat"] == round(39 + covered + 2 * (covered - foretold))
    assert [item["provider"]["name"] for item in values["related"]] == ["Nineline TV", "Continental Wire"]


def test_related_items_stand_by_quality_best_first_and_of_equals_the_newest_first(desk: Path) -> None:
    related = planned(desk)["quake-continental.md"]["related"]
    assert [item["quality"] for item in related] == [39, 17 - 15]
    more = (desk / "ferry-albion.md").read_text("utf-8").replace("herald.example/gannet", "x").replace("topics: [Sea]\n", "")
    (desk / "ferry-albion.md").write_text(more, "utf-8")
    third = (
        more.replace("The Albion", "Echo").replace("albion.example", "echo.example").replace("T07:", "T09:").replace("All 61", "Sixty-one")
    )
    (desk / "ferry-echo.md").write_text(third, "utf-8")
    related = planned(desk)["ferry-herald.md"]["related"]
    assert [item["publishedDateTime"] for item in related] == ["2026-03-10T09:00:00Z", "2026-03-10T07:00:00Z"]


def test_an_article_without_related_items_has_no_such_key(desk: Path) -> None:
    assert planned(desk)["snooker.md"]["related"] is None


def test_the_everyday_profile_gives_ten_points_for_each_related_item_and_minus_one_to_other_members(desk: Path) -> None:
    values = planned(desk, load_settings(profile="everyday"))
    assert values["quake-pressline.md"]["heat"] == 39 + 10 * 2
    assert [values[name]["heat"] for name in ("quake-nineline.md", "quake-continental.md")] == [-1, -1]
    assert values["snooker.md"]["heat"] == 0


def test_a_member_s_heat_may_be_a_number_of_the_settings(desk: Path) -> None:
    values = planned(desk, with_heat(non_lead=7.0))
    assert [values[name]["heat"] for name in ("quake-nineline.md", "quake-continental.md")] == [7, 7]
    assert values["quake-pressline.md"]["heat"] > 39


@pytest.mark.parametrize(("publish_at", "published"), [(39.0, True), (40.0, False)])
def test_published_is_decided_by_quality_if_it_is_asked_for(publish_at: float, published: bool, desk: Path) -> None:
    settings = load_settings()
    strict = msgspec.structs.replace(settings, quality=msgspec.structs.replace(settings.quality, publish_at=publish_at))
    assert planned(desk, strict, set_published=True)["quake-pressline.md"]["published"] is published
    assert "published" not in planned(desk, strict)["quake-pressline.md"]


def test_only_front_matter_files_are_updated(desk: Path) -> None:
    (desk / "more.jsonl").write_text('{"title": "Library closes", "url": "https://echo.example/library"}\n')
    assert set(planned(desk)) == {path.name for path in desk.glob("*.md")}


def test_items_that_point_outside_the_input_are_kept_by_quality(desk: Path) -> None:
    outside: list[dict[str, object]] = [{"webUrl": f"https://far.example/{quality}", "quality": str(quality)} for quality in (5, 50)]
    assert kept_items(desk, outside) == ["https://far.example/50", "https://far.example/5"]


def test_an_item_that_points_into_the_input_goes_if_it_is_not_related_any_more(desk: Path) -> None:
    assert kept_items(desk, [{"webUrl": "http://pressline.example/quake/?utm_source=x", "quality": 90}]) == []


def test_an_item_that_points_nowhere_goes(desk: Path) -> None:
    assert kept_items(desk, [{"title": "No address", "quality": 90}, {"webUrl": "no address", "quality": 90}]) == []


def test_kept_items_fill_the_list_only_up_to_its_limit(desk: Path) -> None:
    outside = [{"webUrl": f"https://far.example/{i}", "quality": i} for i in range(9)]
    assert kept_items(desk, outside, with_related(limit=2)) == ["https://far.example/8", "https://far.example/7"]
    assert kept_items(desk, outside, with_related(limit=0)) == []


def test_nothing_is_kept_if_the_setting_says_so(desk: Path) -> None:
    assert kept_items(desk, [{"webUrl": "https://far.example/1", "quality": 9}], with_related(keep_unknown=False)) == []


@pytest.mark.parametrize("quality", ["much", "nan", "inf", None, [1]])
def test_an_item_whose_quality_is_no_number_stands_as_one_of_0(quality: object, desk: Path) -> None:
    items: list[dict[str, object]] = [{"webUrl": f"https://far.example/{i}", "quality": i} for i in (-1, 1)]
    wanted = ["https://far.example/1", "https://far.example/odd", "https://far.example/-1"]
    assert kept_items(desk, [*items, {"webUrl": "https://far.example/odd", "quality": quality}]) == wanted


def test_kept_items_of_one_quality_stand_in_one_order(desk: Path) -> None:
    items: list[dict[str, object]] = [
        {"webUrl": "https://far.example/b", "quality": 5},
        {"webUrl": "https://far.example/a", "quality": 5},
        {"webUrl": "https://far.example/c", "quality": 5, "publishedDateTime": "2026-03-01T00:00:00Z"},
    ]
    orders = {tuple(map(str, kept_items(desk, order))) for order in (items, items[::-1])}
    assert orders == {("https://far.example/c", "https://far.example/a", "https://far.example/b")}


# Files


def updated(desk: Path, *, write: bool = True, meanwhile: Callable[[], object] = lambda: None, done: Any = None) -> BatchResult:
    ranking, reading = ranked(desk, load_settings())
    updates: list[FileUpdate] = list(file_updates(ranking, reading.digests))
    meanwhile()
    return update_files(updates, {article.origin.path: article for article in reading.articles}, write=write, done=done)


def test_files_are_counted_as_changed_and_then_as_right(desk: Path) -> None:
    first, second = updated(desk), updated(desk)
    assert (first.unchanged, len(first.changes), first.refusals) == (0, 6, ())
    assert (second.unchanged, second.changes, second.refusals) == (6, (), ())


def test_a_file_that_is_right_is_not_touched(desk: Path) -> None:
    updated(desk)
    times = {path: path.stat().st_mtime_ns for path in desk.iterdir()}
    updated(desk)
    assert {path: path.stat().st_mtime_ns for path in desk.iterdir()} == times


def test_a_dry_run_writes_nothing_and_tells_what_it_would(desk: Path) -> None:
    before = contents(desk)
    result = updated(desk, write=False)
    assert contents(desk) == before
    assert len(result.changes) == 6
    assert {change.path for change in result.changes if b"\nquality: 39\n" in change.after} == {str(desk / "quake-pressline.md")}


def test_every_file_is_told_to_the_progress(desk: Path) -> None:
    told: list[None] = []
    updated(desk, done=lambda: told.append(None))
    updated(desk, done=lambda: told.append(None))
    assert len(told) == 2 * 6


def test_a_file_that_was_changed_meanwhile_is_refused_and_the_rest_done(desk: Path) -> None:
    path = desk / "snooker.md"
    edited = path.read_text("utf-8") + "An editor's new line.\n"
    result = updated(desk, meanwhile=lambda: path.write_text(edited, "utf-8"))
    assert [(refusal.origin.path, refusal.reason) for refusal in result.refusals] == [
        (str(path), "was changed by someone else while the job ran; left as it is")
    ]
    assert path.read_text("utf-8") == edited
    assert len(result.changes) == 5


def test_a_file_that_is_gone_meanwhile_is_refused_and_the_rest_done(desk: Path) -> None:
    result = updated(desk, meanwhile=(desk / "snooker.md").unlink)
    assert [refusal.reason for refusal in result.refusals] == ["cannot be read again (No such file or directory)"]
    assert len(result.changes) == 5


def test_a_file_that_cannot_be_written_is_refused_and_the_rest_done(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(path: Path, data: bytes) -> None:
        if path.name == "snooker.md":
            raise PermissionError(13, "Permission denied")
        write_atomically(path, data)

    monkeypatch.setattr(batch, "write_atomically", failing)
    result = updated(desk)
    assert [str(refusal) for refusal in result.refusals] == [
        f"{desk / 'snooker.md'}: file: cannot be written (Permission denied); left as it is"
    ]
    assert len(result.changes) == 5


def test_a_file_that_says_it_already_is_right_even_if_its_article_does_not(desk: Path) -> None:
    updated(desk)
    ranking, reading = ranked(desk, load_settings())
    articles = {article.origin.path: replace(article, quality=None) for article in reading.articles}
    result = update_files(file_updates(ranking, reading.digests), articles, write=True)
    assert (result.unchanged, result.changes) == (6, ())


def test_a_file_that_only_says_it_otherwise_is_right(desk: Path) -> None:
    path = desk / "snooker.md"
    path.write_text(path.read_text("utf-8").replace("title:", "quality: 0.0  # by hand\nheat: '0'\ntitle:"), "utf-8")
    before = path.read_bytes()
    assert len(updated(desk).changes) == 5
    assert path.read_bytes() == before


# The command


@pytest.fixture
def newsroom(tmp_path: Path) -> Path:
    return Path(shutil.copytree(NEWSROOM / "articles", tmp_path / "newsroom"))


@pytest.fixture
def real_files(shared_data: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shared_data / "frontmatter", tmp_path / "real"))


@pytest.mark.parametrize("files", ["newsroom", "real_files"])
def test_only_owned_keys_change_and_a_second_run_changes_nothing(files: str, request: pytest.FixtureRequest, ranker: Command) -> None:
    folder: Path = request.getfixturevalue(files)
    before = contents(folder)
    assert ranker("rerank", folder, *IN_PLACE).returncode == 0
    after = contents(folder)
    assert sum(after[name] != data for name, data in before.items()) > len(before) / 2
    assert {name: not_owned(data) for name, data in after.items()} == {name: not_owned(data) for name, data in before.items()}
    again = ranker("rerank", folder, *IN_PLACE)
    assert contents(folder) == after
    assert f"0 files changed, {len(after)} right already, 0 left for a reason" in again.stderr


def test_a_dry_run_of_the_command_writes_nothing(desk: Path, ranker: Command) -> None:
    before = contents(desk)
    told = ranker("rerank", desk, *IN_PLACE, "--dry-run")
    assert contents(desk) == before
    assert (told.returncode, told.stdout) == (0, "")
    assert "6 files would change, 0 right already, 0 left for a reason" in told.stderr


def test_a_diff_shows_the_change_and_nothing_opaque(desk: Path, ranker: Command) -> None:
    shown = ranker("rerank", desk / "quake-pressline.md", *IN_PLACE, "--diff", "--dry-run", "--set-published").stdout
    assert [line for line in shown.splitlines() if line[:1] in "+-"][2:] == [
        "-quality: 1",
        "-heat: 1",
        "-published: true",
        "+quality: 39",
        "+heat: 39",
        "+published: false",
    ]
    assert "b3BhcXVl" not in shown


def test_published_is_written_on_demand(desk: Path, ranker: Command) -> None:
    ranker("rerank", desk, *IN_PLACE)
    assert "published: true" in (desk / "quake-pressline.md").read_text("utf-8")
    ranker("rerank", desk, *IN_PLACE, "--set-published")
    assert "published: false" in (desk / "quake-pressline.md").read_text("utf-8")
    assert "published: false" in (desk / "snooker.md").read_text("utf-8")


def test_the_body_and_the_opaque_keys_survive(desk: Path, ranker: Command) -> None:
    ranker("rerank", desk, *IN_PLACE)
    text = (desk / "quake-pressline.md").read_text("utf-8")
    assert text.endswith('\nsecured: "b3BhcXVl"\n---\nBody of the report.\n')


def test_a_list_that_somebody_else_made_stays_byte_for_byte(shared_data: Path, tmp_path: Path, ranker: Command) -> None:
    path = Path(shutil.copy(shared_data / "related-example.md", tmp_path))
    before = path.read_text("utf-8")
    ranker("rerank", path, *IN_PLACE, "--profile", "everyday")
    changed = [line for line in path.read_text("utf-8").splitlines() if line not in before.splitlines()]
    quality, heat = (int(line.partition(": ")[2]) for line in changed)
    assert path.read_text("utf-8") == before.replace("quality: 83", f"quality: {quality}").replace("heat: 123", f"heat: {heat}")
    assert heat == quality + 10 * 4


def test_files_of_other_formats_cannot_be_updated_in_place(tmp_path: Path, ranker: Command) -> None:
    (tmp_path / "a.jsonl").write_text('{"title": "Library closes"}\n')
    told = ranker("rerank", tmp_path / "a.jsonl", *IN_PLACE)
    assert told.returncode == 2
    assert "--in-place: none of the inputs is a front matter file; use --output for other formats" in told.stderr


def test_a_file_changed_under_the_command_is_told_and_ends_with_3(desk: Path, ranker: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = batch.file_updates

    def edited_meanwhile(*given: Any, **named: Any) -> Any:
        (desk / "snooker.md").write_text("---\ntitle: Changed\n---\n", "utf-8")
        return plan(*given, **named)

    monkeypatch.setattr(batch, "file_updates", edited_meanwhile)
    report = desk.parent / "report.json"
    told = ranker("rerank", desk, *IN_PLACE, "--report", report)
    assert told.returncode == 3
    assert "5 files changed, 0 right already, 1 left for a reason" in told.stderr
    assert msgspec.json.decode(report.read_bytes())["refused"] == [
        {
            "path": str(desk / "snooker.md"),
            "line": None,
            "field": "file",
            "reason": "was changed by someone else while the job ran; left as it is",
        }
    ]


# Killed in the middle

FILES = 200
KILLS = 10
IN_OTHER_PROCESS = [sys.executable, "-c", "from ranker.apps.cli import main; main()"]


@pytest.fixture(scope="module")
def planted() -> dict[str, bytes]:
    """Small front matter files of planted stories, by name."""
    articles = make_planted_stories(FILES // 5, 5, 0.3, seed=7).articles
    texts = (
        f'---\ntitle: "{article.title}"\nexcerpt: "{article.excerpt}"\npublishedDateTime: {iso_text(article.published)}\n'
        f'webUrl: "https://{article.provider.domain}/{article.id}"\n---\n'
        for article in articles
        if article.published is not None
    )
    return {f"{place:03}.md": text.encode() for place, text in enumerate(texts)}


def lay_out(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def states(folder: Path) -> dict[str, tuple[int, int]]:
    """What tells that a file was written or replaced, by name."""
    found = {}
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # a temporary file, renamed since
            found[path.name] = (path.stat().st_mtime_ns, path.stat().st_ino)
    return found


def killed_after(changed: int, folder: Path) -> dict[str, bytes]:
    """The files of a folder after the job was killed, at the moment when so many of them had changed."""
    before = states(folder)
    process = subprocess.Popen([*IN_OTHER_PROCESS, "rerank", str(folder), *IN_PLACE], stderr=subprocess.DEVNULL)
    give_up = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < give_up:
        if sum(before.get(name, state) != state for name, state in states(folder).items()) >= changed:
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    process.wait(timeout=60)
    return contents(folder)


def test_a_job_killed_at_any_moment_leaves_every_file_old_or_new(planted: dict[str, bytes], tmp_path: Path, ranker: Command) -> None:
    assert ranker("rerank", lay_out(planted, tmp_path / "whole"), *IN_PLACE).returncode == 0
    finished = contents(tmp_path / "whole")
    moments = random.Random(1).sample(range(1, FILES * 4 // 5), KILLS)
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda moment: killed_after(moment, lay_out(planted, tmp_path / f"killed-{moment}")), moments))
    for found in outcomes:
        assert [name for name in planted if found[name] not in (planted[name], finished[name])] == []
    assert any(found not in (planted, finished) for found in outcomes)
    last = tmp_path / f"killed-{moments[-1]}"
    assert ranker("rerank", last, *IN_PLACE, "--resume").returncode == 0
    assert contents(last) == finished


def test_what_a_killed_run_left_in_a_folder_goes_with_the_next_write(desk: Path) -> None:
    old, young = desk / ".a.md.x1.ranker-tmp", desk / ".a.md.x2.ranker-tmp"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    ranking, reading = ranked(desk, load_settings())
    articles = {article.origin.path: article for article in reading.articles}
    assert update_files(file_updates(ranking, reading.digests), articles, write=True).changes
    assert (old.exists(), young.exists()) == (False, True)
