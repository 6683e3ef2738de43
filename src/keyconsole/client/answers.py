"""Turns replies into models of the contract, or into exceptions of `core.errors`.

Everything that comes from outside passes `safetext` here, before anything else reads it.
"""

import json
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError

from keyconsole.client.transport import Reply
from keyconsole.core.errors import (
    PROBLEMS,
    FieldProblem,
    KeyconsoleError,
    ProblemError,
    UnexpectedAnswerError,
    problem,
)
from keyconsole.core.safetext import show, show_all
from keyconsole.wire import Answer

AnswerT = TypeVar("AnswerT", bound=Answer)

LONGEST_SENTENCE = 500

_SUCCESS, _REDIRECTION, _SERVER_ERROR = 2, 3, 5  # the class of a status is its first digit

_CODE_OF_STATUS = {
    401: "not-signed-in",
    403: "permission-denied",
    429: "rate-limited",
    503: "store-unavailable",
}


def read(peer: str, reply: Reply, model: type[AnswerT]) -> AnswerT:
    """Returns the answer in a reply. Raises `ProblemError` or `UnexpectedAnswerError`."""
    if reply.status // 100 != _SUCCESS:
        raise _refusal(peer, reply)
    return _validated(peer, _document(peer, reply), model)


def read_nothing(peer: str, reply: Reply) -> None:
    """Checks a reply without a body. Raises `ProblemError` or `UnexpectedAnswerError`."""
    if reply.status // 100 != _SUCCESS:
        raise _refusal(peer, reply)
    if reply.body:
        raise UnexpectedAnswerError(
            f"{peer} answered with {_media_type(reply)} where nothing was to be said: this is not "
            "a key service, or something stands in front of it."
        )


def _validated(peer: str, document: Any, model: type[AnswerT]) -> AnswerT:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the whole"
    # Outside of the handler: the ValidationError holds what was answered.
    raise UnexpectedAnswerError(
        f"{peer} answered in a shape that this keyconsole does not know ({_cut(where, 80)})."
    )


def _document(peer: str, reply: Reply) -> Any:
    if not _is_json(reply):
        raise UnexpectedAnswerError(
            f"{peer} answered with {_media_type(reply)}, not JSON: this is not a key service, "
            "or something stands in front of it."
        )
    try:
        return show_all(json.loads(reply.body.decode("utf-8")))
    except (ValueError, RecursionError):
        pass
    raise UnexpectedAnswerError(f"{peer} answered with JSON that cannot be read.")


def _refusal(peer: str, reply: Reply) -> KeyconsoleError:
    if reply.status == HTTPStatus.NOT_MODIFIED:
        return UnexpectedAnswerError(
            f"{peer} answered {_status_line(reply)} to a question that was new."
        )
    if reply.status // 100 == _REDIRECTION:
        return _redirect(peer, reply)
    if _is_json(reply):
        try:
            document = _document(peer, reply)
        except UnexpectedAnswerError:
            document = None
        if isinstance(document, dict) and _code(document) is not None:
            return _problem(reply, document)
    return _by_status(peer, reply)


def _problem(reply: Reply, document: dict[str, Any]) -> ProblemError:
    """Returns the error that a document describes, of which only the code has to be there."""
    code = _code(document) or ""
    known = PROBLEMS.get(code)
    message = (
        _string(document, "detail")
        or _string(document, "message")
        or _string(document, "title")
        or (known.title if known else _status_line(reply))
    )
    return problem(
        code,
        _cut(message),
        fields=_fields(document.get("errors")),
        request_id=_string(document, "instance") or _request_id(reply),
        public_key=_string(document, "public_key"),
        status=reply.status,
    )


def _code(document: dict[str, Any]) -> str | None:
    if code := _string(document, "error"):
        return code
    kind = _string(document, "type") or ""
    return kind.removeprefix("urn:keyconsole:problem:") if kind.startswith("urn:") else None


def _fields(errors: Any) -> list[FieldProblem]:
    if not isinstance(errors, list):
        return []
    return [
        FieldProblem(name, _string(error, "code") or "invalid", _cut(message))
        for error in errors
        if isinstance(error, dict)
        and (name := _string(error, "field")) is not None
        and (message := _string(error, "message")) is not None
    ]


def _redirect(peer: str, reply: Reply) -> UnexpectedAnswerError:
    """Returns the error for a redirect, which would carry the token to another place."""
    where = ""
    try:
        target = urlsplit(reply.headers.get("Location", ""))
        if target.hostname:
            where = f" to {_cut(show(f'{target.scheme}://{target.hostname}{target.path}'), 120)}"
    except ValueError:
        pass
    return UnexpectedAnswerError(
        f"{peer} redirects{where} ({reply.status}); redirects are not followed. "
        "Check the address of the service."
    )


def _by_status(peer: str, reply: Reply) -> KeyconsoleError:
    """Returns the error of a status, for a body that the service did not write."""
    line = _status_line(reply)
    if reply.status == HTTPStatus.UNAUTHORIZED:
        message = f"You are not signed in at {peer}: the operator token was not accepted."
    elif reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        message = f"{peer} had too many requests; try again later."
    elif reply.status // 100 == _SERVER_ERROR:
        message = f"{peer} cannot answer now: {line}."
    else:
        return UnexpectedAnswerError(
            f"{peer} answered {line} with {_media_type(reply)}, not in the words of a key "
            "service. Check its address."
        )
    return problem(
        _CODE_OF_STATUS.get(reply.status, "internal-error"),
        message,
        request_id=_request_id(reply),
        status=reply.status,
    )


def _status_line(reply: Reply) -> str:
    return f"{reply.status} {_cut(show(reply.reason), 60)}".rstrip()


def _media_type(reply: Reply) -> str:
    media_type = reply.headers.get("Content-Type", "").split(";")[0].strip().lower()
    return _cut(show(media_type), 60) or "something unnamed"


def _is_json(reply: Reply) -> bool:
    media_type = _media_type(reply)
    return media_type == "application/json" or media_type.endswith("+json")


def _request_id(reply: Reply) -> str | None:
    value = reply.headers.get("X-Request-Id")
    return _cut(show(value), 100) if value else None


def _string(document: dict[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) and value else None


def _cut(text: str, longest: int = LONGEST_SENTENCE) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
