"""The document holds the contract, and every reference in it leads somewhere."""

from typing import Any

import pytest
from tests.service.databases import Engine
from tests.service.world import World

ENGINES = [Engine.SQLITE]

PATHS = {
    "/v1/me": {"get"},
    "/v1/integrations": {"get", "post"},
    "/v1/integrations/{integration_id}": {"get", "patch"},
    "/v1/integrations/{integration_id}/keys": {"get", "post"},
    "/v1/keys": {"get"},
    "/v1/keys/{public_key}": {"get", "patch"},
    "/v1/keys/{public_key}/acknowledge": {"post"},
    "/v1/keys/{public_key}/revoke": {"post"},
    "/v1/keys/{public_key}/disable": {"post"},
    "/v1/keys/{public_key}/enable": {"post"},
    "/v1/keys/{public_key}/usage": {"get"},
    "/v1/keys/{public_key}/rotation": {"get", "post", "patch"},
    "/v1/keys/{public_key}/rotation/complete": {"post"},
    "/v1/keys/{public_key}/rotation/cancel": {"post"},
    "/v1/rotations": {"get"},
    "/v1/workspaces/{workspace_id}": {"get", "patch"},
    "/v1/members": {"get", "post"},
    "/v1/members/{account_id}": {"get", "patch", "delete"},
    "/v1/tokens": {"get", "post"},
    "/v1/tokens/{token_id}": {"delete"},
    "/v1/invitations": {"get"},
    "/v1/invitations/{invitation_id}/accept": {"post"},
    "/v1/invitations/{invitation_id}/decline": {"post"},
    "/v1/introspect": {"post"},
    "/v1/revoke": {"post"},
    "/v1/revocations": {"post"},
    "/v1/revocations/{revocation_id}": {"get"},
    "/v1/refusals": {"get"},
    "/v1/keys/{public_key}/review": {"post"},
    "/v1/label-audit": {"get"},
    "/v1/identify": {"post"},
    "/v1/audit": {"get"},
    "/v1/audit/checkpoint": {"get"},
    "/v1/audit/verification": {"get"},
    "/v1/forward-auth": {"get"},
    "/.well-known/oauth-authorization-server": {"get"},
    "/livez": {"get"},
    "/readyz": {"get"},
    "/metrics": {"get"},
}


@pytest.fixture
async def document(world: World) -> dict[str, Any]:
    answer = await world.gateway.get("/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))
    if isinstance(node, list):
        return set().union(*map(references, node))
    return set()


def test_every_endpoint_is_there(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {path: set(found) for path, found in document["paths"].items()} == PATHS


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    names = {reference.rsplit("/", 1)[1] for reference in references(document)}
    assert names <= set(schemas)
    assert {"KeyCreate", "CreatedKey", "Problem", "Receipt", "IdentifyRequest"} <= set(schemas)


def test_bodies_and_credentials_are_told(document: dict[str, Any]) -> None:
    create = document["paths"]["/v1/integrations/{integration_id}/keys"]["post"]
    assert create["requestBody"]["required"] is True
    assert create["security"] == [{"operatorToken": []}]
    assert "idempotency-key" in {each["name"].lower() for each in create["parameters"]}
    assert "default" in create["responses"]
    operations = [
        each["operationId"] for path in document["paths"].values() for each in path.values()
    ]
    assert len(operations) == len(set(operations))
