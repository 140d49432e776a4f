"""Reading: inputs of every kind become articles, and all that is refused is accounted for."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.articles.article import Article, Origin, Provider
from ranker.articles.reading import Reading, clamp_future, newest_time, newest_versions, read_articles, sniffed_format
from ranker.errors import InputError
from ranker.settings import ReadingSettings

NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)
Read = Callable[..., Reading]


@pytest.fixture
def read(reading_settings: ReadingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Read inputs from a fresh working folder, by relative names."""
    monkeypatch.chdir(tmp_path)

    def read_inputs(*inputs: str, standard_input: bytes | None = None, strict: bool = False, **changes: object) -> Reading:
        settings = msgspec.structs.replace(reading_settings, **changes)
        stream = None if standard_input is None else io.BytesIO(standard_input)
        return read_articles(inputs, settings, strict=strict, standard_input=stream)

    return read_inputs


def post(title: str, lines: str = "") -> bytes:
    slug = title.lower().replace(" ", "-")
    return f'---\ntitle: "{title}"\nwebUrl: "https://harbour.example/{slug}"\n{lines}---\nbody\n'.encode()


def line(title: str, **fields: object) -> str:
    return json.dumps({"title": title, "url": f"https://harbour.example/{title.lower().replace(' ', '-')}"} | fields)


def rss(*titles: str) -> bytes:
    items = "".join(f"<item><title>{title}</title><link>https://harbour.example/{title}</link></item>\n" for title in titles)
    return f'<rss version="2.0"><channel><title>Harbour</title>\n{items}</channel></rss>'.encode()


def json_feed(*titles: str) -> bytes:
    items = [{"title": title, "url": f"https://harbour.example/{title}"} for title in titles]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Harbour", "items": items}).encode()


def parquet(*titles: str) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"title": titles, "url": [f"https://harbour.example/{title}" for title in titles]}), sink)
    return sink.getvalue()


def titles(reading: Reading) -> list[str]:
    return sorted(article.title for article in reading.articles)


def refused(reading: Reading) -> list[str]:
    return [str(refusal) for refusal in reading.refusals]


def write(files: dict[str, bytes]) -> None:
    for name, data in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)


# Inputs

GOOD = {
    "a.md": post("a"),
    "b.markdown": post("b"),
    "c.jsonl": line("c").encode(),
    "d.ndjson": line("d").encode(),
    "e.json": f"[{line('e')}]".encode(),
    "f.json": line("f").encode(),
    "g.csv": b"title,url\ng,https://harbour.example/g\n",
    "h.tsv": b"title\turl\nh\thttps://harbour.example/h\n",
    "i.parquet": parquet("i"),
    "j.rss": rss("j"),
    "k.atom": b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>k</title><link href="https://harbour.example/k"/></entry></feed>',
    "l.xml": rss("l"),
    "m.json": json_feed("m"),
    "lists/n.opml": b'<opml><body><outline xmlUrl="../feeds/n.rss"/></body></opml>',
    "feeds/n.rss": rss("n"),
}
GOOD_TITLES = list("abcdefghijklmn")


@pytest.mark.parametrize("name", [name for name in GOOD if name != "feeds/n.rss"])
def test_a_file_of_each_kind_is_read(name: str, read: Read) -> None:
    write(GOOD)
    reading = read(name)
    assert titles(reading) == [Path(name).stem]
    assert refused(reading) == []


@pytest.mark.parametrize("name", [name for name in GOOD if name not in {"feeds/n.rss", "lists/n.opml"}])
def test_the_kind_is_told_by_the_content_where_the_name_says_nothing(name: str, read: Read) -> None:
    write({"input": GOOD[name]})
    assert titles(read("input")) == [Path(name).stem]
    assert titles(read("-", standard_input=GOOD[name])) == [Path(name).stem]


def test_a_folder_is_searched_through_in_order(read: Read) -> None:
    write({f"in/{name}": data for name, data in GOOD.items()} | {"in/deep/er/z.md": post("z"), "in/readme.txt": b"no", "in/x.png": b"no"})
    reading = read("in")
    assert titles(reading) == [*GOOD_TITLES, "z"]
    assert refused(reading) == []
    assert (reading.counts.files, reading.counts.skipped_files) == (len(GOOD) + 1, 2)


def test_hidden_files_and_folders_are_left_out(read: Read) -> None:
    write({"in/a.md": post("a"), "in/.b.md": post("b"), "in/.git/c.md": post("c"), "in/.a.md.x.ranker-tmp": b""})
    reading = read("in")
    assert titles(reading) == ["a"]
    assert (reading.counts.files, reading.counts.skipped_files) == (1, 0)


def test_a_hidden_file_that_is_named_is_read(read: Read) -> None:
    write({".b.md": post("b")})
    assert titles(read(".b.md")) == ["b"]


def test_an_empty_folder_is_no_articles(read: Read) -> None:
    Path("in").mkdir()
    assert read("in") == Reading((), (), dataclasses.replace(read().counts), {})


@pytest.mark.parametrize(
    ("pattern", "wanted"), [("in/*.md", ["a", "b"]), ("in/**/*.md", ["a", "b", "c"]), ("in/[ab].md", ["a", "b"]), ("i?", ["a", "b", "c"])]
)
def test_a_pattern_names_files_and_folders(pattern: str, wanted: list[str], read: Read) -> None:
    write({"in/a.md": post("a"), "in/b.md": post("b"), "in/sub/c.md": post("c")})
    assert titles(read(pattern)) == wanted


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(read: Read) -> None:
    write({"[a].md": post("x"), "a.md": post("a")})
    assert titles(read("[a].md")) == ["x"]


def test_standard_input_is_called_a_dash(read: Read) -> None:
    (article,) = read("-", standard_input=f"\n{line('a')}\n".encode()).articles
    assert article.origin == Origin("-", 2)


def test_standard_input_named_twice_is_read_once(read: Read) -> None:
    reading = read("-", "-", standard_input=line("a").encode())
    assert (titles(reading), refused(reading), reading.counts.files) == (["a"], [], 1)


def test_a_file_named_in_several_ways_is_read_once(read: Read) -> None:
    write({"in/a.md": post("a")})
    Path("link.md").symlink_to("in/a.md")
    reading = read("in", "in/a.md", "./in/../in/a.md", "in/*.md", "link.md")
    assert (titles(reading), reading.counts.files, reading.counts.duplicates) == (["a"], 1, 0)


def test_linked_files_are_read_and_loops_end(read: Read) -> None:
    write({"in/sub/a.md": post("a"), "elsewhere/b.md": post("b")})
    Path("in/sub/up").symlink_to("..")
    Path("in/b.md").symlink_to("../elsewhere/b.md")
    Path("in/self.md").symlink_to("self.md")
    reading = read("in")
    assert titles(reading) == ["a", "b"]
    assert refused(reading) == ["in/self.md: file: cannot be read (Too many levels of symbolic links)"]


@pytest.mark.parametrize(
    ("given_input", "message"),
    [
        ("missing.md", "missing.md: no such file or folder"),
        ("missing/*.md", "missing/*.md: no file matches"),
        ("", ": no such file or folder"),
        ("a.md/b.md", "a.md/b.md: no such file or folder"),
        ("x" * 300, f"{'x' * 300}: cannot be reached (File name too long)"),
        ("a\0b", "a\0b: no such file or folder"),
        ("-", "-: there is no standard input to read"),
    ],
)
def test_an_input_that_is_not_there_is_an_error(given_input: str, message: str, read: Read) -> None:
    write({"a.md": post("a")})
    with pytest.raises(InputError) as caught:
        read(given_input)
    assert str(caught.value) == message


# Refusals


def test_a_file_that_cannot_be_opened_is_refused_and_the_others_read(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"in/a.md": post("a"), "in/b.md": post("b")})

    def read_bytes(path: Path) -> bytes:
        if path.name == "a.md":
            raise PermissionError(13, "Permission denied")
        with path.open("rb") as stream:
            return stream.read()

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    reading = read("in")
    assert titles(reading) == ["b"]
    assert refused(reading) == ["in/a.md: file: cannot be read (Permission denied)"]
    assert reading.counts.files == 1


def test_a_folder_that_cannot_be_opened_is_refused_and_the_others_read(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"in/shut/a.md": post("a"), "in/open/b.md": post("b")})
    scandir = os.scandir

    def guarded(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    reading = read("in")
    assert titles(reading) == ["b"]
    assert refused(reading) == ["in/shut: folder: cannot be read (Permission denied)"]


def test_a_pipe_that_is_met_is_refused_and_does_not_hang(read: Read) -> None:
    write({"in/a.md": post("a"), "in/x.opml": b'<opml><outline xmlUrl="pipe.rss"/></opml>'})
    os.mkfifo("in/pipe.md")
    os.mkfifo("in/pipe.rss")
    reading = read("in", "in/pipe.*")
    assert titles(reading) == ["a"]
    assert set(refused(reading)) == {"in/pipe.md: file: is no regular file", "in/pipe.rss: file: is no regular file"}


def test_a_pipe_that_is_named_is_read(reading_settings: ReadingSettings) -> None:
    descriptor, end = os.pipe()
    os.write(end, line("a").encode())
    os.close(end)
    try:
        assert titles(read_articles([f"/dev/fd/{descriptor}"], reading_settings)) == ["a"]
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"just words\n", "is of no known format (front matter, JSON, CSV, Parquet, RSS, Atom, OPML)"),
        (b"\xff\xfe\x00", "is of no known format (front matter, JSON, CSV, Parquet, RSS, Atom, OPML)"),
        (b"", "is empty"),
        (b" \n", "is empty"),
    ],
)
def test_what_is_of_no_known_format_is_refused(data: bytes, reason: str, read: Read) -> None:
    assert refused(read("-", standard_input=data)) == [f"-: file: {reason}"]


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.tsv", "x.ndjson"])
def test_an_empty_table_is_no_articles_and_no_refusal(name: str, read: Read) -> None:
    write({name: b""})
    assert (read(name).articles, read(name).refusals) == ((), ())


def test_a_large_file_is_refused_unread(read: Read) -> None:
    write({"a.jsonl": line("a").encode().ljust(2001)})
    assert refused(read("a.jsonl", max_file_megabytes=0.002)) == ["a.jsonl: file: is larger than reading.max_file_megabytes (0.002)"]
    assert titles(read("a.jsonl", max_file_megabytes=0.002001)) == ["a"]


def test_a_large_standard_input_is_refused(read: Read) -> None:
    data = line("a").encode().ljust(2001)
    reading = read("-", standard_input=data, max_file_megabytes=0.002)
    assert refused(reading) == ["-: file: is larger than reading.max_file_megabytes (0.002)"]
    assert titles(read("-", standard_input=data, max_file_megabytes=0.002001)) == ["a"]


def test_a_large_front_matter_file_is_refused(read: Read) -> None:
    write({"a.md": post("a").ljust(2001)})
    assert refused(read("a.md", max_front_matter_kilobytes=2)) == ["a.md: file: is larger than reading.max_front_matter_kilobytes (2)"]
    assert titles(read("a.md", max_front_matter_kilobytes=2.001)) == ["a"]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        pytest.param(post("a", "publishedDateTime: 2024-02-30\n"), "in.md:4: publishedDateTime", id="impossible date"),
        pytest.param(post("a", "type: x\ndate: 2024-02-30\n"), "in.md:5: publishedDateTime", id="impossible date under another name"),
        pytest.param(post("a", "quality: high\n"), "in.md:4: quality", id="no number"),
        pytest.param(post("a", "provider:\n  name: [x]\n"), "in.md:4: provider.name", id="nested"),
        pytest.param(b"---\nwebUrl: https://harbour.example/a\n---\n", "in.md:1: title", id="no title"),
        pytest.param(b"---\nwebUrl: https://harbour.example/a\ntitle: ''\n---\n", "in.md:3: title", id="empty title"),
        pytest.param(b"---\ntitle: a\n---\n", "in.md:1: webUrl", id="no address"),
        pytest.param(b"---\ntitle: a\nurl: x\n---\n", "in.md:3: webUrl", id="no web address"),
        pytest.param(b"---\r\ntitle: a\r\ntype: x\r\nurl: x\r\n---\r\n", "in.md:4: webUrl", id="CRLF"),
        pytest.param(b"---\ntitle: [\n---\n", "in.md:3: yaml", id="bad YAML"),
    ],
)
def test_a_refused_front_matter_file_is_named_with_the_line_of_the_field(data: bytes, place: str, read: Read) -> None:
    write({"in.md": data})
    (refusal,) = refused(read("in.md"))
    assert refusal.startswith(f"{place}: ")


BROKEN = {
    "bad-yaml.md": (b"---\ntitle: a: b\n---\n", "2: yaml: mapping values are not allowed"),
    "no-title.md": (b"---\nwebUrl: https://harbour.example/x\n---\n", "1: title: missing"),
    "no-url.md": (b"---\ntitle: x\n---\n", "1: webUrl: missing"),
    "bad-date.md": (post("x", "publishedDateTime: 2024-13-01\n"), "4: publishedDateTime: '2024-13-01' is no date"),
    "two-heads.md": (post("x") .replace(b"body", b"---\ntitle: y\n---"), "5: file: has two front matters"),
    "latin.md": (post("x", "excerpt: é\n").decode().encode("latin-1"), "4: file: is not UTF-8"),
    "unclosed.md": (b"---\ntitle: x\n", "1: file: its front matter is never closed"),
    "empty.md": (b"", "1: file: is empty"),
    "no-head.md": (b"# Read me\n", "1: file: has no front matter"),
    "twice.md": (post("x", "title: y\n"), "4: yaml: holds a key twice: 'title'"),
    "python.md": (post("x", "topics: !!python/name:os.system\n"), "4: yaml: holds a tag that is not allowed"),
    "deep.md": (post("x", f"topics: {'[' * 100_000}\n"), "4: yaml: is nested deeper"),
    "nul.md": (post("x", "topics: \0\n"), "4: yaml: holds a character that YAML does not allow"),
    "line.jsonl": (f"{line('x1')}\n{{\n{line('x2')}".encode(), "2: json: is not JSON"),
    "item.json": (f"[{line('x3')}, 7]".encode(), "2: json: is no object"),
    "cut.json": (b'[\n{"title"', "2: json: is not JSON"),
    "cells.csv": (b"title,url\nx4,https://harbour.example/x4\nx,y,z\n", "3: csv: has 3 cells"),
    "latin.csv": ("title,url\né,x\n".encode("latin-1"), "2: file: is not UTF-8"),
    "cut.parquet": (parquet("x")[:-9], "parquet: cannot be read"),
    "page.xml": (b"<html>\n<p></html>", "2: feed: is no RSS or Atom feed"),
    "cut.rss": (rss("x5")[:-9], "3: feed: is damaged"),
    "feed.json": (b'{"version": "https://jsonfeed.org/version/1", "items": 1}', "feed: has no list of items"),
    "words.json": (b"words", "file: is of no known format"),
    "net.opml": (b'<opml><outline xmlUrl="https://harbour.example/rss"/></opml>', "xmlUrl: https://harbour.example/rss is on the network"),
    "gone.opml": (b'<opml><outline xmlUrl="in/gone.rss"/></opml>', ""),
}  # fmt: skip


def test_a_folder_with_a_broken_file_of_each_kind_yields_every_good_article_and_names_every_broken_file(read: Read) -> None:
    write({f"in/{name}": data for name, data in GOOD.items()} | {f"in/{name}": data for name, (data, _) in BROKEN.items()})
    reading = read("in")
    assert titles(reading) == [*GOOD_TITLES, "x1", "x2", "x3", "x4", "x5"]
    wanted = sorted(f"in/{name}:{' ' if reason[0].isalpha() else ''}{reason}" for name, (_, reason) in BROKEN.items() if reason)
    wanted = sorted([*wanted, "in/in/gone.rss: file: cannot be read (No such file or directory)"])
    told = sorted(refused(reading))
    assert len(told) == len(wanted)
    assert [one[: len(other)] for one, other in zip(told, wanted, strict=True)] == wanted
    counts = reading.counts
    assert (counts.refused, counts.items) == (len(BROKEN), len(BROKEN) + len(reading.articles))


def test_strict_stops_at_the_first_refusal(read: Read) -> None:
    write({"in/1.md": post("a"), "in/2.md": b"", "in/3.md": b"", "in/4.md": post("b")})
    reading = read("in", strict=True)
    assert titles(reading) == ["a"]
    assert refused(reading) == ["in/2.md:1: file: is empty"]


def test_a_list_of_lists_is_not_followed(read: Read) -> None:
    write(
        {
            "a.opml": b'<opml><outline xmlUrl="a.opml"/><outline xmlUrl="b.xml"/><outline xmlUrl="c.rss"/></opml>',
            "b.xml": b'<opml><outline xmlUrl="d.rss"/></opml>',
            "c.rss": rss("c"),
            "d.rss": rss("d"),
        }
    )
    reading = read("a.opml")
    assert titles(reading) == ["c"]
    assert refused(reading) == [
        "a.opml: xmlUrl: a.opml is a list itself; lists are not followed",
        "b.xml: file: is a list that another list names; lists are not followed",
    ]


@pytest.mark.parametrize(
    ("target", "reason"),
    [("sub", "is no regular file"), ("x" * 300 + ".rss", "cannot be read (File name too long)"), ("file:///a%00b", "cannot be read (")],
)
def test_a_list_that_names_no_readable_file_is_refused(target: str, reason: str, read: Read) -> None:
    write({"sub/a.md": post("a"), "a.opml": f'<opml><outline xmlUrl="{target}"/></opml>'.encode()})
    (refusal,) = refused(read("a.opml"))
    assert f": file: {reason}" in refusal


def test_opaque_values_never_show_in_refusals(read: Read) -> None:
    hush = "secured: hush\nmyKey: {hush: hush}\n"
    write(
        {
            "a.md": post("a", f"{hush}quality: x\n"),
            "b.md": post("b", f"{hush}secured: hush\n"),
            "c.md": post("c", f"{hush}myOther: !hush hush\n"),
        }
    )
    reading = read("a.md", "b.md", "c.md")
    assert len(reading.refusals) == 3
    assert "hush" not in "".join(refused(reading))


# Formats


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("x.MD", b"{}", "front-matter"),
        ("-", b"\xef\xbb\xbf\n---\n", "front-matter"),
        ("-", b"PAR1", "parquet"),
        ("-", b"<?xml version='1.0'?>\n<!-- a --><OPML>", "opml"),
        ("-", b"<rss>", "feed"),
        ("-", b" [", "json"),
        ("-", b'{"a": 1}', "jsonl"),
        ("-", b'\xef\xbb\xbf\n{"a": 1}  \r\n{"b": 2}', "jsonl"),
        ("-", b'{"a": "' + b"x" * 70_000 + b'"}\n{"b": 2}', "jsonl"),
        ("-", b'{"a": \n{"b": 2}\n{"c": 3}', "jsonl"),
        ("-", b'{\n  "a": {"b": 1},\n  "c": 2\n}\n', "json"),
        ("-", b'{\n "version" : "http:\\/\\/jsonfeed.org\\/version\\/1", "items": []}', "json-feed"),
        ("-", b'{"title": "How jsonfeed.org/version works"}', "jsonl"),
        ("-", b'"Title";"Link"\n', "csv"),
        ("-", b"id\theadline\n", "csv"),
        ("-", b"name,link\n", None),
        ("-", b"title\n", None),
        ("-", b"", None),
    ],
)
def test_a_format_is_told_by_name_or_content(name: str, data: bytes, form: str | None) -> None:
    assert sniffed_format(name, data) == form


# Counts, versions, times


def test_what_was_met_is_counted(read: Read) -> None:
    rows = [line("a", date="2024-03-04T12:00:00Z"), line("a"), line("b", date="2024-03-04 12:00"), line("c"), "{", line("d", date="x")]
    write({"in/x.jsonl": "\n".join(rows).encode(), "in/y.md": post("e"), "in/z.txt": b""})
    counts = read("in").counts
    assert dataclasses.asdict(counts) == {
        "files": 2,
        "skipped_files": 1,
        "items": 6 + 1,
        "refused": 2,
        "duplicates": 1,
        "undated": len(["c", "e"]),
        "zoneless": len(["b"]),
    }


def test_articles_come_in_order_of_id(read: Read) -> None:
    ids = [article.id for article in read("-", standard_input="\n".join(map(line, "edcba")).encode()).articles]
    assert ids == sorted(ids)


def test_digests_are_of_front_matter_files_that_were_taken(read: Read) -> None:
    write({"a.md": post("a"), "b.md": b"", "c.jsonl": line("c").encode()})
    digests = read("a.md", "b.md", "c.jsonl", "-", standard_input=post("d")).digests
    assert {path: digest.hex() for path, digest in digests.items()} == {"a.md": sha256(post("a"))}


def sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


VERSIONS = [
    Article("a", "Bridge", published=NOON),
    Article("a", "Bridge", "Longer", published=NOON),
    Article("a", "Bridge", "Later", published=NOON + timedelta(hours=1), origin=Origin("x", 1)),
    Article("a", "Bridge", "Later", published=NOON + timedelta(hours=1), origin=Origin("x", 2)),
    Article("a", "Bridge", "Later", published=NOON + timedelta(hours=1), origin=Origin("x", 2), quality=5),
    Article("a", "Bridge", "Later", published=NOON + timedelta(hours=1), origin=Origin("x", 2), quality=5, topics=("AI",)),
    Article("a", "Bridge", "Later", published=NOON + timedelta(hours=1), origin=Origin("x", 2), quality=5, topics=("AI",), extra={"k": 1}),
    Article("a", "Bridge", "Undated but long"),
    Article("b", "Ferry"),
    Article("c", "Pier", provider=Provider("One")),
    Article("c", "Pier", provider=Provider("Two")),
]


@given(st.permutations(VERSIONS))
def test_law_the_newest_version_is_kept_whatever_the_order(articles: Iterable[Article]) -> None:
    kept = newest_versions(articles)
    assert kept == newest_versions(VERSIONS)
    assert [(article.id, article.excerpt) for article in kept] == [("a", "Later"), ("b", ""), ("c", "")]


def test_of_versions_of_one_time_the_longer_excerpt_is_kept() -> None:
    assert newest_versions(VERSIONS[:2]) == (VERSIONS[1],)
    assert newest_versions(VERSIONS[1::-1]) == (VERSIONS[1],)


def test_a_dated_version_is_newer_than_an_undated_one() -> None:
    assert newest_versions([VERSIONS[7], VERSIONS[0]]) == (VERSIONS[0],)


def test_no_articles_have_no_versions() -> None:
    assert newest_versions([]) == ()


def dated(*hours: float | None) -> list[Article]:
    return [Article(str(hour), "Bridge", published=None if hour is None else NOON + timedelta(hours=hour)) for hour in hours]


def test_the_newest_time_is_not_in_the_future() -> None:
    assert newest_time(dated(-5, -2, None, 1), now=NOON) == NOON - timedelta(hours=2)
    assert newest_time(dated(-5, 0), now=NOON) == NOON


@pytest.mark.parametrize("hours", [[], [None], [1, None]])
def test_without_a_time_that_counts_there_is_no_newest(hours: list[float | None]) -> None:
    assert newest_time(dated(*hours), now=NOON) is None


def test_times_beyond_the_tolerance_are_clamped_and_marked() -> None:
    clamped = clamp_future(dated(-1, 1, 1.01, None), NOON, tolerance_hours=1)
    assert [article.published for article in clamped] == [NOON - timedelta(hours=1), NOON + timedelta(hours=1), NOON, None]
    assert [article.date_health for article in clamped] == ["ok", "ok", "clamped", "ok"]


def test_reading_loads_no_heavy_library_for_plain_files(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(post("a"))
    code = (
        "import sys; from ranker.articles.reading import read_articles; from ranker.settings_file import load_settings;"
        f"assert read_articles([{str(tmp_path)!r}], load_settings().reading).articles;"
        "print([name for name in ('pyarrow', 'feedparser', 'ftfy', 'torch', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
