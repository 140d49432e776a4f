"""Publishers: which owner stands behind a provider, where it is at home, and whether it carries other people's texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args

from ranker.articles.article import Article, Provider
from ranker.errors import InputError
from ranker.places import publishers_file
from ranker.settings import PublisherSettings

Role = Literal["publisher", "wire", "aggregator", "press-release"]
_COLUMNS = ("name", "domains", "group", "country", "role")
_BETWEEN = "|"  # between the spellings of a name, and between domains
_COUNTRY_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Outlet:
    """What is known of one provider."""

    group: str  # the owner, by which publishers are counted
    country: str = ""  # ISO 3166 alpha-2, "" if unknown
    role: Role = "publisher"

    @property
    def writes_own(self) -> bool:
        """Whether its texts are its own: an aggregator or a press release service carries what others wrote."""
        return self.role in {"publisher", "wire"}


@dataclass(frozen=True, slots=True)
class Listing:
    """The outlets of one list, by domain and by name."""

    by_domain: Mapping[str, Outlet] = field(default_factory=dict)
    by_name: Mapping[str, Outlet] = field(default_factory=dict)  # of outlets that are listed by name only
    domains: Mapping[str, str] = field(default_factory=dict)  # by name, for providers that give no domain

    def under(self, domain: str) -> Outlet | None:
        """The outlet of a domain, or of the nearest one that it lies under."""
        labels = folded_domain(domain).split(".")
        below = (".".join(labels[start:]) for start in range(len(labels)))
        return next((self.by_domain[name] for name in below if name in self.by_domain), None)


@dataclass(frozen=True, slots=True)
class Publishers:
    """What some lists know of providers; a provider that nobody lists is a group of its own."""

    lists: tuple[Listing, ...]  # the last word first
    _found: dict[Provider, Outlet] = field(default_factory=dict, repr=False, compare=False)

    def outlet(self, provider: Provider) -> Outlet:
        """What the first list that knows a provider says of it.

        A list knows it by its domain or one that it lies under, or by its name. A listed name that has a domain stands for that
        domain, and only where a provider gives none: two papers may have one name.
        """
        found = self._found.get(provider)
        if found is None:
            name = folded_name(provider.name)
            usual = "" if provider.domain else next((known.domains[name] for known in self.lists if name in known.domains), "")
            outlets = (known.under(provider.domain) or known.by_name.get(name) or known.under(usual) for known in self.lists)
            found = next(filter(None, outlets), None) or Outlet(provider.key)
            self._found[provider] = found
        return found

    def group_of(self, article: Article) -> str:
        """The owner of an article's provider, else the provider itself."""
        return self.outlet(article.provider).group


def load_publishers(settings: PublisherSettings) -> Publishers:
    """The shipped list, the files of the settings over it, the groups of the settings over both.

    Raises
    ------
    InputError : naming the file, the line and what is wrong with it.
    ArtifactError : if the shipped list is missing.
    """
    shipped = (publishers_file(),) if settings.known else ()
    lists = tuple(_read(path) for path in reversed((*shipped, *map(Path, settings.files))))
    return Publishers((_grouped(settings.groups, Publishers(lists)), *lists))


def _grouped(groups: Mapping[str, Iterable[str]], known: Publishers) -> Listing:
    """The groups of the settings as a list; country and role of their members are what is known of them."""
    by_domain: dict[str, Outlet] = {}
    by_name: dict[str, Outlet] = {}
    for owner, members in groups.items():
        for member in members:
            name = folded_name(member)
            domain = folded_domain(member) if _is_domain(name) else ""
            listed = known.outlet(Provider(member, domain))
            outlet = Outlet(owner, listed.country, listed.role)
            by_domain |= {domain: outlet} if domain else {}
            by_name |= {name: outlet} if name else {}
    return Listing(by_domain, by_name)


def folded_domain(domain: str) -> str:
    """A domain in the form in which two are compared."""
    return domain.strip().casefold().removeprefix("www.")


def folded_name(name: str) -> str:
    """A provider's name in the form in which two are compared: case, blanks and a leading article make no difference."""
    return " ".join(name.casefold().split()).removeprefix("the ")


def _is_domain(text: str) -> bool:
    return "." in text.strip(".") and " " not in text


def _read(path: Path) -> Listing:
    """The outlets of one file."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 (byte {error.start})") from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    read = _Read({}, {}, {}, {})
    try:
        missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise InputError(f"{path}:1: has no column {missing[0]}; wanted are {', '.join(_COLUMNS)}")
        for row in rows:
            read.enter(row, f"{path}:{rows.line_num}")
    except csv.Error as error:
        raise InputError(f"{path}:{rows.reader.line_num}: is not CSV ({error})") from error
    return Listing(read.by_domain, read.by_name, read.domains)


@dataclass(frozen=True, slots=True)
class _Read:
    """Outlets while a file is read."""

    by_domain: dict[str, Outlet]
    by_name: dict[str, Outlet]
    by_name_with_domain: dict[str, Outlet]
    domains: dict[str, str]

    def enter(self, row: Mapping[str | None, str | None], where: str) -> None:
        if None in row:
            raise InputError(f"{where}: has more values than the file has columns")
        names, domains = _parts(row["name"]), _parts(row["domains"])
        if not (names or domains):
            raise InputError(f"{where}: has neither a name nor a domain")
        outlet = Outlet((row["group"] or "").strip() or (domains or names)[0], _country(row["country"], where), _role(row["role"], where))
        names, domains = [*map(folded_name, names)], [*map(folded_domain, domains)]
        wrong = next((domain for domain in domains if not _is_domain(domain)), None)
        if wrong is not None:
            raise InputError(f"{where}: {wrong!r} is no domain")
        _enter(self.by_name_with_domain if domains else self.by_name, names, outlet, where)
        _enter(self.by_domain, domains, outlet, where)
        if domains:
            self.domains.update(dict.fromkeys(names, domains[0]))


def _parts(value: str | None) -> list[str]:
    return [part.strip() for part in (value or "").split(_BETWEEN) if part.strip()]


def _country(value: str | None, where: str) -> str:
    country = (value or "").strip()
    if country and not (len(country) == _COUNTRY_LETTERS and country.isascii() and country.isalpha() and country.isupper()):
        raise InputError(f"{where}: country {country!r}; wanted are two capital letters (ISO 3166), or nothing")
    return country


def _role(value: str | None, where: str) -> Role:
    role = (value or "").strip() or "publisher"
    if role not in get_args(Role):
        raise InputError(f"{where}: role {role!r}; allowed: {', '.join(get_args(Role))}")
    return cast("Role", role)


def _enter(known: dict[str, Outlet], keys: Iterable[str], outlet: Outlet, where: str) -> None:
    for key in keys:
        if known.setdefault(key, outlet) != outlet:
            raise InputError(f"{where}: {key!r} stands in the file before, for another outlet")
