"""Page: a ranking as one HTML file that needs no network, the same bytes for the same input, settings and moment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ranker import __version__
from ranker.apps.report.cards import cards_of
from ranker.apps.report.drawings import Drawing, drawings_of
from ranker.apps.report.policy import content_policy
from ranker.apps.service.page import filters
from ranker.articles.dates import iso_text
from ranker.articles.record import Refusal
from ranker.pipeline import Ranking

_HERE = Path(__file__).parent
_PAGE = Path(filters.__file__).parent  # the service's page: one look, one theme, and one drawing of bars and timelines
_PHASES = ("breaking", "developing", "sustained", "fading")
_SHOWN_REFUSALS = 1000
# plotly.js puts in the style of its street maps, which the policy forbids and no plot here needs, unless an element has this id already.
_MAP_STYLE = re.compile(r'document\.getElementById\("([0-9a-f]{64})"\)')


@dataclass(frozen=True, slots=True)
class Source:
    """What a report says of where it comes from.

    Parameters
    ----------
    inputs : as they were given.
    settings : lines of what differs from the defaults: "recency.half_life_hours = 6, profile newest".
    encoder : the fingerprint.
    counts : what was read, in words.
    """

    inputs: Sequence[str]
    profile: str
    settings: Sequence[str]
    encoder: str
    counts: Sequence[str]
    refusals: Sequence[Refusal]


def page_bytes(ranking: Ranking, source: Source, *, title: str, limit: int, with_plots: bool) -> bytes:
    """The page as UTF-8.

    Parameters
    ----------
    limit : stories shown.
    """
    drawings = drawings_of(ranking) if with_plots else []
    style = (_PAGE / "static" / "base.css").read_text("utf-8") + (_HERE / "static" / "report.css").read_text("utf-8")
    early, theme = ((_PAGE / "static" / name).read_text("utf-8") for name in ("early.js", "theme.js"))
    late = theme + (_HERE / "static" / "report.js").read_text("utf-8")
    library = _plotly() if drawings else ""
    scripts = [early, *([library] if library else []), late]
    shown = {
        "title": title,
        "policy": content_policy(scripts=scripts, styles=[style], has_plots=bool(drawings)),
        "style": Markup(style),  # noqa: S704 - files of this package
        "early": Markup(early),  # noqa: S704
        "late": Markup(late),  # noqa: S704
        "library": Markup(library),  # noqa: S704 - a file of plotly
        "unneeded": _MAP_STYLE.findall(library),
        "drawings": [_placed(each) for each in drawings],
        **_told(ranking, source, limit),
    }
    return environment().get_template("report.html").render(shown).encode("utf-8", "replace")


@cache
def environment() -> Environment:
    """Where the templates come from: escaped, and a name that is not there is an error, never a gap."""
    folders = [FileSystemLoader(_HERE / "templates"), FileSystemLoader(_PAGE / "templates")]
    made = Environment(
        loader=ChoiceLoader(folders), autoescape=True, undefined=StrictUndefined, finalize=filters.shown, auto_reload=False,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(filters.FILTERS)
    return made


def _told(ranking: Ranking, source: Source, limit: int) -> dict[str, Any]:
    cards = cards_of(ranking, limit)
    weights = ranking.settings.blend.weights
    articles = ranking.grouping.corpus.articles
    phases: list[str] = [ranked.phase.name for ranked in ranking.stories]
    return {
        "cards": cards,
        "left_out": len(ranking.stories) - len(cards),
        "as_of": ranking.as_of,
        "as_of_text": iso_text(ranking.as_of),
        "full": weights.quality + weights.heat + weights.recency or 1.0,
        "weights": {"quality": weights.quality, "heat": weights.heat, "recency": weights.recency},
        "totals": {
            "stories": len(ranking.stories),
            "articles": len(articles),
            "providers": len({article.provider.key for article in articles}),
            "groups": len({ranking.publishers.group_of(article) for article in articles}),
        },
        "phases": {name: phases.count(name) for name in _PHASES},
        "hidden": len(ranking.stories.hidden),
        "source": source,
        "refused": _refused(source.refusals),
        "more_refused": max(0, len(source.refusals) - _SHOWN_REFUSALS),
        "version": __version__,
    }


def _refused(refusals: Sequence[Refusal]) -> list[Mapping[str, str]]:
    return [{"place": str(item.origin), "field": item.field, "reason": item.reason} for item in refusals[:_SHOWN_REFUSALS]]


def _placed(drawing: Drawing) -> Mapping[str, Any]:
    return {
        "name": drawing.name,
        "alt": drawing.alt,
        "height": drawing.height,
        "light": Markup(drawing.light),  # noqa: S704 - JSON that cannot end its script
        "dark": Markup(drawing.dark),  # noqa: S704
    }


def _plotly() -> str:
    from ranker import plots

    return plots.plotly_script()
