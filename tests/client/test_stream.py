"""The stream as it is read: events are cut out of its bytes wherever these are cut."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.client import Malformed
from ranker.client.stream import Reading


def message(number: int, **more: Any) -> bytes:
    told = {"number": number, "kind": "created", "story": f"s{number}", "at": "2026-03-11T18:00:00Z", "cause": "a\u2028b", "articles": []}
    return b"id: %d\nevent: created\ndata: %s\n\n" % (number, msgspec.json.encode(told | {"stories": []} | more))


def numbers(reading: Reading, *pieces: bytes) -> list[int]:
    return [event.number for piece in pieces for event in reading.events(piece)]


WHOLE = b": hello\nid: 3\nretry: 500\n\n" + message(4) + b": still here\nid: 6\n\n" + message(7) + message(8, cause="Br\u00fccke")


@given(st.lists(st.integers(0, len(WHOLE)), max_size=12), st.sampled_from([b"\n", b"\r\n"]))
def test_it_does_not_matter_where_pieces_are_cut(cuts: list[int], end: bytes) -> None:
    whole = WHOLE.replace(b"\n", end)
    places = [0, *sorted(cuts), len(whole)]
    reading = Reading()
    assert numbers(reading, *(whole[start:stop] for start, stop in pairwise(places))) == [4, 7, 8]
    assert (reading.last, reading.pause) == (8, 0.5)


def test_lines_may_end_in_carriage_returns_alone() -> None:
    assert numbers(Reading(), WHOLE.replace(b"\n", b"\r"), b"\n") == [4, 7, 8]


def test_an_event_is_read_whole() -> None:
    (event,) = Reading().events(message(4, articles=["a1"], stories=["s2"], newer="field"))
    assert (event.number, event.kind, event.story, event.cause, event.articles, event.stories) == (
        4, "created", "s4", "a\u2028b", ("a1",), ("s2",),
    )  # fmt: skip


def test_data_may_stand_on_several_lines() -> None:
    head, tail = message(4).split(b'"kind"')
    assert numbers(Reading(), head + b'\ndata:"kind"' + tail) == [4]


def test_an_event_is_told_once() -> None:
    assert numbers(Reading(last=4), message(3) + message(4) + message(5) + message(5)) == [5]


def test_it_goes_on_after_the_last_that_is_known() -> None:
    reading = Reading(since=2, kinds=("created", "merged"))
    assert "Last-Event-ID" not in reading.headers()
    assert reading.params() == {"since": "2", "kinds": "created,merged"}
    numbers(reading, b": hello\nid: 2\n\n", message(5))
    assert reading.headers()["Last-Event-ID"] == "5"
    numbers(reading, b": nothing of these kinds\nid: 9\n\n", b": an old one\nid: 7\n\n", b"id: odd\n\n")
    assert reading.headers()["Last-Event-ID"] == "9"


def test_a_message_that_was_cut_by_a_break_is_forgotten() -> None:
    reading = Reading()
    assert numbers(reading, message(4)[:40]) == []
    reading.broken()
    assert numbers(reading, message(4)) == [4]


@pytest.mark.parametrize("text", [b"data: <html>\n\n", b'data: {"number": "x"}\n\n', b"x" * 4_000_001])
def test_what_is_no_stream_of_the_service_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        numbers(Reading(), text)


def test_an_odd_pause_is_passed_over() -> None:
    reading = Reading()
    numbers(reading, b"retry: soon\n\nevent: nothing\n\n")
    assert reading.pause == 2
