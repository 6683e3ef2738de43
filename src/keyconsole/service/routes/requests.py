"""What every route reads: who asks, the body, the page."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from pydantic import ValidationError

from keyconsole import wire
from keyconsole.errors import problem
from keyconsole.service.problems import from_validation
from keyconsole.service.rules.calls import Call
from keyconsole.service.rules.principals import authenticate
from keyconsole.service.runtime import Runtime

MAX_BODY = 16 * 1024
DEFAULT_LIMIT = 100
MAX_LIMIT = 500

ModelT = TypeVar("ModelT", bound=wire.Request)


def runtime_of(request: Request) -> Runtime:
    """The running service."""
    runtime: Runtime = request.state.runtime
    return runtime


def route_of(scope: Mapping[str, Any]) -> str:
    """The route of a request, `/v1/keys/{public_key}`: never text that anybody chose.

    Empty where there is none.
    """
    if "route" not in scope:
        return ""
    names = {str(value): f"{{{name}}}" for name, value in scope["path_params"].items()}
    return "/".join(names.get(segment, segment) for segment in scope["path"].split("/"))


async def signed_in(request: Request) -> Call:
    """The call of an operator; raises `not-signed-in`."""
    runtime = runtime_of(request)
    actor = await authenticate(runtime, request.headers.getlist("authorization"))
    request.state.actor = actor
    return Call(runtime, actor, request.state.request_id)


Caller = Annotated[Call, Depends(signed_in)]


class PageQuery(wire.Request):
    """Which page of a list."""

    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: str | None = None


async def read_body(
    request: Request, model: type[ModelT], *, optional: bool = False, limit: int = MAX_BODY
) -> ModelT:
    """The body as a model. Called once permission and existence are decided, not before.

    Raises `body-too-large`, `body-malformed` and `request-invalid`.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise problem("body-too-large", f"The body has at most {limit} bytes here.")
    try:
        return model.model_validate_json(b"{}" if optional and not body else body, strict=True)
    except ValidationError as error:
        raise from_validation(
            error.errors(include_input=False, include_context=False, include_url=False)
        ) from None


def accepts(model: type[wire.Request], *, optional: bool = False) -> dict[str, Any]:
    """What the OpenAPI document says of a body that `read_body` reads."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "requestBody": {
            "required": not optional,
            "content": {"application/json": {"schema": schema}},
        }
    }
