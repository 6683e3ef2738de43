"""`keyconsole service`: make a key service and run it. The only commands that load it."""

import os
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from keyconsole.cli.group import Home, LoadedWhenUsed
from keyconsole.cli.lists import write_item
from keyconsole.cli.options import WholeNumber, json_option
from keyconsole.cli.prompts import tell
from keyconsole.core.credentialtext import redact

if TYPE_CHECKING:
    from keyconsole.service.settings import ServiceSettings

_PORT = WholeNumber(0, 65535)
_WORKERS = WholeNumber(1, 256)

database_url_option = click.option(
    "--database-url",
    metavar="URL",
    help="sqlite:///path or postgresql://…; the data directory has a database otherwise.",
)


_HOMES: dict[str, Home] = {
    "accept-clock": ("acceptance:accept_clock", "Say that the clock of this machine is right."),
    "accept-history": (
        "acceptance:accept_history",
        "Go on with a database that lost a part of its history.",
    ),
    "backup": ("upkeep:backup", "Copy the database to PATH while the service runs."),
    "check": ("upkeep:check", "Look whether all is as it must be; change nothing."),
    "ready": ("ready:ready", "Ask a service whether it is ready."),
    "restore": ("upkeep:restore", "Put a BACKUP in place and make later revokes again."),
    "rotate-root": ("upkeep:rotate_root", "Add a root key; it signs from the next start on."),
}


@click.group(cls=LoadedWhenUsed, homes=_HOMES, options_metavar="", subcommand_metavar="COMMAND")
def service() -> None:
    """Make a key service, run it, and keep it well."""


@service.command()
@click.option("--workspace", metavar="NAME", required=True, help="The workspace to make.")
@click.option("--account", metavar="EMAIL", required=True, help="Who administers it.")
@click.option("--new-token", is_flag=True, help="Another token for an admin who lost theirs.")
@database_url_option
@json_option
def init(
    *, workspace: str, account: str, new_token: bool, database_url: str | None, as_json: bool
) -> None:
    """Make a database, a root key and a workspace.

    Prints the operator token of its admin, once. In a database that is there it adds the
    workspace; one that has it stays as it is (exit code 5), unless the account is an admin there
    without a token: then it makes a new one, and nothing else.
    """
    import asyncio

    from keyconsole.cli import secretout
    from keyconsole.service.initialize import initialize

    secretout.require_stdout("token")
    settings = settings_of(database_url)
    found = settings.root_key is None and settings.root_key_file.exists()
    made = asyncio.run(
        initialize(settings, workspace=workspace, account=account, new_token=new_token)
    )
    file = str(made.root_key_file)
    rows = [
        ("Operator token", made.operator_token),
        ("Account", made.account_id),
        ("Workspace", made.workspace_id),
        ("Database", redact(made.database_url)),
        ("Root key file", redact(file)),
    ]
    again = f"--workspace {shlex.quote(workspace)} --account {shlex.quote(account)} --new-token"
    with secretout.printing("token", f"Make another: keyconsole service init {again}"):
        write_item(asdict(made) | {"root_key_file": file}, rows, as_json=as_json)
    if as_json:
        return
    using = f"It is using the root keys already in {made.root_key_file}.\n" if found else ""
    tell(
        f"\nStore the operator token now: it is not shown again.\n{using}"
        "Without the root key file no key can be verified: keep a copy of it, apart from the "
        f"database.\nNext: {_next(settings, database_url)}\n"
        "Then, from another terminal, since until then commands work in the workspace local of "
        "this machine: keyconsole login http://127.0.0.1:8321"
    )


@service.command()
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="Default: 127.0.0.1.")
@click.option("--port", metavar="PORT", type=_PORT, default=8321, help="Default: 8321.")
@click.option("--workers", metavar="N", type=_WORKERS, default=1, help="Processes. Default: 1.")
@database_url_option
def run(*, host: str, port: int, workers: int, database_url: str | None) -> None:
    """Serve until interrupted."""
    from keyconsole.service import server

    server.run(settings_of(database_url), host=host, port=port, workers=workers)


def _next(settings: "ServiceSettings", argument: str | None) -> str:
    """The command that serves this database, from wherever it is run in this environment.

    No password is in it.
    """
    from keyconsole.core.urls import without_password
    from keyconsole.service.settings import DATABASE_URL, ServiceSettings

    command = "keyconsole service run"
    if argument is None and os.environ.get(f"{DATABASE_URL}_FILE"):
        return command  # the file may be a pipe, which is read once
    url = settings.database_url
    if url.startswith("sqlite:///"):
        url = f"sqlite:///{settings.database_path.absolute()}"
    if url == ServiceSettings.from_environment(settings.data_dir).database_url:
        return command
    return f"{command} --database-url {shlex.quote(without_password(url))}"


def settings_of(database_url: str | None) -> "ServiceSettings":
    """The settings of this environment, in a data directory that is there.

    Names variables that are no settings: with a mistyped one the service has another database.
    """
    from keyconsole.cli.settings import mistyped
    from keyconsole.local.paths import private_data_dir
    from keyconsole.service.settings import ServiceSettings

    for sentence in mistyped():
        tell(sentence)
    return ServiceSettings.from_environment(database_url=database_url, data_dir=private_data_dir())
