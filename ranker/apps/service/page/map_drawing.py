"""The map of a story as it is drawn: circles for its articles, coloured by publisher group, and lines to each one's nearest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranker.apps.service.page.map_layout import layout
from ranker.apps.service.page.story_members import Member, Members

MOST_DRAWN = 120  # articles
COLOURS = 8  # of publisher groups; the others share one
WIDTH, HEIGHT = 640, 400  # of the drawing, in its own units
_MARGIN, _RADIUS, _LEAD_RADIUS = 24.0, 8.0, 11.0
_LEAST_SPAN = 0.6  # of the map in distances of texts: small differences are not blown up
_ROUNDS = 60  # in which circles are moved apart
_GOLDEN = 2.399963  # radians; directions for those on one spot that never repeat
_SAME_PLACE = 1e-3
_ROUND = 2  # digits of a place


@dataclass(frozen=True, slots=True)
class Circle:
    """An article on the map.

    Parameters
    ----------
    colour : 0 to 7 for the largest publisher groups, "more" for all others.
    """

    member: Member
    x: float
    y: float
    radius: float
    colour: str


@dataclass(frozen=True, slots=True)
class Line:
    """From an article to the nearest member of its story."""

    of: str
    to: str
    ends: tuple[float, float, float, float]  # x, y, x, y


@dataclass(frozen=True, slots=True)
class StoryMap:
    """A drawing and what is to be said of it.

    Parameters
    ----------
    kept : share of the squared distances that two dimensions keep.
    farthest : cosine of the two articles that are the least alike; None for fewer than two.
    groups : publisher groups, the largest first, of equals that of the lead: the name, the name to show, the colour, and how many
        of its articles are drawn.
    left_out : articles that are not drawn.
    """

    circles: tuple[Circle, ...]
    lines: tuple[Line, ...]
    kept: float
    farthest: float | None
    groups: tuple[tuple[str, str, str, int], ...]
    left_out: int


def drawn(members: Members, vectors: Mapping[str, NDArray[np.float32]]) -> StoryMap:
    """The map of a story; the order in which its articles came plays no part.

    Parameters
    ----------
    vectors : unit vectors by article id; a member without one is left out.
    """
    chosen = _chosen(members, vectors)
    if not chosen:
        return StoryMap((), (), 1.0, None, (), len(members.by_id))
    rows = np.stack([vectors[member.id] for member in chosen])
    found = layout(rows)
    radii = np.array([_LEAD_RADIUS if member.is_lead else _RADIUS for member in chosen])
    places = _apart(_fitted(found.places), radii)
    counted = Counter(member.group for member in chosen)
    leading = {member.group for member in chosen if member.is_lead}
    largest = sorted(counted, key=lambda group: (-counted[group], group not in leading, group))
    colours = {group: str(place) if place < COLOURS else "more" for place, group in enumerate(largest)}
    names = {member.group: member.provider if member.group == member.told["provider"]["domain"] else member.group for member in chosen}
    circles = tuple(
        Circle(member, round(x, _ROUND), round(y, _ROUND), float(radius), colours[member.group])
        for member, (x, y), radius in zip(chosen, places.tolist(), radii.tolist(), strict=True)
    )
    cosines = rows.astype(np.float64) @ rows.astype(np.float64).T
    return StoryMap(
        circles,
        _lines(circles),
        found.kept,
        float(cosines.min()) if len(chosen) > 1 else None,
        tuple((group, names[group], colours[group], counted[group]) for group in largest),
        len(members.by_id) - len(chosen),
    )


def _chosen(members: Members, vectors: Mapping[str, NDArray[np.float32]]) -> list[Member]:
    """The articles that are drawn, in order of id: the lead, then the first of each text, the best of them first, then copies."""
    firsts = {text.first.id for text in members.texts}
    held = [member for member in members.by_id.values() if member.id in vectors]
    held.sort(key=lambda member: (not member.is_lead, member.id not in firsts, -member.told["quality"], member.id))
    return sorted(held[:MOST_DRAWN], key=lambda member: member.id)


def _fitted(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places as large as the drawing takes, the same in both directions, y downwards."""
    low, high = places.min(axis=0), places.max(axis=0)
    room = np.array([WIDTH - 2 * _MARGIN, HEIGHT - 2 * _MARGIN])
    spans = np.maximum(high - low, _LEAST_SPAN * room / room.max())
    scale = float((room / spans).min())
    middle = (low + high) / 2
    return np.asarray((places - middle) * scale * np.array([1.0, -1.0]) + np.array([WIDTH, HEIGHT]) / 2, dtype=np.float64)


def _apart(places: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places moved so that no circle covers another, as far as there is room; those on one spot go round it."""
    n = len(places)
    angles = _GOLDEN * np.arange(n)
    x, y = places[:, 0] + _SAME_PLACE * np.cos(angles), places[:, 1] + _SAME_PLACE * np.sin(angles)
    wanted = radii[:, None] + radii[None, :] + 1
    np.fill_diagonal(wanted, 0.0)
    edge = _MARGIN / 2
    for _ in range(_ROUNDS):
        across, down = x[:, None] - x[None, :], y[:, None] - y[None, :]
        lengths = np.maximum(np.hypot(across, down), _SAME_PLACE)
        share = np.maximum(0.0, wanted - lengths) / (2 * lengths)
        if not share.any():
            break
        step_x, step_y = (across * share).sum(axis=1), (down * share).sum(axis=1)
        too_long = np.maximum(1.0, np.maximum(np.abs(step_x), np.abs(step_y)) / _RADIUS)
        x, y = np.clip(x + step_x / too_long, edge, WIDTH - edge), np.clip(y + step_y / too_long, edge, HEIGHT - edge)
    return np.stack((x, y), axis=1)


def _lines(circles: Sequence[Circle]) -> tuple[Line, ...]:
    at = {circle.member.id: circle for circle in circles}
    found = []
    for circle in circles:
        other = at.get(circle.member.told["membership"]["nearest"] or "")
        if other is not None and other is not circle:
            found.append(Line(circle.member.id, other.member.id, (circle.x, circle.y, other.x, other.y)))
    return tuple(found)
