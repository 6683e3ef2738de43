"""Retries of requests that may be sent twice, after growing pauses with jitter.

Without chance in it, everybody who lost a service would come back to it in the same moment.
`stamina` is imported with the first failure: most commands never see one.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from keyconsole.core.errors import KeyconsoleError, ServiceFailedError, ServiceUnreachableError

ResultT = TypeVar("ResultT")

ATTEMPTS = 3

_PASSING = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: the first pause, which doubles, the longest one, and the jitter added to each.

    After `enough` seconds nothing is asked again: a silent service was waited for long enough.
    """

    first: float
    longest: float
    chance: float
    enough: float


QUICK = Pace(first=0.1, longest=1.0, chance=0.3, enough=10.0)
"""For what only reads: a connection that died idle is forgotten before a person notices."""


def is_passing(error: Exception) -> bool:
    """Returns true for an error after which the same request may succeed in a moment."""
    match error:
        case ServiceUnreachableError():
            return not error.is_lasting
        case ServiceFailedError():
            return error.status in _PASSING
        case _:
            return False


async def patiently(
    question: Callable[[], Awaitable[ResultT]],
    *,
    pace: Pace = QUICK,
    on: Callable[[Exception], bool] = is_passing,
    before_again: Callable[[KeyconsoleError], None] = lambda _: None,
) -> ResultT:
    """Runs `question`, at most three times while `on` is true of its error; raises the last one.

    Only for what changes nothing, or what the service does only once however often it is asked.
    """
    started = time.monotonic()
    try:
        return await question()
    except KeyconsoleError as error:
        left = pace.enough - (time.monotonic() - started)
        if left <= 0 or not on(error):
            raise
        last = error

    import stamina
    from stamina.instrumentation import set_on_retry_hooks

    # Its hooks print on standard output, which is data, or on the console's screen.
    set_on_retry_hooks(())
    asked = 1
    async for attempt in stamina.retry_context(
        on,
        attempts=ATTEMPTS,
        timeout=left,
        wait_initial=pace.first,
        wait_max=pace.longest,
        wait_jitter=pace.chance,
    ):
        with attempt:
            if attempt.num > asked:
                asked = attempt.num
                before_again(last)
                try:
                    return await question()
                except KeyconsoleError as error:
                    last = error
                    raise
            raise last  # the first failure, from before stamina was there: it counts and pauses
    raise last
