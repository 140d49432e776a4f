"""Reading: files, folders, globs and standard input become articles, with everything refused accounted for."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Literal

from ranker.articles.article import Article, Origin
from ranker.articles.feeds import json_feed_records, opml_files, xml_feed_records
from ranker.articles.front_matter import parse_front_matter
from ranker.articles.record import ALIASES, Record, Refusal, article_from_record, key_of
from ranker.articles.tables import (
    csv_delimiter,
    csv_records,
    json_array_records,
    json_lines_records,
    parquet_records,
)
from ranker.errors import ArticleError, InputError
from ranker.settings import ReadingSettings

Format = Literal["front-matter", "jsonl", "json", "csv", "parquet", "feed", "json-feed", "opml"]

STANDARD_INPUT = "-"
_BY_SUFFIX: dict[str, Format] = {
    ".md": "front-matter", ".markdown": "front-matter", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "csv",
    ".parquet": "parquet", ".rss": "feed", ".atom": "feed", ".opml": "opml",
}  # fmt: skip
# Suffixes that a folder is searched for; .json and .xml are told apart by what is in them.
_READ_IN_FOLDERS = frozenset({*_BY_SUFFIX, ".json", ".xml"})


def folder_suffixes() -> list[str]:
    """Suffixes of the files of a folder that are read, sorted."""
    return sorted(_READ_IN_FOLDERS)


_RECORDS = {
    "jsonl": json_lines_records,
    "json": json_array_records,
    "csv": csv_records,
    "parquet": parquet_records,
    "feed": xml_feed_records,
    "json-feed": json_feed_records,
}
_SNIFFED_BYTES = 65536
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/jsonfeed\.org\\?/version')  # JSON may escape its slashes
_OPENING_BLANKS = re.compile(rb"(?:\xef\xbb\xbf)?\s*")
_NEXT_OBJECT = re.compile(rb"\}[ \t\r]*\n\s*\{")


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """What reading met, in numbers."""

    files: int = 0
    skipped_files: int = 0
    items: int = 0
    refused: int = 0
    duplicates: int = 0
    undated: int = 0
    zoneless: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """The articles of all inputs, each id once, in order of id; and what was refused."""

    articles: tuple[Article, ...]
    refusals: tuple[Refusal, ...]
    counts: ReadCounts
    digests: dict[str, bytes]  # path of a front matter file -> SHA-256 of the bytes that were read


def read_articles(
    inputs: Sequence[str], settings: ReadingSettings, *, strict: bool = False, standard_input: BinaryIO | None = None
) -> Reading:
    """All articles of the inputs.

    Parameters
    ----------
    inputs : files, folders (searched through; hidden names and links to folders left out), globs, or "-" for
        standard input. A file that is met twice is read once.
    strict : stop at the first refusal, which is then the last of `refusals`.
    standard_input : where "-" reads from.

    Raises
    ------
    InputError : an input does not exist, cannot be reached, or is a pattern that nothing matches.
    """
    reader = _Reader(settings, standard_input)
    articles: list[Article] = []
    refusals: list[Refusal] = []
    for item in reader.items(inputs):
        if isinstance(item, Article):
            articles.append(item)
            continue
        refusals.append(item)
        if strict:
            break
    kept = newest_versions(articles)
    counts = ReadCounts(
        files=reader.files,
        skipped_files=reader.skipped,
        items=len(articles) + len(refusals),
        refused=len(refusals),
        duplicates=len(articles) - len(kept),
        undated=sum(article.published is None for article in kept),
        zoneless=sum(article.date_health == "zoneless" for article in kept),
    )
    return Reading(kept, tuple(refusals), counts, reader.digests)


def newest_versions(articles: Iterable[Article]) -> tuple[Article, ...]:
    """Each id once, its newest version, in order of id.

    Newest by time; at one time the longer excerpt, then the order of title, excerpt and place decide, so
    that the order of the input does not.
    """
    newest: dict[str, Article] = {}
    for article in articles:
        other = newest.get(article.id)
        if other is None or _version_key(article) > _version_key(other):
            newest[article.id] = article
    return tuple(newest[key] for key in sorted(newest))


def newest_time(articles: Iterable[Article], *, now: datetime) -> datetime | None:
    """The latest time an article carries that is not in the future of `now` (a wrong date must not set the clock).

    None if no article has such a time.
    """
    times = [article.published for article in articles if article.published is not None and article.published <= now]
    return max(times, default=None)


def known_at(articles: Sequence[Article], moment: datetime) -> tuple[Article, ...]:
    """The articles that were out at a moment: dated no later than it, or undated."""
    return tuple(article for article in articles if article.published is None or article.published <= moment)


def clamp_future(articles: Sequence[Article], as_of: datetime, *, tolerance_hours: float) -> tuple[Article, ...]:
    """The articles, those dated later than `as_of` by more than the tolerance dated `as_of` and marked so."""
    limit = as_of + timedelta(hours=tolerance_hours)
    return tuple(
        replace(article, published=as_of, date_health="clamped") if article.published is not None and article.published > limit else article
        for article in articles
    )


def sniffed_format(name: str, data: bytes) -> Format | None:
    """The format of a file by its name, or by its content where the name does not say; None if neither tells."""
    by_name = _BY_SUFFIX.get(Path(name).suffix.lower())
    if by_name is not None:
        return by_name
    head = data[:_SNIFFED_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    if data.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"---"):
        return "front-matter"
    if head.startswith(b"<"):
        return "opml" if b"<opml" in head[:1024].lower() else "feed"
    if head.startswith(b"["):
        return "json"
    if head.startswith(b"{"):
        return "json-feed" if _JSON_FEED.search(head) else "jsonl" if _is_json_lines(data) else "json"
    return "csv" if _looks_like_csv(head) else None


def _is_json_lines(data: bytes) -> bool:
    """Whether the first line holds a whole object, or one object follows another with a line break alone."""
    blanks = _OPENING_BLANKS.match(data)
    start = 0 if blanks is None else blanks.end()
    end = data.find(b"\n", start)
    first_line = data[start:] if end < 0 else data[start:end]
    return first_line.rstrip().endswith(b"}") or _NEXT_OBJECT.search(data, 0, _SNIFFED_BYTES) is not None


def _looks_like_csv(head: bytes) -> bool:
    header = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    names = {cell.strip().strip('"').casefold() for cell in header.split(csv_delimiter(header))}
    return len(names) > 1 and not names.isdisjoint(ALIASES["title"])


def _version_key(article: Article) -> tuple[object, ...]:
    time = article.published.timestamp() if article.published is not None else float("-inf")
    rest = repr((article, article.images, article.related, sorted(article.extra.items(), key=lambda item: item[0])))
    return time, len(article.excerpt), article.title, article.excerpt, article.url, article.origin.path, article.origin.line or 0, rest


def _mode(given: str) -> int | None:
    """Kind and permissions of a file or folder, None if there is none of that name."""
    try:
        return Path(given).stat().st_mode if given else None
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        raise InputError(f"{given}: cannot be reached ({error.strerror})") from error


def _regular(path: Path) -> Path | Refusal:
    """A file that was met, not named: reading a pipe or device among such files might never end."""
    try:
        is_regular = stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return path  # whoever reads it meets the same error, and reports it
    return path if is_regular else Refusal(Origin(str(path)), "file", "is no regular file")


class _Reader:
    """Walks the inputs and counts what it meets."""

    def __init__(self, settings: ReadingSettings, standard_input: BinaryIO | None) -> None:
        self._settings = settings
        self._standard_input = standard_input
        self._seen: set[str] = set()
        self.files = 0
        self.skipped = 0
        self.digests: dict[str, bytes] = {}

    def items(self, inputs: Sequence[str]) -> Iterator[Article | Refusal]:
        """Every article and refusal, input by input."""
        for given in inputs:
            if given == STANDARD_INPUT:
                yield from self._stream()
                continue
            for found in self._paths(given):
                yield from (found,) if isinstance(found, Refusal) else self._file(found)

    def _stream(self) -> Iterator[Article | Refusal]:
        if self._standard_input is None:
            raise InputError("-: there is no standard input to read")
        if STANDARD_INPUT in self._seen:
            return
        self._seen.add(STANDARD_INPUT)
        data = self._standard_input.read(self._max_bytes + 1)
        yield from (self._too_large(STANDARD_INPUT),) if len(data) > self._max_bytes else self._content(STANDARD_INPUT, data)

    def _paths(self, given: str) -> Iterator[Path | Refusal]:
        mode = _mode(given)
        if mode is not None:
            yield from self._folder(Path(given)) if stat.S_ISDIR(mode) else (Path(given),)
        elif glob.has_magic(given):
            found = [Path(name) for name in sorted(glob.glob(given, recursive=True))]
            if not found:
                raise InputError(f"{given}: no file matches")
            for match in found:
                yield from self._folder(match) if match.is_dir() else (_regular(match),)
        else:
            raise InputError(f"{given}: no such file or folder")

    def _folder(self, folder: Path) -> Iterator[Path | Refusal]:
        unreadable: list[OSError] = []
        for root, folders, names in os.walk(folder, onerror=unreadable.append):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.startswith("."):
                    continue
                if Path(name).suffix.lower() in _READ_IN_FOLDERS:
                    yield _regular(Path(root, name))
                else:
                    self.skipped += 1
        for error in unreadable:
            yield Refusal(Origin(str(error.filename)), "folder", f"cannot be read ({error.strerror})")

    def _file(self, path: Path, *, is_listed: bool = False) -> Iterator[Article | Refusal]:
        try:
            real = os.path.realpath(path)
            if real in self._seen:
                return
            self._seen.add(real)
            if path.is_file() and path.stat().st_size > self._max_bytes:
                yield self._too_large(str(path))
                return
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            yield Refusal(Origin(str(path)), "file", f"cannot be read ({getattr(error, 'strerror', error)})")
            return
        yield from self._content(str(path), data, is_listed=is_listed)

    @property
    def _max_bytes(self) -> int:
        return int(self._settings.max_file_megabytes * 1e6)

    def _too_large(self, path: str) -> Refusal:
        return Refusal(Origin(path), "file", f"is larger than reading.max_file_megabytes ({self._settings.max_file_megabytes:g})")

    def _content(self, path: str, data: bytes, *, is_listed: bool = False) -> Iterator[Article | Refusal]:
        self.files += 1
        form = sniffed_format(path, data)
        if form is None:
            known = "front matter, JSON, CSV, Parquet, RSS, Atom, OPML"
            yield Refusal(Origin(path), "file", f"is of no known format ({known})" if data.strip() else "is empty")
        elif form == "opml" and is_listed:
            yield Refusal(Origin(path), "file", "is a list that another list names; lists are not followed")
        elif form == "front-matter":
            yield self._front_matter(path, data)
        elif form == "opml":
            yield from self._opml(path, data)
        else:
            for record in _RECORDS[form](data, path):
                yield record if isinstance(record, Refusal) else self._article(record)

    def _opml(self, path: str, data: bytes) -> Iterator[Article | Refusal]:
        for target in opml_files(data, path):
            found = target if isinstance(target, Refusal) else _regular(target)
            if isinstance(found, Refusal):
                yield found
            elif found.suffix.lower() == ".opml":
                yield Refusal(Origin(path), "xmlUrl", f"{found} is a list itself; lists are not followed")
            else:
                yield from self._file(found, is_listed=True)

    def _front_matter(self, path: str, data: bytes) -> Article | Refusal:
        limit = self._settings.max_front_matter_kilobytes * 1000
        if len(data) > limit:
            return Refusal(Origin(path), "file", f"is larger than reading.max_front_matter_kilobytes ({limit / 1000:g})")
        try:
            parsed = parse_front_matter(data)
        except ArticleError as error:
            return Refusal(Origin(path, error.line), error.field, error.reason)
        result = self._article(Record(parsed.fields, Origin(path)), needs_url=True)
        if isinstance(result, Article):
            if path != STANDARD_INPUT:
                self.digests[path] = hashlib.sha256(data).digest()
            return result
        key = key_of(result.field.split(".", 1)[0], parsed.spans)
        line = 1 if key is None else parsed.text.count("\n", 0, parsed.spans[key].key) + 1
        return replace(result, origin=Origin(path, line))

    def _article(self, record: Record, *, needs_url: bool = False) -> Article | Refusal:
        try:
            return article_from_record(record, self._settings, needs_url=needs_url)
        except ArticleError as error:
            return Refusal(record.origin, error.field, error.reason)
