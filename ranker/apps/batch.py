"""Batch: a ranking's values for the front matter files it came from, and their update in place."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ranker.apps.wire import file_item
from ranker.articles.article import Article, Origin
from ranker.articles.front_matter import same_value
from ranker.articles.identity import canonical_url
from ranker.articles.record import Refusal
from ranker.articles.writing import FileChange, FileUpdate, planned_change, remove_leftovers, sync_folder, write_atomically
from ranker.pipeline import Ranking

_LEFTOVER_SECONDS = 3600.0  # a temporary file older than this belongs to no run that is still at work
_WRITERS = 8  # threads that wait for the disk; flushing is what takes the time
_NEVER = ""  # sorts an undated item behind dated ones of the same quality


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of the files: how many were right already, which changed, and which were left for a reason."""

    unchanged: int
    changes: tuple[FileChange, ...]
    refusals: tuple[Refusal, ...]


def file_updates(ranking: Ranking, digests: Mapping[str, bytes], *, set_published: bool = False) -> Iterator[FileUpdate]:
    """For each article that was read from a front matter file, the values that its owned keys shall have.

    Parameters
    ----------
    digests : path -> SHA-256 of the front matter files as they were read; other articles have nothing to write to.
    set_published : also decide `published`: quality at least `quality.publish_at`.
    """
    known = {canonical_url(article.url) for article in ranking.grouping.corpus.articles} - {""}
    for article in ranking.grouping.corpus.articles:
        path = article.origin.path
        if path in digests:
            yield FileUpdate(path, digests[path], _values(article, ranking, known, set_published=set_published))


def update_files(
    updates: Iterable[FileUpdate], articles: Mapping[str, Article], *, write: bool, done: Callable[[], None] | None = None
) -> BatchResult:
    """Bring files up to date; each is at any moment wholly old or wholly new.

    Parameters
    ----------
    articles : the articles by path, as read: a file that already says what it shall is not opened again.
    write : False only finds out what would change.
    done : called after each file.
    """
    started = time.time()
    unchanged = 0
    stale: list[FileUpdate] = []
    for update in updates:
        if _is_current(articles[update.path], update.values):
            unchanged += 1
            if done is not None:
                done()
        else:
            stale.append(update)
    changes: list[FileChange] = []
    refusals: list[Refusal] = []
    with ThreadPoolExecutor(_WRITERS) as pool:
        for outcome in pool.map(lambda update: _carried_out(update, write=write), stale):
            if isinstance(outcome, Refusal):
                refusals.append(outcome)
            elif outcome.before == outcome.after:
                unchanged += 1
            else:
                changes.append(outcome)
            if done is not None:
                done()
    if write:
        for folder in sorted({Path(change.path).parent for change in changes}):
            remove_leftovers(folder, before=started - _LEFTOVER_SECONDS)
            sync_folder(folder)
    return BatchResult(unchanged, tuple(changes), tuple(refusals))


def related_items(article: Article, ranking: Ranking, known: set[str]) -> list[dict[str, object]]:
    """The `related` of an article's file: found ones and kept ones, by quality, best first; ties newest first.

    Items that the file already had and that point outside the input are kept behind the found ones, as far as the limit
    goes: the job cannot know better than whoever put them there.
    """
    settings = ranking.settings.related
    items = [file_item(found.article, ranking.quality_points[found.article.id]) for found in ranking.related_to(article.id)]
    if settings.keep_unknown:
        outside = [dict(item) for item in article.related if _is_outside(item, known)]
        items += sorted(outside, key=_by_quality)[: max(0, settings.limit - len(items))]
    return sorted(items, key=_by_quality)


def _values(article: Article, ranking: Ranking, known: set[str], *, set_published: bool) -> dict[str, object]:
    quality = ranking.quality_points[article.id]
    related = related_items(article, ranking, known)
    heat = ranking.settings.heat
    is_lead = ranking.scores.lead(ranking.scores.place_of_article[article.id]).id == article.id
    if not is_lead and heat.non_lead != "own":
        points = float(heat.non_lead)
    elif heat.coverage == "related":
        points = quality + heat.points_per_coverage * len(related)
    else:
        points = ranking.heat_of(article.id).points
    values: dict[str, object] = {"quality": quality, "heat": round(points), "related": related or None}
    if set_published:
        values["published"] = quality >= ranking.settings.quality.publish_at
    return values


def _is_outside(item: Mapping[str, object], known: set[str]) -> bool:
    address = canonical_url(str(item.get("webUrl", "")))
    return bool(address) and address not in known


def _by_quality(item: Mapping[str, object]) -> tuple[float, list[int], str, str]:
    try:
        quality = float(str(item.get("quality", 0)))
    except ValueError:
        quality = 0.0
    if not math.isfinite(quality):
        quality = 0.0
    moment = [-ord(character) for character in str(item.get("publishedDateTime") or _NEVER)] or [0]
    return -quality, moment, canonical_url(str(item.get("webUrl", ""))), str(item.get("title", ""))


def _is_current(article: Article, values: Mapping[str, object]) -> bool:
    present: dict[str, object] = {
        "quality": article.quality,
        "heat": article.heat,
        "published": article.is_published,
        "related": [dict(item) for item in article.related] or None,
    }
    return all(same_value(present[key], value, present=present[key] is not None) for key, value in values.items())


def _carried_out(update: FileUpdate, *, write: bool) -> FileChange | Refusal:
    change = planned_change(update)
    if write and isinstance(change, FileChange) and change.before != change.after:
        try:
            write_atomically(Path(update.path), change.after)
        except OSError as error:
            return Refusal(Origin(update.path), "file", f"cannot be written ({error.strerror}); left as it is")
    return change
