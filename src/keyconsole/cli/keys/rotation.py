"""`keyconsole keys rotation` and `keys rotations`: look at rotations, and go on with one."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import prompts, resolve, retrying
from keyconsole.cli.lists import Listing, exactly, fetching, write_item, write_list
from keyconsole.cli.options import (
    ServiceOptions,
    json_option,
    list_options,
    reads,
    service_options,
    yes_option,
)
from keyconsole.cli.session import Service, ask, with_service
from keyconsole.core import durations
from keyconsole.core.errors import NotFoundError, UsageError
from keyconsole.core.usestate import WORDS, use_state
from keyconsole.flows.revocation import Asking
from keyconsole.text import export_files
from keyconsole.text.rotations import is_over, span_of, waiting_lines
from keyconsole.text.runs import plain
from keyconsole.text.usage import requests

if TYPE_CHECKING:
    from keyconsole.wire import Rotation, RotationSide


@click.command()
@click.argument("key")
@click.option("--finish", is_flag=True, help="Revoke the old key, after a question.")
@click.option("--pause", is_flag=True, help="Wait for nothing until it is resumed.")
@click.option("--resume", is_flag=True, help="Go on.")
@click.option(
    "--deadline",
    metavar="WHEN",
    callback=reads(durations.ahead),
    help="Another latest end: 7d, 12h, 2027-01-31.",
)
@click.option("--cancel", is_flag=True, help="Stop; both keys stay.")
@yes_option()
@json_option
@service_options()
def rotation(
    *,
    options: ServiceOptions,
    key: str,
    finish: bool,
    pause: bool,
    resume: bool,
    deadline: datetime | None,
    cancel: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """The rotation that a KEY is a part of: what it waits for, and how to go on with it."""
    if sum((finish, pause, resume, cancel)) > 1 or (deadline and (finish or cancel or pause)):
        raise UsageError("One thing at a time: --finish, --pause, --resume, --deadline, --cancel.")
    changes: dict[str, Any] = {"paused": pause} if pause or resume else {}
    if deadline is not None:
        changes["deadline"] = deadline
    if finish:
        resolve.require_unattended(key, yes=yes, what="Revoking the old key")

    async def conversation(service: Service) -> "Rotation":
        from keyconsole.wire import RotationPatch

        named = await resolve.key(service.client, key)
        public_key, rotations = named.public_key, service.client.rotations
        try:
            if finish:
                await _finish(service, public_key, yes=yes)
            elif cancel:
                return await rotations.cancel(public_key)
            elif changes:
                return await rotations.change(public_key, RotationPatch(**changes))
            return await rotations.show(public_key)
        except NotFoundError as error:
            sentence = f"{named.label} is in no rotation: keys rotate begins one."
            raise NotFoundError(error.code, sentence) from None

    shown = ask(options, conversation)
    write_item(shown, _rows(shown), as_json=as_json)


@click.command()
@list_options()
@with_service
async def rotations(service: Service, *, listing: Listing) -> None:
    """The rotations under way, the oldest first."""
    fetch = fetching(service.client.rotations.under_way)
    await write_list(
        listing, fetch, export_files.ROTATIONS, nothing="No rotation is under way.", what="rotation"
    )


async def _finish(service: Service, public_key: str, *, yes: bool) -> None:
    from keyconsole.wire import RotationCompletion

    service.require_writing()
    shown = await service.client.rotations.show(public_key)
    asks = prompts.can_ask() and (service.target.danger or not yes)
    if asks and not is_over(shown):
        for sentence in _sentences(shown):
            prompts.tell(sentence)
        label, last_four = accepted = Asking(shown.old.key).accepted
        prompts.ask_name(f"Type {label}, or {last_four}, to revoke the old key for ever", accepted)
    request = RotationCompletion(now=asks)
    await retrying.send(lambda: service.client.rotations.complete(public_key, request))


def _sentences(shown: "Rotation") -> list[str]:
    return [plain(line) for line in waiting_lines(shown)]


def _rows(shown: "Rotation") -> list[tuple[str, str]]:
    first, *others = _sentences(shown)
    over = is_over(shown)
    name = f"{shown.label_after}, once the old key is gone"
    return [
        ("State", str(shown.state).replace("_", " ")),
        ("Now" if not over else "End", first),
        *(("", sentence) for sentence in others),
        ("Old", _side(shown.old, shown.at)),
        ("New", _side(shown.new, shown.at)),
        *([] if over else [("New name", name)]),
        ("Quiet time", span_of(shown.quiet_minutes)),
        ("Deadline", exactly(shown.deadline)),
        ("Then", "the service revokes it" if shown.automatic else "somebody confirms"),
        ("Began", f"{exactly(shown.started_at)} by {shown.started_by}"),
    ]


def _side(side: "RotationSide", at: datetime) -> str:
    key = side.key
    used = WORDS[use_state(key.last_used_at, at)]
    if key.last_used_at is not None:
        minute = requests(side.last_minute)
        used = f"{used}: {minute} in the last minute, last used {exactly(key.last_used_at)}"
    return f"{key.label}  {key.public_key}  {key.status}  {used}"
