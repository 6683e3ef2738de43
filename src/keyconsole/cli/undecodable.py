"""Arguments that are not text: bytes that are no UTF-8, which no service takes.

The name of a file may be any bytes, so options and arguments that name one are left alone.
"""

from collections.abc import Sequence

import click

from keyconsole.core.errors import UsageError


def refuse(command: click.Command, args: Sequence[str]) -> None:
    """Raise `UsageError`, which names the option or argument, for a value that is not UTF-8.

    Of a group only its own options are looked at: the rest belongs to a command below it.
    """
    options = {
        name: each
        for each in command.params
        if isinstance(each, click.Option) and not each.is_flag
        for name in each.opts
    }
    before = ""
    for arg in args:
        name, equals, _ = arg.partition("=")
        option = options.get(name if equals else before)
        if not _is_text(arg) and not _may_be_bytes(command, option):
            raise UsageError(
                f"{_called(command, name if equals and option else before, option)} is not UTF-8: "
                "a byte in it is no text. Set the terminal to UTF-8, or type it again."
            )
        before = arg


def _is_text(arg: str) -> bool:
    """Returns whether none of it was kept as a surrogate (PEP 383)."""
    try:
        arg.encode()
    except UnicodeEncodeError:
        return False
    return True


def _may_be_bytes(command: click.Command, option: click.Option | None) -> bool:
    if option is not None:
        return _names_file(option)
    return isinstance(command, click.Group) or any(map(_names_file, _arguments(command)))


def _names_file(parameter: click.Parameter) -> bool:
    metavar = parameter.metavar or ""
    return isinstance(parameter.type, click.Path) or "FILE" in metavar or "PATH" in metavar


def _arguments(command: click.Command) -> list[click.Argument]:
    return [each for each in command.params if isinstance(each, click.Argument)]


def _called(command: click.Command, name: str, option: click.Option | None) -> str:
    if option is not None:
        return f"The value of {name}"
    named = [each.human_readable_name.upper() for each in _arguments(command)]
    return f"The argument {' or '.join(named)}" if named else "An argument"
