"""`keyconsole demo`: the console on a throw-away service, filled with sample data."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from keyconsole.cli.options import ServiceOptions

if TYPE_CHECKING:
    from keyconsole.console.app import Session

HOME = "/oauth"
PROFILE = "demo"


@click.command()
@click.argument("route", default=HOME)
@click.option(
    "--read-only", is_flag=True, envvar="KEYCONSOLE_READ_ONLY", help="Look, but change nothing."
)
@click.pass_context
def demo(context: click.Context, *, route: str, read_only: bool) -> int:
    """Look around in sample data, on a throw-away service.

    Nothing is kept, and nothing of yours is touched: creating, revoking and the rest work on
    keys that are gone when it ends. ROUTE is where it opens, as for `open`. Its database is a file
    of its own, whatever KEYCONSOLE_DATABASE_URL says.
    """
    before = context.find_object(ServiceOptions)
    return open_demo(route, read_only=read_only or (before is not None and before.read_only))


def open_demo(route: str, *, read_only: bool) -> int:
    """Run the console on a demo of its own until the person leaves; its exit code."""
    from keyconsole.cli.configuration import read_config
    from keyconsole.cli.console import run_to_end, take_terminal
    from keyconsole.cli.terminal import require_terminal
    from keyconsole.console import routes

    routes.parse(route)
    require_terminal()
    settings, _, looks = take_terminal(read_config())

    from keyconsole.console.app import KeyconsoleApp

    with ExitStack() as leftovers:

        async def connect() -> "Session":
            # Made only now: from its first frame on the console ends in order on any signal.
            directory = TemporaryDirectory(prefix="keyconsole-demo-", ignore_cleanup_errors=True)
            return await open_session(Path(leftovers.enter_context(directory)), read_only=read_only)

        app = KeyconsoleApp(
            connect,
            route=route,
            read_only=read_only,
            profile=PROFILE,
            **looks,
        )
        return run_to_end(app, settings)


async def open_session(directory: Path, *, read_only: bool) -> "Session":
    """A client of a new demo in this directory, and how to close both."""
    await asyncio.to_thread(_load)

    from keyconsole.client import KeyServiceClient
    from keyconsole.console.app import Session
    from keyconsole.demo.start import start_demo

    service = await start_demo(directory)
    client = KeyServiceClient.embedded(service.app, service.token, read_only=read_only)

    async def close() -> None:
        await client.aclose()
        await service.aclose()

    return Session(client=client, profile=PROFILE, read_only=read_only, is_demo=True, close=close)


def _load() -> None:
    """Import what takes a second, away from the first frame."""
    import keyconsole.client.keyservice
    import keyconsole.demo.start  # noqa: F401
