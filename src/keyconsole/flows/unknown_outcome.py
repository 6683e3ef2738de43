"""The outcome of a change to which no clear answer came.

After a timeout, a lost connection or the answer of something else, the service may have made the
change. Every change here has the same effect however often it is sent: a revoke is idempotent, a
create carries its idempotency key. So it is sent again until the service says. Once the outcome is
unknown, a refusal to be asked again (429, 401, 403) leaves it unknown.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from keyconsole.client.retrying import Pace, patiently
from keyconsole.core.errors import (
    ConflictError,
    KeyconsoleError,
    NotFoundError,
    NotPermittedError,
    ServiceFailedError,
    ServiceUnreachableError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ResultT = TypeVar("ResultT")

RETRY_SECONDS = 2.0

PACE = Pace(first=0.25, longest=2.0, chance=0.5, enough=120.0)
"""Three deadlines long: only asking again tells what became of the request."""

_ADVICE = " Try again."


@dataclass(frozen=True, slots=True)
class Unknown:
    """No clear answer came. Sending the same request again tells."""

    error: KeyconsoleError

    @property
    def why(self) -> str:
        """The service's own sentence where it gave one, without the advice to try again."""
        if isinstance(self.error, ServiceFailedError | NotPermittedError):
            return self.error.message.removesuffix(_ADVICE)
        return "no clear answer came."

    @property
    def is_tried_again(self) -> bool:
        """True if sending again may tell the outcome; false without the permission to send."""
        return not isinstance(self.error, NotPermittedError) or self.error.code == "not-signed-in"

    @property
    def heading(self) -> str:
        """Returns the words before the reason."""
        return "Unknown, still trying: " if self.is_tried_again else "Unknown: "

    def explain(self, again: str) -> str:
        """Returns the reason, and `again` or what tells instead."""
        return f"{self.why} {again if self.is_tried_again else 'The audit log tells.'}"


def leaves_open(error: BaseException, *, was_open: bool = False) -> bool:
    """Returns whether a change may have taken effect, so that only asking again tells.

    `was_open` says that an earlier request for the same change got no clear answer either.
    """
    match error:
        case ServiceUnreachableError():
            return was_open or not error.is_lasting
        case ServiceFailedError():
            return was_open or error.status != HTTPStatus.TOO_MANY_REQUESTS
        case ConflictError():
            return error.code == "idempotency-in-progress"
        case NotPermittedError():
            return was_open
        case _:
            return isinstance(error, UnexpectedAnswerError | asyncio.CancelledError)


async def send(
    change: Callable[[], Awaitable[ResultT]], before: Unknown | None = None
) -> ResultT | Unknown:
    """Sends a change once. `before` is the outcome of the last time; raises what refuses it."""
    try:
        return await change()
    except KeyconsoleError as error:
        if leaves_open(error, was_open=before is not None):
            return Unknown(error)
        raise


def removing(request: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[bool]]:
    """Returns a removal that may be sent again: then it may find nothing any more.

    It returns true, and raises `NotFoundError` only where nothing was there the first time.
    """
    was_sent = False

    async def remove() -> bool:
        nonlocal was_sent
        is_again, was_sent = was_sent, True
        try:
            await request()
        except NotFoundError:
            if not is_again:
                raise
        return True

    return remove


async def send_until_known(
    change: Callable[[], Awaitable[ResultT]],
    *,
    before_again: Callable[[KeyconsoleError], None],
    left_open: Callable[[BaseException], None] = lambda _: None,
) -> ResultT:
    """Sends a change three times at most, and raises what the last one raised.

    `left_open` is called with that where the outcome is unknown, a cancelled request included.
    """
    was_open = False

    async def attempt() -> ResultT:
        nonlocal was_open
        try:
            return await change()
        except BaseException as error:
            was_open = leaves_open(error, was_open=was_open)
            raise

    try:
        return await patiently(attempt, pace=PACE, on=leaves_open, before_again=before_again)
    except (KeyconsoleError, asyncio.CancelledError) as error:
        if was_open:
            left_open(error)
        raise
