"""`keyconsole keys limits`: how often a key may be used, and the options that say it."""

from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import resolve
from keyconsole.cli.keys import cards
from keyconsole.cli.session import Service, shows
from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from keyconsole.wire import Key


def _rate(_: click.Context, __: click.Parameter, text: str | None) -> dict[str, Any]:
    """The field of the request; none where nothing is said."""
    from keyconsole.core import limits
    from keyconsole.wire import RateLimitRequest

    if text is None:
        return {}
    found = limits.typed_rate(text, "--rate")
    return {"rate_limit": found and RateLimitRequest(**found._asdict())}


def _quota(_: click.Context, __: click.Parameter, text: str | None) -> dict[str, Any]:
    """The field of the request; none where nothing is said."""
    from keyconsole.core import limits
    from keyconsole.wire import QuotaRequest

    if text is None:
        return {}
    found = limits.typed_quota(text, "--quota")
    return {"quota": found and QuotaRequest(**found._asdict())}


rate_option = click.option(
    "--rate",
    metavar="RATE",
    callback=_rate,
    help="100/60s: as many at once, and again in as many seconds. 20/s, 300/m or none.",
)
quota_option = click.option(
    "--quota", metavar="QUOTA", callback=_quota, help="1000/day, 50000/month or none; in UTC."
)


@click.command()
@click.argument("key")
@rate_option
@quota_option
@shows(cards.rows)
async def limits(
    service: Service, *, key: str, rate: dict[str, Any], quota: dict[str, Any]
) -> "Key":
    """Limit how often a KEY may be used: by a --rate, by a --quota for a day or month, or both.

    The one that is not named stays. Who may revoke keys may lower a limit; to raise one, or to take
    it away with none, is to create.
    """
    from keyconsole.wire import KeyPatch

    if not rate and not quota:
        raise UsageError("Say --rate, --quota or both.")
    service.require_writing()
    found = await resolve.key(service.client, key)
    patch = KeyPatch(**rate, **quota)
    return await service.client.change_limits(found.public_key, patch, version=found.version)
