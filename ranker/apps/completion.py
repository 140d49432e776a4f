"""The command `ranker completion`: the line that teaches a shell to complete, and the values that options complete to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ranker.apps.help import Command

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_RANKER_COMPLETE"  # what a shell sets when it asks; click looks for this name


@click.command(
    cls=Command,
    short_help="Teach a shell to complete commands, options and values.",
    examples=["ranker completion bash", "ranker completion zsh", "ranker completion fish"],
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script with which a shell completes commands, options, profiles, encoders, formats and files.

    \b
    bash (4.4 or newer), in ~/.bashrc:
      eval "$(ranker completion bash)"
    zsh, in ~/.zshrc, below compinit:
      eval "$(ranker completion zsh)"
    fish, once:
      ranker completion fish > ~/.config/fish/completions/ranker.fish

    A new shell completes; a script that was saved as a file is made again after an update.
    """  # noqa: D301 - click reads "\b" as "leave these lines as they are"
    click.echo(script(shell, context.find_root().command))


def script(shell: str, command: click.Command) -> str:
    """The script for a shell, as click makes it, without the version check that starts another shell."""
    from click.shell_completion import ShellComplete, get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"there is no completion for {shell}; there is for {', '.join(SHELLS)}")
    return ShellComplete.source(made(command, {}, "ranker", VARIABLE)).rstrip()


def profiles(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """The profiles of the defaults and of the settings file that stands in the line so far."""
    from ranker.errors import SettingsError
    from ranker.settings_file import profile_names

    given = context.params.get("config")
    try:
        names = profile_names(Path(given) if given else None)
    except SettingsError:  # the command itself will say what is wrong with the file
        names = profile_names()
    return _items(names, begun)


def encoders(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """The shipped encoders; where none begins so, the shell completes a folder's name."""
    from click.shell_completion import CompletionItem

    # Not asked of `vectors`: that would load numpy at each press of the key. A test holds the names equal.
    return _items(SHIPPED_ENCODERS, begun) or [CompletionItem(begun, type="dir")]


SHIPPED_ENCODERS = ("minilm", "news-minilm", "static")


def _items(names: list[str] | tuple[str, ...], begun: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in names if name.startswith(begun)]
