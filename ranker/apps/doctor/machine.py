"""Machine: threads that numbers are computed with, and the terminal that is written to."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from ranker.apps.doctor.finding import Finding
from ranker.vectors.onnx import threads

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_NARROW = 60  # columns; tables are made for 80


@dataclass(frozen=True, slots=True)
class Terminal:
    """What standard output is."""

    is_terminal: bool
    columns: int
    encoding: str
    has_colours: bool


def this_terminal() -> Terminal:
    """Standard output of this process."""
    from ranker.apps import screen

    out = screen.console()
    return Terminal(out.is_terminal, out.width, getattr(sys.stdout, "encoding", None) or "none", out.color_system is not None)


def threads_finding(environ: Mapping[str, str]) -> Finding:
    """How many threads compute, and what the variables say."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    said = {name: environ[name] for name in THREAD_VARIABLES if environ.get(name)}
    used = threads()
    words = ", ".join(f"{name}={value}" for name, value in said.items()) or "no variable limits them"
    details: dict[str, object] = {"cores": cores, "threads": used, "variables": said}
    found = f"{used} for the encoder, {cores} cores to be used; {words}"
    wrong = [name for name, value in said.items() if not (value.partition(",")[0].strip().isdecimal() and int(value.partition(",")[0]) > 0)]
    if wrong:
        return Finding("threads", "warning", found, f"{wrong[0]} should be a whole number above 0", details=details)
    if used > cores:
        advice = f"more threads than cores make all slower: OMP_NUM_THREADS={cores}"
        return Finding("threads", "warning", found, advice, details=details)
    return Finding("threads", "ok", found, details=details)


def terminal_finding(terminal: Terminal) -> Finding:
    """Whether tables, colours and all characters can be shown."""
    colours = "colours" if terminal.has_colours else "no colours"
    what = (
        f"{terminal.columns} columns, {colours}"
        if terminal.is_terminal
        else f"none, output goes to a pipe or file ({terminal.columns} columns)"
    )
    details: dict[str, object] = {
        "isTerminal": terminal.is_terminal,
        "columns": terminal.columns,
        "encoding": terminal.encoding,
        "colours": terminal.has_colours,
    }
    found = f"{what}, {terminal.encoding}"
    if terminal.encoding.casefold().replace("-", "") != "utf8":
        advice = "characters that it lacks become question marks; PYTHONUTF8=1 or LANG=C.UTF-8 shows all"
        return Finding("terminal", "warning", found, advice, details=details)
    if terminal.is_terminal and terminal.columns < _NARROW:
        return Finding("terminal", "warning", found, "tables are made for 80 columns; make the window wider", details=details)
    return Finding("terminal", "ok", found, details=details)
