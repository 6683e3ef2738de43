"""Finds the operator token that an argument names."""

from typing import TYPE_CHECKING

from keyconsole.cli.lists import fetching, items_of
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service
from keyconsole.core.credential import CREDENTIAL_PATTERN
from keyconsole.core.errors import problem
from keyconsole.core.safetext import show

if TYPE_CHECKING:
    from keyconsole.wire import Token

PREFIX = "tok_"


def named(argument: str) -> str:
    """Returns the id of a token, without the value that should not be in a command line."""
    match = CREDENTIAL_PATTERN.search(argument)
    if match is None:
        return argument
    tell(
        "A token value is in this command line, and so in your shell's history: "
        "its id is used instead."
    )
    return f"{PREFIX}{match.group()[4:20]}"


async def find(service: Service, token_id: str) -> "Token":
    """Returns the token with this id. Raises `NotFoundError`."""
    async for each in items_of(fetching(service.client.tokens.page)):
        if each.id == token_id:
            return each
    raise problem("not-found", f"There is no token {show(token_id)[:100]}.")
