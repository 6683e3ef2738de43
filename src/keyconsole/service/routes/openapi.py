"""`/v1/openapi.json`: the whole contract for generated clients, forward-auth included."""

import json
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from keyconsole import __version__, wire
from keyconsole.service.routes import possession
from keyconsole.service.routes.answers import MEDIA_TYPE
from keyconsole.service.routes.oauthforms import TOKEN_FORM

router = APIRouter()

_BODIES: list[type[wire.Request]] = [
    wire.IntegrationCreate,
    wire.IntegrationPatch,
    wire.KeyCreate,
    wire.KeyPatch,
    wire.RevokeRequest,
    wire.DisableRequest,
    wire.IdentifyRequest,
    wire.RevocationRequest,
    wire.MemberCreate,
    wire.MemberPatch,
    wire.TokenCreate,
    wire.RotationRequest,
    wire.RotationPatch,
    wire.RotationCompletion,
    wire.WorkspacePatch,
    wire.ReviewRequest,
]
_REF = "#/components/schemas/{model}"
_PROBLEM_CONTENT = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}
# Needed, though the framework is told otherwise: what is missing gets a problem of its own.
_NEEDED_HEADERS = {
    "idempotency-key": {
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22,128}$"},
    },
    "if-match": {"required": True, "schema": {"type": "string"}},
}
_WORKSPACE = {
    "name": "workspace",
    "in": "query",
    "description": "Changes only what is in this workspace; for tokens that reach several.",
    "schema": {"type": "string"},
}
_PLACELESS = ("/v1/introspect", "/v1/revoke", "/v1/invitations/", "/v1/identify")
"""What belongs to no workspace, or reads in all of them."""
_PROBLEM = {"description": "A refusal, RFC 9457", "content": _PROBLEM_CONTENT}


@router.get("/v1/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """The document."""
    return Response(json.dumps(_document(request.app)), media_type=MEDIA_TYPE)


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = _build(app)
    return app.openapi_schema


def _build(app: FastAPI) -> dict[str, Any]:
    built = get_openapi(
        title="keyconsole", version=__version__, openapi_version="3.1.0", routes=app.routes
    )
    models = [(model, "validation") for model in (*_BODIES, wire.Problem)]
    _, definitions = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    components = built.setdefault("components", {})
    components.setdefault("schemas", {}).update(definitions["$defs"])
    components["schemas"]["TokenForm"] = TOKEN_FORM
    components["securitySchemes"] = {
        "operatorToken": {"type": "http", "scheme": "bearer", "bearerFormat": "kco_"},
        "apiKey": {"type": "http", "scheme": "bearer", "bearerFormat": "kcs_"},
    }
    for path, operations in built["paths"].items():
        for method, operation in operations.items():
            if method != "get" and not path.startswith(_PLACELESS):
                _name_workspace(operation.setdefault("parameters", []))
            operation["responses"].pop("422", None)
            for parameter in operation.get("parameters", ()):
                parameter |= _NEEDED_HEADERS.get(parameter["name"], {})
            operation["responses"]["default"] = _PROBLEM
            if path.startswith("/v1/") and path != possession.PATH:
                operation["security"] = [{"operatorToken": []}]
    for model, field in (("CreatedKey", "secret"), ("CreatedToken", "value")):
        # What no other answer carries is still part of this one.
        components["schemas"][model]["properties"][field].pop("writeOnly")
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    built["paths"]["/v1/forward-auth"] = {"get": _forward_auth()}
    return built


def _name_workspace(parameters: list[dict[str, Any]]) -> None:
    if all(each["name"] != "workspace" for each in parameters):
        parameters.append(dict(_WORKSPACE))


def _forward_auth() -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    return {
        "tags": ["verification"],
        "operationId": "forward_auth",
        "summary": "Whether an API key authenticates; any method, any path below it",
        "security": [{"apiKey": []}],
        "parameters": [
            {"name": "integration", "in": "query", "required": False, **text},
            {
                "name": "profile",
                "in": "query",
                "required": False,
                "schema": {"type": "string", "enum": ["nginx"]},
            },
            {"name": "X-Integration-Id", "in": "header", "required": False, **text},
        ],
        "responses": {
            "200": {
                "description": "The key authenticates",
                "headers": dict.fromkeys(("X-Key-Id", "X-Integration-Id", "X-Workspace-Id"), text),
            },
            "default": _PROBLEM | {"headers": {"X-Auth-Reason": text}},
        },
    }
