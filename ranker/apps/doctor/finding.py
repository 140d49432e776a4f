"""Finding: one thing that was looked at, how it stands, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report.

    Parameters
    ----------
    check : what was looked at, one or two words.
    found : how it stands, in words.
    next_step : what to do; "" where there is nothing to do.
    notes : lines below it, as they are.
    details : the same for programs, JSON-ready, keys in camelCase.
    """

    check: str
    state: State
    found: str
    next_step: str = ""
    notes: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)


def finding_json(finding: Finding) -> dict[str, object]:
    """A finding under its names in JSON."""
    return {
        "check": finding.check,
        "state": finding.state,
        "found": finding.found,
        "next": finding.next_step,
        "details": dict(finding.details),
    }
