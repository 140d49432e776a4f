"""Lineage: where stories lead that live no longer."""

from __future__ import annotations

from urllib.parse import quote

from ranker.apps.service.problems import Problem
from ranker.articles.dates import iso_text
from ranker.desk.desk import Desk
from ranker.desk.records import StoryRecord

_LONGEST = 10_000  # steps from heir to heir; a chain has no circle, this is for a store that is damaged


def chain_of(desk: Desk, story_id: str) -> list[StoryRecord]:
    """A story and, one after the other, what it was merged into; the last is live, sealed, split or emptied. Empty for an unknown id."""
    found: list[StoryRecord] = []
    while len(found) < _LONGEST and (record := desk.current(story_id)) is not None:
        found.append(record)
        if record.state != "merged" or not record.heirs:
            break
        story_id = record.heirs[0]
    return found


def living(desk: Desk, story_id: str) -> StoryRecord | None:
    """What of a story is still to be shown: itself, sealed, or the heir that has most of it; None if nothing is left."""
    for _ in range(_LONGEST):
        record = desk.current(story_id)
        if record is None or record.state in {"live", "sealed"}:
            return record
        if not record.heirs:
            return None
        story_id = record.heirs[0]
    return None


def led_on(desk: Desk, story_id: str, *, part: str, query: str, root: str) -> StoryRecord:
    """The record of a story that is sealed.

    Parameters
    ----------
    part : of the path, after the id.
    root : what a proxy puts before all paths.

    Raises
    ------
    Problem : 308 to the heir of a merged one, 410 for one that was split or emptied, 404 for one that never was.
    """
    chain = chain_of(desk, story_id)
    if not chain:
        raise Problem(404, "No such story", "No story has or had that id.")
    last = chain[-1]
    if last.state in {"split", "emptied", "merged"}:
        raise _gone(chain)
    if len(chain) > 1:
        raise _moved(chain, f"{part}?{query}" if query else part, root)
    if last.state == "live":
        raise Problem(404, "No such story yet", "It is being published; ask again in a moment.")
    return last


def _moved(chain: list[StoryRecord], rest: str, root: str) -> Problem:
    first, last = chain[0], chain[-1]
    location = f"{root}/v1/stories/{quote(last.id, safe='')}{rest}"
    detail = f"Merged at {iso_text(first.changed)}: {first.because}. It is part of {last.id} now."
    told = {"heir": last.id, "because": first.because, "at": iso_text(first.changed), "chain": [record.id for record in chain]}
    return Problem(308, "The story was merged", detail, headers={"Location": location}, extensions=told)


def _gone(chain: list[StoryRecord]) -> Problem:
    last = chain[-1]
    told = {"heirs": list(last.heirs), "because": last.because, "at": iso_text(last.changed), "chain": [record.id for record in chain]}
    if not last.heirs:
        return Problem(410, "The story has no articles any more", f"Emptied at {iso_text(last.changed)}: {last.because}.", extensions=told)
    detail = f"Split at {iso_text(last.changed)}: {last.because}. Its articles are in {', '.join(last.heirs[:5])}."
    return Problem(410, "The story was split", detail, extensions=told)
