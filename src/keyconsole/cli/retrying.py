"""Sending again what may be sent twice: a create with its nonce, a revoke."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from keyconsole.cli.prompts import tell
from keyconsole.client.retrying import Pace, patiently
from keyconsole.errors import (
    ConflictError,
    KeyconsoleError,
    ServiceFailedError,
    ServiceUnreachableError,
)

ResultT = TypeVar("ResultT")

STEADY = Pace(first=0.25, longest=2.0, chance=0.5, enough=120.0)
"""Three deadlines long: only asking again tells what became of the request."""

_TOO_MANY = 429


async def send(request: Callable[[], Awaitable[ResultT]], *, start: str = "") -> ResultT:
    """Send until there is an answer, three times at most; raises what the last one raised.

    What a person is told on the way begins with `start`.
    """

    def say_so(error: KeyconsoleError) -> None:
        tell(f"{start}{error.message} The same request goes out again.")

    return await patiently(request, pace=STEADY, on=leaves_open, before_again=say_so)


def leaves_open(error: Exception) -> bool:
    """Whether the request may have taken effect, so that only asking again tells."""
    match error:
        case ServiceUnreachableError():
            return not error.is_lasting
        case ServiceFailedError():
            return error.status != _TOO_MANY
        case ConflictError():
            return error.code == "idempotency-in-progress"
        case _:
            return False
