"""The parts of a request that every route reads: the caller and the body."""

import json
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from pydantic import ValidationError

from keyconsole import wire
from keyconsole.core.errors import NotPermittedError, ProblemError, field_problem, problem
from keyconsole.service.limits import Allowance, site_of
from keyconsole.service.problems import from_validation
from keyconsole.service.rules.context import RequestContext, not_found
from keyconsole.service.rules.principals import Principal, authenticate
from keyconsole.service.runtime import Runtime
from keyconsole.service.verification.sources import source_of

MAX_BODY = 16 * 1024
MAX_VALUES = 100_000
"""More than a bulk revoke of 20,000 keys has; a body of so many costs a tenth of a second."""
MAX_ERRORS = 100
_READING = frozenset({"GET", "HEAD"})

ModelT = TypeVar("ModelT", bound=wire.Request)


def runtime_of(request: Request) -> Runtime:
    """The running service."""
    runtime: Runtime = request.state.runtime
    return runtime


async def identified(request: Request) -> RequestContext:
    """The context of an operator's request, however often they ask; raises `not-signed-in`."""
    authorization = request.headers.getlist("authorization")
    return await context_of(request, authenticate(runtime_of(request), authorization))


async def context_of(request: Request, authenticating: Awaitable[Principal]) -> RequestContext:
    """The context of a request that this signs in; raises `not-signed-in`, or `rate-limited`.

    What fails too often is refused for its source.
    """
    runtime = runtime_of(request)
    try:
        principal = await authenticating
    except NotPermittedError:
        spend(runtime.limits.failures, site_of(source(request)))
        raise
    request.state.principal = principal
    _refuse_nul(request)
    return RequestContext(runtime, principal, request.state.request_id, source(request))


def _refuse_nul(request: Request) -> None:
    """No text that is kept has a NUL, and not every database can be asked for one."""
    if any("\0" in str(value) for value in request.path_params.values()):
        raise not_found()
    for name, value in request.query_params.multi_items():
        if "\0" in value:
            raise _holds_nul(name)


def _holds_nul(field: str) -> ProblemError:
    return field_problem(field, "nul", "No text has a NUL in it.")


def route_of(scope: Mapping[str, Any]) -> str:
    """The route of a request, `/v1/keys/{public_key}`: never text that anybody chose.

    Empty where there is none.
    """
    if "route" not in scope:
        return ""
    path, names = scope["path"], {}
    for name, value in scope["path_params"].items():
        if "/" in value or not value:  # the rest of a path
            path = f"{path.removesuffix(value)}{{{name}}}"
        else:
            names[value] = f"{{{name}}}"
    return "/".join(names.get(segment, segment) for segment in path.split("/"))


async def signed_in_anywhere(request: Request) -> RequestContext:
    """The context of an operator's request; raises `not-signed-in` and `rate-limited`."""
    context = await identified(request)
    spend(context.runtime.limits.management, context.principal.token_id)
    return _within_named(request, context)


async def signed_in(request: Request) -> RequestContext:
    """Returns as `signed_in_anywhere` does; a change without a workspace is `request-invalid`."""
    context = await signed_in_anywhere(request)
    _require_name(request, context)
    return context


async def revoking(request: Request) -> RequestContext:
    """The context of a request to revoke one key, which has an allowance of its own."""
    context = await identified(request)
    spend(context.runtime.limits.revokes, context.principal.token_id)
    context = _within_named(request, context)
    _require_name(request, context)
    return context


def _within_named(request: Request, context: RequestContext) -> RequestContext:
    """The context of a change, confined to the workspace that `?workspace=` names.

    Raises `not-found` for a foreign one.
    """
    wanted = request.query_params.get("workspace")
    if wanted is None or request.method in _READING:
        return context
    if wanted not in context.principal.workspaces:
        raise not_found()
    return replace(context, principal=context.principal.within(wanted))


def _require_name(request: Request, context: RequestContext) -> None:
    """Raise `request-invalid` for a change by an old token that reaches several workspaces.

    It reads in all of them, and changes nothing by accident in the wrong one.
    """
    if request.method in _READING or not context.principal.must_name_workspace:
        return
    sentence = (
        "This token reaches several workspaces: name the one that you mean with ?workspace=, or "
        "sign in with a token for it (keyconsole tokens create --workspace)."
    )
    raise field_problem("workspace", "required", sentence)


Caller = Annotated[RequestContext, Depends(signed_in)]
UnnamedCaller = Annotated[RequestContext, Depends(signed_in_anywhere)]
"""The caller of a change that names its workspace in the body, or needs none."""
Revoker = Annotated[RequestContext, Depends(revoking)]

DAY_HOURS = 24
SeriesHours = Annotated[int, Query(ge=1, le=90 * DAY_HOURS)]
"""The hours of a series that ends now: steps of an hour up to a week, of a day beyond."""


def spend(allowance: Allowance, name: str) -> None:
    """Take one from an allowance; raises `rate-limited` if none is left."""
    if not allowance.take(name):
        raise problem("rate-limited", "Too many requests. Try again later.")


def source(request: Request) -> str:
    """The address that a request comes from, as verification counts it."""
    peer = request.client.host if request.client else ""
    listed, forwarded = (
        [value.encode("latin-1") for value in request.headers.getlist(name)]
        for name in ("x-forwarded-for", "forwarded")
    )
    return source_of(peer, listed, forwarded, runtime_of(request).settings.trusted_proxies)


async def read_body(
    request: Request, model: type[ModelT], *, optional: bool = False, limit: int = MAX_BODY
) -> ModelT:
    """The body as a model. Called once permission and existence are decided, not before.

    Raises `body-too-large`, `body-malformed` and `request-invalid`.
    """
    body = await read_bytes(request, limit) or (b"{}" if optional else b"")
    if body.count(b",") + body.count(b":") > MAX_VALUES:
        raise problem("body-too-large", f"The body has at most {MAX_VALUES:,} values.")
    try:
        asked = model.model_validate_json(body, strict=True)
    except ValidationError as error:
        if error.error_count() > MAX_ERRORS:
            sentence = f"{error.error_count():,} things in the body are wrong."
            raise problem("request-invalid", sentence) from None
        raise from_validation(
            error.errors(include_input=False, include_context=False, include_url=False)
        ) from None
    for field, value in _once(body):
        if isinstance(value, str) and "\0" in value:
            raise _holds_nul(field)
    return asked


async def read_bytes(request: Request, limit: int = MAX_BODY) -> bytes:
    """The body; raises `body-too-large`."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise problem("body-too-large", f"The body has at most {limit} bytes here.")
    return bytes(body)


def _once(body: bytes) -> list[tuple[str, Any]]:
    """Every name and value of a body, of the objects within it too.

    What is said twice, one way and another, is refused and not guessed (RFC 8259, section 4).
    """
    found: list[tuple[str, Any]] = []

    def once(pairs: list[tuple[str, Any]]) -> None:
        if len({name for name, _ in pairs}) < len(pairs):
            raise problem("body-malformed", "A name is there twice in one object of the body.")
        for name, value in pairs:
            found.extend((name, each) for each in (value if isinstance(value, list) else [value]))

    json.loads(body, object_pairs_hook=once)
    return found


def accepts(model: type[wire.Request], *, optional: bool = False) -> dict[str, Any]:
    """Returns the OpenAPI description of a body that `read_body` reads."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "requestBody": {
            "required": not optional,
            "content": {"application/json": {"schema": schema}},
        }
    }
