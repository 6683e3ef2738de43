"""`keyconsole keys disable` and `enable`: refused at once, and accepted again."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts, resolve, retrying
from keyconsole.cli.keys import cards
from keyconsole.cli.keys.reason_option import reason_option
from keyconsole.cli.options import grounds_options, reads
from keyconsole.cli.session import Service, shows
from keyconsole.core import durations
from keyconsole.core.errors import UsageError
from keyconsole.text import reasons

if TYPE_CHECKING:
    from keyconsole.wire import Key


def _require_until(context: click.Context, _: click.Parameter, then: str | None) -> str | None:
    if then is not None and context.params.get("until") is None:
        raise UsageError("--then says what follows --until: give both.")
    return then


def _require_public_key(_: click.Context, __: click.Parameter, key: str) -> str:
    if not prompts.can_ask():
        resolve.public_key(key)
    return key


@click.command()
@click.argument("key", callback=_require_public_key)
@click.option(
    "--until",
    metavar="WHEN",
    is_eager=True,
    callback=reads(durations.ahead),
    help="How long: 2h, 7d, 2027-01-31 to its end, or 2027-01-31T06:00Z.",
)
@click.option(
    "--then",
    type=click.Choice(["revoke", "enable"]),
    callback=_require_until,
    help="What happens by itself then; revoke if you do not say.",
)
@reason_option
@grounds_options
@shows(cards.rows)
async def disable(
    service: Service,
    *,
    key: str,
    until: datetime | None,
    then: str | None,
    reason: str | None,
    incident: str | None,
    note: str | None,
) -> "Key":
    """Disable a KEY at once: it gets 401 until it is enabled, or until a moment you set.

    Disabling it again sets another moment, which counts even if the service is not running then.
    Without a terminal it takes the public key.
    """
    from keyconsole.wire import DisableRequest, FuseEnd, RevokeReason

    service.require_writing()
    await resolve.require_own_value(service.client, key)
    public_key = (await resolve.key(service.client, key)).public_key
    request = DisableRequest(
        until=until,
        then=FuseEnd(then) if then else None,
        reason=RevokeReason(reason or reasons.UNSAID),
        incident=incident,
        note=note,
    )
    return await retrying.send(lambda: service.client.disable_key(public_key, request))


@click.command()
@click.argument("key")
@shows(cards.rows)
async def enable(service: Service, *, key: str) -> "Key":
    """Let a disabled KEY authenticate again."""
    service.require_writing()
    public_key = (await resolve.key(service.client, key)).public_key
    return await retrying.send(lambda: service.client.enable_key(public_key))
