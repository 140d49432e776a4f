"""Moment: what a story's page tells of, taken together, so that nothing in it is newer than what it says of itself."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

from ranker.apps.service.serving import Serving
from ranker.apps.service.views import View
from ranker.stories.corrections import Corrections


@dataclass(frozen=True)
class Moment:
    """An edition, and what belongs to it. `of` takes one.

    Parameters
    ----------
    last_event : number of the last event that the edition surely holds: scripts ask for what happened after it.
    standing : the corrections in force, those that wait to be decided included.
    """

    last_event: int
    standing: Corrections
    view: View

    @classmethod
    def of(cls, serving: Serving) -> Moment:
        """The newest: the edition last, so that what comes in between is told once more, and never left out."""
        last_event, standing = serving.running.work.last_event, serving.desk.corrections()
        return cls(last_event, standing, serving.view)

    @cached_property
    def key(self) -> Hashable:
        """What is another for another moment: a correction that waits makes no edition, and yet is shown."""
        decided = self.view.edition.corrections
        said = tuple((each.id, each.at, each.by, each.why) for each in self.standing if decided.by_id.get(each.id) != each)
        undone = tuple(name for name in decided.by_id if name not in self.standing.by_id)
        return self.view.edition.number, self.last_event, said, undone
