"""Every call of the client, answered by the service itself."""

import logging
import socket
from typing import Any

import pytest
from tests.contract.conftest import Made

from keyconsole.client import CreateAttempt, KeyServiceClient
from keyconsole.client.connection import TIMEOUT
from keyconsole.core import credential
from keyconsole.core.credential import Kind, mint
from keyconsole.core.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    NotPermittedError,
    ServiceUnreachableError,
)
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.service.store.engine import BUSY_SECONDS
from keyconsole.wire import (
    CreatedKey,
    IdentifyMatch,
    Integration,
    IntegrationCreate,
    IntegrationPatch,
    IntegrationStatus,
    KeyCreate,
    KeyStatus,
    Permission,
    RevokeReason,
    RevokeRequest,
)


async def create(client: KeyServiceClient, integration: Integration, label: str) -> CreatedKey:
    return await CreateAttempt(integration.id, KeyCreate(label=label)).send(client)


async def test_me_says_who_is_signed_in_and_what_they_may_do(client: KeyServiceClient) -> None:
    me = await client.me()

    assert "@" in me.email
    assert me.embedded is client.is_embedded
    assert Permission.KEYS_CREATE in me.memberships[0].permissions
    assert client.latency_ms is not None


async def test_a_draft_says_what_is_missing_until_nothing_is(client: KeyServiceClient) -> None:
    draft = await client.create_integration(IntegrationCreate(name="HubSpot EU"))
    assert draft.status is IntegrationStatus.DRAFT
    assert "client_id" in draft.missing

    patch = IntegrationPatch(
        provider="hubspot",
        environment="production",
        client_id="x",
        redirect_uri="https://app.example.com/cb",
        scopes=["crm"],
    )
    configured = await client.update_integration(draft.id, patch)
    assert configured.status is IntegrationStatus.CONFIGURED
    assert configured.name == "HubSpot EU"

    without = await client.update_integration(draft.id, IntegrationPatch(client_id=None))
    assert without.status is IntegrationStatus.DRAFT
    assert without.missing == ["client_id"]


async def test_an_integration_is_disabled_and_enabled(
    client: KeyServiceClient, integration: Integration
) -> None:
    for status in (IntegrationStatus.DISABLED, IntegrationStatus.CONFIGURED):
        await client.update_integration(integration.id, IntegrationPatch(status=status))

        assert (await client.integration(integration.id)).status is status


async def test_integrations_are_filtered(
    client: KeyServiceClient, integration: Integration
) -> None:
    await client.create_integration(IntegrationCreate(name="HubSpot EU"))

    drafts = await client.integrations(status=IntegrationStatus.DRAFT)
    found = await client.integrations(q="salesforce")

    assert [item.name for item in drafts.items] == ["HubSpot EU"]
    assert [item.id for item in found.items] == [integration.id]


async def test_a_workspace_narrows_lists_to_it(
    client: KeyServiceClient, integration: Integration
) -> None:
    here = integration.workspace_id

    assert len((await client.integrations(workspace=here)).items) == 1
    assert (await client.integrations(workspace="ws_0000000000000000")).items == []
    assert (await client.audit(workspace=here)).items
    assert (await client.audit(workspace="ws_0000000000000000")).items == []


async def test_a_key_is_created_with_its_secret_and_shown_without(
    client: KeyServiceClient, integration: Integration
) -> None:
    created = await create(client, integration, "api-gateway-prod")

    secret = credential.parse(created.secret.get_secret_value())
    assert secret.public_key == created.key.public_key
    assert not created.key.confirmed
    assert await client.key(created.key.public_key) == created.key
    assert (await client.integration(integration.id)).key_counts.active == 1


async def test_a_create_sent_again_is_the_same_key(
    client: KeyServiceClient, integration: Integration
) -> None:
    attempt = CreateAttempt(integration.id, KeyCreate(label="api-gateway-prod"))

    first, second = await attempt.send(client), await attempt.send(client)

    assert second.secret == first.secret
    assert second.key.public_key == first.key.public_key
    assert len((await client.keys()).items) == 1


async def test_a_nonce_used_for_another_key_is_refused(
    client: KeyServiceClient, integration: Integration
) -> None:
    attempt = CreateAttempt(integration.id, KeyCreate(label="a"))
    await attempt.send(client)

    with pytest.raises(InvalidRequestError) as caught:
        await client.create_key(
            integration.id, KeyCreate(label="b"), idempotency_key=attempt.idempotency_key
        )

    assert caught.value.code == "idempotency-key-reused"


async def test_after_the_acknowledgement_the_secret_is_not_told_again(
    client: KeyServiceClient, integration: Integration
) -> None:
    attempt = CreateAttempt(integration.id, KeyCreate(label="a"))
    created = await attempt.send(client)

    assert (await client.acknowledge(created.key.public_key)).confirmed
    with pytest.raises(ConflictError) as caught:
        await attempt.send(client)

    assert caught.value.code == "secret-already-issued"
    assert caught.value.public_key == created.key.public_key


async def test_a_label_that_is_taken_or_breaks_a_rule_is_told_at_its_field(
    client: KeyServiceClient, integration: Integration
) -> None:
    await create(client, integration, "api-gateway-prod")

    with pytest.raises(ConflictError) as taken:
        await create(client, integration, "API-Gateway-Prod")
    with pytest.raises(InvalidRequestError) as broken:
        await create(client, integration, "api\u202egateway")

    assert taken.value.code == "label-taken"
    assert "<U+202E>" in (broken.value.field_message("label") or "")


async def test_a_draft_makes_no_keys(client: KeyServiceClient) -> None:
    draft = await client.create_integration(IntegrationCreate(name="HubSpot EU"))

    with pytest.raises(ConflictError) as caught:
        await create(client, draft, "a")

    assert caught.value.code == "integration-not-configured"


async def test_a_rename_is_for_one_version_only(
    client: KeyServiceClient, integration: Integration
) -> None:
    key = (await create(client, integration, "old")).key

    renamed = await client.rename_key(key.public_key, "new", version=key.version)
    with pytest.raises(ConflictError) as caught:
        await client.rename_key(key.public_key, "newer", version=key.version)

    assert renamed.label == "new"
    assert renamed.version > key.version
    assert caught.value.code == "precondition-failed"


async def test_a_revoke_has_a_receipt_and_repeating_it_the_same(
    client: KeyServiceClient, integration: Integration
) -> None:
    key = (await create(client, integration, "a")).key
    request = RevokeRequest(reason=RevokeReason.KEY_COMPROMISE, incident="INC-4211", note="log")

    receipt = await client.revoke_key(key.public_key, request)
    again = await client.revoke_key(key.public_key, RevokeRequest())

    assert (receipt.public_key, receipt.reason) == (key.public_key, RevokeReason.KEY_COMPROMISE)
    assert receipt.incident == "INC-4211"
    assert not receipt.already
    assert again == receipt.model_copy(update={"already": True})
    assert (await client.key(key.public_key)).status is KeyStatus.REVOKED


async def test_keys_are_filtered_sorted_and_paged(
    client: KeyServiceClient, integration: Integration
) -> None:
    keys = {label: (await create(client, integration, label)).key for label in ("b", "c", "a")}
    await client.revoke_key(keys["c"].public_key, RevokeRequest())

    first = await client.keys(sort="label", limit=2)
    rest = await client.keys(sort="label", limit=2, cursor=first.next_cursor)
    assert [key.label for key in first.items + rest.items] == ["a", "b", "c"]
    assert rest.next_cursor is None

    active = await client.keys("status:active", integration=integration.id, sort="-label")
    assert [key.label for key in active.items] == ["b", "a"]
    assert len((await client.keys("status:unconfirmed")).items) == 2
    assert len((await client.keys(KeyQuery(created_by=keys["a"].created_by))).items) == 3
    assert (await client.keys(workspace="ws_0000000000000000")).items == []


async def test_a_key_is_found_by_its_secret_which_is_not_sent(
    client: KeyServiceClient, integration: Integration
) -> None:
    await create(client, integration, "other")
    created = await create(client, integration, "wanted")

    found = await client.keys(created.secret.get_secret_value())

    assert [key.label for key in found.items] == ["wanted"]


async def test_usage_of_a_new_key_is_none(
    client: KeyServiceClient, integration: Integration
) -> None:
    key = (await create(client, integration, "a")).key

    usage = await client.usage(key.public_key)

    assert (usage.public_key, usage.last_used_at, usage.last_hour) == (key.public_key, None, 0)


async def test_identify_tells_a_key_a_name_and_a_stranger_apart(
    client: KeyServiceClient, integration: Integration
) -> None:
    created = await create(client, integration, "a")
    public_key = created.key.public_key
    digest = credential.digest(created.secret.get_secret_value()).hex()

    live = await client.identify(public_key, digest)
    assert (live.match, live.would_authenticate) == (IdentifyMatch.MATCH, True)
    assert (await client.identify(public_key)).match is IdentifyMatch.ID_ONLY
    assert (await client.identify(public_key, "0" * 64)).match is IdentifyMatch.ID_ONLY
    stranger = mint(Kind.API_KEY).public_key
    assert (await client.identify(stranger)).match is IdentifyMatch.UNKNOWN

    await client.revoke_key(public_key, RevokeRequest())
    dead = await client.identify(public_key, digest)
    assert (dead.match, dead.would_authenticate) == (IdentifyMatch.MATCH, False)


async def test_the_audit_log_tells_what_was_done(
    client: KeyServiceClient, integration: Integration
) -> None:
    key = (await create(client, integration, "a")).key
    receipt = await client.revoke_key(key.public_key, RevokeRequest())

    events = (await client.audit(target=key.public_key)).items

    assert len(events) == 2
    assert events[0].sequence == receipt.audit_sequence
    assert events[0].hash == receipt.audit_hash
    page = await client.audit(integration=integration.id, limit=1)
    assert page.items[0] == events[0]
    assert page.next_cursor is not None


async def test_lists_that_did_not_change_are_the_same_objects(
    client: KeyServiceClient, integration: Integration
) -> None:
    keys, integrations = await client.keys(), await client.integrations()
    assert await client.keys() is keys
    assert await client.integrations() is integrations

    await create(client, integration, "a")

    assert await client.keys() is not keys
    assert await client.integrations() is not integrations


async def test_what_is_not_there_is_not_found(client: KeyServiceClient) -> None:
    with pytest.raises(NotFoundError):
        await client.integration("int_0000000000000000")
    with pytest.raises(NotFoundError):
        await client.key(mint(Kind.API_KEY).public_key)


def test_a_store_that_is_busy_says_so_before_the_client_gives_up() -> None:
    """A write waits for its connection, and then for the lock; a second is for the rest."""
    assert 2 * BUSY_SECONDS + 1 <= TIMEOUT


async def test_a_stranger_s_token_is_not_signed_in(remote: KeyServiceClient) -> None:
    stranger = KeyServiceClient.remote(remote.base_url, mint(Kind.OPERATOR_TOKEN).text)

    with pytest.raises(NotPermittedError) as caught:
        await stranger.me()

    assert caught.value.code == "not-signed-in"
    await stranger.aclose()


async def test_tls_to_a_plain_port_says_so(remote: KeyServiceClient) -> None:
    tls = KeyServiceClient.remote(
        remote.base_url.replace("http:", "https:"), mint(Kind.OPERATOR_TOKEN).text
    )

    with pytest.raises(ServiceUnreachableError, match=r"does not speak TLS"):
        await tls.me()
    await tls.aclose()


async def test_a_port_where_nothing_listens_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    client = KeyServiceClient.remote(f"http://127.0.0.1:{port}", mint(Kind.OPERATOR_TOKEN).text)

    with pytest.raises(ServiceUnreachableError, match=r"refused the connection"):
        await client.me()
    await client.aclose()


async def test_proxies_of_the_environment_are_not_asked(
    remote: KeyServiceClient, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"http://127.0.0.1:{server.getsockname()[1]}"
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, nobody)
    client = KeyServiceClient.remote(remote.base_url, made.token)

    assert (await client.me()).email
    await client.aclose()


async def test_no_log_of_a_library_holds_a_secret(
    client: KeyServiceClient,
    integration: Integration,
    made: Made,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    attempt = CreateAttempt(integration.id, KeyCreate(label="a"))

    secret = (await attempt.send(client)).secret.get_secret_value()
    await client.keys(secret)

    assert "HTTP Request: POST" in caplog.text
    for text in (secret, secret[21:], made.token, attempt.idempotency_key):
        assert text not in caplog.text


async def test_the_audit_log_is_found_by_who_and_what_and_when(
    client: KeyServiceClient, integration: Integration
) -> None:
    [event] = (await client.audit(action="integration.created")).items
    assert event.integration_id == integration.id

    async def found(**asked: Any) -> bool:
        return event in (await client.audit(**asked)).items

    assert await found(actor=event.actor)
    assert not await found(actor="nobody@example.com")
    assert await found(since=event.at)
    assert not await found(until=event.at)


async def test_the_audit_log_has_an_end_and_every_event_follows(
    client: KeyServiceClient, integration: Integration
) -> None:
    workspace = integration.workspace_id
    last = (await client.audit(workspace=workspace, limit=1)).items[0]

    checkpoint = await client.audit_checkpoint(workspace)
    verification = await client.audit_verification(workspace)

    assert (checkpoint.count, checkpoint.head) == (last.sequence, last.hash)
    assert (verification.verified, verification.head) == (last.sequence, last.hash)
    assert verification.first_broken is None
