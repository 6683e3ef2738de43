"""Suggestions for the shell while a command is typed. No network, no token, never an error."""

from contextlib import suppress

import click
from click.shell_completion import CompletionItem


def suggest_profiles(
    _context: click.Context, _parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """The profiles of the configuration, and the embedded service."""
    from keyconsole.core.errors import ConfigurationError
    from keyconsole.local import config, paths

    names = [config.EMBEDDED]
    with suppress(ConfigurationError):
        names = sorted({*names, *config.load(paths.config_file()).profiles})
    return [CompletionItem(name) for name in names if name.startswith(typed)]
