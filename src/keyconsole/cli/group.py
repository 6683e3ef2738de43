"""Groups of commands: their help, the arguments they refuse, and loading a command on use."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from keyconsole.cli import undecodable

_WHOLE = 200

Home = tuple[str, str]
"""The place of a command, such as `keys.reading:list_keys`, and the first sentence of its help."""


class CommandsFirst(click.Group):
    """A group whose help lists the commands before the options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuses values of its own options that are no text."""
        undecodable.refuse(self, args)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuses values for the command that are no text."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not isinstance(command, click.Group):
            undecodable.refuse(command, rest)
        return name, command, rest

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, then the options."""
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each with the whole first sentence of its help, over two lines where it takes them."""
        rows = [(name, self.summary(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def summary(self, ctx: click.Context, name: str) -> str:
        """Returns the first sentence of a command's help."""
        command = self.get_command(ctx, name)
        return command.get_short_help_str(_WHOLE) if command else ""


class LoadedWhenUsed(CommandsFirst):
    """A group that imports a command when it is run; its own help and completion import none.

    `homes` says where each command is; a module is named from the package of the command line on.
    """

    def __init__(self, *args: Any, homes: Mapping[str, Home], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.homes = homes

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every command, loaded or not, by name."""
        return sorted({*self.commands, *self.homes})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported when it is asked for first."""
        if cmd_name not in self.commands and (home := self.homes.get(cmd_name)) is not None:
            module, _, name = home[0].partition(":")
            self.add_command(getattr(import_module(f"keyconsole.cli.{module}"), name))
        return super().get_command(ctx, cmd_name)

    def summary(self, ctx: click.Context, name: str) -> str:
        """Returns the first sentence of a command's help."""
        return self.homes[name][1] if name in self.homes else super().summary(ctx, name)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Returns the commands and options that begin with `incomplete`."""
        names = (name for name in self.list_commands(ctx) if name.startswith(incomplete))
        return [
            *(CompletionItem(name, help=self.summary(ctx, name)) for name in names),
            *click.Command.shell_complete(self, ctx, incomplete),
        ]
