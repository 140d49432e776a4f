"""What a scorecard could be made of: rules that may act, phrases of the titles, and the sites that articles stand on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ranker.articles.article import Article
from ranker.articles.identity import canonical_url, domain_of
from ranker.ranking.quality import Scorecard
from ranker.settings import QualityRule, QualitySettings
from ranker.stories.publishers import folded_domain
from ranker.vectors.stop_words import STOP_WORDS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEEN_IN = 3  # articles that anything must be seen in before it can become a rule
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # rules of age, the only ones that ask for the time, are left out
_FAR_BELOW = -1e12  # a floor that no sum reaches
_PARTS = 1000.0  # of a unit that are told apart
_MAX_VALUES = 40  # values of one field that are tried, the most frequent first
_MAX_WORDS = 3  # of a phrase
_MAX_SEGMENTS = 2  # of an address's path: /en-us/blog
_WORD = re.compile(r"\w+")
_JOINT = re.compile(r"\s+|[-'\u2019./&+]")  # between two words of one phrase

# Rules of the lists as `defaults.yaml` has them, for settings that fill a list and have no rule for it.
_NAMES = {"own_feeds": "own_feed", "known_providers": "known_provider", "topic_terms": "topic_terms_in_title"}
_SHAPES = {
    "own_feeds": QualityRule(feature="url", test="address", values="own_feeds", points=0.0, one_of="source"),
    "known_providers": QualityRule(feature="provider", test="domain", values="known_providers", points=0.0, one_of="source"),
    "topic_terms": QualityRule(feature="title", test="contains", values="topic_terms", points=0.0),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A rule that may act; `rule.points` are those of the settings, 0 for a rule that does not stand there."""

    name: str
    rule: QualityRule
    units: Floats  # (n,) of its feature that each article has
    standing: Literal["told", "new", "free"] = "new"  # in the settings, not there, or what every card has: it need not earn its place


@dataclass(frozen=True, slots=True)
class Phrases:
    """One to three words that stand together in titles."""

    names: tuple[str, ...]  # (m,) in lower case
    holds: Any  # scipy.sparse (n, m) of 0 and 1
    is_named: NDArray[np.bool_]  # (m,) an article's topic is called so, or nearly
    is_exactly: NDArray[np.bool_]  # (m,) and to the letter


Kind = Literal["domain", "name", "address"]


@dataclass(frozen=True, slots=True)
class Sites:
    """Providers, and below them hosts and parts of hosts, as a tree; node 0 is everything, parents stand before children."""

    nodes: tuple[tuple[Kind, str], ...]  # (m,)
    parents: Ints  # (m,) of the root itself: -1
    deepest: Ints  # (n,) the last node that an article lies in

    def under(self) -> list[list[int]]:
        """The nodes from the root's child to the deepest, by node."""
        chains: list[list[int]] = [[]]
        for node, parent in enumerate(self.parents[1:].tolist(), start=1):
            chains.append([*chains[parent], node])
        return chains


@dataclass(frozen=True, slots=True)
class Candidates:
    """Articles with what could explain their quality; row i of anything is articles[i]."""

    articles: tuple[Article, ...]
    wanted: Ints  # (n,) quality in points
    settings: QualitySettings
    told: tuple[Line, ...]  # rules of the settings
    others: tuple[Line, ...]  # rules that might be added
    lengths: Mapping[str, Ints]  # characters of "title" and "excerpt", (n,) each
    length_lines: Mapping[str, str]  # the rule of each whose limit is searched for
    phrases: Phrases | None  # None: the settings say which terms count
    sites: Sites | None  # None: the settings say whose feeds count
    is_placed: NDArray[np.bool_]  # (n,) a rule of the settings about the source applies, where there are sites to be found
    worth_of_sources: frozenset[float]  # points that the settings have for some source
    left_out: tuple[str, ...]  # rules of the settings that cannot be learned


def candidates_of(articles: Sequence[Article], settings: QualitySettings) -> Candidates:
    """All that might be part of the scorecard of some articles.

    Lists that the settings fill are taken as they are, empty ones are to be discovered. Rules of age are left out: nobody knows when
    the points were given.

    Parameters
    ----------
    articles : each with a quality; their order makes no difference.
    """
    ordered = tuple(sorted(articles, key=lambda article: article.id))
    rules = _rules_of(settings)
    aged = tuple(name for name, rule in rules.items() if rule.test == "age" or rule.feature == "age")
    finds_sites = not (settings.own_feeds and settings.known_providers)
    group = source_group(settings)
    told = []
    for name, rule in rules.items():
        is_empty = isinstance(rule.values, str) and not getattr(settings, rule.values)
        is_rest = finds_sites and rule.test == "always" and rule.one_of == group
        if not (name in aged or is_empty or is_rest):
            told.append(Line(name, rule, units_of(rule, settings, ordered), standing="told"))
    placing = [line.units != 0 for line in told if finds_sites and line.rule.one_of == group]
    return Candidates(
        articles=ordered,
        wanted=np.array([article.quality for article in ordered], dtype=np.int64),
        settings=settings,
        told=tuple(told),
        others=tuple(_others(ordered, settings, told)),
        lengths={
            "title": np.array([len(article.title_as_read or article.title) for article in ordered], dtype=np.int64),
            "excerpt": np.array([len(article.excerpt) for article in ordered], dtype=np.int64),
        },
        length_lines={feature: _length_line(feature, rules) for feature in ("title", "excerpt")},
        phrases=None if settings.topic_terms else _phrases(ordered),
        sites=_sites(ordered) if finds_sites else None,
        is_placed=np.any([np.zeros(len(ordered), dtype=np.bool_), *placing], axis=0),
        worth_of_sources=frozenset(rule.points for rule in rules.values() if rule.one_of == group),
        left_out=aged,
    )


def units_of(rule: QualityRule, settings: QualitySettings, articles: Sequence[Article]) -> Floats:
    """(n,) units that a rule finds in each article, by the scorecard's own count (to a thousandth)."""
    alone = msgspec.structs.replace(rule, points=_PARTS, one_of=None)
    card = Scorecard(msgspec.structs.replace(settings, base=0.0, floor=_FAR_BELOW, cap=None, rules={"": alone}))
    return np.array([card.points_of(article, _NO_TIME) for article in articles], dtype=np.float64) / _PARTS


def source_group(settings: QualitySettings) -> str:
    """The `one_of` of the rules of the source."""
    found = (rule.one_of for rule in settings.rules.values() if rule is not None and rule.values in ("own_feeds", "known_providers"))
    return next((group for group in found if group), "source")


def name_of(settings: QualitySettings, values: str) -> str:
    """What the settings call the rule of one of their lists, or what it may be called."""
    found = (name for name, rule in settings.rules.items() if rule is not None and rule.values == values)
    return next(found, free_name(_NAMES[values], settings.rules))


def free_name(wanted: str, rules: Mapping[str, QualityRule | None]) -> str:
    """The name wanted or, where a rule has it, that with the first number that makes it free."""
    names = (wanted if number == 1 else f"{wanted}_{number}" for number in range(1, len(rules) + 2))
    return next(name for name in names if rules.get(name) is None)


def folded(phrase: str) -> str:
    """A phrase without what its usual forms differ in: blanks, hyphens, a plural's s."""
    return "".join(word.removesuffix("s") for word in _WORD.findall(phrase.casefold()))


def _rules_of(settings: QualitySettings) -> dict[str, QualityRule]:
    """The rules of the settings that act, and one of no points for a list that they fill without a rule for it."""
    rules = {name: rule for name, rule in settings.rules.items() if rule is not None}
    silent = [values for values in _SHAPES if getattr(settings, values) and all(rule.values != values for rule in rules.values())]
    return rules | {name_of(settings, values): _SHAPES[values] for values in silent}


def _length_line(feature: str, rules: Mapping[str, QualityRule]) -> str:
    """The rule of the settings about a length, the first if there are more, or what it may be called."""
    plain = (name for name, rule in rules.items() if (rule.test, rule.feature, rule.up_to, rule.one_of) == ("length", feature, None, None))
    return next(plain, free_name(f"{feature}_length", rules))


# Rules that the settings do not have


def _others(articles: Sequence[Article], settings: QualitySettings, told: Sequence[Line]) -> Iterator[Line]:
    """Rules about other fields and values; of rules that act alike the first, none that acts everywhere or nearly nowhere."""
    seen = {units.tobytes() for line in told for units in (line.units, 1.0 - line.units)}
    names: dict[str, QualityRule | None] = {**settings.rules, **{line.name: line.rule for line in told}}
    for name, feature, test, value in _proposed(articles):
        rule = QualityRule(feature=feature, test=test, points=0.0, values=[] if value is None else [value])
        units = units_of(rule, settings, articles)
        if np.count_nonzero(units) < SEEN_IN or len(np.unique(units)) == 1 or units.tobytes() in seen:
            continue
        seen |= {units.tobytes(), (1.0 - units).tobytes()}  # where one rule never acts another always does: both say one thing
        free = free_name(name, names)
        names[free] = rule
        yield Line(free, rule, units)


_Proposed = tuple[str, str, Literal["present", "count", "equals"], str | None]


def _proposed(articles: Sequence[Article]) -> Iterator[_Proposed]:
    """Name, feature, test and value of rules worth a look."""
    yield "topics", "topics", "count", None
    yield "image", "images", "present", None
    yield "images", "images", "count", None
    yield "amp", "ampWebUrl", "present", None
    yield "excerpt", "excerpt", "present", None
    yield from _values("type", Counter(article.type for article in articles), of=len(articles))
    yield from _values("category", Counter(article.category for article in articles if article.category), of=len(articles))
    extras = [dict(_flat(article.extra)) for article in articles]
    for key, _ in _frequent(Counter(key for extra in extras for key in extra)):
        yield _slug(key), key, "present", None
        found = [extra[key] for extra in extras if key in extra]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in found):
            yield _slug(key), key, "count", None
        yield from _values(key, Counter(str(value) for value in found if isinstance(value, str | bool)), of=len(articles))
    yield from _values("topics", Counter(topic for article in articles for topic in set(article.topics)))


def _values(feature: str, counts: Counter[str], *, of: int = 0) -> Iterator[_Proposed]:
    """The values of a field; if each of so many articles has one, the most frequent is what the others are measured against."""
    for value, _ in _frequent(counts)[counts.total() == of :]:
        yield _slug(f"{feature}_{value}"), feature, "equals", value


def _frequent(counts: Counter[str]) -> list[tuple[str, int]]:
    often = sorted((item for item in counts.items() if item[1] >= SEEN_IN), key=lambda item: (-item[1], item[0]))
    return often[:_MAX_VALUES]


def _flat(extra: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Keys beyond the format with their values, those of mappings as `key.inner`; empty ones left out."""
    for key, value in extra.items():
        inner = value.items() if isinstance(value, Mapping) else ()
        yield from ((f"{key}.{name}", item) for name, item in inner if item not in (None, "", [], {}, False))
        if value not in (None, "", [], {}, False) and not inner:
            yield str(key), value


def _slug(text: str) -> str:
    return "_".join(_WORD.findall(text.casefold()))


# Phrases


def _phrases(articles: Sequence[Article]) -> Phrases:
    from scipy import sparse

    found = [sorted(set(phrases_in(article.title))) for article in articles]
    topics = {topic.casefold() for article in articles for topic in article.topics}
    named = {folded(topic) for topic in topics} - {""}
    counts = Counter(phrase for phrases in found for phrase in phrases)
    kept = {
        phrase: folded(phrase) in named
        for phrase, count in sorted(counts.items())
        if folded(phrase) in named or (count >= SEEN_IN and STOP_WORDS.isdisjoint(_ends(phrase)))
    }
    columns = {phrase: column for column, phrase in enumerate(kept)}
    pairs = [(row, columns[phrase]) for row, phrases in enumerate(found) for phrase in phrases if phrase in columns]
    rows, cols = zip(*pairs, strict=True) if pairs else ((), ())
    holds = sparse.csc_matrix((np.ones(len(pairs)), (rows, cols)), shape=(len(articles), len(kept)))
    exactly = np.array([phrase in topics for phrase in kept], dtype=np.bool_)
    return Phrases(tuple(kept), holds, np.array([*kept.values()], dtype=np.bool_), exactly)


def phrases_in(title: str) -> Iterator[str]:
    """Every one to three words of a title with nothing between them but blanks or a single hyphen, dot or the like."""
    text = title.casefold()
    spans = [match.span() for match in _WORD.finditer(text)]
    joined = [_JOINT.fullmatch(text, left[1], right[0]) is not None for left, right in pairwise(spans)]
    for first in range(len(spans)):
        for last in range(first, min(first + _MAX_WORDS, len(spans))):
            if not all(joined[first:last]):
                break
            yield " ".join(text[spans[first][0] : spans[last][1]].split())


def _ends(phrase: str) -> tuple[str, str]:
    words = _WORD.findall(phrase)
    return words[0], words[-1]


# Sites


def _sites(articles: Sequence[Article]) -> Sites:
    """The tree of sites; a host or path that holds as many articles as what it lies in, or too few, is no node."""
    hosts: dict[str, set[str]] = {}
    for article in articles:
        hosts.setdefault(_domain(article), set()).add(domain_of(article.url))
    chains = [tuple(_chain(article, hosts[_domain(article)])) for article in articles]
    counts = Counter(chain[:depth] for chain in chains for depth in range(1, len(chain) + 1))
    numbers: dict[tuple[tuple[Kind, str], ...], int] = {(): 0}
    nodes: list[tuple[Kind, str]] = [("name", "")]
    parents = [-1]
    for chain in sorted(counts):
        above = numbers[chain[:-1]]
        is_part = chain[-1][0] == "address" and len(chain) > 1
        is_folder = is_part and "/" in chain[-1][1]
        if is_part and (counts[chain] < (SEEN_IN if is_folder else 1) or counts[chain] == counts[chain[:-1]]):
            numbers[chain] = above
            continue
        numbers[chain] = len(nodes)
        nodes.append(chain[-1])
        parents.append(above)
    return Sites(tuple(nodes), np.array(parents, dtype=np.int64), np.array([numbers[chain] for chain in chains], dtype=np.int64))


def _chain(article: Article, hosts: set[str]) -> Iterator[tuple[Kind, str]]:
    """Provider, host and the first folders of an article's address, the wider first.

    A provider that is found under several hosts, none of them its own domain, is no site: it has many feeds, and what holds for those
    that are seen need not hold for others.

    Parameters
    ----------
    hosts : all on which its provider is found.
    """
    host, domain = domain_of(article.url), _domain(article)
    if domain and (len(hosts) == 1 or domain in hosts):
        yield "domain", domain
    elif not domain and article.provider.name:
        yield "name", article.provider.name.strip().casefold()
    segments = canonical_url(article.url).partition("?")[0].split("/")
    for depth in range(1, min(max(len(segments), 2), _MAX_SEGMENTS + 2) if host else 1):  # the last segment is the article itself
        yield "address", "/".join(segments[:depth])


def _domain(article: Article) -> str:
    return folded_domain(article.provider.domain) or domain_of(article.url)
