"""The document holds the contract, and every reference in it leads somewhere."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from tests.service.databases import Engine
from tests.service.world import World

from keyconsole import wire

ENGINES = [Engine.SQLITE]

OPERATIONS = {
    "/v1/me": {"get": "getMe"},
    "/v1/integrations": {"get": "listIntegrations", "post": "createIntegration"},
    "/v1/integrations/{integration_id}": {"get": "getIntegration", "patch": "updateIntegration"},
    "/v1/integrations/{integration_id}/keys": {"get": "listIntegrationKeys", "post": "createKey"},
    "/v1/keys": {"get": "listKeys"},
    "/v1/keys/{public_key}": {"get": "getKey", "patch": "updateKey"},
    "/v1/keys/{public_key}/acknowledge": {"post": "acknowledgeKey"},
    "/v1/keys/{public_key}/revoke": {"post": "revokeKey"},
    "/v1/keys/{public_key}/disable": {"post": "disableKey"},
    "/v1/keys/{public_key}/enable": {"post": "enableKey"},
    "/v1/keys/{public_key}/usage": {"get": "getKeyUsage"},
    "/v1/keys/{public_key}/rotation": {
        "get": "getRotation",
        "post": "startRotation",
        "patch": "updateRotation",
    },
    "/v1/keys/{public_key}/rotation/complete": {"post": "completeRotation"},
    "/v1/keys/{public_key}/rotation/cancel": {"post": "cancelRotation"},
    "/v1/keys/{public_key}/review": {"post": "reviewLabelFinding"},
    "/v1/rotations": {"get": "listRotations"},
    "/v1/workspaces/{workspace_id}": {"get": "getWorkspace", "patch": "updateWorkspace"},
    "/v1/members": {"get": "listMembers", "post": "addMember"},
    "/v1/members/{account_id}": {
        "get": "getMember",
        "patch": "updateMember",
        "delete": "removeMember",
    },
    "/v1/tokens": {"get": "listTokens", "post": "createToken"},
    "/v1/tokens/{token_id}": {"delete": "revokeToken"},
    "/v1/invitations": {"get": "listInvitations"},
    "/v1/invitations/{invitation_id}/accept": {"post": "acceptInvitation"},
    "/v1/invitations/{invitation_id}/decline": {"post": "declineInvitation"},
    "/v1/integrations/{integration_id}/usage": {"get": "getIntegrationUsage"},
    "/v1/workspaces/{workspace_id}/usage": {"get": "getWorkspaceUsage"},
    "/v1/introspect": {"post": "introspectToken"},
    "/v1/revoke": {"post": "revokeByPossession"},
    "/v1/revocations": {"post": "createRevocation"},
    "/v1/revocations/{revocation_id}": {"get": "getRevocation"},
    "/v1/refusals": {"get": "listRefusals"},
    "/v1/label-audit": {"get": "listLabelFindings"},
    "/v1/label-audit/counts": {"get": "countLabelFindings"},
    "/v1/reports/keys": {"get": "reportKeys"},
    "/v1/attention": {"get": "getAttention"},
    "/v1/attention/{item_id}/dismissal": {"put": "dismissAttentionItem"},
    "/v1/identify": {"post": "identifyKey"},
    "/v1/audit": {"get": "listAuditEvents"},
    "/v1/audit/checkpoint": {"get": "getAuditCheckpoint"},
    "/v1/audit/verification": {"get": "verifyAuditLog"},
    "/v1/forward-auth": {"get": "forwardAuth"},
    "/.well-known/oauth-authorization-server": {"get": "getServerMetadata"},
    "/livez": {"get": "getLiveness"},
    "/readyz": {"get": "getReadiness"},
    "/metrics": {"get": "getMetrics"},
}
"""The names that generated clients call. A change of one breaks them."""

NAME = re.compile(r"[A-Z][A-Za-z]+")
PLAIN = {"boolean", "null"}


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


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for path in document["paths"].values() for each in path.values()]


def is_bounded(schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Return whether every text and number that a schema allows has a limit."""
    if "$ref" in schema:
        return is_bounded(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return all(is_bounded(each, schemas) for each in schema["anyOf"])
    match schema["type"]:
        case "string":
            limited = "enum" in schema or schema.get("format") == "date-time"
            return limited or "maxLength" in schema
        case "integer":
            bounds = schema.get("minimum"), schema.get("maximum")
            return all(isinstance(bound, int) for bound in bounds)
        case "array":
            return is_bounded(schema["items"], schemas)
        case "object":
            inside = [*schema.get("properties", {}).values()]
            if isinstance(more := schema.get("additionalProperties"), dict):
                inside.append(more)
            return all(is_bounded(each, schemas) for each in inside)
        case other:
            return other in PLAIN


def test_every_operation_has_the_name_that_it_always_had(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    named = {
        path: {method: each["operationId"] for method, each in found.items()}
        for path, found in document["paths"].items()
    }
    assert named == OPERATIONS
    names = [each["operationId"] for each in operations(document)]
    assert len({name.lower() for name in names}) == len(names)


def test_every_operation_has_a_known_tag_and_says_how_it_refuses(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for each in operations(document):
        assert set(each["tags"]) <= tags
        [content] = each["responses"]["default"]["content"].items()
        assert content in (
            ("application/problem+json", {"schema": {"$ref": "#/components/schemas/Problem"}}),
            ("application/json", {"schema": {"$ref": "#/components/schemas/AuthorizationError"}}),
        )
    assert tags == {tag for each in operations(document) for tag in each["tags"]}


def test_every_parameter_and_every_field_of_a_body_has_limits(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for each in operations(document):
        for parameter in each.get("parameters", ()):
            what = each["operationId"], parameter["name"]
            assert is_bounded(parameter["schema"], schemas), what
        for content in each.get("requestBody", {}).get("content", {}).values():
            assert is_bounded(content["schema"], schemas), each["operationId"]


def test_every_time_is_one(document: dict[str, Any]) -> None:
    seen = 0
    for name, schema in document["components"]["schemas"].items():
        model = getattr(wire, name, None)
        for field, info in getattr(model, "model_fields", {}).items():
            if "datetime" in repr(info.annotation).lower():
                seen += 1
                assert '"format": "date-time"' in json.dumps(schema["properties"][field])
    assert seen > 50
    for each in operations(document):
        for parameter in each.get("parameters", ()):
            if parameter["name"] in ("since", "until"):
                assert '"format": "date-time"' in json.dumps(parameter["schema"])


def test_schemas_and_members_of_enums_have_names_that_a_person_would_write(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    assert [name for name in schemas if not NAME.fullmatch(name)] == []
    assert "AuditEventPage" in schemas
    for name, schema in schemas.items():
        if "enum" in schema:
            members = schema["x-enum-varnames"]
            assert len(members) == len(schema["enum"]) == len(set(members)), name
    members = dict(
        zip(schemas["Permission"]["enum"], schemas["Permission"]["x-enum-varnames"], strict=True)
    )
    assert members["audit:read"] == "AUDIT_READ"


def test_no_field_of_a_body_has_a_default_since_generators_take_it_for_needed(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    for each in operations(document):
        for content in each.get("requestBody", {}).get("content", {}).values():
            name = content["schema"]["$ref"].rpartition("/")[2]
            fields = schemas[name]["properties"].values()
            assert not any("default" in field for field in fields), name
    reason = schemas["RevokeRequest"]["properties"]["reason"]
    assert "unspecified" in reason["description"]


async def test_the_server_is_the_public_url_or_where_the_document_is(world: World) -> None:
    assert (await world.gateway.get("/v1/openapi.json")).json()["servers"] == [{"url": "/"}]
    world.runtime.settings = replace(world.settings, public_url="https://keys.example/api")
    answer = await world.gateway.get("/v1/openapi.json", headers={"host": "evil.example"})
    assert answer.json()["servers"] == [{"url": "https://keys.example/api"}]


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
    introspect = document["paths"]["/v1/introspect"]["post"]
    assert introspect["security"] == [{"operatorToken": []}, {"clientCredentials": []}]
    for each in operations(document):
        named = {name for way in each.get("security", ()) for name in way}
        assert named <= set(document["components"]["securitySchemes"])
