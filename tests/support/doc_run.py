"""Goes through one page, as a program: `python -m support.doc_run PAGE FOLDER VECTORS`.

What goes wrong is told, and it ends with exit code 1. A page has a process to itself: its Python code moves to a folder and sets variables,
and several pages may be read at one time.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

from support import doc_shell
from support.doc_blocks import steps
from support.doc_reader import Reader


def go_through(page: Path, folder: Path, vectors: Path) -> None:
    """Take every step of a page.

    Raises
    ------
    AssertionError : a block fails, or prints something else than the page shows.
    """
    environ = doc_shell.environment(folder, vectors)
    os.environ.update(environ)
    os.chdir(folder)
    warnings.simplefilter("error")  # an example shall not be what a library is about to forbid
    with Reader(page, folder, environ) as reader:
        for step in steps(page):
            reader.take(step)


if __name__ == "__main__":
    try:
        go_through(*(Path(argument) for argument in sys.argv[1:]))
    except AssertionError as wrong:
        sys.exit(str(wrong))
