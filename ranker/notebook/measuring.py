"""Measuring: a room held against its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ranker.errors import RankerError
from ranker.evaluation.mistakes import mistakes_of
from ranker.evaluation.report import evaluate
from ranker.evaluation.sweep import Sweep, swept_settings
from ranker.notebook.measures import Calibration, Measured, Mistakes, Swept
from ranker.notebook.room import Room


class LabelledRoom(Room):
    """A room that can be held against its labels."""

    def evaluation(self) -> Measured:
        """Figures of the stories and related lists against the labels.

        Raises
        ------
        RankerError : if there are no labels.
        """
        return Measured(evaluate(self.ranking, self._known_labels()))

    def calibration(self) -> Calibration:
        """How far P(same story) can be taken at its word; errors as in `evaluation`."""
        return self.evaluation().calibration()

    def mistakes(self) -> Mistakes:
        """All pairs that were decided against their labels, by kind; errors as in `evaluation`."""
        return Mistakes(mistakes_of(self.ranking, self._known_labels()), self.ranking, self.labels)

    def sweep(self, key: str, values: Sequence[object]) -> Swept:
        """Figures against the labels for each value of a setting; texts are embedded once.

        Parameters
        ----------
        key : dotted, such as "grouping.window_days".

        Raises
        ------
        SettingsError : naming the value and what is allowed.
        RankerError : if there are no labels.
        """
        labels, sweep = self._known_labels(), Sweep(key, tuple(values))
        chosen = swept_settings(sweep, self.config, profile=self.profile, overrides=self.overrides)
        return Swept(sweep, [evaluate(self._again(settings), labels) for settings in chosen])

    def _known_labels(self) -> Mapping[str, str]:
        if not self.labels:
            raise RankerError("there are no labels: give them as Newsroom.read(..., labels=FILE) or room.labelled(FILE)")
        return self.labels
