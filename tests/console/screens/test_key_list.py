"""What `/` asks for on the API Keys tab, and how a key's state is said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keyconsole.console.key_runs import status_of
from keyconsole.core.errors import UsageError
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.text.keys import short_name
from keyconsole.wire import Key

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", KeyQuery()),
        ("   ", KeyQuery()),
        ("gateway", KeyQuery("gateway")),
        ("api  gateway", KeyQuery("api gateway")),
        ("kcp_7k2m", KeyQuery("kcp_7k2m")),
        ("status:revoked", KeyQuery(statuses=("revoked",))),
        ("status:", KeyQuery()),
        ("status:unconfirmed", KeyQuery(statuses=("unconfirmed",))),
        ("unused:90d", KeyQuery(unused_for=timedelta(days=90))),
        ("unused:12h", KeyQuery(unused_for=timedelta(hours=12))),
        ("by:ops@acme.example", KeyQuery(created_by="ops@acme.example")),
        ("gw status:active by:ops prod", KeyQuery("gw prod", ("active",), created_by="ops")),
        ("[@click=app.quit]", KeyQuery("[@click=app.quit]")),
    ],
)
def test_a_filter_is_words_and_terms(text: str, asked: KeyQuery) -> None:
    assert KeyQuery.parse(text, typing=True) == asked


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("status:dead", "status: is one of active, unconfirmed"),
        ("unused:90", "unused: takes 30m, 12h"),
        ("unused:0d", "unused: takes at least 1m"),
        ("unused:90s", "unused: takes 30m, 12h"),
    ],
)
def test_a_term_that_cannot_be_understood_is_told_what_it_takes(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        KeyQuery.parse(text, typing=True)


def key(**changes: Any) -> Key:
    return Key.model_validate(
        {
            "public_key": "kcp_7k2m4q9x0a1b2c3d",
            "integration_id": "int_1",
            "integration_name": "Salesforce",
            "workspace_id": "ws_1",
            "label": "api",
            "status": "active",
            "confirmed": True,
            "created_at": AT,
            "created_by": "ops@acme.example",
        }
        | changes
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "● active"),
        ({"confirmed": False}, "◌ unconfirmed"),
        ({"status": "revoked"}, "✕ revoked"),
        ({"status": "revoked", "confirmed": False}, "✕ revoked"),
        ({"status": "expired"}, "✕ expired"),
        ({"status": "disabled"}, "◐ disabled"),
        ({"status": "disabled", "disabled_until": AT + timedelta(hours=2)}, "◐ enabled in 2 h"),
    ],
)
def test_the_state_of_a_key_is_what_a_person_needs(changes: dict[str, Any], words: str) -> None:
    assert status_of(key(**changes), AT)[0] == words


def test_an_account_is_named_without_its_domain() -> None:
    assert short_name("ops@acme.example") == "ops"
    assert short_name("ci") == "ci"
