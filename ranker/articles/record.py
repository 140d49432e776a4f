"""The door: one raw record of any input becomes an `Article`, or is refused with field and reason."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ranker.articles.article import Article, DateHealth, Origin, Provider
from ranker.articles.cleaning import repaired_text, without_provider_tail
from ranker.articles.dates import parsed_time
from ranker.articles.identity import MAX_URL_CHARACTERS, article_id, canonical_url, domain_of
from ranker.articles.post_url import named_day, post_url
from ranker.errors import ArticleError
from ranker.settings import ReadingSettings

# The format's name of a field -> the names it goes by elsewhere, best first; compared without case, "_" and "-".
ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "title": ("title", "headline"),
    "excerpt": ("excerpt", "description", "summary", "abstract"),
    "webUrl": ("weburl", "url", "link", "href"),
    "originalUrl": ("originalurl",),
    "ampWebUrl": ("ampweburl", "ampurl"),
    "publishedDateTime": ("publisheddatetime", "publishedat", "datepublished", "pubdate",
                          "timestamp", "datetime", "date", "time", "published"),
    "provider": ("provider", "publisher", "source", "outlet"),
    "domain": ("domain", "hostname"),
    "category": ("category", "section"),
    "type": ("type",),
    "topics": ("topics", "tags", "keywords"),
    "images": ("images", "image", "imageurl"),
    "quality": ("quality",),
    "heat": ("heat",),
    "related": ("related",),
}  # fmt: skip
_BY_ALIAS = {alias.replace("_", ""): (name, rank) for name, group in ALIASES.items() for rank, alias in enumerate(group)}
_MAX_ID_CHARACTERS = 256
_MAX_SIZE_DIGITS = 9  # of an image's width or height
_TRUE = frozenset("true yes on 1".split())
_FALSE = frozenset("false no off 0".split())


@dataclass(frozen=True, slots=True)
class Record:
    """A raw item as an input holds it: field names and values of any kind, and where it stood."""

    fields: Mapping[str, object]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Refusal:
    """An item that was not taken: where it stood, which field is at fault, and why."""

    origin: Origin
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.field}: {self.reason}"


def article_from_record(record: Record, settings: ReadingSettings, *, needs_url: bool = False) -> Article:
    """The article that a record describes, its text repaired and its time in UTC.

    Parameters
    ----------
    record : names are the format's or usual other ones (`ALIASES`); names of no known field go to `extra`.
    needs_url : refuse an article without a web address (the front matter format requires one).

    Raises
    ------
    ArticleError : naming the field at fault.
    """
    known, extra = _sorted_fields(record.fields)
    url, own_url = _url(known, "webUrl"), _url(known, "originalUrl")
    if needs_url and not (url or own_url):
        if settings.post_url is None:
            raise ArticleError("webUrl", "missing (and no originalUrl either); reading.post_url can make it of the file's name")
        url = post_url(settings.post_url, record.fields, record.origin)
    provider = _provider(known, url or own_url, settings)
    title_as_read, title = _title(known, provider, settings)
    excerpt_as_read = _text(known.get("excerpt"), "excerpt")
    excerpt = repaired_text(excerpt_as_read)
    _check_length("excerpt", excerpt, settings.max_excerpt_characters)
    told_time = known.get("publishedDateTime")
    if told_time is None and needs_url and settings.post_url is not None:
        told_time = named_day(record.origin)
    published, date_health = _published(told_time)
    return Article(
        id=_given_id(known.get("id")) or article_id(url or own_url, provider=provider, title=title, published=published),
        title=title,
        excerpt=excerpt,
        provider=provider,
        published=published,
        url=url or own_url,
        category=repaired_text(_text(known.get("category"), "category")),
        type=_text(known.get("type"), "type").strip().lower() or "article",
        topics=_topics(known.get("topics")),
        images=_images(known.get("images")),
        has_amp=bool(_text(known.get("ampWebUrl"), "ampWebUrl").strip()),
        own_url=own_url,
        quality=_points(known.get("quality"), "quality"),
        heat=_points(known.get("heat"), "heat"),
        is_published=_is_published(record.fields),
        related=_mappings(known.get("related"), "related"),
        title_as_read=title_as_read,
        excerpt_as_read=excerpt_as_read,
        date_health=date_health,
        origin=record.origin,
        extra=extra,
    )


def key_of(field: str, keys: Iterable[str]) -> str | None:
    """Which of an input's keys holds a field of the format ("date" for "publishedDateTime"); None if none does."""
    ranked = [(_BY_ALIAS[_folded(key)][1], key) for key in keys if _BY_ALIAS.get(_folded(key), ("", 0))[0] == field]
    return min(ranked)[1] if ranked else None


def _folded(key: str) -> str:
    return key.strip().casefold().replace("_", "").replace("-", "").replace(" ", "")


def _sorted_fields(fields: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Values by the format's names, the best alias that has one; and the fields of no known name."""
    known: dict[str, tuple[int, object]] = {}
    extra: dict[str, object] = {}
    for key, value in fields.items():
        folded = _folded(key)
        if folded not in _BY_ALIAS:
            extra[key] = value
            continue
        name, rank = _BY_ALIAS[folded]
        if folded == "published" and _flag(value) is not None:
            continue  # the format's own `published` is a flag, other people's is a time
        if not _is_missing(value) and rank < known.get(name, (len(_BY_ALIAS), None))[0]:
            known[name] = (rank, value)
    return {name: value for name, (_, value) in known.items()}, extra


def _is_missing(value: object) -> bool:
    """Whether a value says nothing: null, blank, or the not-a-number that tables hold for null."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str) and not value.strip())


def _text(value: object, field: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ArticleError(field, f"must be text, not {_kind(value)}")


def _title(known: Mapping[str, object], provider: Provider, settings: ReadingSettings) -> tuple[str, str]:
    as_read = _text(known.get("title"), "title")
    title = without_provider_tail(repaired_text(as_read), provider)
    if not title:
        raise ArticleError("title", "missing" if not as_read else "nothing is left of it after repair")
    _check_length("title", title, settings.max_title_characters)
    return as_read, title


def _check_length(field: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise ArticleError(field, f"has {len(text):,} characters; reading.max_{field}_characters allows {limit:,}")


def _url(known: Mapping[str, object], field: str) -> str:
    url = _text(known.get(field), field).strip()
    if len(url) > MAX_URL_CHARACTERS:
        raise ArticleError(field, f"has {len(url):,} characters; a web address has at most {MAX_URL_CHARACTERS:,}")
    if url and not canonical_url(url):
        raise ArticleError(field, f"{url[:80]!r} is no http or https address")
    return url


def _provider(known: Mapping[str, object], url: str, settings: ReadingSettings) -> Provider:
    value = known.get("provider")
    domain = _text(known.get("domain"), "domain")
    if isinstance(value, Mapping):
        name, domain = _text(value.get("name"), "provider.name"), _text(value.get("domain"), "provider.domain") or domain
    else:
        name = _text(value, "provider")
    name, domain = repaired_text(name), domain.strip().lower().removeprefix("www.")
    if not domain and settings.default_provider_from_domain:
        domain = domain_of(url)
    return Provider(name or domain, domain)


def _published(value: object) -> tuple[datetime | None, DateHealth]:
    parsed = parsed_time(value)
    return (None, "missing") if parsed is None else parsed


def _given_id(value: object) -> str:
    given = _text(value, "id").strip()
    if len(given) > _MAX_ID_CHARACTERS or not given.isprintable():
        raise ArticleError("id", f"must be at most {_MAX_ID_CHARACTERS} printable characters")
    return given


def _topics(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.replace(";", ",").replace("|", ",").split(",")
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ArticleError("topics", f"must be a list, not {_kind(value)}")
    return tuple(topic for item in value if (topic := repaired_text(_text(item, "topics"))))


def _images(value: object) -> tuple[Mapping[str, object], ...]:
    if isinstance(value, str):
        return ({"url": value},)
    items = (value,) if isinstance(value, Mapping) else _mappings(value, "images")
    return tuple({key: _typed(key, item) for key, item in image.items()} for image in items)


def _typed(key: str, value: object) -> object:
    """An image's sizes and flags as numbers and flags: front matter is read as text."""
    if key in {"width", "height"} and isinstance(value, str) and len(value) <= _MAX_SIZE_DIGITS and value.strip().isdecimal():
        return int(value)
    flag = _flag(value) if key == "isCached" else None
    return value if flag is None else flag


def _mappings(value: object, field: str) -> tuple[Mapping[str, object], ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ArticleError(field, f"must be a list, not {_kind(value)}")
    items = [{"url": item} if isinstance(item, str) and field == "images" else item for item in value]
    if not all(isinstance(item, Mapping) for item in items):
        raise ArticleError(field, "must be a list of mappings")
    return tuple(items)


def _points(value: object, field: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, str | int | float | Decimal) or isinstance(value, bool):
        raise ArticleError(field, f"must be a number, not {_kind(value)}")
    try:
        return round(float(value))
    except (ValueError, OverflowError) as error:
        raise ArticleError(field, f"{str(value)[:40]!r} is no number") from error


def _is_published(fields: Mapping[str, object]) -> bool | None:
    """The flag `published`; None where there is none, or where the name holds a time."""
    return next((_flag(value) for key, value in fields.items() if _folded(key) == "published"), None)


def _flag(value: object) -> bool | None:
    if not isinstance(value, bool | int | str):
        return None
    word = str(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return "text" if isinstance(value, str) else f"a value of type {type(value).__name__}"
