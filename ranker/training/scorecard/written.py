"""A fitted scorecard as settings: rules by name, lists filled in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import msgspec

from ranker.settings import QualityRule, QualitySettings
from ranker.training.scorecard.candidates import Kind, free_name, name_of, source_group
from ranker.training.scorecard.draft import Bench, Draft
from ranker.training.scorecard.search import BASE

_Rules = dict[str, QualityRule | None]
_TESTS: dict[Kind, tuple[str, Literal["domain", "address", "equals"]]] = {
    "domain": ("provider", "domain"),
    "address": ("url", "address"),
    "name": ("provider.name", "equals"),
}
_LISTS: dict[Kind, str] = {"address": "own_feeds", "domain": "known_providers"}


def settings_of(bench: Bench, draft: Draft) -> QualitySettings:
    """The settings that a draft stands for; rules of the settings that do not act in it are None, as in a settings file."""
    settings = bench.candidates.settings
    rules: _Rules = dict.fromkeys(settings.rules)
    for name, line in draft.lines.items():
        is_idle = line.standing == "told" and not line.units.any()
        if line.standing != "free" and (draft.points[name] or is_idle):
            rules[name] = msgspec.structs.replace(line.rule, points=draft.points[name])
    rules |= _terms_rule(bench, draft)
    source, lists = _source_rules(bench, draft, rules)
    return msgspec.structs.replace(
        settings,
        rules=rules | source,
        base=draft.points[BASE] + (draft.points[draft.classes[0]] if _is_one_class(bench, draft) else 0.0),
        floor=bench.floor if math.isfinite(bench.floor) else float(bench.candidates.wanted.min()),
        cap=bench.cap if math.isfinite(bench.cap) else None,
        own_feeds=lists.get("own_feeds", settings.own_feeds),
        known_providers=lists.get("known_providers", settings.known_providers),
        topic_terms=settings.topic_terms if bench.candidates.phrases is None else _spelled(bench, draft),
    )


def _terms_rule(bench: Bench, draft: Draft) -> _Rules:
    """The rule of the terms that were found; that of the settings, which then acts on nothing, where none were."""
    if bench.candidates.phrases is None:
        return {}
    if not draft.terms:
        return {bench.terms_line: bench.candidates.settings.rules.get(bench.terms_line)}
    return {bench.terms_line: QualityRule(feature="title", test="contains", values="topic_terms", points=draft.points[bench.terms_line])}


def _spelled(bench: Bench, draft: Draft) -> list[list[str]]:
    """The lists of terms; a hyphen in one may also be a blank, unless titles have that form and it did not count in them."""
    phrases = bench.candidates.phrases
    seen = () if phrases is None else phrases.names
    lists = []
    for synonyms in draft.terms:
        names = [seen[phrase] for phrase in synonyms]
        lists.append([*names, *(form for name in names if (form := name.replace("-", " ")) not in seen)])
    return lists


@dataclass(frozen=True, slots=True)
class _Class:
    """Sources of one kind with the same points."""

    points: float
    kind: Kind
    values: list[str]
    is_raised: bool  # above the rest


def _source_rules(bench: Bench, draft: Draft, others: _Rules) -> tuple[_Rules, dict[str, list[str]]]:
    """The rules of the source that were found, and the lists of the settings that they use.

    Classes above the rest exclude each other, and of those that apply the one with the most points counts. What is below the rest has
    points taken off.

    Parameters
    ----------
    others : the rules of all else.
    """
    settings = bench.candidates.settings
    if bench.candidates.sites is None:
        return {}, {}
    rest = draft.points[draft.classes[0]]
    rules = {name_of(settings, listed): None for listed in _LISTS.values() if not getattr(settings, listed)} | _rest_rule(bench, draft)
    lists: dict[str, list[str]] = {}
    left = []
    for found in _classes(bench, draft, rest):
        listed = _LISTS.get(found.kind, "")
        if found.is_raised and listed and listed not in lists and not getattr(settings, listed):
            lists[listed] = found.values
            rules[name_of(settings, listed)] = _rule(settings, found, listed, found.points)
        else:
            left.append(found)
    most = max(draft.points[name] for name in draft.classes)
    for found in left:
        wanted = name_of(settings, "own_feeds") if found.points == most else "source"
        points = found.points if found.is_raised else found.points - rest
        rules[free_name(wanted, {**others, **rules})] = _rule(settings, found, [*found.values], points)
    return rules, lists


def _rule(settings: QualitySettings, found: _Class, values: str | list[str | list[str]], points: float) -> QualityRule:
    feature, test = _TESTS[found.kind]
    return QualityRule(feature=feature, test=test, values=values, points=points, one_of=source_group(settings) if found.is_raised else None)


def _rest_rule(bench: Bench, draft: Draft) -> _Rules:
    """The rule for every source that no list names; none where the base is enough."""
    settings, group = bench.candidates.settings, source_group(bench.candidates.settings)
    told = (name for name, rule in settings.rules.items() if rule is not None and rule.test == "always" and rule.one_of == group)
    points = 0.0 if _is_one_class(bench, draft) else draft.points[draft.classes[0]]
    rule = QualityRule(feature="provider", test="always", points=points, one_of=group) if points else None
    return {next(told, free_name("unknown_provider", settings.rules)): rule}


def _is_one_class(bench: Bench, draft: Draft) -> bool:
    """Whether no source was found that differs from the others: what all have is the base."""
    return bench.candidates.sites is not None and not draft.entries and not bench.candidates.is_placed.any()


def _classes(bench: Bench, draft: Draft, rest: float) -> list[_Class]:
    """Classes that list something, by kind, in the order in which they may fill the lists of the settings.

    Own feeds are rather those with the most points, known providers rather others; then longer lists come first.
    """
    nodes = () if bench.candidates.sites is None else bench.candidates.sites.nodes
    found: dict[tuple[float, Kind], list[str]] = {}
    for node, name in draft.entries:
        kind, value = nodes[node]
        if draft.points[name] != rest:
            found.setdefault((draft.points[name], kind), []).append(value)
    most = max(draft.points[name] for name in draft.classes)

    def place(item: tuple[tuple[float, Kind], list[str]]) -> tuple[bool, int, tuple[float, Kind]]:
        (points, kind), values = item
        return (points == most) == (kind == "domain"), -len(values), (-points, kind)

    return [_Class(points, kind, sorted(set(values)), points > rest) for (points, kind), values in sorted(found.items(), key=place)]
