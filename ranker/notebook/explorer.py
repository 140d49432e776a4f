"""Explorer: sliders for weights and half-lives, and the list that they make, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranker.notebook.extras import needed
from ranker.notebook.table import lines_html
from ranker.ranking.blend import SIGNALS
from ranker.settings_file import profile_names

if TYPE_CHECKING:
    from ranker.notebook.newsroom import Newsroom

_SHOWN_STORIES, _SHOWN_MOVES = 12, 8
_STEP = 0.05
_HOURS = (1.0, 72.0)


def explorer(room: Newsroom) -> Any:
    """A box of ipywidgets: a profile, a weight for each signal, a half-life, and under them the first stories and what moved.

    Raises
    ------
    RankerError : if ipywidgets is not installed.
    """
    widgets = needed("ipywidgets", "the explorer")
    profiles = widgets.Dropdown(options=profile_names(room.config), value=room.profile or "balanced", description="profile")
    weights = {
        name: widgets.FloatSlider(value=getattr(room.settings.blend.weights, name), min=0, max=1, step=_STEP, description=name)
        for name in SIGNALS
    }
    half_life = widgets.FloatSlider(
        value=room.settings.recency.half_life_hours, min=_HOURS[0], max=_HOURS[1], step=1, description="recency (h)"
    )
    shown = widgets.HTML()

    def draw(_: object = None) -> None:
        chosen = {name: slider.value for name, slider in weights.items()}
        if not any(chosen.values()):
            shown.value = lines_html("no order", ["At least one weight must be above 0."])
            return
        other = room.ranked(weights=chosen, profile=profiles.value, half_life_hours={"recency": half_life.value})
        moves = room.compare(other)
        shown.value = other.stories.table().html(limit=_SHOWN_STORIES) + moves.table().html(limit=_SHOWN_MOVES)

    def follow(_: object) -> None:
        """A profile brings its own weights and half-life."""
        settings = room.ranked(profile=profiles.value).settings
        for name, slider in weights.items():
            slider.value = min(1.0, getattr(settings.blend.weights, name))
        half_life.value = settings.recency.half_life_hours
        draw()

    profiles.observe(follow, names="value")
    for slider in (*weights.values(), half_life):
        slider.observe(draw, names="value")
    draw()
    return widgets.VBox([profiles, *weights.values(), half_life, shown])
