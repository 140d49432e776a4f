"""The reference of errors and exit codes: classes from the modules, exit codes by raising each class inside the command."""

from __future__ import annotations

import contextlib
import inspect
import io
from types import ModuleType
from unittest import mock

from ranker import errors
from ranker.apps import cli
from ranker.client import errors as client_errors
from ranker.errors import RankerError
from ranker_docs.docstrings import summary
from ranker_docs.markdown import anchor, code, fenced, plain, table


def page() -> str:
    """Both trees of errors, and what each class says."""
    return "\n".join([_of("ranker.errors", errors), _of("ranker.client.errors", client_errors)])


def exit_codes_page() -> str:
    """What the command ends with, and for which errors."""
    told = (cli.main.__doc__ or "").partition("exit codes:")[2].strip().rstrip(".")
    links: dict[str, list[str]] = {}
    for kind in classes(errors):
        links.setdefault(str(exit_code(kind)), []).append(f"[{code(kind.__name__)}](errors.md#{kind.__module__}.{kind.__name__})")
    rows = [
        [f"{anchor(f'exit-code-{number}')}{code(number)}", plain(words), ", ".join(links.get(number, []))]
        for number, _, words in (line.strip().partition(" ") for line in told.split(","))
    ]
    return table(["Exit code", "Meaning", "Errors that end so"], rows)


def classes(module: ModuleType) -> list[type[RankerError]]:
    """The errors that a module defines, in the order in which it does."""
    found = [each for each in vars(module).values() if inspect.isclass(each) and issubclass(each, RankerError)]
    return [each for each in found if each.__module__ == module.__name__]


def exit_code(kind: type[RankerError]) -> int:
    """What the command ends with if an error of this class reaches it."""
    arguments = ("title", "an article without one") if kind is errors.ArticleError else ("an example",)
    with mock.patch.object(cli, "commands", side_effect=kind(*arguments)), contextlib.redirect_stderr(io.StringIO()):
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0)
    raise TypeError(f"{kind.__name__} does not end the command")


def _of(name: str, module: ModuleType) -> str:
    first, _, tree = inspect.cleandoc(module.__doc__ or "").partition("\n\n")
    rows = [[f"{anchor(f'{name}.{kind.__name__}')}{code(kind.__name__)}", plain(summary(kind))] for kind in classes(module)]
    return "\n".join([f"## {name}\n", plain(first) + "\n", fenced(tree, "text"), table(["Error", "Meaning"], rows)])
