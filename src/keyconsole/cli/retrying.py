"""Sends a change again until its outcome is known, and tells a person so."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from keyconsole.cli.prompts import tell
from keyconsole.core.errors import KeyconsoleError
from keyconsole.flows import unknown_outcome

ResultT = TypeVar("ResultT")


async def send(
    request: Callable[[], Awaitable[ResultT]],
    *,
    left_open: Callable[[BaseException], None] = lambda _: None,
) -> ResultT:
    """Sends until there is an answer, as `unknown_outcome.send_until_known` does."""

    def say_so(error: KeyconsoleError) -> None:
        tell(f"{error.message} The same request goes out again.")

    return await unknown_outcome.send_until_known(request, before_again=say_so, left_open=left_open)


def not_known(what: str) -> Callable[[BaseException], None]:
    """Add to an error that it is not known what became of the request."""

    def add(error: BaseException) -> None:
        if isinstance(error, KeyconsoleError):
            error.message += f" {what} is not known: ask again, repeating it does no harm."

    return add


async def remove(request: Callable[[], Awaitable[object]]) -> None:
    """Sends a removal. Where no answer came to the first, the next may find nothing any more."""
    await send(unknown_outcome.removing(request))
