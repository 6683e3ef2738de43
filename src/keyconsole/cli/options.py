"""Options that many commands share. Those about the service can stand before the command too."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from keyconsole.cli.suggest import suggest_profiles

Function = Callable[..., Any]

_FILE = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """The flags that say which service is meant, and how it is reached."""

    profile: str | None = None
    read_only: bool = False
    token_file: Path | None = None
    ca_file: Path | None = None
    proxy: str | None = None
    allow_plain_http: bool = False

    def over(self, others: "ServiceOptions | None") -> "ServiceOptions":
        """Returns these merged with `others`; these win."""
        if others is None:
            return self
        return ServiceOptions(
            **{
                each.name: getattr(self, each.name) or getattr(others, each.name)
                for each in _FIELDS
            }
        )


_FIELDS = fields(ServiceOptions)

_OPTIONS = (
    click.option(
        "--profile",
        metavar="P",
        shell_complete=suggest_profiles,
        help="Which profile; local is this machine's.",
    ),
    click.option("--token-file", metavar="FILE", type=_FILE, help="Read the operator token there."),
    click.option("--ca-file", metavar="FILE", type=_FILE, help="Trust only the authorities in it."),
    click.option("--proxy", metavar="URL", help="Go through this proxy."),
    click.option(
        "--allow-plain-http", is_flag=True, help="Even to another machine: shows token and keys."
    ),
)


class WholeNumber(click.IntRange):
    """A whole number from `min` to `max`; anything else is refused in a plain sentence."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Click's, with a sentence that names what is possible."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            extent = (
                f"of {self.min} or more" if self.max is None else f"from {self.min} to {self.max}"
            )
            self.fail(f"{value!r} is not a whole number {extent}.", param, ctx)


def with_options(*options: Function) -> Callable[[Function], Function]:
    """Returns a decorator that adds several options, in their order."""

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def reads(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a callback that has a function of `durations` read a moment, seen from now."""

    def read(_: click.Context, parameter: click.Parameter, text: str | None) -> Any:
        from keyconsole.text import times

        is_option = isinstance(parameter, click.Option)
        subject = parameter.opts[0] if is_option else parameter.human_readable_name
        return None if text is None else parse(text, times.now(), subject)

    return read


def counts(unit: timedelta, *, least: int = 1) -> Callable[..., Any]:
    """Returns a callback that reads a number, or a duration, of days or minutes."""

    def read(_: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
        from keyconsole.core import durations

        if text is None:
            return None
        return durations.count(text, unit, parameter.opts[0], least=least)

    return read


def service_options(*, read_only_variable: str | None = None) -> Callable[[Function], Function]:
    """Add the flags about the service; the function gets them as `options`."""
    read_only = click.option(
        "--read-only",
        is_flag=True,
        envvar=read_only_variable,
        help="Look, but change nothing.",
    )

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def called(**given: Any) -> Any:
            own = ServiceOptions(**{each.name: given.pop(each.name) for each in _FIELDS})
            context = click.get_current_context()
            options = own.over(context.find_object(ServiceOptions))
            context.obj = options
            return function(options=options, **given)

        return with_options(_OPTIONS[0], read_only, *_OPTIONS[1:])(called)

    return decorate


_FORMS = {
    "--json": "One JSON document.",
    "--jsonl": "One JSON document a line.",
    "--csv": "A line of names and a line an item, for a spreadsheet.",
    "--plain": "A line a value, without glyphs, for a screen reader.",
}


def form_options(*names: str) -> Callable[[Function], Function]:
    """Add `--format` and a flag for each of these forms; the function gets the `Form` as `form`."""
    words = ["table", *(name.removeprefix("--") for name in names)]
    choice = click.Choice(words)
    options = (
        click.option("--format", "form", type=choice, help="How it is written. Default: table."),
        *(click.option(name, f"as_{name[2:]}", is_flag=True, help=_FORMS[name]) for name in names),
    )

    def decorate(function: Function) -> Function:
        from keyconsole.cli.lists import Form

        @functools.wraps(function)
        def called(**given: Any) -> Any:
            word = given.pop("form")
            flags = [each for each in words[1:] if given.pop(f"as_{each}")]
            chosen = list(dict.fromkeys([*([word] if word else []), *flags]))
            if len(chosen) > 1:
                told = " and ".join(f"--{each}" for each in chosen)
                raise click.UsageError(f"{told} exclude each other.")
            return function(form=Form(chosen[0]) if chosen else Form.TABLE, **given)

        return with_options(*options)(called)

    return decorate


def list_options(*, limit: int | None = None) -> Callable[[Function], Function]:
    """Add the flags of lists; the function gets them as `listing`."""
    from keyconsole.cli.lists import Listing
    from keyconsole.cli.output_file import output_options

    default = "all" if limit is None else str(limit)
    options = (
        click.option(
            "--limit",
            metavar="N",
            type=WholeNumber(1),
            help=f"At most so many. Default: {default}.",
        ),
        click.option("--cursor", metavar="CURSOR", help="Go on where a list with --limit ended."),
        click.option("--exact", is_flag=True, help="Times in UTC, where a table would say ages."),
        form_options(*_FORMS),
        output_options,
    )

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def called(**given: Any) -> Any:
            extent = given.pop("limit") or limit
            listing = Listing(
                form=given.pop("form"),
                limit=extent,
                cursor=given.pop("cursor"),
                is_whole=limit is None,
                is_exact=given.pop("exact"),
                output=given.pop("output"),
            )
            return function(listing=listing, **given)

        return with_options(*options)(called)

    return decorate


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document.")

grounds_options = with_options(
    click.option("--incident", metavar="ID", help="Such as INC-4211."),
    click.option("--note", metavar="TEXT", help="For whoever reads the audit log."),
)

secret_file_option = click.option(
    "--output", metavar="FILE", type=_FILE, help="Into a new file for you alone."
)


def yes_option(what: str = "") -> Callable[[Function], Function]:
    """Returns the option that answers the question of a command beforehand.

    With `what`, the command takes it where there is no terminal to ask on.
    """

    def check(_: click.Context, __: click.Parameter, yes: bool) -> bool:  # noqa: FBT001 - click's
        from keyconsole.cli import prompts

        if what:
            prompts.require_yes(yes=yes, what=what)
        return yes

    return click.option("--yes", is_flag=True, help="Do not ask.", callback=check)
