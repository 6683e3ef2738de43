"""`keyconsole keys disable` and `enable`: refused at once, and let go again."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts, resolve, retrying
from keyconsole.cli.keys import cards
from keyconsole.cli.keys.reason_option import reason_option
from keyconsole.cli.lists import write_item
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.core import durations
from keyconsole.core.errors import ExitCode, UsageError
from keyconsole.text import reasons

if TYPE_CHECKING:
    from keyconsole.wire import Key


@click.command()
@click.argument("key")
@click.option(
    "--until", metavar="WHEN", help="How long: 2h, 7d, 2027-01-31 to its end, or 2027-01-31T06:00Z."
)
@click.option(
    "--then",
    type=click.Choice(["revoke", "enable"]),
    help="What happens by itself then; revoke if you do not say.",
)
@reason_option
@click.option("--incident", metavar="ID", help="Such as INC-4211.")
@click.option("--note", metavar="TEXT", help="For whoever reads the audit log.")
@json_option
@service_options()
def disable(
    *,
    options: ServiceOptions,
    key: str,
    until: str | None,
    then: str | None,
    reason: str | None,
    incident: str | None,
    note: str | None,
    as_json: bool,
) -> int:
    """Disable a KEY at once: it gets 401 until it is enabled, or until a moment you set.

    Disabling it again sets another moment, which counts even if the service is not running then.
    Without a terminal it takes the public key.
    """
    if then is not None and until is None:
        raise UsageError("--then says what follows --until: give both.")
    moment = None if until is None else durations.ahead(until, datetime.now(UTC), "--until")
    if not prompts.can_ask():
        resolve.public_key(key)

    async def conversation(service: Service) -> "Key":
        from keyconsole.wire import DisableRequest, FuseEnd, RevokeReason

        service.require_writing()
        public_key = (await resolve.key(service.client, key)).public_key
        request = DisableRequest(
            until=moment,
            then=FuseEnd(then) if then else None,
            reason=RevokeReason(reason or reasons.UNSAID),
            incident=incident,
            note=note,
        )
        return await retrying.send(lambda: service.client.disable_key(public_key, request))

    return _end(ask(options, conversation), as_json=as_json)


@click.command()
@click.argument("key")
@json_option
@service_options()
def enable(*, options: ServiceOptions, key: str, as_json: bool) -> int:
    """Let a disabled KEY authenticate again."""

    async def conversation(service: Service) -> "Key":
        service.require_writing()
        public_key = (await resolve.key(service.client, key)).public_key
        return await retrying.send(lambda: service.client.enable_key(public_key))

    return _end(ask(options, conversation), as_json=as_json)


def _end(key: "Key", *, as_json: bool) -> int:
    write_item(key, cards.rows(key), as_json=as_json)
    return ExitCode.DONE
