"""An outcome stays unknown until the service says what became of the change."""

import asyncio

import pytest
import stamina

from keyconsole.core.errors import (
    KeyconsoleError,
    ServiceUnreachableError,
    UnexpectedAnswerError,
    problem,
)
from keyconsole.flows.unknown_outcome import Unknown, leaves_open, send, send_until_known

LOST = ServiceUnreachableError("No answer.")
REFUSED = problem("permission-denied", "You may not.")
BUSY = problem("rate-limited", "Too many requests. Try again.")


@pytest.mark.parametrize(
    ("error", "first", "later"),
    [
        (LOST, True, True),
        (ServiceUnreachableError("Certificate.", is_lasting=True), False, True),
        (UnexpectedAnswerError("A proxy."), True, True),
        (problem("store-unavailable", "The disk is full."), True, True),
        (problem("idempotency-in-progress", "It still runs."), True, True),
        (asyncio.CancelledError(), True, True),
        (BUSY, False, True),
        (REFUSED, False, True),
        (problem("not-signed-in", "Sign in."), False, True),
        (problem("not-found", "No such key."), False, False),
        (problem("selection-changed", "Other keys."), False, False),
        (problem("request-invalid", "A rule."), False, False),
    ],
)
def test_a_refusal_to_be_asked_again_settles_nothing(
    error: BaseException, first: bool, later: bool
) -> None:
    assert leaves_open(error) is first
    assert leaves_open(error, was_open=True) is later


async def test_a_change_that_is_refused_at_once_is_refused() -> None:
    async def change() -> str:
        raise REFUSED

    with pytest.raises(KeyconsoleError, match="You may not"):
        await send(change)


async def test_a_change_that_is_refused_after_a_lost_answer_is_unknown() -> None:
    async def change() -> str:
        raise REFUSED

    outcome = await send(change, before=Unknown(LOST))

    assert isinstance(outcome, Unknown)
    assert not outcome.is_tried_again
    assert outcome.explain("Again.") == "You may not. The audit log tells."


def test_the_advice_to_try_again_is_left_out_where_that_happens() -> None:
    assert Unknown(BUSY).explain("It is sent again.") == "Too many requests. It is sent again."
    assert Unknown(LOST).explain("It is sent again.") == ("no clear answer came. It is sent again.")


@pytest.mark.parametrize(
    ("errors", "is_open"),
    [((LOST, REFUSED), True), ((REFUSED,), False), ((LOST, problem("not-found", "No.")), False)],
)
async def test_who_sends_until_it_is_known_hears_whether_it_is(
    errors: tuple[KeyconsoleError, ...], is_open: bool
) -> None:
    stamina.set_testing(True, attempts=3)  # no pauses; the next test begins with none again
    left, open_errors = list(errors), list[BaseException]()

    async def change() -> str:
        raise left.pop(0)

    with pytest.raises(KeyconsoleError):
        await send_until_known(change, before_again=lambda _: None, left_open=open_errors.append)

    assert open_errors == ([errors[-1]] if is_open else [])
