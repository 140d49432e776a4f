"""Help: commands whose help is laid out in sections, with examples at its end, and that name what is near to a slip of the pen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from ranker.errors import near

OWN_SECTION = "Options"  # of what no section claims

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


class Option(click.Option):
    """An option that stands in a section of its command's help.

    Parameters
    ----------
    section : heading of the section; "" for that of the command's own options.
    """

    def __init__(self, *args: Any, section: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


def option(*names: str, section: str = "", **kwargs: Any) -> Callable[[AnyFunction], AnyFunction]:
    """`click.option` with a section."""
    return click.option(*names, cls=Option, section=section, **kwargs)


def options(*decorators: Callable[[AnyFunction], AnyFunction]) -> Callable[[AnyFunction], AnyFunction]:
    """Several options as one decorator; the first stands first in the help."""

    def decorated(command: AnyFunction) -> AnyFunction:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorated


class Command(click.Command):
    """A command with sections of options and with examples.

    Parameters
    ----------
    examples : whole lines as they are typed, each after the other may be run by itself.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        if examples:  # "\b": click, and what makes pages of it, leave the lines as they are
            self.epilog = "\n".join(("\b", "Examples:", *(f"  {line}" for line in examples)))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See `click.Command.parse_args`; where something is missing, an example is shown."""
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter as error:
            if not self.examples:
                raise
            raise click.UsageError(f"{error.format_message().rstrip('.')}, as in: {self.examples[0]}", ctx) from error

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options section by section, those of the command itself first."""
        sections: dict[str, list[tuple[str, str]]] = {OWN_SECTION: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(parameter, "section", "") or OWN_SECTION, []).append(record)
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        if not self.examples:
            super().format_epilog(ctx, formatter)
            return
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Group(click.Group):
    """Commands in sections.

    Parameters
    ----------
    sections : heading -> names of commands, in the order of the help; what is in none stands under "Commands".
    """

    command_class = Command
    group_class = type  # groups in a group are of this class as well

    def __init__(self, *args: Any, sections: Mapping[str, Sequence[str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections = dict(sections or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the sections, then the rest by name."""
        placed = [name for names in self.sections.values() for name in names if name in self.commands]
        return [*placed, *(name for name in super().list_commands(ctx) if name not in placed)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands section by section."""
        placed = {name for names in self.sections.values() for name in names}
        rest = [name for name in self.list_commands(ctx) if name not in placed]
        wide = max(map(len, self.commands), default=0)
        limit = formatter.width - wide - 6  # blanks before, between and behind
        for heading, names in {**self.sections, "Commands": rest}.items():
            rows = [(f"{name:<{wide}}", self.commands[name].get_short_help_str(limit)) for name in names if name in self.commands]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group.resolve_command`; a name that is none is told with those that are like it."""
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"there is no command {name!r}{near(name, self.commands)}")
        return super().resolve_command(ctx, args)
