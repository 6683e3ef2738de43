"""A key that was asked for is asked for again, until the service said what became of it."""

import pytest

from keyconsole.client import CreateAttempt
from keyconsole.core.errors import KeyconsoleError, ServiceUnreachableError, problem
from keyconsole.flows.key_creation import Pending
from keyconsole.wire import KeyCreate

LOST = ServiceUnreachableError("No answer.")
ATTEMPT = CreateAttempt("int_1", KeyCreate(label="ci"))


@pytest.mark.parametrize(
    "error",
    [
        LOST,
        problem("store-unavailable", "The disk is full."),
        problem("idempotency-in-progress", "It still runs."),
    ],
)
def test_what_may_have_been_made_stays_pending(error: KeyconsoleError) -> None:
    assert Pending(ATTEMPT).after(error) == Pending(ATTEMPT, is_open=True)


@pytest.mark.parametrize("code", ["rate-limited", "permission-denied", "label-taken"])
def test_what_is_refused_at_once_is_over(code: str) -> None:
    assert Pending(ATTEMPT).after(problem(code, "No.")) is None


@pytest.mark.parametrize("code", ["rate-limited", "permission-denied", "not-signed-in"])
def test_a_refusal_to_be_asked_again_keeps_the_first_request(code: str) -> None:
    after = Pending(ATTEMPT).after(LOST)
    assert after is not None

    assert after.after(problem(code, "No.")) == after


@pytest.mark.parametrize("code", ["label-taken", "secret-already-issued", "request-invalid"])
def test_a_refusal_of_the_key_itself_ends_it(code: str) -> None:
    assert Pending(ATTEMPT, is_open=True).after(problem(code, "No.")) is None


def test_a_certificate_that_is_refused_loses_nothing() -> None:
    error = ServiceUnreachableError("The certificate is not trusted.", is_lasting=True)

    assert Pending(ATTEMPT).after(error) == Pending(ATTEMPT)
