"""`keyconsole`: opens the console, or runs one of the commands below."""

import click

from keyconsole import __version__
from keyconsole.cli.group import LoadedWhenUsed
from keyconsole.cli.options import ServiceOptions, service_options

HOME = "/oauth"

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 88}


_HOMES = {
    "audit": "audit:audit",
    "completion": "completion:completion",
    "demo": "demo:demo",
    "info": "info:info",
    "integrations": "integrations:integrations",
    "invitations": "invitations:invitations",
    "keys": "keys:keys",
    "login": "login:login",
    "logout": "login:logout",
    "members": "members:members",
    "policy": "policy:policy",
    "profiles": "profiles:profiles",
    "scan": "scan:scan",
    "service": "service:service",
    "tokens": "tokens:tokens",
}


@click.group(
    cls=LoadedWhenUsed,
    homes=_HOMES,
    invoke_without_command=True,
    context_settings=_CONTEXT,
    subcommand_metavar="[COMMAND]",
)
@service_options(read_only_variable="KEYCONSOLE_READ_ONLY")
@click.version_option(__version__, message="keyconsole %(version)s", help="Show the version.")
@click.pass_context
def keyconsole(context: click.Context, *, options: ServiceOptions) -> int | None:
    """The console for API keys: create, show once, revoke and prove it.

    Without a command it opens, on the default profile or on this machine's own service.
    """
    if context.invoked_subcommand is None:
        return _open(HOME, options)
    return None


@keyconsole.command("open")
@click.argument("route")
@service_options()
def open_route(*, options: ServiceOptions, route: str) -> int:
    """Open the console at a ROUTE such as /oauth/int_…/api-keys."""
    return _open(route, options)


def _open(route: str, options: ServiceOptions) -> int:
    from keyconsole.cli.console import open_console

    return open_console(route, options)
