"""A service of a few answers, and what it answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from tests.client.support import KEY_CARD, connect

from keyconsole.client import KeyServiceClient
from keyconsole.wire import Key, RevokeReason, RevokeRequest, Selection, Usage

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
PUBLIC_KEY = str(KEY_CARD["public_key"])
LEAKED = RevokeRequest(reason=RevokeReason.KEY_COMPROMISE)
LOST = httpx.ReadTimeout("slow")
RECEIPT = {
    "public_key": PUBLIC_KEY,
    "revoked_at": "2026-11-29T12:00:00Z",
    "revoked_by": "ops",
    "reason": "key_compromise",
    "request_id": "req_1",
    "audit_sequence": 7,
    "audit_hash": "ab" * 32,
    "process": "p1",
}
IDENTIFIED = {
    "match": "id_only",
    "key": KEY_CARD,
    "would_authenticate": False,
    "reason": "key-revoked",
    "checked_at": "2026-11-29T12:00:01Z",
    "process": "p1",
}


def refusal(status: int, code: str) -> httpx.Response:
    document = {"error": code, "message": "No.", "type": "about:blank", "status": status}
    return httpx.Response(
        status, json=document, headers={"content-type": "application/problem+json"}
    )


def service(*answers: dict[str, Any] | httpx.Response | Exception) -> KeyServiceClient:
    """Returns a client whose service answers with these, in this order."""
    left = list(answers)

    def handle(_: httpx.Request) -> httpx.Response:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    return connect(handle)


def key(**changes: Any) -> Key:
    return Key.model_validate(KEY_CARD | changes)


def usage(used: timedelta | None = None, *, siblings: int = 1) -> Usage:
    return Usage(
        public_key=PUBLIC_KEY,
        last_used_at=None if used is None else AT - used,
        active_siblings=siblings,
    )


def selection(**changes: Any) -> Selection:
    card = {name: KEY_CARD[name] for name in ("public_key", "label", "integration_id",
                                              "integration_name", "status")}  # fmt: skip
    return Selection.model_validate({"count": 1, "selection_hash": "h", "keys": [card]} | changes)
