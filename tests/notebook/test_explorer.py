"""The explorer: what its sliders say is what the list shows."""

from __future__ import annotations

import html
from typing import Any

import pytest
from support.rooms import hostile_room, sample_room

from ranker.notebook import Newsroom


@pytest.fixture
def box() -> Any:
    return sample_room().explorer()


def parts(box: Any) -> tuple[Any, dict[str, Any], Any]:
    profiles, *sliders, shown = box.children
    return profiles, {slider.description: slider for slider in sliders}, shown


def first(room: Any) -> str:
    return html.escape(room.stories[0].title)


def test_it_starts_with_the_room_as_it_is(box: Any) -> None:
    profiles, sliders, shown = parts(box)
    assert profiles.value == "balanced"
    assert set(profiles.options) == {"balanced", "newest", "hottest", "editorial", "everyday"}
    assert {name: slider.value for name, slider in sliders.items()} == {"quality": 0.3, "heat": 0.4, "recency": 0.3, "recency (h)": 12}
    assert first(sample_room()) in shown.value
    assert "0 moved" in shown.value


def test_sliders_make_another_list(box: Any) -> None:
    _, sliders, shown = parts(box)
    for name, value in (("quality", 1.0), ("heat", 0.0), ("recency", 0.0)):
        sliders[name].value = value
    best = sample_room().ranked(weights={"quality": 1.0})
    assert first(best) != first(sample_room())
    assert shown.value.index(first(best)) < shown.value.index("</tr>", shown.value.index("<tbody>"))


def test_a_half_life_makes_another_list(box: Any) -> None:
    _, sliders, shown = parts(box)
    before = shown.value
    sliders["recency (h)"].value = 48
    assert shown.value != before
    assert f"{sample_room().ranked(half_life_hours={'recency': 48}).stories[0].score:.3f}" in shown.value


def test_a_profile_brings_its_weights(box: Any) -> None:
    profiles, sliders, shown = parts(box)
    profiles.value = "newest"
    assert {name: slider.value for name, slider in sliders.items()} == {"quality": 0.1, "heat": 0.2, "recency": 0.7, "recency (h)": 6}
    assert f"{sample_room().ranked(profile='newest').stories[0].score:.3f}" in shown.value


def test_sliders_reach_to_what_the_room_says() -> None:
    room = sample_room().ranked(weights={"quality": 1, "heat": 2.5, "recency": 0.5}, half_life_hours={"recency": 100})
    _, sliders, shown = parts(room.explorer())
    assert {name: slider.value for name, slider in sliders.items()} == {"quality": 1, "heat": 2.5, "recency": 0.5, "recency (h)": 100}
    assert (sliders["heat"].max, sliders["quality"].max, sliders["recency (h)"].max) == (2.5, 1, 100)
    assert f"{room.stories[0].score:.3f}" in shown.value
    assert "0 moved" in shown.value
    _, sliders, _ = parts(sample_room().ranked(half_life_hours={"recency": 0.25}).explorer())
    assert (sliders["recency (h)"].value, sliders["recency (h)"].min) == (0.25, 0.25)


def test_a_profile_is_drawn_once(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    compare = Newsroom.compare

    def counted(room: Newsroom, other: Newsroom) -> Any:
        drawn.append(str(other.profile))
        return compare(room, other)

    monkeypatch.setattr(Newsroom, "compare", counted)
    profiles, _, _ = parts(box)
    profiles.value = "newest"
    assert drawn == ["newest"]


def test_no_weight_at_all_is_no_order(box: Any) -> None:
    _, sliders, shown = parts(box)
    for name in ("quality", "heat", "recency"):
        sliders[name].value = 0
    assert "At least one weight must be above 0." in shown.value


def test_it_trusts_nobody() -> None:
    *_, shown = hostile_room().explorer().children
    assert "hostile>" not in shown.value
    assert "<script" not in shown.value
