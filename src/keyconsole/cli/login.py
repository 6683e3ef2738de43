"""`keyconsole login` and `logout`: an operator token checked with its service, then kept."""

import asyncio
import os
import re
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from keyconsole.cli import profile_store, prompts
from keyconsole.cli.configuration import read_config
from keyconsole.cli.lists import write_item
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.target import find_target
from keyconsole.client.connection import Connection, checked_proxy, checked_url
from keyconsole.core.errors import ConfigurationError, UsageError, problem
from keyconsole.local import secrets
from keyconsole.local.config import EMBEDDED, Config, Profile, is_profile_name
from keyconsole.text import times

if TYPE_CHECKING:
    from keyconsole.wire import Me

_LONGEST = 4096


@click.command()
@click.argument("url")
@click.option("--workspace", metavar="NAME", help="The workspace to work in.")
@click.option("--danger", is_flag=True, help="Production: a revoke always asks for the label.")
@click.option("--keyring", is_flag=True, help="Keep the token in the system keyring.")
@click.option("--default", "as_default", is_flag=True, help="Use this profile when none is named.")
@json_option
@service_options()
def login(
    *, options: ServiceOptions, url: str, as_default: bool, as_json: bool, **settings: Any
) -> None:
    """Sign in to the key service at URL, and keep that as a profile.

    The operator token is read from --token-file, from standard input, or asked for; it is never
    part of a command line. The other flags become part of the profile.
    """
    config = read_config()
    address = checked_url(url, allow_plain_http=options.allow_plain_http)
    name = options.profile or _name(address)
    before = _profile(config, name, address)
    uses_keyring = settings["keyring"] or before.keyring
    token = _token(options)
    me = asyncio.run(verify(options, before, address, token))
    makes_default = as_default or config.default_profile is None
    profile_store.write(
        config, name, _given(options, address, settings), makes_default=makes_default
    )
    stored = secrets.Stored(token, secrets.origin(address))
    where = secrets.store(name, stored, keyring=uses_keyring)
    _report(me, name, address, where, as_json=as_json)
    if off := times.off(times.now(), me.server_time):
        prompts.tell(f"This machine's clock is {off}: commands show and send times that far off.")
    if makes_default and config.default_profile != name:
        prompts.tell(
            f"Signed in: plain keyconsole now opens {name}. "
            f"This machine's own service: keyconsole --profile {EMBEDDED}"
        )
    if (variable := secrets.source_in(os.environ)) is not None:
        prompts.tell(f"{variable} is set and goes before the token that was just stored.")


@click.command()
@service_options()
def logout(*, options: ServiceOptions) -> None:
    """Forget the stored operator token of a profile. The profile stays."""
    target = find_target(options, read_config())
    profile = target.stored
    if target.url is None or profile is None:
        raise UsageError(f"{target.profile} keeps no token; name a --profile that does.")
    forgotten = secrets.forget(profile.name, keyring=profile.keyring)
    if forgotten:
        prompts.tell(
            f"Signed out of {profile.name}. The token itself stays good until it is revoked at "
            "the service or expires."
        )
    else:
        prompts.tell(f"No token was stored for {profile.name}.")
    if (source := target.token_source) is not None:
        prompts.tell(f"{source} still signs you in.")


def _name(address: str) -> str:
    """A profile's name for an address: its host, and its port where it is an uncommon one."""
    place = urlsplit(address).netloc.strip("[]")
    return re.sub(r"[^A-Za-z0-9._-]+", "-", place)[:64].strip("-") or "default"


def _profile(config: Config, name: str, address: str) -> Profile:
    """The profile as it is before; raises where signing in would change what it means."""
    if not is_profile_name(name):
        raise UsageError("A profile's name is letters, digits and . _ -, 64 at most.")
    if name == EMBEDDED:
        raise UsageError(f"{EMBEDDED} is the embedded service; choose another --profile.")
    if not config.is_readable:
        raise ConfigurationError(f"{config.path} must be repaired before a profile is added to it.")
    before = config.profiles.get(name, Profile(name))
    if before.url is not None and secrets.origin(before.url) != secrets.origin(address):
        raise problem(
            "name-taken",
            f"The profile {name} is {before.url}. Choose another --profile, or change it in "
            f"{config.path}.",
        )
    if before.token_command:
        raise ConfigurationError(
            f"The profile {name} has a token_command, which goes before a stored token: take it "
            f"out of {config.path} first."
        )
    return before


def _token(options: ServiceOptions) -> str:
    if options.token_file is not None:
        text = secrets.read_private(options.token_file)
        return secrets.checked(text, str(options.token_file))
    if sys.stdin is None:
        raise UsageError("Standard input is closed: --token-file names a file with the token.")
    if sys.stdin.isatty():
        return secrets.checked(prompts.ask_hidden("Operator token"), "What you typed")
    text = sys.stdin.buffer.read(_LONGEST).decode("utf-8", "replace")
    return secrets.checked(text, "What standard input holds")


async def verify(options: ServiceOptions, before: Profile, address: str, token: str) -> "Me":
    """Asks the service whose token it is. Raises `KeyconsoleError` where it is not accepted."""
    proxy = options.proxy or before.proxy
    connection = Connection(
        address,
        token,
        ca_file=options.ca_file or before.ca_file,
        proxy=checked_proxy(proxy) if proxy else None,
        allow_plain_http=options.allow_plain_http or before.allow_plain_http,
        read_only=True,
    )
    return await whoami(connection)


async def whoami(connection: Connection) -> "Me":
    """Asks the service who is signed in on a connection, which is closed again."""
    client = await asyncio.to_thread(connection.open)
    try:
        return await client.me()
    finally:
        await client.aclose()


def _given(
    options: ServiceOptions, address: str, settings: dict[str, Any]
) -> dict[str, str | bool]:
    """Returns the settings of the profile that are in this command line."""
    said = {
        "url": address,
        **settings,
        "read_only": options.read_only,
        "ca_file": str(options.ca_file.absolute()) if options.ca_file else None,
        "proxy": options.proxy,
        "allow_plain_http": options.allow_plain_http,
    }
    return {name: value for name, value in said.items() if value}


def _report(me: "Me", name: str, address: str, where: str, *, as_json: bool) -> None:
    who = me.model_dump(mode="json", include={"account_id", "email", "name", "memberships"})
    rows = [
        ("Profile", name),
        ("Service", f"{address}  {me.service_version}"),
        ("Account", me.email),
    ]
    for each in me.memberships:
        rows.append(("Workspace", f"{each.workspace} ({each.role})"))
        rows.append(("  may", " ".join(sorted(each.permissions))))
    rows.append(("Token", where))
    write_item(
        {"profile": name, "url": address, **who, "token_stored_in": where}, rows, as_json=as_json
    )
