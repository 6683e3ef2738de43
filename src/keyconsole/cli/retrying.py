"""Sending again what may be sent twice: a create with its nonce, a revoke."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from keyconsole.cli.prompts import tell
from keyconsole.client.retrying import Pace, leaves_open, patiently
from keyconsole.core.errors import KeyconsoleError

ResultT = TypeVar("ResultT")

STEADY = Pace(first=0.25, longest=2.0, chance=0.5, enough=120.0)
"""Three deadlines long: only asking again tells what became of the request."""


async def send(request: Callable[[], Awaitable[ResultT]], *, start: str = "") -> ResultT:
    """Send until there is an answer, three times at most; raises what the last one raised.

    What a person is told on the way begins with `start`.
    """

    def say_so(error: KeyconsoleError) -> None:
        tell(f"{start}{error.message} The same request goes out again.")

    return await patiently(request, pace=STEADY, on=leaves_open, before_again=say_so)
