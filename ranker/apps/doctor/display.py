"""Display: findings as a table for a terminal, and as one line each for a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ranker.apps.doctor.finding import Finding, State
from ranker.ranking.sentences import printable

if TYPE_CHECKING:
    from rich.table import Table

_STYLES: dict[State, str] = {"ok": "green", "warning": "yellow", "fault": "bold red"}


def findings_table(findings: Sequence[Finding]) -> Table:
    """State, check, and what was found with what to do next; long texts are wrapped, nothing is cut."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        text = Text(printable(finding.found))
        for note in finding.notes:
            text.append(f"\n{printable(note)}", style="dim")
        if finding.next_step:
            text.append(f"\n> {printable(finding.next_step)}", style="bold" if finding.state != "ok" else "dim")
        table.add_row(Text(finding.state, style=_STYLES[finding.state]), finding.check, text)
    return table


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """One line a finding and a line a note, for programs that read lines."""
    for finding in findings:
        step = f" > {finding.next_step}" if finding.next_step else ""
        yield printable(f"{finding.state} {finding.check}: {finding.found}{step}")
        for note in finding.notes:
            yield printable(f"  {note}")


def verdict(findings: Sequence[Finding]) -> str:
    """The whole report in a line."""
    faults, warnings = (sum(finding.state == state for finding in findings) for state in ("fault", "warning"))
    if not faults and not warnings:
        return "nothing is wrong"
    parts = [f"{count} {noun if count == 1 else noun + 's'}" for count, noun in ((faults, "fault"), (warnings, "warning")) if count]
    return ", ".join(parts)
