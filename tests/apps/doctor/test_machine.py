"""Threads and terminal."""

from __future__ import annotations

import pytest

from ranker.apps.doctor import machine
from ranker.apps.doctor.machine import Terminal, terminal_finding, this_terminal, threads_finding

GOOD = Terminal(is_terminal=True, columns=80, encoding="utf-8", has_colours=True)


def test_threads_are_told_with_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "threads", lambda: 1)
    finding = threads_finding({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "2", "HOME": "/"})
    assert finding.state == "ok"
    assert finding.found.endswith("; OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=2")
    assert threads_finding({}).found.endswith("; no variable limits them")


@pytest.mark.parametrize("value", ["many", "0", "-1"])
def test_a_variable_that_is_no_number_is_a_warning(value: str) -> None:
    finding = threads_finding({"MKL_NUM_THREADS": value})
    assert (finding.state, finding.next_step) == ("warning", "MKL_NUM_THREADS should be a whole number above 0")


def test_more_threads_than_cores_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "threads", lambda: 4000)
    finding = threads_finding({"OMP_NUM_THREADS": "4000"})
    assert finding.state == "warning"
    assert finding.next_step == f"more threads than cores make all slower: OMP_NUM_THREADS={finding.details['cores']}"


@pytest.mark.parametrize(
    ("terminal", "state", "found"),
    [
        (GOOD, "ok", "80 columns, colours, utf-8"),
        (Terminal(True, 80, "UTF8", False), "ok", "80 columns, no colours, UTF8"),
        (Terminal(True, 44, "utf-8", True), "warning", "44 columns, colours, utf-8"),
        (Terminal(True, 80, "ascii", True), "warning", "80 columns, colours, ascii"),
        (Terminal(False, 80, "utf-8", False), "ok", "none, output goes to a pipe or file (80 columns), utf-8"),
        (Terminal(False, 44, "utf-8", False), "ok", "none, output goes to a pipe or file (44 columns), utf-8"),
    ],
)
def test_a_terminal_is_told(terminal: Terminal, state: str, found: str) -> None:
    finding = terminal_finding(terminal)
    assert (finding.state, finding.found) == (state, found)
    assert bool(finding.next_step) is (state != "ok")


def test_this_one_is_a_pipe() -> None:
    assert not this_terminal().is_terminal
    assert this_terminal().columns == 80
