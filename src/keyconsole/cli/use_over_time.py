"""Use over time on standard output: its figures as a table, or a graph of them."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli.lists import exactly
from keyconsole.cli.options import WholeNumber, with_options
from keyconsole.cli.table import terminal_width, write_rows
from keyconsole.text import use
from keyconsole.text.graph import graph
from keyconsole.text.runs import plain
from keyconsole.text.series import begins, of_hours, of_points
from keyconsole.text.usage import why

if TYPE_CHECKING:
    from datetime import datetime

    from keyconsole.text.series import Series, Step
    from keyconsole.wire import Usage

DAY_HOURS = 24
_MOST_DAYS = 90
_WIDTH = 80
_BARS = 10

series_options = with_options(
    click.option(
        "--hours",
        metavar="N",
        type=WholeNumber(1, _MOST_DAYS * DAY_HOURS),
        help="Over so many hours; more than 168 are counted by day.",
    ),
    click.option(
        "--days",
        metavar="N",
        type=WholeNumber(1, _MOST_DAYS),
        help="Over so many days, 90 at most.",
    ),
    click.option("--plot", is_flag=True, help="Draw a graph in place of the figures."),
)


def hours_of(hours: int | None, days: int | None, *, plot: bool) -> int | None:
    """Returns the hours that the options ask for; None where none are asked for."""
    if hours is not None and days is not None:
        raise click.UsageError("--hours and --days exclude each other.")
    if days is not None:
        return days * DAY_HOURS
    return DAY_HOURS if hours is None and plot else hours


def series_of_key(found: "Usage", hours: int, at: "datetime") -> "Series":
    """Returns the series of a key; that of 30 days at most from a service of an older version."""
    if found.series is not None:
        return of_points(found.series)
    most = 30 * DAY_HOURS
    if hours > most:
        click.echo("This service is of an older version: it tells at most 30 days.", err=True)
    return of_hours(found, at, min(hours, most))


def total_rows(shown: "Series") -> list[tuple[str, str]]:
    """Returns the sums of a series, as rows of a title and a value."""
    refused = shown.refused
    told = f"{sum(refused.values()):,}" + (f" ({why(refused)})" if refused else "")
    return [("Let in", f"{shown.accepted:,}"), ("Refused", told)]


def write_series(shown: "Series", at: "datetime", *, plot: bool) -> None:
    """Writes a series as a graph or as a table, the oldest first."""
    click.echo()
    if plot and shown.is_empty:
        click.echo("No request came in this time.")
    elif plot:
        for line in graph(shown, (terminal_width() or _WIDTH) - 1, _BARS, at):
            click.echo(plain(line).rstrip())
    else:
        head = ["SINCE", "LET IN", "REFUSED", "WHY"]
        write_rows([head, *(_row(step, shown, at) for step in shown.steps)], width=terminal_width())
    if damaged := use.damaged(shown):
        click.echo(damaged, err=True)


def _row(step: "Step", shown: "Series", at: "datetime") -> list[str]:
    is_read = terminal_width() is not None
    since = begins(step, shown.length, at) if is_read else exactly(step.at)
    return [since, f"{step.accepted:,}", f"{sum(step.refused.values()):,}", why(step.refused)]
