"""Same story: a readable file of weights, refused where it is wrong, and what any weights must keep to."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.decision import SAME_STORY, WEIGHTS

from ranker.errors import ArtifactError
from ranker.places import models_folder
from ranker.stories.evidence import SIDES, Evidence
from ranker.stories.same_story import (
    FORMAT_VERSION,
    Calibration,
    SameStory,
    SameStoryFile,
    load_same_story,
    probability,
    write_same_story,
)

OTHER = SameStory({"meaning": 1.0}, 0.5, Calibration(3.0, -1.0))
FILE = SameStoryFile(FORMAT_VERSION, "a test", ["nothing"], {"minilm": SAME_STORY, "static": OTHER}, "minilm")


# The file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "same-story.json"


@pytest.fixture
def mistake(path: Path) -> Callable[[Callable[[Any], None]], str]:
    """What is said of a file that is changed so, behind its name."""

    def message(change: Callable[[Any], None]) -> str:
        write_same_story(FILE, path)
        tree = json.loads(path.read_text())
        change(tree)
        path.write_text(json.dumps(tree))
        with pytest.raises(ArtifactError) as caught:
            load_same_story(path)
        assert str(caught.value).startswith(f"{path}: ")
        return str(caught.value).removeprefix(f"{path}: ")

    return message


def test_what_is_written_is_read_again(path: Path) -> None:
    write_same_story(FILE, path)
    assert load_same_story(path) == FILE


def test_a_file_has_one_number_a_line(path: Path) -> None:
    write_same_story(FILE, path)
    text = path.read_text()
    assert text.endswith("}\n")
    assert sum('"meaning"' in line for line in text.splitlines()) == 2
    assert '"joinAt": 0.07' in [line.strip().rstrip(",") for line in text.splitlines()]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArtifactError, match=r"file/same-story\.json: cannot be written \(Not a directory\)$"):
        write_same_story(FILE, tmp_path / "file" / "same-story.json")


def test_a_file_is_replaced_whole(path: Path) -> None:
    path.write_text("old" * 9999)
    write_same_story(FILE, path)
    assert load_same_story(path) == FILE
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_the_shipped_file_holds_a_decision_for_each_shipped_encoder() -> None:
    shipped = load_same_story(models_folder() / "same-story.json")
    assert {"minilm", "static"} <= set(shipped.encoders)


def test_each_encoder_has_its_own_decision_and_an_unknown_one_the_fallback_s() -> None:
    assert FILE.for_encoder("minilm") == SAME_STORY
    assert FILE.for_encoder("static") == OTHER
    assert FILE.for_encoder("another") == SAME_STORY
    assert msgspec.structs.replace(FILE, fallback="static").for_encoder("another") == OTHER


def test_a_missing_file_is_named_with_the_command_that_makes_one(path: Path) -> None:
    with pytest.raises(ArtifactError) as caught:
        load_same_story(path)
    assert str(caught.value) == f"{path}: cannot be read (No such file or directory); `ranker train same-story` makes such a file"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b'{"format": 1}', b'{"format": "\xff"}', b'{"createdBy": "\xff"}'])
def test_a_damaged_file_is_refused(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    with pytest.raises(ArtifactError) as caught:
        load_same_story(path)
    assert str(caught.value).startswith(f"{path}: is no same-story model (")


def _weight(name: str, value: object) -> Callable[[Any], None]:
    return lambda tree: tree["encoders"]["static"]["weights"].update({name: value})


def test_another_format_is_refused(mistake: Callable[..., str]) -> None:
    message = mistake(lambda tree: tree.update(format=FORMAT_VERSION + 1))
    assert message == f"format {FORMAT_VERSION + 1}, this version of ranker reads {FORMAT_VERSION}"


def test_an_unknown_fallback_is_refused_with_the_known_encoders(mistake: Callable[..., str]) -> None:
    assert mistake(lambda tree: tree.update(fallback="bert")) == "fallback 'bert' is not among its encoders (minilm, static)"


def test_unknown_evidence_is_refused_with_what_is_known(mistake: Callable[..., str]) -> None:
    assert mistake(_weight("mood", 0.1)) == f"encoders.static: unknown evidence 'mood'; known: {', '.join(SIDES)}"


@pytest.mark.parametrize("name", SIDES)
def test_a_weight_on_the_wrong_side_is_refused(name: str, mistake: Callable[..., str]) -> None:
    wrong, side = (-0.25, "below") if SIDES[name] > 0 else (0.25, "above")
    assert mistake(_weight(name, wrong)) == (
        f"encoders.static: weight {wrong} of {name} must not be {side} 0: that evidence speaks for the other side"
    )


@pytest.mark.parametrize("name", SIDES)
def test_a_weight_of_nought_is_on_neither_side(name: str, path: Path) -> None:
    model = msgspec.structs.replace(SAME_STORY, weights={name: 0.0})
    write_same_story(SameStoryFile(FORMAT_VERSION, "a test", [], {"x": model}, "x"), path)
    assert load_same_story(path).encoders == {"x": model}


@pytest.mark.parametrize("slope", [0.0, -1.0])
def test_a_slope_must_be_above_nought(slope: float, mistake: Callable[..., str]) -> None:
    message = mistake(lambda tree: tree["encoders"]["static"]["calibration"].update(slope=slope))
    assert message == f"encoders.static: calibration slope {slope} must be above 0"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda tree: tree.update(mood=1), "mood"),
        (lambda tree: tree["encoders"]["static"].update(mood=1), "mood"),
        (lambda tree: tree["encoders"]["static"]["calibration"].update(mood=1), "mood"),
        (lambda tree: tree["encoders"]["static"].pop("joinAt"), "joinAt"),
        (lambda tree: tree.pop("fallback"), "fallback"),
        (_weight("meaning", "much"), "weights"),
        (_weight("meaning", None), "weights"),
        (_weight("meaning", math.nan), "JSON"),
        (_weight("meaning", math.inf), "JSON"),
    ],
)
def test_an_unknown_or_missing_key_or_a_value_that_is_no_number_is_refused(
    change: Callable[[Any], None], named: str, mistake: Callable[..., str]
) -> None:
    message = mistake(change)
    assert message.startswith("is no same-story model (")
    assert named in message


# The decision


def test_the_weighted_evidence_must_exceed_what_it_is_joined_at() -> None:
    rows = np.array([[1.0], [0.5], [0.25]], dtype=np.float32)
    scores = OTHER.score((Evidence("meaning", rows),)).of_pairs(np.array([0, 0, 1]), np.array([0, 1, 2]))
    assert scores == pytest.approx([1 - 0.5, 0.5 - 0.5, 0.125 - 0.5])


def test_log_odds_are_slope_times_score_and_intercept() -> None:
    assert OTHER.log_odds(np.array([-1.0, 0.0, 0.5])).tolist() == [3 * -1 - 1, -1, 3 * 0.5 - 1]


@given(
    st.floats(0.001, 1000),
    st.floats(-10, 10),
    st.lists(st.floats(-100, 100), min_size=2, max_size=10),
)
def test_a_higher_score_is_never_less_likely(slope: float, intercept: float, scores: list[float]) -> None:
    model = SameStory({}, 0.0, Calibration(slope, intercept))
    chances = probability(model.log_odds(np.array(sorted(scores))))
    assert (np.diff(chances) >= 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()


@pytest.mark.parametrize(("odds", "expected"), [(0, 1 / 2), (math.log(3), 3 / 4), (-math.log(3), 1 / 4), (math.log(99), 99 / 100)])
def test_a_probability_is_odds_over_odds_and_one(odds: float, expected: float) -> None:
    assert probability(np.array([odds]))[0] == pytest.approx(expected)


def test_probabilities_stay_within_nought_and_one_however_sure() -> None:
    values = probability(np.array([-math.inf, -1e9, -800, 800, 1e9, math.inf]))
    assert values.tolist() == pytest.approx([0, 0, 0, 1, 1, 1])
    assert ((values >= 0) & (values <= 1)).all()


def test_no_log_odds_have_no_probabilities() -> None:
    assert probability(np.zeros(0)).tolist() == []


def test_the_tests_decision_weighs_all_evidence_on_its_side() -> None:
    assert list(WEIGHTS) == list(SIDES)
    assert all(WEIGHTS[name] * side > 0 for name, side in SIDES.items())
