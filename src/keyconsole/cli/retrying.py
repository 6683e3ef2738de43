"""Sending again what may be sent twice: a create with its nonce, a revoke."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from keyconsole.cli.prompts import tell
from keyconsole.errors import (
    ConflictError,
    KeyconsoleError,
    ServiceFailedError,
    ServiceUnreachableError,
)

ResultT = TypeVar("ResultT")

PAUSES: Sequence[float] = (0.25, 1.0)
"""Seconds before the second and the third time."""

_TOO_MANY = 429


async def send(request: Callable[[], Awaitable[ResultT]], *, start: str = "") -> ResultT:
    """Send until there is an answer, three times at most; raises what the last one raised.

    What a person is told on the way begins with `start`.
    """
    for pause in PAUSES:
        try:
            return await request()
        except KeyconsoleError as error:
            if not leaves_open(error):
                raise
            tell(f"{start}{error.message} The same request goes out again.")
        await asyncio.sleep(pause)
    return await request()


def leaves_open(error: KeyconsoleError) -> bool:
    """Whether the request may have taken effect, so that only asking again tells."""
    match error:
        case ServiceUnreachableError():
            return True
        case ServiceFailedError():
            return error.status != _TOO_MANY
        case ConflictError():
            return error.code == "idempotency-in-progress"
        case _:
            return False
