"""Rules: what the scorecard's rules look at, and how many units of it an article has."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from ranker.articles.article import Article
from ranker.articles.dates import parsed_time
from ranker.articles.identity import canonical_url, domain_of
from ranker.errors import ArticleError
from ranker.settings import QualityRule, QualitySettings
from ranker.stories.publishers import folded_domain

_DIGITS = 9  # of a rule's points; what lies beyond is the noise of binary fractions
_SECONDS_PER_HOUR = 3600.0
_KNOWN_UNITS = 10_000  # numbers of units whose points are kept, a rule
_MOST_POINTS = 1e15  # that a rule gives or takes: sums of them fit 64 bits, whatever number an article claims
_SHOWN_CHARACTERS = 40  # of a value that explains itself


@dataclass(frozen=True, slots=True)
class Line:
    """A rule made ready: how many units of its feature an article has, and what of it is shown."""

    name: str
    points: float
    one_of: str | None
    units: Callable[[Article, datetime], float]
    seen: Callable[[Article, datetime], str]
    known: dict[float, int] = field(default_factory=dict)  # points of numbers of units met before

    def points_of(self, article: Article, as_of: datetime) -> int:
        """The points that an article has by this rule."""
        units = self.units(article, as_of)
        if not units:
            return 0
        known = self.known.get(units)
        if known is None:
            known = whole_points(self.points * units)
            if len(self.known) < _KNOWN_UNITS:
                self.known[units] = known
        return known


def whole_points(points: float) -> int:
    """Points rounded towards zero, as far as their digits mean anything."""
    # 100 x 0.29 is 28.999999999999996 in binary; whoever set 0.29 means 29.
    return math.trunc(round(min(max(points, -_MOST_POINTS), _MOST_POINTS), _DIGITS))


# Features: what the name in a rule stands for


def _feature(name: str) -> Callable[[Article], object]:
    """The value of a field of the format, or of a key that the input has beyond it; inside mappings by dots."""
    known = _FEATURES.get(name)
    if known is not None:
        return known

    def extra(article: Article) -> object:
        value: object = article.extra
        for key in (name,) if name in article.extra else name.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    return extra


_FEATURES: dict[str, Callable[[Article], object]] = {
    "title": lambda article: article.title,
    "excerpt": lambda article: article.excerpt,
    "category": lambda article: article.category,
    "type": lambda article: article.type,
    "topics": lambda article: article.topics,
    "images": lambda article: article.images,
    "related": lambda article: article.related,
    "ampWebUrl": lambda article: article.has_amp or None,
    "provider": lambda article: article.provider.name,
    "provider.name": lambda article: article.provider.name,
    "provider.domain": lambda article: article.provider.domain,
    "url": lambda article: article.url,
    "webUrl": lambda article: article.url,
    "originalUrl": lambda article: article.own_url,
    "published": lambda article: article.is_published,
    "publishedDateTime": lambda article: article.dated,
    "age": lambda article: article.dated,
}


# Tests: how many units of a feature an article has


def ready(name: str, rule: QualityRule, settings: QualitySettings) -> Line | None:
    """A rule made ready; None for one that nothing fulfils, its list being empty."""
    values = getattr(settings, rule.values) if isinstance(rule.values, str) else rule.values
    found = _TESTS[rule.test](rule, tuple(values))
    return None if found is None else Line(name, rule.points, rule.one_of, *found)


_Units = tuple[Callable[[Article, datetime], float], Callable[[Article, datetime], str]]


def _present(rule: QualityRule, _: tuple[object, ...]) -> _Units:
    value = _feature(rule.feature)
    return (lambda article, _: float(not _is_empty(value(article)))), (lambda _, __: "yes")


def _absent(rule: QualityRule, _: tuple[object, ...]) -> _Units:
    value = _feature(rule.feature)
    return (lambda article, _: float(_is_empty(value(article)))), (lambda _, __: "none")


def _equals(rule: QualityRule, values: tuple[object, ...]) -> _Units:
    value, wanted = _feature(rule.feature), frozenset(_folded(item) for item in _flat(values))

    def units(article: Article, _: datetime) -> float:
        found = value(article)
        if isinstance(found, str):  # most are
            return float(found.strip().casefold() in wanted)
        return float(any(_folded(item) in wanted for item in _items(found)))

    return units, lambda article, _: _short(value(article))


def _contains(rule: QualityRule, values: tuple[object, ...]) -> _Units | None:
    """How many of the lists of synonyms have a whole word or phrase in the text; the unit is one list."""
    value = _feature(rule.feature)
    lists = [tuple(filter(None, map(str, item if isinstance(item, list) else [item]))) for item in values]
    patterns = [(synonyms[0], _pattern(synonyms)) for synonyms in lists if synonyms]
    any_of_all = _pattern(tuple(term for synonyms in lists for term in synonyms))

    def found(article: Article) -> list[str]:
        text = _text(value(article))
        return [name for name, pattern in patterns if pattern.search(text)] if any_of_all.search(text) else []

    if not patterns:
        return None
    return (lambda article, _: _limited(len(found(article)), rule)), (lambda article, _: ", ".join(found(article)))


def _length(rule: QualityRule, _: tuple[object, ...]) -> _Units:
    """Characters above `above`. A title's count as they stand in the input, before any repair: so the format counts them."""
    value = _feature(rule.feature)

    def length(article: Article) -> int:
        return len((article.title_as_read or article.title) if rule.feature == "title" else _text(value(article)))

    return (lambda article, _: _limited(length(article), rule)), (lambda article, _: f"{length(article)} characters")


def _count(rule: QualityRule, _: tuple[object, ...]) -> _Units:
    """Items of a list, the amount of a number, 1 for any other value; above `above`."""
    value = _feature(rule.feature)

    def amount(article: Article) -> float:
        found = value(article)
        return len(found) if isinstance(found, list | tuple) else _number(found)

    return (lambda article, _: _limited(amount(article), rule)), (lambda article, _: f"{amount(article):.15g}")


def _domain(_: QualityRule, values: tuple[object, ...]) -> _Units | None:
    """Whether the provider's domain, or that of the article's address, is listed."""
    listed = frozenset(folded_domain(str(item)) for item in _flat(values)) - {""}

    def found(article: Article) -> str:
        domain = folded_domain(article.provider.domain)
        return domain if domain in listed else own if (own := domain_of(article.url)) in listed else ""

    def units(article: Article, _: datetime) -> float:
        return float(bool(found(article)))

    return (units, lambda article, _: found(article)) if listed else None


def _address(_: QualityRule, values: tuple[object, ...]) -> _Units | None:
    """Whether one of the article's addresses is a listed one or lies below it."""
    prefixes = tuple(canonical_url(item if "://" in item else f"https://{item}") for item in map(str, _flat(values)))
    listed = tuple(filter(None, prefixes))

    def under(article: Article) -> str:
        for url in (article.own_url, article.url):
            address = canonical_url(url)
            for prefix in listed:
                if address == prefix or address.startswith((f"{prefix}/", f"{prefix}?")):
                    return prefix
        return ""

    def units(article: Article, _: datetime) -> float:
        return float(bool(under(article)))

    return (units, lambda article, _: under(article)) if listed else None


def _age(rule: QualityRule, _: tuple[object, ...]) -> _Units:
    """Hours since the time that the feature holds, above `above`; none without such a time."""
    value = _feature("publishedDateTime" if rule.feature == "age" else rule.feature)

    def hours(article: Article, as_of: datetime) -> float:
        moment = _moment(value(article))
        return 0.0 if moment is None else max(0.0, (as_of - moment).total_seconds() / _SECONDS_PER_HOUR)

    return (lambda article, as_of: _limited(hours(article, as_of), rule)), (lambda article, as_of: f"{hours(article, as_of):.1f} hours")


def _always(_: QualityRule, __: tuple[object, ...]) -> _Units:
    return (lambda _, __: 1.0), (lambda _, __: "")


_TESTS: dict[str, Callable[[QualityRule, tuple[object, ...]], _Units | None]] = {
    "present": _present,
    "absent": _absent,
    "equals": _equals,
    "contains": _contains,
    "length": _length,
    "count": _count,
    "domain": _domain,
    "address": _address,
    "age": _age,
    "always": _always,
}


def _limited(amount: float, rule: QualityRule) -> float:
    """What lies above `above`, as far as `up_to`."""
    if rule.up_to is not None and amount > rule.up_to:
        amount = rule.up_to
    return amount - rule.above if amount > rule.above else 0.0


def _is_empty(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() in {"", "false"}  # front matter is read as text, flags too
    if isinstance(value, float):
        return math.isnan(value)  # what tables hold for null
    return value is None or value is False or (isinstance(value, list | tuple | Mapping) and not value)


def _items(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else () if value is None else (value,)


def _flat(values: Iterable[object]) -> list[object]:
    return [entry for item in values for entry in (item if isinstance(item, list) else [item])]


def _folded(value: object) -> str:
    return str(value).strip().casefold()


def _text(value: object) -> str:
    return value if isinstance(value, str) else " | ".join(map(str, _items(value)))


def _number(value: object) -> float:
    """A number or a text that is one; 1 for any other value, 0 for none."""
    if isinstance(value, bool) or _is_empty(value):
        return float(value is True)
    try:
        number = float(str(value))
    except ValueError:
        return 1.0
    return number if math.isfinite(number) else 0.0


def _moment(value: object) -> datetime | None:
    """The time that a value names, in UTC; None for anything else."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    try:
        parsed = parsed_time(value)
    except ArticleError:
        return None
    return None if parsed is None else parsed[0]


def _short(value: object) -> str:
    text = _text(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


@lru_cache(maxsize=1024)
def _pattern(synonyms: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in synonyms)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)
