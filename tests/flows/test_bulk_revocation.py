"""Many keys, from the selection to the line of each."""

from typing import Any

import pytest
from tests.flows.support import IDENTIFIED, LOST, PUBLIC_KEY, refusal, selection, service

from keyconsole.core.errors import ConflictError
from keyconsole.flows.bulk_revocation import (
    Ended,
    LockedOut,
    Looking,
    NotKnown,
    Running,
    Sending,
    Shown,
)
from keyconsole.flows.revocation import NotConfirmedError
from keyconsole.wire import KeySelector, Revocation, RevocationRequest, RevokeReason

REQUEST = RevocationRequest(selector=KeySelector(label="ci-*"))
BEGUN: dict[str, Any] = {
    "id": "rev_1",
    "created_at": "2026-11-29T12:00:00Z",
    "created_by": "ops",
    "reason": "unspecified",
    "request_id": "req_1",
    "total": 2,
}
FINISHED = BEGUN | {"revoked": 2, "finished_at": "2026-11-29T12:00:02Z"}


def line(public_key: str) -> dict[str, Any]:
    return {
        "public_key": public_key,
        "label": "ci",
        "integration_name": "CI",
        "outcome": "revoked",
    }


def shown(**changes: Any) -> Shown:
    return Shown(REQUEST, selection(**changes))


async def test_what_is_shown_is_what_the_service_says() -> None:
    found = await Looking(REQUEST).look(service(selection().model_dump(mode="json")))

    assert found == shown()


@pytest.mark.parametrize("typed", ["", "1", "2000", "20.000", "R"])
def test_another_number_confirms_nothing(typed: str) -> None:
    with pytest.raises(NotConfirmedError, match="Type 20000"):
        shown(count=20_000).confirm(typed)


@pytest.mark.parametrize("typed", ["20000", " 20,000 "])
def test_the_number_confirms_with_or_without_a_comma(typed: str) -> None:
    assert shown(count=20_000).confirm(typed) == Sending(shown(count=20_000))


def test_of_one_key_its_label_or_the_last_four_confirm_and_no_number() -> None:
    [key] = shown().selection.keys
    for typed in (key.label, f" {PUBLIC_KEY[-4:]} "):
        assert shown().confirm(typed) == Sending(shown())
    with pytest.raises(NotConfirmedError, match=f"Type {key.label} or {PUBLIC_KEY[-4:]}"):
        shown().confirm("1")


def test_no_number_confirms_where_there_is_no_key() -> None:
    with pytest.raises(NotConfirmedError):
        shown(count=0, keys=[]).confirm("0")


def test_an_integration_without_a_key_is_asked_about_once_more() -> None:
    locked = shown(emptied=["CI"]).confirm(PUBLIC_KEY[-4:])

    assert isinstance(locked, LockedOut)
    assert "CI would have no active key left" in locked.shown.lockout
    assert locked.all_the_same == Sending(shown(emptied=["CI"]))


def test_a_reason_changes_nothing_else() -> None:
    because = shown().because(RevokeReason.KEY_COMPROMISE, "INC-1")

    assert because.request.reason is RevokeReason.KEY_COMPROMISE
    assert because.request.selector == REQUEST.selector
    assert because.selection == shown().selection


async def test_a_lost_answer_is_sent_again_and_is_the_same_revocation() -> None:
    client = service(LOST, BEGUN)

    unknown = await Sending(shown()).send(client)
    assert isinstance(unknown, NotKnown)
    assert unknown.shown == shown()

    assert await unknown.send(client) == Running(shown(), Revocation.model_validate(BEGUN))


async def test_other_keys_by_now_revoke_nothing_even_after_a_lost_answer() -> None:
    client = service(LOST, refusal(409, "selection-changed"))
    unknown = await Sending(shown()).send(client)
    assert isinstance(unknown, NotKnown)

    with pytest.raises(ConflictError):
        await unknown.send(client)


async def test_it_runs_until_no_key_is_left_and_is_whole_with_the_line_of_each() -> None:
    client = service(
        BEGUN | {"revoked": 1},
        FINISHED,
        IDENTIFIED,
        FINISHED | {"items": [line(PUBLIC_KEY)], "next_cursor": "c"},
        FINISHED | {"items": [line("kcp_2")]},
    )
    running = await Running(shown(), Revocation.model_validate(BEGUN)).follow(client)
    assert isinstance(running, Running)
    ended = await running.follow(client)
    assert isinstance(ended, Ended)

    ended = await ended.prove(client)
    assert ended.is_proved
    ended = await ended.read_on(client)
    assert not ended.is_whole
    ended = await ended.read_on(client)

    assert ended.is_whole
    assert [each["public_key"] for each in ended.document()["keys"]] == [PUBLIC_KEY, "kcp_2"]
