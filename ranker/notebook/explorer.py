"""Explorer: sliders for weights and half-lives, and the list that they make, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranker.notebook.extras import needed
from ranker.notebook.table import lines_html
from ranker.ranking.blend import SIGNALS
from ranker.settings import Settings
from ranker.settings_file import profile_names

if TYPE_CHECKING:
    from ranker.notebook.newsroom import Newsroom

_SHOWN_STORIES, _SHOWN_MOVES = 12, 8
_STEP = 0.05
_WEIGHTS, _HOURS = (0.0, 1.0), (1.0, 72.0)  # where sliders end, unless a value lies beyond


def explorer(room: Newsroom) -> Any:
    """A box of ipywidgets: a profile, a weight for each signal, a half-life, and under them the first stories and what moved.

    Raises
    ------
    RankerError : if ipywidgets is not installed.
    """
    widgets = needed("ipywidgets", "the explorer")
    profiles = widgets.Dropdown(options=profile_names(room.config), value=room.profile or "balanced", description="profile")
    weights = {name: widgets.FloatSlider(step=_STEP, min=_WEIGHTS[0], max=_WEIGHTS[1], description=name) for name in SIGNALS}
    half_life = widgets.FloatSlider(step=1, min=_HOURS[0], max=_HOURS[1], description="recency (h)")
    sliders = (*weights.values(), half_life)
    shown = widgets.HTML()

    is_set = False  # the sliders are being set: it is drawn once, when all of them are

    def draw(_: object = None) -> None:
        if is_set:
            return
        chosen = {name: slider.value for name, slider in weights.items()}
        if not any(chosen.values()):
            shown.value = lines_html("no order", ["At least one weight must be above 0."])
            return
        other = room.ranked(weights=chosen, profile=profiles.value, half_life_hours={"recency": half_life.value})
        moves = room.compare(other)
        shown.value = other.stories.table().html(limit=_SHOWN_STORIES) + moves.table().html(limit=_SHOWN_MOVES)

    def show(settings: Settings) -> None:
        """Set the sliders to what some settings say."""
        nonlocal is_set
        is_set = True
        for name, slider in weights.items():
            _set(slider, getattr(settings.blend.weights, name))
        _set(half_life, settings.recency.half_life_hours)
        is_set = False
        draw()

    def follow(_: object) -> None:
        """A profile brings its own weights and half-life."""
        show(room.ranked(profile=profiles.value).settings)

    profiles.observe(follow, names="value")
    for each in sliders:
        each.observe(draw, names="value")
    show(room.settings)
    return widgets.VBox([profiles, *sliders, shown])


def _set(slider: Any, value: float) -> None:
    """Set a slider, which else would take the nearest value between its ends without a word."""
    slider.min, slider.max = min(slider.min, value), max(slider.max, value)
    slider.value = value
