"""`keyconsole tokens revoke`: at once and for ever."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts, retrying
from keyconsole.cli.lists import exactly, write_document
from keyconsole.cli.options import json_option, yes_option
from keyconsole.cli.session import Service, with_service
from keyconsole.cli.tokens import cards
from keyconsole.core.errors import ConflictError, UsageError

if TYPE_CHECKING:
    from keyconsole.wire import Token


@click.command()
@click.argument("token")
@yes_option("Revoking a token")
@click.option("--own", is_flag=True, help="Even the one that you are signed in with.")
@click.option("--last", is_flag=True, help="Even the last one of the last admin.")
@json_option
@with_service
async def revoke(
    service: Service, *, token: str, yes: bool, own: bool, last: bool, as_json: bool
) -> None:
    """Revoke a TOKEN, by its id tok_…, at once and for ever. Revoking it again changes nothing.

    The token that you are signed in with asks once more on a terminal, and needs --own without
    one. So does the last token of the last admin, which needs --last: after it, only service init
    for the same workspace and account lets them in again.
    """
    service.require_writing()
    revoked = await cards.find(service, cards.named(token))
    if revoked.status != "revoked":
        _confirm(revoked, yes=yes, own=own)
    await _revoke(service, revoked, last=last)
    if as_json:
        write_document({"id": revoked.id, "email": revoked.email, "revoked": True})
    else:
        click.echo(revoked.id)
    prompts.tell(f"{revoked.id} of {revoked.email} signs nobody in any more.")


async def _revoke(service: Service, token: "Token", *, last: bool) -> None:
    """Revoke it; ask a person once more if nobody could administer the workspace without it."""
    try:
        await retrying.send(lambda: service.client.tokens.revoke(token.id, last=last))
    except ConflictError as error:
        if error.code != "last-token":
            raise
        if not prompts.can_ask():
            error.message = f"{error.message} The command takes --last for that."
            raise
        prompts.tell(error.message)
        prompts.ask_words(
            f"Type {token.email} to revoke it all the same",
            (token.email,),
            "That is not their address: nothing was revoked.",
        )
        await retrying.send(lambda: service.client.tokens.revoke(token.id, last=True))


def _confirm(token: "Token", *, yes: bool, own: bool) -> None:
    """Ask a person whether they mean it, and once more if it would sign them out."""
    if not yes:
        label = f" ({token.label})" if token.label else ""
        used = f"used {exactly(token.last_used_at)}" if token.last_used_at else "never used"
        prompts.tell(f"{token.id}{label} of {token.email}, {used}.")
        prompts.require("Revoke it for ever?", "Nothing was revoked.")
    if not token.current or own:
        return
    if not prompts.can_ask():
        raise UsageError("This is the token that you are signed in with: --own says it is meant.")
    prompts.ask_words(
        "This is the token that you are signed in with: it signs you out here. "
        "Type the last four of its id to revoke it all the same",
        (token.id[-4:],),
        "Those are not its last four: nothing was revoked.",
    )
