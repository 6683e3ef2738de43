"""Secrets that were stored before names refused them are not shown to anybody."""

import pytest
from tests.service.world import World

from keyconsole.core.credential import Kind, assemble

STORED = assemble(Kind.API_KEY, "7k2m4q9x0a1b2c3d", bytes(range(1, 33))).text
CUT = STORED[:-5]
HALF = STORED[21:]


async def store_them(world: World) -> str:
    """Put secrets into every text of a key, as an earlier release let a person do."""
    admin = world.admin
    integration = await admin.integration()
    public_key, secret = await admin.key(integration, metadata={"team": "pay"})
    await world.gateway.get(
        "/v1/forward-auth", headers={"authorization": f"Bearer {secret}", "user-agent": "curl"}
    )
    await world.runtime.recorder.flush()
    for statement in (
        f"""UPDATE api_keys SET label = 'old {CUT}', metadata = '{{"{CUT}": "{CUT}"}}'""",
        f"UPDATE integrations SET name = 'old {CUT}'",
        f"UPDATE usage_sources SET agent = 'agent {HALF}'",
        f"UPDATE operator_tokens SET label = 'old {CUT}'",
        f"UPDATE accounts SET name = 'Ana {CUT}'",
        f"UPDATE workspaces SET name = 'Acme {CUT}'",
    ):
        await world.sql(statement)
    await world.drop_guard("audit_events_never_changed", "audit_events")
    await world.sql(
        f"""UPDATE audit_events SET target_name = '{CUT}', detail = '{{"note": ["{HALF}"]}}'"""
    )
    return public_key


async def test_no_answer_shows_them(world: World) -> None:
    public_key = await store_them(world)
    for path in (
        "/v1/keys", f"/v1/keys/{public_key}", f"/v1/keys/{public_key}/usage", "/v1/integrations",
        "/v1/audit", "/v1/tokens", "/v1/members", "/v1/me", "/v1/label-audit",
    ):  # fmt: skip
        answer = await world.admin.get(path)
        assert answer.status_code == 200, answer.text
        assert CUT[21:29] not in answer.text, path
    shown = (await world.admin.get(f"/v1/keys/{public_key}")).json()
    assert shown["label"] == f"old {CUT[:21]}…"
    assert shown["metadata"] == {f"{CUT[:21]}…": f"{CUT[:21]}…"}


@pytest.mark.parametrize("secret", [CUT, CUT.replace("_", "-"), CUT.replace("_", "%5F")])
async def test_a_field_that_is_a_secret_is_not_echoed(world: World, secret: str) -> None:
    for answer in (
        await world.admin.get("/v1/keys", **{secret: "1"}),
        await world.admin.post("/v1/integrations", {secret: 1}),
    ):
        assert answer.status_code == 422
        assert CUT[21:29] not in answer.text
