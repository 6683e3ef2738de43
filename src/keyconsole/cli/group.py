"""Groups of commands: their help, the arguments they refuse, and loading a command on use."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from keyconsole.cli import undecodable

_WHOLE = 200


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
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, each.get_short_help_str(_WHOLE)) for name, each in commands if each]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class LoadedWhenUsed(CommandsFirst):
    """A group whose commands are named by where they live: `{"list": "a.module:list_keys"}`.

    A module is named from the package of the command line on.
    """

    def __init__(self, *args: Any, homes: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.homes = homes

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every command, loaded or not, by name."""
        return sorted({*self.commands, *self.homes})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported when it is asked for first."""
        if cmd_name not in self.commands and (home := self.homes.get(cmd_name)) is not None:
            module, _, name = home.partition(":")
            self.add_command(getattr(import_module(f"keyconsole.cli.{module}"), name))
        return super().get_command(ctx, cmd_name)
