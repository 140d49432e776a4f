"""The map as it is drawn: the same whatever the order, nothing covered, and what is left out is told."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ranker.apps.service.page.map_drawing import COLOURS, HEIGHT, MOST_DRAWN, WIDTH, StoryMap, drawn
from ranker.apps.service.page.story_members import Members, members_of
from ranker.articles.article import Article


def _told(name: str, *, quality: int = 50, nearest: str | None = None) -> dict[str, Any]:
    return {
        "id": name, "title": f"Title of {name}", "provider": {"name": name.title(), "domain": f"{name}.example"},
        "publishedDateTime": None, "webUrl": "", "type": "article", "quality": quality,
        "membership": {"probability": 0.9, "similarity": 0.8, "nearest": nearest},
    }  # fmt: skip


def _members(
    told: list[dict[str, Any]], *, lead: str, groups: dict[str, str] | None = None, texts: dict[str, str] | None = None
) -> Members:
    articles = [Article(each["id"], each["title"]) for each in told]
    own = {each["id"]: each["provider"]["domain"] for each in told} | (groups or {})
    carried = {each["id"]: each["id"] for each in told} | (texts or {})
    ids = [each["id"] for each in told]
    return members_of(told, articles, texts=[carried[name] for name in ids], groups=[own[name] for name in ids], lead=lead)


def _vectors(names: list[str], *, dimensions: int = 12) -> dict[str, NDArray[np.float32]]:
    rows = np.random.default_rng(7).normal(size=(len(names), dimensions))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return dict(zip(names, rows.astype(np.float32), strict=True))


def _places(found: StoryMap) -> dict[str, tuple[float, float, str]]:
    return {circle.member.id: (circle.x, circle.y, circle.colour) for circle in found.circles}


def test_the_order_of_the_members_does_not_matter() -> None:
    names = [f"a{number:02}" for number in range(14)]
    told = [_told(name, nearest=names[number - 1]) for number, name in enumerate(names)]
    vectors = _vectors(names)
    expected = drawn(_members(told, lead="a03"), vectors)
    for seed in range(4):
        mixed = random.Random(seed).sample(told, len(told))
        found = drawn(_members(mixed, lead="a03"), dict(random.Random(seed).sample(list(vectors.items()), len(vectors))))
        assert _places(found) == _places(expected)
        assert set(found.lines) == set(expected.lines)
        assert (found.kept, found.farthest, found.groups) == (expected.kept, expected.farthest, expected.groups)


def test_qualities_do_not_move_the_map() -> None:
    names = [f"a{number:02}" for number in range(9)]
    vectors = _vectors(names)
    one, other = (
        drawn(_members([_told(name, quality=quality) for name, quality in zip(names, qualities, strict=True)], lead="a04"), vectors)
        for qualities in (range(9), range(9, 0, -1))
    )
    assert [circle.member.id for circle in one.circles] == names
    assert _places(one) == _places(other)


def test_circles_keep_the_order_of_distances_where_there_is_room() -> None:
    vectors = {"a": np.array([1.0, 0.0]), "b": np.array([0.8, 0.6]), "c": np.array([-1.0, 0.0])}
    found = _places(
        drawn(_members([_told(name) for name in vectors], lead="a"), {key: row.astype(np.float32) for key, row in vectors.items()})
    )

    def apart(one: str, other: str) -> float:
        return float(np.hypot(found[one][0] - found[other][0], found[one][1] - found[other][1]))

    wanted = {pair: float(np.linalg.norm(vectors[pair[0]] - vectors[pair[1]])) for pair in itertools.combinations("abc", 2)}
    scale = apart("a", "b") / wanted["a", "b"]
    assert {pair: apart(*pair) / scale for pair in wanted} == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("n", [1, 2, 3, 30])
def test_equal_texts_are_drawn_beside_each_other_in_the_middle(n: int) -> None:
    names = [f"a{number}" for number in range(n)]
    row = np.array([1.0, 0.0], dtype=np.float32)
    found = drawn(_members([_told(name) for name in names], lead="a0"), dict.fromkeys(names, row))
    assert found.kept == 1.0
    for one, other in itertools.combinations(found.circles, 2):
        assert np.hypot(one.x - other.x, one.y - other.y) >= one.radius + other.radius - 0.5
    middle = np.mean([(circle.x, circle.y) for circle in found.circles], axis=0)
    assert middle == pytest.approx([WIDTH / 2, HEIGHT / 2], abs=5)


def test_all_circles_are_inside() -> None:
    names = [f"a{number:03}" for number in range(MOST_DRAWN)]
    found = drawn(_members([_told(name) for name in names], lead="a000"), _vectors(names, dimensions=3))
    assert all(0 < circle.x < WIDTH and 0 < circle.y < HEIGHT for circle in found.circles)


def test_of_many_the_lead_and_the_best_texts_are_drawn_and_copies_last() -> None:
    names = [f"a{number:03}" for number in range(MOST_DRAWN + 30)]
    told = [_told(name, quality=number) for number, name in enumerate(names)]
    copies = dict.fromkeys(names[-20:], "one text")
    found = drawn(_members(told, lead="a000", texts=copies), _vectors(names))
    shown = {circle.member.id for circle in found.circles}
    assert (len(shown), found.left_out) == (MOST_DRAWN, 30)
    assert "a000" in shown  # the worst of all, and the lead
    assert names[-20] in shown  # the first of its text
    assert not shown & set(names[-19:])
    assert not shown & set(names[1:12])  # 150 less 19 copies, less 11 of the least quality, are 120


def test_lines_lead_to_the_nearest_member_that_is_drawn() -> None:
    told = [_told("a", nearest="b"), _told("b", nearest="gone"), _told("c", nearest="c"), _told("d")]
    found = drawn(_members(told, lead="a"), _vectors(["a", "b", "c", "d"]))
    (line,) = found.lines
    at = _places(found)
    assert (line.of, line.to) == ("a", "b")
    assert line.ends == (*at["a"][:2], *at["b"][:2])


def test_publisher_groups_have_colours_the_largest_first() -> None:
    names = [f"a{number:02}" for number in range(COLOURS + 4)]
    groups = {"a00": "zz", "a05": "zz", "a11": "zz"}
    found = drawn(_members([_told(name) for name in names], lead="a00", groups=groups), _vectors(names))
    assert found.groups[0] == ("zz", "zz", "0", 3)
    assert found.groups[1] == ("a01.example", "A01", "1", 1)  # a provider by itself goes by its name
    assert [colour for *_, colour, _ in found.groups] == [*map(str, range(COLOURS)), "more", "more"]
    assert _places(found)["a05"][2] == "0"


def test_of_equal_groups_that_of_the_lead_has_a_colour() -> None:
    names = [f"a{number:02}" for number in range(COLOURS + 4)]
    found = drawn(_members([_told(name) for name in names], lead=names[-1]), _vectors(names))
    assert found.groups[0] == (f"{names[-1]}.example", names[-1].title(), "0", 1)


def test_members_without_a_vector_are_left_out() -> None:
    members = _members([_told("a"), _told("b")], lead="a")
    found = drawn(members, _vectors(["a"]))
    assert (len(found.circles), found.left_out, found.farthest) == (1, 1, None)
    nothing = drawn(members, {})
    assert (nothing.circles, nothing.left_out, nothing.kept) == ((), 2, 1.0)


def test_the_least_alike_are_told() -> None:
    rows = {"a": np.array([1.0, 0.0], dtype=np.float32), "b": np.array([0.6, 0.8], dtype=np.float32)}
    assert drawn(_members([_told("a"), _told("b")], lead="a"), rows).farthest == pytest.approx(0.6)
