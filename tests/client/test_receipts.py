"""A receipt that is read from the audit log is the one that the revoke was answered with."""

from typing import Any

import httpx
import pytest
from tests.client.support import KEY, MOMENT, connect

from keyconsole.client.receipts import read_receipt
from keyconsole.core.errors import NotFoundError, UnexpectedAnswerError
from keyconsole.wire import Receipt

EVENT = {
    "id": "evt_1",
    "workspace_id": "ws_1",
    "sequence": 41,
    "at": MOMENT,
    "actor": "ops@acme.example",
    "action": "key.revoked",
    "target": KEY.public_key,
    "detail": {"reason": "key_compromise", "incident": "INC-1", "note": None, "process": "a:1"},
    "request_id": "req_1",
    "hash": "0f" * 32,
}


async def read(**changes: Any) -> Receipt:
    page = {"items": [EVENT | changes]}
    return await read_receipt(connect(lambda _: httpx.Response(200, json=page)), KEY.public_key)


async def test_it_asks_the_audit_log_for_the_end_of_this_key_and_nothing_else() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"items": [EVENT]})

    receipt = await read_receipt(connect(answer, read_only=True), KEY.public_key)

    [request] = sent
    assert request.method == "GET"
    assert dict(request.url.params) == {
        "target": KEY.public_key,
        "action": "key.revoked",
        "limit": "1",
    }
    assert (receipt.audit_sequence, receipt.incident, receipt.process) == (41, "INC-1", "a:1")
    assert receipt.already


async def test_where_there_is_no_event_there_is_no_receipt() -> None:
    with pytest.raises(NotFoundError):
        await read_receipt(
            connect(lambda _: httpx.Response(200, json={"items": []})), KEY.public_key
        )


@pytest.mark.parametrize("detail", [{}, {"reason": "because", "process": "a:1"}])
async def test_what_is_not_a_receipt_is_never_shown_as_one(detail: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedAnswerError):
        await read(detail=detail)
