"""One key, from the question to the proof."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.flows.support import (
    AT,
    IDENTIFIED,
    LEAKED,
    LOST,
    PUBLIC_KEY,
    RECEIPT,
    refusal,
    service,
    usage,
)
from tests.flows.support import key as a_key

from keyconsole.core.errors import NotPermittedError
from keyconsole.flows.revocation import (
    Asking,
    Completing,
    LockedOut,
    NotConfirmedError,
    NotKnown,
    Proven,
    Sending,
    prove,
)
from keyconsole.wire import Receipt, Usage

DAY = timedelta(days=1)
SENDING = Sending(PUBLIC_KEY, LEAKED)


def counted(known: Usage) -> Usage:
    """Returns the use of a key as a service tells it whose clock agrees less than this one's."""
    return known.model_copy(update={"last_hour": 481})


@pytest.mark.parametrize(
    ("asking", "needed"),
    [
        (Asking(a_key(), usage=usage()), False),
        (Asking(a_key(), usage=usage(timedelta(minutes=59))), True),
        (Asking(a_key(), usage=usage(timedelta(hours=2))), False),
        (Asking(a_key(), usage=counted(usage(timedelta(hours=2)))), True),
        (Asking(a_key(), usage=usage(-timedelta(days=400))), True),
        (Asking(a_key(), usage=usage(), danger=True), True),
        (Asking(a_key()), True),
        (Asking(a_key(), failed="No answer."), True),
        (Asking(a_key(), usage=usage(), typed="a"), True),
        (
            Asking(a_key(last_used_at=AT - timedelta(days=1)), usage=usage(), successor=a_key()),
            True,
        ),
    ],
    ids=[
        "unused",
        "in use",
        "quiet",
        "counted",
        "ahead",
        "danger",
        "unknown",
        "failed",
        "half typed",
        "no successor",
    ],
)
def test_the_label_is_typed_where_a_mistake_would_hurt(asking: Asking, needed: bool) -> None:
    assert asking.needs_typing(AT) is needed


@pytest.mark.parametrize(
    ("asking", "decided"),
    [
        (Asking(a_key()), False),
        (Asking(a_key(), is_late=True), True),
        (Asking(a_key(), danger=True), True),
        (Asking(a_key(), failed="No answer."), True),
        (Asking(a_key(), usage=usage()), True),
    ],
)
def test_no_key_is_an_answer_before_it_is_settled_how_to_confirm(
    asking: Asking, decided: bool
) -> None:
    assert asking.is_decided is decided


@pytest.mark.parametrize("typed", ["", "api", "api-gateway-prod2", PUBLIC_KEY, "kcp_"])
def test_another_text_confirms_nothing(typed: str) -> None:
    asking = Asking(a_key(), usage=usage(), danger=True, typed=typed)

    with pytest.raises(NotConfirmedError):
        asking.confirm(SENDING, AT)


@pytest.mark.parametrize("typed", ["api-gateway-prod", f" {PUBLIC_KEY[-4:]} "])
def test_the_label_or_the_last_four_confirm(typed: str) -> None:
    assert Asking(a_key(), danger=True, typed=typed).confirm(SENDING, AT) is SENDING


def test_the_last_active_key_is_asked_about_once_more() -> None:
    locked = Asking(a_key(), usage=usage(siblings=0)).confirm(SENDING, AT)

    assert isinstance(locked, LockedOut)
    assert "last active key of Salesforce Production" in locked.sentence
    assert locked.all_the_same is SENDING


async def test_a_key_that_is_being_replaced_is_looked_up_with_its_successor() -> None:
    asking = Asking(a_key(rotating=True, replaced_by="kcp_" + "2" * 16), failed="No answer.")
    found = usage().model_dump(mode="json")

    known = await asking.look_up(service(found, {"label": "next", **_card()}))

    assert known.usage == usage()
    assert known.successor is not None
    assert known.failed == ""


def _card() -> dict[str, object]:
    return a_key().model_dump(mode="json", exclude={"label"})


async def test_a_lost_answer_is_not_known_until_it_is_sent_again() -> None:
    client = service(LOST, RECEIPT | {"already": True})

    unknown = await SENDING.send(client)
    assert isinstance(unknown, NotKnown)
    receipt = await unknown.send(client)

    assert isinstance(receipt, Receipt)
    assert receipt.already


async def test_a_refusal_revokes_nothing_unless_an_answer_was_lost_before() -> None:
    client = service(refusal(403, "permission-denied"), LOST, refusal(403, "permission-denied"))

    with pytest.raises(NotPermittedError):
        await SENDING.send(client)
    unknown = await SENDING.send(client)
    assert isinstance(unknown, NotKnown)

    assert isinstance(await unknown.send(client), NotKnown)


async def test_the_old_key_of_a_rotation_ends_with_it() -> None:
    receipt = await Completing(PUBLIC_KEY, LEAKED).send(service(RECEIPT))

    assert receipt == Receipt.model_validate(RECEIPT)


@pytest.mark.parametrize(
    ("checked_at", "already", "let_in", "measured"),
    [
        ("2026-07-30T03:00:00.250Z", False, False, 250),
        ("2026-07-30T03:00:00.250Z", True, False, None),
        ("2026-07-30T03:00:00.250Z", False, True, None),
        ("2026-07-30T02:59:59.900Z", False, False, None),  # a process whose clock is behind
    ],
)
async def test_the_time_until_it_is_refused_is_that_between_the_two_moments_it_shows(
    checked_at: str, already: bool, let_in: bool, measured: int | None
) -> None:
    revoked_at = "2026-07-30T03:00:00Z"
    receipt = Receipt.model_validate(RECEIPT | {"revoked_at": revoked_at, "already": already})
    answer = IDENTIFIED | {"checked_at": checked_at, "would_authenticate": let_in}

    proven = await prove(service(answer), receipt)

    assert proven.milliseconds == measured
    assert proven.document()["verification"]["measured_ms"] == measured
    assert proven.document()["label"] == "api-gateway-prod"
    assert proven.document()["audit_hash"] == receipt.audit_hash


async def test_what_is_let_in_or_was_not_asked_is_not_proven() -> None:
    receipt = Receipt.model_validate(RECEIPT)
    client = service(IDENTIFIED | {"would_authenticate": True})

    proven = await prove(client, receipt)

    assert (proven.is_let_in, proven.is_refused) == (True, False)
    unasked = replace(proven, proof=None)
    assert (unasked.is_let_in, unasked.is_refused) == (False, False)
    assert "verification" not in Proven(receipt, None).document()
