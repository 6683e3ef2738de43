"""What each method sends, and what must never leave or stay behind."""

import contextlib
import json
import logging
import re
import subprocess
import sys
from typing import Any

import httpx
import pytest
from tests.client.support import KEY, KEY_CARD, ME, TOKEN, connect

from keyconsole.client import CreateAttempt, KeyServiceClient, new_idempotency_key
from keyconsole.core.errors import NotPermittedError, UnexpectedAnswerError
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.wire import (
    IntegrationCreate,
    IntegrationPatch,
    KeyCreate,
    RevokeReason,
    RevokeRequest,
)

CREATED = {"key": KEY_CARD, "secret": KEY.text}


class Recorder:
    """Remembers the last request and answers with one document."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.request: httpx.Request | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.request = request
        return httpx.Response(200, json=self.document)

    @property
    def sent(self) -> tuple[str, str, Any]:
        """Method, address and decoded body."""
        assert self.request is not None
        body = json.loads(self.request.content) if self.request.content else None
        return self.request.method, self.request.url.raw_path.decode(), body


async def test_every_request_carries_the_token_in_its_header_alone() -> None:
    service = Recorder(ME)

    await connect(service).me()

    assert service.request is not None
    assert service.request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert service.request.headers["Accept-Encoding"] == "identity"
    assert service.sent == ("GET", "/v1/me", None)


async def test_an_address_with_a_path_keeps_it() -> None:
    service = Recorder(ME)
    client = KeyServiceClient.remote(
        "https://example.com/keys/", TOKEN, transport=httpx.MockTransport(service)
    )

    await client.me()

    assert service.sent[1] == "/keys/v1/me"


async def test_keys_of_an_integration_and_of_all_take_the_same_filters() -> None:
    service = Recorder({"items": []})
    client = connect(service)

    asked = KeyQuery.parse("prod unused:90d")
    await client.keys(asked, workspace="ws_1", sort="-created_at", limit=50)
    query = "?query=prod+unused%3A90d&workspace=ws_1&sort=-created_at&limit=50"
    assert service.sent == ("GET", f"/v1/keys{query}", None)

    await client.keys(asked, integration="int_1", workspace="ws_1", sort="-created_at", limit=50)
    assert service.sent == ("GET", f"/v1/integrations/int_1/keys{query}", None)


async def test_a_patch_sends_what_was_set_and_nothing_else() -> None:
    service = Recorder(None)
    with pytest.raises(UnexpectedAnswerError):
        await connect(service).update_integration("int_1", IntegrationPatch(client_id=None))

    assert service.sent == ("PATCH", "/v1/integrations/int_1", {"client_id": None})


async def test_a_rename_names_the_version_it_is_meant_for() -> None:
    service = Recorder(KEY_CARD)

    await connect(service).rename_key(KEY.public_key, "new", version=7)

    assert service.request is not None
    assert service.request.headers["If-Match"] == '"7"'
    assert service.sent == ("PATCH", f"/v1/keys/{KEY.public_key}", {"label": "new"})


async def test_a_revoke_says_why() -> None:
    service = Recorder(None)
    request = RevokeRequest(reason=RevokeReason.KEY_COMPROMISE, incident="INC-1")
    with pytest.raises(UnexpectedAnswerError):
        await connect(service).revoke_key(KEY.public_key, request)

    assert service.sent == (
        "POST",
        f"/v1/keys/{KEY.public_key}/revoke",
        {"reason": "key_compromise", "incident": "INC-1"},
    )


async def test_identifying_sends_a_public_key_even_when_given_a_secret() -> None:
    service = Recorder(None)
    with pytest.raises(UnexpectedAnswerError):
        await connect(service).identify(KEY.text, "ab")

    assert service.sent == (
        "POST",
        "/v1/identify",
        {"public_key": KEY.public_key, "digest": "ab"},
    )


async def test_an_attempt_sent_twice_is_the_same_request() -> None:
    service = Recorder(CREATED)
    client = connect(service)
    attempt = CreateAttempt("int_1", KeyCreate(label="prod"))
    nonces = []

    for _ in range(2):
        created = await attempt.send(client)
        assert service.request is not None
        nonces.append(service.request.headers["Idempotency-Key"])
        assert service.sent == ("POST", "/v1/integrations/int_1/keys", {"label": "prod"})
        assert created.secret.get_secret_value() == KEY.text

    assert nonces == [attempt.idempotency_key] * 2
    assert attempt.idempotency_key not in repr(attempt)


def test_idempotency_keys_are_256_bits_and_fit_the_contract() -> None:
    keys = {new_idempotency_key() for _ in range(100)}

    assert len(keys) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", key) for key in keys)


# Read-only


async def test_read_only_refuses_every_change_and_sends_nothing() -> None:
    service = Recorder(ME)
    client = connect(service, read_only=True)

    for change in (
        client.create_integration(IntegrationCreate(name="x")),
        client.update_integration("int_1", IntegrationPatch(name="x")),
        client.create_key("int_1", KeyCreate(label="x"), idempotency_key="x" * 22),
        client.acknowledge(KEY.public_key),
        client.rename_key(KEY.public_key, "x", version=1),
        client.revoke_key(KEY.public_key, RevokeRequest()),
    ):
        with pytest.raises(NotPermittedError, match=r"read-only"):
            await change

    assert service.request is None


async def test_read_only_still_reads_and_identifies() -> None:
    service = Recorder(ME)
    client = connect(service, read_only=True)

    await client.me()
    with pytest.raises(UnexpectedAnswerError):
        await client.identify(KEY.public_key)


# Secrets


@pytest.mark.parametrize(
    "document",
    [
        {"key": {**KEY_CARD, "status": KEY.text}, "secret": KEY.text},
        {"key": KEY_CARD, "secret": [KEY.text]},
        {"key": KEY_CARD, "secret": KEY.text[:-1]},
        {"key": {**KEY_CARD, "public_key": "kcp_0000000000000000"}, "secret": KEY.text},
        {"secret": KEY.text},
    ],
)
async def test_a_created_key_in_the_wrong_shape_leaks_no_secret(document: Any) -> None:
    attempt = CreateAttempt("int_1", KeyCreate(label="x"))

    with pytest.raises(UnexpectedAnswerError) as caught:
        await attempt.send(connect(Recorder(document)))

    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert KEY.text[:60] not in f"{error!r} {error} {error.args}"


async def test_a_value_that_does_not_belong_names_the_key_to_revoke() -> None:
    document = {"key": KEY_CARD, "secret": KEY.text[:-1]}

    with pytest.raises(UnexpectedAnswerError, match=KEY.public_key):
        await CreateAttempt("int_1", KeyCreate(label="x")).send(connect(Recorder(document)))


async def test_logs_at_debug_hold_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = connect(Recorder(CREATED))
    attempt = CreateAttempt("int_1", KeyCreate(label="x"))

    created = await attempt.send(client)
    with pytest.raises(UnexpectedAnswerError):
        await client.keys(KEY.text)

    assert "HTTP Request: POST" in caplog.text
    assert KEY.text not in caplog.text + repr(created) + repr(client)
    assert TOKEN not in caplog.text
    assert attempt.idempotency_key not in caplog.text


def test_importing_the_package_loads_no_http() -> None:
    code = (
        "import sys, keyconsole.client, keyconsole.client.connection\n"
        "import keyconsole.client.idempotent_request\n"
        "print([name for name in ('httpx', 'pydantic', 'asyncio') if name in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"


def verification(verified: int, *, complete: bool) -> dict[str, Any]:
    return {
        "workspace_id": "ws_1",
        "verified": verified,
        "head": "ab",
        "complete": complete,
        "at": "2026-11-25T08:00:00.000Z",
    }


async def test_a_long_log_is_verified_from_where_the_service_came_to() -> None:
    asked: list[str] = []
    answers = [verification(7, complete=False), verification(9, complete=True)]

    def service(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json=answers[len(asked) - 1])

    assert (await connect(service).audit_verification("ws_1")).verified == 9
    assert asked == [
        "/v1/audit/verification?workspace=ws_1&after=0",
        "/v1/audit/verification?workspace=ws_1&after=7",
    ]


async def test_a_verification_that_comes_no_further_is_given_up() -> None:
    with pytest.raises(UnexpectedAnswerError):
        await connect(Recorder(verification(0, complete=False))).audit_verification()


async def test_changes_name_the_workspace_where_one_was_chosen() -> None:
    service = Recorder({"id": "x"} | KEY_CARD)
    client = connect(service)

    async def here() -> str | None:
        return "ws_1"

    async def nowhere() -> str | None:
        return None

    client.changes_in(here)
    with contextlib.suppress(UnexpectedAnswerError):
        await client.revoke_key("kcp_0000000000000000", RevokeRequest())
    assert service.sent[1].endswith("/revoke?workspace=ws_1")
    with contextlib.suppress(UnexpectedAnswerError):
        await client.members.remove("acc_1", workspace="ws_2")
    assert service.sent[1] == "/v1/members/acc_1?workspace=ws_2"
    with contextlib.suppress(UnexpectedAnswerError):
        await client.tokens.revoke("tok_1", last=True)
    assert service.sent[1] == "/v1/tokens/tok_1?last=yes&workspace=ws_1"
    with contextlib.suppress(UnexpectedAnswerError):
        await client.me()
    assert "workspace" not in service.sent[1]
    for choose in (nowhere, None):
        client.changes_in(choose)
        with contextlib.suppress(UnexpectedAnswerError):
            await client.invitations.decline("inv_1")
        assert service.sent == ("POST", "/v1/invitations/inv_1/decline", None)
