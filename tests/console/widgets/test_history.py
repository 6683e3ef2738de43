"""What happened to a key, in words that a person would use."""

from datetime import UTC, datetime
from typing import Any

import pytest

from keyconsole.console.widgets.history import history_of
from keyconsole.text.events import change_of
from keyconsole.wire import AuditEvent, Page

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def event(action: str, **detail: Any) -> AuditEvent:
    return AuditEvent(
        id="evt_1",
        workspace_id="ws_1",
        sequence=1,
        at=AT,
        actor="ops@acme.example",
        action=action,
        target="kcp_7k2m4q9x0a1b2c3d",
        target_name="gateway",
        request_id="req_1",
        detail=detail,
        hash="0" * 64,
    )


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("label", "gateway", "api-gateway", "gateway → api-gateway"),
        ("expires_at", None, "2027-03-01T00:00:00.000Z",
         "expires never → 2027-03-01 00:00:00 UTC"),
        ("expires_at", "soon", "2027-03-01T00:00:00.000Z",
         "expires soon → 2027-03-01 00:00:00 UTC"),
        ("label", "x", "2027-03-01T00:00:00.000Z", "x → 2027-03-01T00:00:00.000Z"),
        ("max_key_age_days", 90, None, "rotation age in days 90 → no limit"),
        ("provider", None, "salesforce", "provider none → salesforce"),
        ("scopes", ["a"], [], "scopes a → none"),
        ("warning_days", 14, 0, "warning days 14 → 0"),
    ],
)  # fmt: skip
def test_a_change_is_told_with_a_word_for_what_there_was_not(
    name: str, before: Any, after: Any, told: str
) -> None:
    changed = event("key.changed", **{name: {"from": before, "to": after}})
    assert "".join(text for text, _ in change_of(changed)) == told


@pytest.mark.parametrize(
    ("count", "cursor", "told"),
    [(1, None, "1 change"), (2, None, "2 changes"), (1, "more", "1+ changes")],
)
def test_changes_are_counted(count: int, cursor: str | None, told: str) -> None:
    page = Page[AuditEvent](items=[event("key.created")] * count, next_cursor=cursor)
    first = history_of(page, AT, 80).plain.split("\n")[0]
    assert first == f"HISTORY   {told}"


def test_a_review_is_told_with_its_finding_and_its_day_in_words() -> None:
    reviewed = event("key.reviewed", finding="other_environment", until="2027-02-25T04:23:48+00:00")
    told = "".join(text for text, _ in change_of(reviewed))
    assert told == "other environment · until 2027-02-25 04:23:48 UTC"
