"""Resolves an id or a name to the one key or integration that it stands for."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from keyconsole.cli import prompts
from keyconsole.cli.lists import fetching, items_of
from keyconsole.client.addresses import without_secrets
from keyconsole.core import credential
from keyconsole.core.credential import CREDENTIAL_PATTERN, PUBLIC_KEY_PATTERN
from keyconsole.core.errors import (
    KeyconsoleError,
    NotFoundError,
    ProblemError,
    UsageError,
    problem,
)
from keyconsole.core.safetext import MAX_LABEL, normalize, show, skeleton

if TYPE_CHECKING:
    from keyconsole.client import KeyServiceClient
    from keyconsole.wire import Integration, Key

FoundT = TypeVar("FoundT")

_INTEGRATION_ID = re.compile(r"int_[0-9A-Za-z_-]+")
_AT_MOST = 20


def named(argument: str) -> str:
    """Returns an argument; of a secret, which should not be one, the public key."""
    if CREDENTIAL_PATTERN.search(argument) is None:
        return argument
    prompts.tell(
        "A key value is in this command line, and so in your shell's history: "
        "its public key is used instead."
    )
    text = without_secrets(argument)
    return found[0] if (found := PUBLIC_KEY_PATTERN.search(text)) else text


async def integration_id(client: "KeyServiceClient", argument: str) -> str:
    """The id of an integration that is given by id, or by a name that only it has."""
    if _INTEGRATION_ID.fullmatch(argument):
        return argument
    return (await integration(client, argument)).id


async def integration(client: "KeyServiceClient", argument: str) -> "Integration":
    """The integration by id or unique name. Raises `NotFoundError` or `ConflictError`."""
    if _INTEGRATION_ID.fullmatch(argument):
        try:
            return await client.integration(argument)
        except NotFoundError:
            raise absent("integration", argument) from None
    name = named(argument)
    found = await integrations_named(client, name)
    return _only(found, "integration", name, [f"{item.id}  {item.name}" for item in found])


async def integrations_named(client: "KeyServiceClient", name: str) -> "list[Integration]":
    """Returns the integrations with this name; several only across workspaces."""
    wanted = skeleton(name)
    fetch = fetching(client.integrations, q=name)
    return [item async for item in items_of(fetch) if skeleton(item.name) == wanted]


async def key(client: "KeyServiceClient", argument: str) -> "Key":
    """The key by public key or by a label that only it has among the living.

    Raises `NotFoundError` or `ConflictError`.
    """
    name = named(argument)
    if PUBLIC_KEY_PATTERN.fullmatch(name):
        try:
            return await client.key(name)
        except NotFoundError:
            raise absent("key", name) from None

    if len(normalize(name)) > MAX_LABEL:
        raise absent("key", name)
    from keyconsole.core.queries.keys import KeyQuery

    wanted = skeleton(name)
    fetch = fetching(client.keys, query=KeyQuery(label=name))
    found = [item async for item in items_of(fetch) if skeleton(item.label) == wanted]
    alive = [item for item in found if item.status not in ("revoked", "expired")]
    found = alive or found
    lines = [
        f"{item.public_key}  {item.label}  {item.status}  {item.integration_name}" for item in found
    ]
    return _only(found, "key", name, lines)


def public_key(argument: str) -> str:
    """The public key that an argument is. Raises `UsageError` for a label or anything else."""
    name = named(argument)
    if PUBLIC_KEY_PATTERN.fullmatch(name) is None:
        raise UsageError("Without a terminal the key is named by its public key, kcp_….")
    return name


async def require_own_value(client: "KeyServiceClient", argument: str) -> None:
    """Require that the value of a key is the key's own; a name passes.

    Whoever forges a leak knows the name. Raises `KeyconsoleError` for a value that is cut,
    mistyped or forged.
    """
    from keyconsole.core.candidates import find_candidates

    for each in find_candidates(argument).candidates:
        is_wrong = each.damaged
        if each.digest is not None:
            answer = await client.identify(each.public_key, each.digest)
            is_wrong = answer.key is not None and answer.match != "match"
        if is_wrong:
            raise KeyconsoleError(
                f"This value is not that of {each.public_key}: it is cut, mistyped or forged. "
                "Nothing was changed; if the key is meant all the same, name its public key."
            )


def require_unattended(argument: str, *, yes: bool, what: str) -> None:
    """Without a terminal, require `--yes` and a public key. Raises `UsageError` for both at once.

    On a terminal nothing is required, since a person is asked.
    """
    if prompts.can_ask():
        return
    if not yes and PUBLIC_KEY_PATTERN.fullmatch(named(argument)) is None:
        raise UsageError(
            f"{what} asks first, and there is no terminal to ask on: --yes, and the public key "
            "of the key, kcp_…, instead of its label."
        )
    prompts.require_yes(yes=yes, what=what)
    public_key(argument)


def absent(what: str, name: str) -> ProblemError:
    """Returns the exception that says that there is no `what` of this name or id."""
    shown = show(name)[: credential.CREDENTIAL_LENGTH]
    return problem("not-found", f"There is no {what} {shown}.")


def _only(found: Sequence[FoundT], what: str, name: str, lines: Sequence[str]) -> FoundT:
    if not found:
        raise absent(what, name)
    if len(found) > 1:
        more = [f"  and {len(lines) - _AT_MOST} more"] if len(lines) > _AT_MOST else []
        listed = "\n".join([*(f"  {line}" for line in lines[:_AT_MOST]), *more])
        raise problem(
            "name-taken",
            f"{len(found)} {what}s have this name; say which one by its id:\n{listed}",
        )
    return found[0]
