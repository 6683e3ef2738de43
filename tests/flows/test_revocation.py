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
    Revoked,
    Sending,
)
from keyconsole.wire import Receipt

DAY = timedelta(days=1)
SENDING = Sending(PUBLIC_KEY, LEAKED)


@pytest.mark.parametrize(
    ("asking", "needed"),
    [
        (Asking(a_key(), usage=usage()), False),
        (Asking(a_key(), usage=usage(timedelta(minutes=59))), True),
        (Asking(a_key(), usage=usage(timedelta(hours=2))), False),
        (Asking(a_key(), usage=usage(), danger=True), True),
        (Asking(a_key()), True),
        (Asking(a_key(), failed="No answer."), True),
        (Asking(a_key(), usage=usage(), typed="a"), True),
        (
            Asking(a_key(last_used_at=AT - timedelta(days=1)), usage=usage(), successor=a_key()),
            True,
        ),
    ],
    ids=["unused", "in use", "quiet", "danger", "unknown", "failed", "half typed", "no successor"],
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


async def test_the_time_until_it_is_refused_is_measured_from_the_answer() -> None:
    receipt = Receipt.model_validate(RECEIPT)

    proven = await Revoked(receipt, answered=10.0).prove(service(IDENTIFIED), lambda: 10.25)

    assert proven.is_refused
    assert proven.milliseconds == 250
    assert proven.document()["verification"]["measured_ms"] == 250
    assert proven.document()["label"] == "api-gateway-prod"


async def test_what_is_let_in_or_was_not_asked_is_not_proven() -> None:
    receipt = Receipt.model_validate(RECEIPT)
    client = service(IDENTIFIED | {"would_authenticate": True})

    proven = await Revoked(receipt, 0).prove(client, lambda: 0)

    assert (proven.is_let_in, proven.is_refused) == (True, False)
    unasked = replace(proven, proof=None)
    assert (unasked.is_let_in, unasked.is_refused) == (False, False)
    assert "verification" not in Proven(receipt, None).document()
