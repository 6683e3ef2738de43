"""Refusals as RFC 9457 documents, whoever raised them: the rules, the framework, or a bug."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

from keyconsole.core import safetext
from keyconsole.core.credential import CREDENTIAL_PATTERN
from keyconsole.core.errors import PROBLEMS, FieldProblem, ProblemError, problem
from keyconsole.service import oautherrors
from keyconsole.service.store.engine import (
    SearchTooSlowError,
    StoreDistrustedError,
    StoreUnavailableError,
    StoreUnwritableError,
)
from keyconsole.wire import FieldError, Problem

MEDIA_TYPE = "application/problem+json"
_MAX_FIELD = 60
_RETRY_SECONDS = "1"

_SENTENCES = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field.",
    "string_type": "A text is needed.",
    "string_too_long": "This is too long.",
    "string_too_short": "This is too short.",
    "bool_parsing": "True or false is needed.",
    "int_parsing": "A whole number is needed.",
    "int_type": "A whole number is needed.",
    "enum": "This is not one of the possible values.",
    "list_type": "A list is needed.",
    "dict_type": "An object is needed.",
    "greater_than_equal": "The number is too small.",
    "less_than_equal": "The number is too large.",
    "timezone_aware": "A time needs its offset, such as Z.",
    "model_attributes_type": "An object is needed.",
    "model_type": "An object is needed.",
}
_BY_STATUS = {
    404: ("not-found", "There is no such thing here."),
    405: ("method-not-allowed", "This address does not have this method."),
}
_BREAKS_A_RULE = ("request-invalid", "The request breaks a rule.")
_TOO_SLOW = "The search took too long, or too many run at once: narrow it, or try again."
_UNWRITABLE = "The store cannot write: its disk is full, read-only or failing. Try again."


def document(error: ProblemError, request_id: str) -> Problem:
    """Returns the document of a refusal."""
    return Problem(
        type=f"urn:keyconsole:problem:{error.code}",
        title=PROBLEMS[error.code].title,
        status=error.status,
        detail=error.message,
        instance=request_id,
        error=error.code,
        message=error.message,
        errors=[FieldError(field=f.field, code=f.code, message=f.message) for f in error.fields],
        public_key=error.public_key,
    )


def respond(
    error: ProblemError, scope: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    """Returns a refusal as the answer to a request; OAuth's endpoints answer in OAuth's form."""
    is_oauth = scope["path"] in oautherrors.PATHS
    extra = dict(headers or {})
    if error.status == 401:
        scheme = oautherrors.challenge(scope) if is_oauth else "Bearer"
        extra["WWW-Authenticate"] = f'{scheme} realm="keyconsole"'
    if error.status in (429, 503):
        extra["Retry-After"] = _RETRY_SECONDS
    if error.status in (408, 413):
        extra["Connection"] = "close"  # the rest of the body is not wanted
    content = document(error, scope["state"]["request_id"]).model_dump(mode="json")
    if content["public_key"] is None:
        del content["public_key"]
    media_type = MEDIA_TYPE
    if is_oauth:
        content |= oautherrors.members(error)
        extra["Cache-Control"] = "no-store"
        media_type = oautherrors.MEDIA_TYPE
    return Response(json.dumps(content), error.status, extra, media_type=media_type)


def from_validation(errors: list[ErrorDetails], *, prefix: int = 0) -> ProblemError:
    """Returns the field errors that pydantic found, without any value that was sent.

    `prefix` parts before a field's name say where it stood: in the query, or a header.
    """
    if any(error["type"] == "json_invalid" for error in errors):
        return problem("body-malformed", "The body is not valid JSON.")
    fields = [
        FieldProblem(_field(error, prefix), error["type"].replace("_", "-"), _sentence(error))
        for error in errors
    ]
    first = fields[0]
    where = f"{first.field}: " if first.field else ""
    return problem("request-invalid", f"{where}{first.message}", fields=fields)


async def on_error(request: Request, error: Exception) -> Response:
    """Answers an exception of a route.

    One that is not known is a defect, which the framework raises again for the log.
    """
    headers: dict[str, str] = {}
    match error:
        case ProblemError():
            found = error
        case HTTPException(status_code=status):  # the framework's: no such route, or no such method
            headers |= error.headers or {}
            if status == HTTPStatus.METHOD_NOT_ALLOWED:
                headers["Allow"] = ", ".join(_methods(request))
            found = problem(*_BY_STATUS.get(status, _BREAKS_A_RULE))
        case RequestValidationError():
            found = from_validation(list(error.errors()), prefix=1)
        case StoreDistrustedError():
            found = problem("store-unavailable", error.reason)
        case StoreUnwritableError():
            found = problem("store-unavailable", _UNWRITABLE)
        case SearchTooSlowError():
            found = problem("store-unavailable", _TOO_SLOW)
        case StoreUnavailableError():
            found = problem("store-unavailable", "The store does not answer. Try again.")
        case _:
            found = internal_error()
    return respond(found, request.scope, headers)


def request_timeout() -> ProblemError:
    """Returns the refusal of a request whose body did not arrive."""
    return problem("request-timeout", "The request did not arrive in time; nothing was done.")


def answer_timeout() -> ProblemError:
    """Returns the refusal of a request that the store may yet carry out."""
    return problem(
        "store-unavailable",
        "The answer took too long. Whether it took effect is not known: ask again.",
    )


def internal_error() -> ProblemError:
    """Returns the refusal for a defect, which is in the log under the request id."""
    return problem("internal-error", "Something went wrong inside the service; the log says what.")


def _methods(request: Request) -> list[str]:
    """Returns all methods of the address (RFC 9110, 15.5.6), not those of one route alone."""
    path = request.url.path
    return sorted(
        method
        for context in iter_route_contexts(request.app.routes)
        if context.path and compile_path(context.path)[0].fullmatch(path)
        for method in context.methods or ()
    )


def _field(error: ErrorDetails, prefix: int) -> str:
    name = ".".join(str(part) for part in error["loc"][prefix:])
    if CREDENTIAL_PATTERN.search(name):
        return ""
    return safetext.show(name[:_MAX_FIELD])


def _sentence(error: ErrorDetails) -> str:
    return _SENTENCES.get(error["type"], "This is not a possible value.")
