"""Metrics: what the service counted, in Prometheus' format, with few labels and no secret."""

import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.service.world import World

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.service import expiring as expiring_keys
from keyconsole.service.clock import DAY, SECOND, told
from keyconsole.service.store import decisions
from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.wire import Role

Sample = tuple[str, tuple[tuple[str, str], ...]]


async def scrape(world: World) -> dict[Sample, float]:
    answer = await world.gateway.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def verifications(found: dict[Sample, float]) -> dict[str, float]:
    name = "keyconsole_verifications_total"
    return {labels[0][1]: value for (each, labels), value in found.items() if each == name}


def expiring(found: dict[Sample, float]) -> dict[str, float]:
    name = "keyconsole_keys_expiring"
    return {labels[0][1]: value for (each, labels), value in found.items() if each == name}


async def test_verifications_are_counted_by_how_they_ended_and_how_long_they_took(
    world: World,
) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    for _ in range(3):
        await world.verify(secret)
    await world.verify("nonsense")
    await world.gateway.get("/v1/forward-auth")
    await world.admin.revoke(public_key)
    await world.verify(secret)

    found = await scrape(world)

    assert verifications(found) == {
        "accepted": 3,
        "credential-invalid": 1,
        "credential-missing": 1,
        "key-revoked": 1,
    }
    assert found["keyconsole_verification_seconds_count", ()] == 6
    assert found["keyconsole_verification_seconds_bucket", (("le", "+Inf"),)] == 6
    assert 0 < found["keyconsole_verification_seconds_sum", ()] < 6


async def test_management_is_counted_by_route_and_never_by_address(world: World) -> None:
    integration = await world.admin.integration()
    for key in (await world.admin.key(integration), await world.admin.key(integration)):
        await world.admin.get(f"/v1/keys/{key[0]}")
    await world.admin.get("/v1/keys/kcp_0000000000000000")
    await world.admin.get("/v1/no/such/thing")
    await world.admin.http.request("BREW", "/v1/keys")

    found = await scrape(world)

    def count(method: str, route: str, status: str) -> float:
        labels = (("method", method), ("route", route), ("status", status))
        return found["keyconsole_requests_total", labels]

    assert count("GET", "/v1/keys/{public_key}", "200") == 2
    assert count("GET", "/v1/keys/{public_key}", "404") == 1
    assert count("POST", "/v1/integrations/{integration_id}/keys", "201") == 2
    assert count("GET", "", "404") == 1
    assert count("other", "/v1/keys", "405") == 1


async def test_use_that_is_not_written_yet_shows_with_its_age(world: World) -> None:
    _, secret = await world.admin.key(await world.admin.integration())
    await world.verify(secret)
    world.clock.move(3 * SECOND)
    found = await scrape(world)
    assert found["keyconsole_usage_pending", ()] == 1
    assert found["keyconsole_usage_flush_lag_seconds", ()] == 3
    await world.runtime.recorder.flush()
    found = await scrape(world)
    assert found["keyconsole_usage_pending", ()] == 0
    assert found["keyconsole_usage_flush_lag_seconds", ()] == 0


async def test_keys_that_expire_soon_are_counted_once_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    integration = await world.admin.integration()
    made = []
    for days in (0.5, 3, 20, 40, None):
        end = None if days is None else told(world.clock() + int(days * DAY))
        made.append((await world.admin.key(integration, expires_at=end))[0])
    assert expiring(await scrape(world)) == {"1d": 1, "7d": 2, "30d": 3}

    await world.admin.revoke(made[1])
    assert expiring(await scrape(world)) == {"1d": 1, "7d": 2, "30d": 3}  # of a minute ago
    monkeypatch.setattr(expiring_keys, "EVERY_SECONDS", 0)
    assert expiring(await scrape(world)) == {"1d": 1, "7d": 1, "30d": 2}
    world.clock.move(DAY)  # the first has expired
    assert expiring(await scrape(world)) == {"1d": 0, "7d": 0, "30d": 1}
    monkeypatch.setattr(expiring_keys, "MOST", 0)
    assert expiring(await scrape(world)) == {"1d": 0, "7d": 0, "30d": 0}


async def test_expiring_keys_are_found_by_an_index_alone(world: World) -> None:
    query = (
        "SELECT expires_at FROM api_keys WHERE expires_at IS NOT NULL AND expiry_seen_at IS NULL "
        "AND revoked_at IS NULL AND expires_at > 1 AND expires_at <= 2 ORDER BY expires_at LIMIT 9"
    )
    explain = "EXPLAIN" if world.settings.is_postgresql else "EXPLAIN QUERY PLAN"
    async with world.runtime.store.search() as tx:
        plan = str((await tx.exec_driver_sql(f"{explain} {query}")).all())
    assert "ix_api_keys_expiry_unseen" in plan


async def test_readiness_shows_as_readyz_answers(world: World) -> None:
    assert (await scrape(world))["keyconsole_ready", ()] == 1
    await world.drop_guard("api_keys_never_deleted", "api_keys")
    assert (await scrape(world))["keyconsole_ready", ()] == 0


async def test_a_scrape_is_answered_while_the_store_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(world.runtime.lookup, "check", away)
    monkeypatch.setattr(decisions, "expiring", lambda *_: away())
    found = await scrape(world)
    assert found["keyconsole_ready", ()] == 0
    assert expiring(found) == {}


async def test_the_connections_at_work_show(world: World) -> None:
    async with world.runtime.store.read():
        found = await scrape(world)
    _, writers = world.runtime.store.connections()["writer"]
    assert found["keyconsole_store_connections", (("pool", "writer"),)] == writers >= 1
    assert found["keyconsole_store_connections_in_use", (("pool", "reader"),)] == 1
    assert found["keyconsole_store_connections_in_use", (("pool", "writer"),)] == 0


async def test_refused_attempts_and_the_process_itself_show(world: World) -> None:
    viewer = await world.member(Role.VIEWER)
    await viewer.post("/v1/integrations", {"name": "x"})
    found = await scrape(world)
    assert found["keyconsole_permission_denials_total", ()] == 1
    assert found["process_resident_memory_bytes", ()] > 0


async def test_nothing_of_a_key_a_person_or_a_source_is_in_them(world: World) -> None:
    integration = await world.admin.integration("Salesforce Production")
    public_key, secret = await world.admin.key(integration, label="api-gateway-prod")
    await world.verify(secret)
    await world.verify(credential.mint(Kind.API_KEY).text)
    await world.admin.get(f"/v1/keys/{secret}")
    text = (await world.gateway.get("/metrics")).text
    workspace = await world.workspace_id()
    for word in (
        "kcs_", "kco_", public_key[4:], integration, workspace, "acme", "Salesforce",
        "api-gateway", "10.1.4.7",
    ):  # fmt: skip
        assert word not in text


async def test_a_request_is_a_line_in_the_log_with_its_id_and_no_address(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "keyconsole.service")
    integration = await world.admin.integration()
    _, secret = await world.admin.key(integration)
    caplog.clear()

    created = await world.admin.create(integration)
    refused = await world.admin.get(f"/v1/keys/{secret}")
    await world.admin.get("/v1/keys")

    lines = [record.msg for record in caplog.records]
    assert [line["event"] for line in lines if isinstance(line, dict)] == ["answered", "answered"]
    first, second = (line for line in lines if isinstance(line, dict))
    assert first["request_id"] == created.headers["x-request-id"]
    assert first["route"] == "/v1/integrations/{integration_id}/keys"
    assert (first["method"], first["status"]) == ("POST", 201)
    assert first["account"].startswith("acc_")
    assert second["request_id"] == refused.headers["x-request-id"]
    assert (second["route"], second["status"]) == ("/v1/keys/{public_key}", 404)
    assert secret[21:] not in caplog.text
    assert integration not in caplog.text
