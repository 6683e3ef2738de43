"""`keyconsole profiles`: which services there are, which is the default, and doing without one."""

import json

import click

from keyconsole.cli import profile_store, prompts
from keyconsole.cli.configuration import last_profile, read_config
from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.lists import write_document
from keyconsole.cli.options import json_option, yes_option
from keyconsole.cli.suggest import suggest_profiles
from keyconsole.cli.table import terminal_width, write_rows
from keyconsole.core.errors import ConfigurationError, UsageError
from keyconsole.core.safetext import show
from keyconsole.local import secrets
from keyconsole.local.config import EMBEDDED, Config, Profile

_name = click.argument("name", shell_complete=suggest_profiles)


@click.group(cls=CommandsFirst, invoke_without_command=True, subcommand_metavar="[COMMAND]")
@json_option
@click.option("--jsonl", "as_jsonl", is_flag=True, help="One JSON document a line.")
@click.pass_context
def profiles(context: click.Context, *, as_json: bool, as_jsonl: bool) -> None:
    """The profiles, which is the default, and where their tokens come from.

    Without a command they are listed.
    """
    if context.invoked_subcommand is None:
        if as_json and as_jsonl:
            raise UsageError("--json and --jsonl exclude each other.")
        _list(as_json=as_json, as_jsonl=as_jsonl)


@profiles.command()
@_name
def default(*, name: str) -> None:
    """Let plain keyconsole open the profile NAME.

    local is this machine's own service.
    """
    config = read_config()
    _require(config, name)
    profile_store.make_default(config, name)
    prompts.tell(f"Plain keyconsole now opens {name}.")


@profiles.command()
@_name
@yes_option()
def remove(*, name: str, yes: bool) -> None:
    """Forget the profile NAME and its operator token.

    Nothing changes at the service, where the token stays good until it is revoked or expires.
    """
    config = read_config()
    if name == EMBEDDED:
        raise UsageError(f"{EMBEDDED} is this machine's own service: it is always there.")
    profile = _require(config, name)
    prompts.require_yes(yes=yes, what="Removing a profile")
    where = f" ({profile.url})" if profile.url else ""
    if not yes:
        prompts.require(f"Remove the profile {show(name + where)} and its token?")
    forgotten = secrets.forget(name, keyring=False)
    if profile.keyring:
        forgotten = secrets.forget(name, keyring=True) or forgotten
    profile_store.remove(config, name)
    token = "and its token is forgotten" if forgotten else "and no token was stored for it"
    left = read_config()
    opens = left.default_profile or last_profile(left) or EMBEDDED
    prompts.tell(f"{name} is removed, {token}. Plain keyconsole now opens {opens}.")


def _require(config: Config, name: str) -> Profile:
    """The profile, in a file that can be changed."""
    if not config.is_readable:
        raise ConfigurationError(f"{config.path} must be repaired before anything in it changes.")
    if name == EMBEDDED:
        return Profile(EMBEDDED)
    if (profile := config.profiles.get(name)) is None:
        known = ", ".join([EMBEDDED, *sorted(config.profiles.keys() - {EMBEDDED})])
        raise UsageError(f"There is no profile {name}. There is {known}.")
    return profile


def _list(*, as_json: bool, as_jsonl: bool) -> None:
    config = read_config()
    local = config.profiles.get(EMBEDDED, Profile(EMBEDDED))
    others = [each for name, each in sorted(config.profiles.items()) if name != EMBEDDED]
    items = [_item(each, config) for each in (local, *others)]
    if as_json:
        write_document({"items": items, "next_cursor": None})
        return
    if as_jsonl:
        for item in items:
            click.echo(json.dumps(item))
        return
    rows = [
        (
            str(item["name"]),
            "default" if item["default"] else "",
            str(item["url"] or "embedded"),
            str(item["token"] or ""),
            _switches(item),
        )
        for item in items
    ]
    write_rows([("PROFILE", "", "SERVICE", "TOKEN", ""), *rows], width=terminal_width())


def _item(profile: Profile, config: Config) -> dict[str, str | bool | None]:
    default = config.default_profile or EMBEDDED
    return {
        "name": profile.name,
        "url": profile.url,
        "default": profile.name == default,
        "last": profile.name == last_profile(config),
        "danger": profile.danger,
        "read_only": profile.read_only,
        "token": _token(profile),
        "fault": profile.fault,
    }


def _token(profile: Profile) -> str | None:
    """Returns the source of the token of a profile, without reading it."""
    if profile.name == EMBEDDED:
        return None
    return str(secrets.source_of(profile, environ={}) or "not signed in")


def _switches(item: dict[str, str | bool | None]) -> str:
    words = [
        "danger" if item["danger"] else "",
        "read-only" if item["read_only"] else "",
        "cannot be used" if item["fault"] else "",
    ]
    return ", ".join(filter(None, words))
