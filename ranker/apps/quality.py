"""The command `ranker quality`: a scorecard learned from articles that carry their quality already."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ranker.apps.help import Group, option
from ranker.apps.options import EXIT_REFUSED, file_option, finite, inputs, json_option

if TYPE_CHECKING:
    from ranker.articles.article import Article
    from ranker.settings import QualityRule, QualitySettings
    from ranker.training.scorecard.learned import Fit, Fitted, Miss

_SHOWN_MISSES = 10
_WIDTH = 80
_RULE_CELLS = 34
_LISTS = ("own_feeds", "known_providers", "topic_terms")


@click.group(cls=Group, short_help="Learn what an article is worth by itself.")
def quality() -> None:
    """The scorecard: what an article is worth by itself."""


@quality.command(
    short_help="Learn the scorecard from articles that carry quality.",
    examples=["ranker quality fit rated.jsonl --output scorecard.yaml", "ranker quality fit rated.jsonl --output scorecard.yaml --json"],
)
@inputs("files", "FILES...")
@file_option("--output", "-o", required=True, help="The scorecard, a settings file (YAML).")
@file_option("--config", help="Settings to start from: points, lists of feeds, providers and terms.")
@option(
    "--test-share",
    type=click.FloatRange(0, 1, max_open=True),
    callback=finite,
    default=0.5,
    show_default=True,
    metavar="SHARE",
    help="Share of the articles that the figures are measured on.",
)
@option("--seed", type=click.IntRange(min=0), metavar="N", default=0, show_default=True, help="Which articles these are.")
@json_option()
def fit(**order: Any) -> None:
    """Learn the scorecard that gives articles the quality they carry; FILES are articles of any input format.

    The figures are those of a scorecard learned from one part of the articles and held against the other. The one that is written is
    learned from all of them.
    """
    if fit_quality(Order(**order)):
        sys.exit(EXIT_REFUSED)


@dataclass(frozen=True, slots=True)
class Order:
    """What to learn from, and where to write what."""

    files: tuple[str, ...]
    output: Path
    config: Path | None
    test_share: float
    seed: int
    as_json: bool


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Two scorecards and their figures."""

    without: int  # articles that carry no quality
    train: Fit  # of the scorecard learned from this part ...
    test: Fit  # ... held against the other
    card: Fitted  # learned from all
    whole: Fit


def fit_quality(order: Order) -> int:
    """Learn a scorecard, tell how well it does and write it; returns how many articles were refused.

    Raises
    ------
    InputError : if too few articles carry a quality, or the place cannot be written to.
    SettingsError : if the settings are wrong.
    """
    import msgspec

    from ranker.apps import output, screen
    from ranker.apps.session import say
    from ranker.articles.reading import read_articles
    from ranker.settings_file import load_settings

    output.check_place(order.output)
    settings = load_settings(order.config)
    reading = read_articles(order.files, settings.reading, standard_input=sys.stdin.buffer)
    for refusal in reading.refusals:
        say(f"refused {refusal}")
    found = _outcome(reading.articles, settings.quality, order)
    if order.as_json:
        click.echo(msgspec.json.encode(_json(found)))
    else:
        screen.tell(_lines(found))
    for name in found.card.left_out:
        say(f"rule {name} left out: points of age cannot be learned, for nobody knows when they were given")
    output.write_output(order.output, _settings_text(found).encode("utf-8"))
    say(f"wrote the scorecard learned from all {found.whole.articles:,} articles to {order.output}")
    return len(reading.refusals)


def _outcome(articles: Sequence[Article], settings: QualitySettings, order: Order) -> _Outcome:
    from ranker.training.scorecard.learned import fit_of, fit_scorecard, halves

    usable = [article for article in articles if article.quality is not None]
    train, test = halves(usable, order.test_share, seed=order.seed)
    part = fit_scorecard(train, settings)
    card = fit_scorecard(usable, settings) if test else part
    return _Outcome(
        without=len(articles) - len(usable),
        train=fit_of(part.settings, train),
        test=fit_of(part.settings, test),
        card=card,
        whole=fit_of(card.settings, usable),
    )


# Figures


def _lines(found: _Outcome) -> Iterator[str]:
    yield f"{found.whole.articles:,} articles with a quality, {found.without:,} without one left out"
    yield ""
    yield f"{'learned from':16}{'one part':>16}{'one part':>16}{'all':>16}"
    yield f"{'held against':16}{'the same':>16}{'the other':>16}{'all':>16}"
    fits = (found.train, found.test, found.whole)
    yield f"{'articles':16}" + "".join(f"{each.articles:>16,}" for each in fits)
    yield f"{'exact':16}" + "".join(f"{_of(each.exact, each):>16}" for each in fits)
    yield f"{'within 1 point':16}" + "".join(f"{_of(each.within_one, each):>16}" for each in fits)
    yield ""
    yield f"{'rule (learned from all)':{_RULE_CELLS}}{'points':>8}{'articles':>10}"
    for name, rule in _rules(found.card.settings):
        yield f"{_cut(name, _RULE_CELLS - 1):{_RULE_CELLS}}{rule.points:>8g}{found.whole.acts_on[name]:>10,}  {_about(rule)}".rstrip()
    misses = _shown_misses(found)
    if misses:
        yield ""
        yield f"largest misses: wanted, found ({'held against the other part' if found.test.articles else 'of all'})"
        for miss in misses:
            yield _cut(f"{miss.wanted:>8,}{miss.found:>8,}  {miss.article.id}  {miss.article.title}", _WIDTH)


def _of(count: int, fit: Fit) -> str:
    return f"{count:,} {100 * count / fit.articles:5.1f} %" if fit.articles else "-"


def _about(rule: QualityRule) -> str:
    """What a rule's points are given for, where its name need not say it."""
    if rule.test == "length":
        return f"a character above {rule.above:g}"
    return {"count": "each", "contains": "a term"}.get(rule.test, "")


def _cut(text: str, cells: int) -> str:
    from ranker.apps.screen import printable

    shown = printable(text)
    return shown if len(shown) <= cells else f"{shown[: cells - 1]}\u2026"


def _shown_misses(found: _Outcome) -> Sequence[Miss]:
    return (found.test if found.test.articles else found.whole).misses[:_SHOWN_MISSES]


def _rules(settings: QualitySettings) -> list[tuple[str, QualityRule]]:
    return [(name, rule) for name, rule in settings.rules.items() if rule is not None]


def _json(found: _Outcome) -> dict[str, Any]:
    card = found.card.settings
    return {
        "articles": {"withQuality": found.whole.articles, "without": found.without},
        "train": _fit_json(found.train),
        "test": _fit_json(found.test),
        "all": _fit_json(found.whole),
        "rules": [{"name": name, "actsOn": found.whole.acts_on[name], **_rule_tree(rule)} for name, rule in _rules(card)],
        "lists": {name: getattr(card, name) for name in _LISTS},
        "leftOut": list(found.card.left_out),
        "misses": [
            {"id": miss.article.id, "title": miss.article.title, "wanted": miss.wanted, "found": miss.found}
            for miss in _shown_misses(found)
        ],
    }


def _fit_json(fit: Fit) -> dict[str, Any]:
    share = round(fit.exact / fit.articles, 4) if fit.articles else None
    return {"articles": fit.articles, "exact": fit.exact, "share": share, "withinOne": fit.within_one}


# The settings file


def _settings_text(found: _Outcome) -> str:
    """The scorecard as a settings file; rules of the defaults that do not act in it are null."""
    import yaml

    from ranker import __version__
    from ranker.settings_file import load_settings

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_representer(_OneLine, lambda dumper, line: dumper.represent_mapping("tag:yaml.org,2002:map", line.items(), flow_style=True))
    card = found.card.settings
    nulls = dict.fromkeys(name for name in load_settings().quality.rules if card.rules.get(name) is None)
    tree = {
        "base": _plain(card.base),
        "floor": _plain(card.floor),
        "cap": None if card.cap is None else _plain(card.cap),
        **{name: getattr(card, name) for name in _LISTS},
        "rules": {name: _OneLine(_rule_tree(rule)) for name, rule in _rules(card)} | nulls,
        "story_weights": [_plain(weight) for weight in card.story_weights],
        "publish_at": _plain(card.publish_at),
    }
    head = (
        f"# Learned by ranker {__version__} quality fit from {found.whole.articles:,} articles, exact for {found.whole.exact:,} of them.\n"
    )
    return head + yaml.dump({"quality": tree}, Dumper=Dumper, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True)


class _OneLine(dict[str, Any]):
    """A mapping that stands in one line."""


def _rule_tree(rule: QualityRule) -> dict[str, Any]:
    tree: dict[str, Any] = {"feature": rule.feature, "test": rule.test, "points": _plain(rule.points)}
    if rule.values:
        tree["values"] = rule.values
    if rule.above:
        tree["above"] = _plain(rule.above)
    if rule.up_to is not None:
        tree["up_to"] = _plain(rule.up_to)
    if rule.one_of is not None:
        tree["one_of"] = rule.one_of
    return tree


def _plain(number: float) -> float:
    """A whole number without a point, as people write it."""
    return int(number) if float(number).is_integer() else number
