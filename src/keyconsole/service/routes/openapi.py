"""`/v1/openapi.json`: the whole contract for generated clients, forward-auth included."""

import json
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from keyconsole import __version__, wire
from keyconsole.core.safetext import MAX_LABEL
from keyconsole.service import oautherrors, problems
from keyconsole.service.routes import openapischemas, possession
from keyconsole.service.routes.answers import MEDIA_TYPE
from keyconsole.service.routes.oauthforms import TOKEN_FORM
from keyconsole.service.routes.requests import runtime_of
from keyconsole.wire.fields import ITEM_ID_SCHEMA, MAX_SCOPES, id_schema, text_schema

router = APIRouter()


def _is_request(found: object) -> bool:
    return isinstance(found, type) and wire.Request in found.__bases__


_MODELS: list[type[wire.Request | wire.Answer]] = [
    *(each for each in vars(wire).values() if _is_request(each)),
    wire.Problem,
    wire.AuthorizationError,
]
"""Models that FastAPI does not see: bodies, which the routes read themselves, and errors."""

_REF = "#/components/schemas/{model}"
_TAGS = {
    "account": "Who is signed in.",
    "integrations": "Integrations, each with its keys in numbers.",
    "keys": "API keys: create, revoke, disable, identify.",
    "rotation": "Replacing a key.",
    "revocations": "Revoking many keys at once.",
    "audit": "The audit log, and the proof that it is whole.",
    "workspaces": "The policy of a workspace.",
    "attention": "What needs attention in a workspace.",
    "label audit": "Keys that somebody should look at.",
    "reports": "Counts of keys.",
    "people": "Members, invitations and operator tokens.",
    "verification": "What gateways ask.",
    "operations": "Health and metrics.",
}
_ID_PREFIXES = {
    "integration_id": "int",
    "public_key": "kcp",
    "revocation_id": "rev",
    "workspace_id": "ws",
    "account_id": "acc",
    "token_id": "tok",
    "invitation_id": "inv",
}
# Needed, though the framework is told otherwise: what is missing gets a problem of its own.
_NEEDED_HEADERS = {
    "idempotency-key": {
        "required": True,
        "schema": text_schema(128, 22, "^[A-Za-z0-9_-]{22,128}$"),
    },
    "if-match": {"required": True, "schema": text_schema(21, 1, '^(\\*|"[0-9]{1,19}")$')},
}
_WORKSPACE = {
    "name": "workspace",
    "in": "query",
    "description": "Changes only what is in this workspace; for tokens that reach several.",
    "schema": id_schema("ws"),
}
_PLACELESS = (*oautherrors.PATHS, "/v1/invitations/", "/v1/identify")
"""The paths that belong to no workspace, or read in all of them."""
_TOKEN, _CLIENT, _KEY = "operatorToken", "clientCredentials", "apiKey"
_SCHEMES = {
    _TOKEN: {"type": "http", "scheme": "bearer", "bearerFormat": "kco_"},
    _CLIENT: {
        "type": "http",
        "scheme": "basic",
        "description": "The id of an operator token (tok_…) and its value; or both in the form.",
    },
    _KEY: {"type": "http", "scheme": "bearer", "bearerFormat": "kcs_"},
}


def operation_id(route: APIRoute) -> str:
    """Return the name of an operation, which is that of its function: `revokeKey`."""
    first, *rest = route.name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@router.get("/v1/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """The document. Its server is the public URL, or the one that it was fetched from."""
    servers = [{"url": runtime_of(request).settings.public_url or "/"}]
    return Response(json.dumps(document(request.app) | {"servers": servers}), media_type=MEDIA_TYPE)


def document(app: FastAPI) -> dict[str, Any]:
    """Return the document, without what differs between two services."""
    if app.openapi_schema is None:
        app.openapi_schema = _build(app)
    return app.openapi_schema


def _build(app: FastAPI) -> dict[str, Any]:
    built = get_openapi(
        title="keyconsole",
        version=__version__,
        openapi_version="3.1.0",
        description="API keys: create, show once, revoke and prove it.",
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
    )
    models = [(model, "validation") for model in _MODELS]
    _, definitions = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    schemas = built["components"]["schemas"]
    schemas.update(definitions["$defs"])
    schemas["TokenForm"] = TOKEN_FORM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model, field in (("CreatedKey", "secret"), ("CreatedToken", "value")):
        # What no other answer carries is still part of this one.
        schemas[model]["properties"][field].pop("writeOnly")
    built["components"]["securitySchemes"] = _SCHEMES
    for path, operations in built["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    built["paths"]["/v1/forward-auth"] = {"get": _forward_auth()}
    openapischemas.correct(built, definitions["$defs"])
    return built


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    parameters = operation.setdefault("parameters", [])
    if method != "get" and not path.startswith(_PLACELESS):
        _name_workspace(parameters)
    for parameter in parameters:
        parameter |= _NEEDED_HEADERS.get(parameter["name"], {})
        if parameter["in"] == "path":
            prefix = _ID_PREFIXES.get(parameter["name"])
            parameter["schema"] = ITEM_ID_SCHEMA if prefix is None else id_schema(prefix)
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = _refusal(path)
    if path == possession.PATH:
        operation["security"] = [{}, {_TOKEN: []}, {_CLIENT: []}]
    elif path in oautherrors.PATHS:
        operation["security"] = [{_TOKEN: []}, {_CLIENT: []}]
    elif path.startswith("/v1/"):
        operation["security"] = [{_TOKEN: []}]


def _refusal(path: str) -> dict[str, Any]:
    if path in oautherrors.PATHS:
        return _answer("An error of OAuth", oautherrors.MEDIA_TYPE, "AuthorizationError")
    return _answer("A refusal, RFC 9457", problems.MEDIA_TYPE, "Problem")


def _answer(description: str, media_type: str, model: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model)}
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _name_workspace(parameters: list[dict[str, Any]]) -> None:
    if all(each["name"] != "workspace" for each in parameters):
        parameters.append(dict(_WORKSPACE))


_IDENTITY = ("X-Key-Id", "X-Integration-Id", "X-Workspace-Id", "X-Scopes")
_OF_LIMITS = ("RateLimit", "RateLimit-Policy")


def _forward_auth() -> dict[str, Any]:
    integration = {"required": False, "schema": id_schema("int")}
    profile = {"type": "string", "enum": ["nginx"]}
    text = {"schema": {"type": "string"}}
    scopes = {"required": False, "schema": text_schema(MAX_SCOPES * (MAX_LABEL + 1))}
    return {
        "tags": ["verification"],
        "operationId": "forwardAuth",
        "summary": "Whether an API key authenticates; any method, any path below it",
        "security": [{_KEY: []}],
        "parameters": [
            {"name": "integration", "in": "query", **integration},
            {"name": "scope", "in": "query", **scopes},
            {"name": "profile", "in": "query", "required": False, "schema": profile},
            {"name": "X-Integration-Id", "in": "header", **integration},
            {"name": "X-Required-Scope", "in": "header", **scopes},
        ],
        "responses": {
            "200": {
                "description": "The key authenticates",
                "headers": dict.fromkeys((*_IDENTITY, *_OF_LIMITS), text),
            },
            "default": _refusal("/v1/forward-auth")
            | {"headers": dict.fromkeys(("X-Auth-Reason", "Retry-After", *_OF_LIMITS), text)},
        },
    }
