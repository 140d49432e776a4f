"""Store codec: the desk's records as JSON, the same in every store and in an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from ranker.articles.article import Article
from ranker.desk.records import Change, Event, StoryRecord
from ranker.stories.corrections import Correction

_DEEPEST = 50  # levels of a value nobody knows (`extra`, `images`, `related`); a decoder's stack ends at some hundreds

# What `extra` may hold of YAML (dates, sets, keys that are numbers) becomes what JSON has; not-a-number becomes null.


def encoded(record: object) -> bytes:
    """A record as JSON. No article is refused: half characters (lone surrogates) become question marks."""
    try:
        return _ENCODER.encode(record)
    except UnicodeEncodeError:
        return _ENCODER.encode(_whole(msgspec.to_builtins(record, str_keys=True, enc_hook=_plain)))


def shallow(article: Article) -> Article:
    """The article; values nested deeper than any decoder would follow are left out of it."""
    if not _deeper((article.extra, *article.images, *article.related), _DEEPEST):
        return article
    images, related = (tuple(_cut_values(item) for item in items) for items in (article.images, article.related))
    return replace(article, extra=_cut_values(article.extra), images=images, related=related)


def storable(change: Change) -> Change:
    """The change, its article shallow."""
    return change if change.article is None else replace(change, article=shallow(change.article))


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _whole(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list | tuple) else value


def _deeper(value: object, levels: int) -> bool:
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return False
    return levels == 0 or any(_deeper(item, levels - 1) for item in value)


def _cut_values(mapping: Mapping[str, object]) -> dict[str, object]:
    return {key: _cut(value, _DEEPEST) for key, value in mapping.items()}


def _cut(value: object, levels: int) -> object:
    if isinstance(value, Mapping):
        return {key: _cut(item, levels - 1) for key, item in value.items()} if levels else None
    if isinstance(value, list | tuple):
        return [_cut(item, levels - 1) for item in value] if levels else None
    return value


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
ARTICLES = msgspec.json.Decoder(Article)
STORIES = msgspec.json.Decoder(StoryRecord)
EVENTS = msgspec.json.Decoder(Event)
CORRECTIONS = msgspec.json.Decoder(Correction)
CHANGES = msgspec.json.Decoder(Change)
