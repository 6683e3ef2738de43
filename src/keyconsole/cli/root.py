"""`keyconsole`: opens the console, or runs one of the commands below."""

import click

from keyconsole import __version__
from keyconsole.cli.group import Home, LoadedWhenUsed
from keyconsole.cli.options import ServiceOptions, service_options

HOME = "/oauth"

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 88}


_HOMES: dict[str, Home] = {
    "attention": (
        "attention:attention",
        "New addresses, refused keys, what expires or is due: the worst first.",
    ),
    "audit": ("audit:audit", "Who did what, and when."),
    "completion": (
        "completion:completion",
        "Print what SHELL (bash, fish or zsh) evaluates to complete keyconsole.",
    ),
    "demo": ("demo:demo", "Look around in sample data, on a throw-away service."),
    "info": ("info:info", "Paths, versions, and every setting with where it came from."),
    "integrations": ("integrations:integrations", "The integrations that keys are made for."),
    "invitations": (
        "invitations:invitations",
        "The workspaces that you are asked to join; nobody else can answer for you.",
    ),
    "keys": ("keys:keys", "API keys: find, create, rename, rotate, disable, revoke, identify."),
    "login": ("login:login", "Sign in to the key service at URL, and keep that as a profile."),
    "logout": ("login:logout", "Forget the stored operator token of a profile."),
    "members": ("members:members", "Who may do what in a workspace; for its admins."),
    "policy": ("policy:policy", "How old keys get, what labels name, how a rotation begins."),
    "profiles": (
        "profiles:profiles",
        "The profiles, which is the default, and where their tokens come from.",
    ),
    "report": ("report:report", "Count keys by what they have in common."),
    "scan": ("scan:scan", "Find credentials in files, directories, standard input (-) or Git."),
    "service": ("service:service", "Make a key service, run it, and keep it well."),
    "tokens": ("tokens:tokens", "Operator tokens, which sign people and gateways in."),
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
