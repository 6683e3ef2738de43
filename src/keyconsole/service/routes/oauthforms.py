"""The requests of OAuth's endpoints: a form, and the client that sends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request

from keyconsole.core.errors import ProblemError, problem
from keyconsole.service.routes.requests import MAX_BODY, context_of, read_bytes, runtime_of
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.rules.oauthclients import authenticate_client, has_credentials
from keyconsole.wire.fields import text_schema

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 20
MAX_FIELD = 1_000
_SHORT = ("token_type_hint", "client_id", "client_secret")
"""Fields refused beyond `MAX_FIELD`. A longer token is no error: it is simply not active."""


@dataclass(frozen=True, slots=True)
class OAuthRequest:
    """A form whose client, if it says that it is one, is signed in."""

    context: RequestContext | None
    form: Mapping[str, str]
    error: ProblemError | None
    """The fault of the form, or None."""

    def token(self) -> str:
        """The token that is asked about; raises `form-malformed` and `body-too-large`."""
        if self.error is not None:
            raise self.error
        token = self.form.get("token")
        if not token:
            raise problem(
                "form-malformed", f"The field token is missing: send it in a form, {FORM}."
            )
        return token


async def read_request(request: Request) -> OAuthRequest:
    """Read a request; what is wrong with its form is told once the client is known.

    Raises `not-signed-in` and `rate-limited` for wrong credentials, `form-malformed` for two at
    once, and for a form without credentials in the headers that cannot be read.
    """
    form: dict[str, str] = {}
    error = None
    try:
        form = await _read_form(request)
    except ProblemError as found:
        error = found
    authorization = [each for each in request.headers.getlist("authorization") if each.strip()]
    if has_credentials(authorization, form):
        principal = authenticate_client(runtime_of(request), authorization, form)
        return OAuthRequest(await context_of(request, principal), form, error)
    if error is not None and _media_type(request) == FORM:
        raise error  # it may hold credentials
    return OAuthRequest(None, form, error)


async def _read_form(request: Request) -> dict[str, str]:
    """The fields of a form (RFC 6749, appendix B); raises `form-malformed` and `body-too-large`.

    A field that is there twice is refused, one that is not known is passed over (section 3.2).
    """
    body = await read_bytes(request)
    if not body:
        return {}  # a form without fields, whatever its type
    try:
        fields = parse_qs(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        fields = {}
    is_form = _media_type(request) == FORM
    if not is_form or not fields or any(len(values) > 1 for values in fields.values()):
        raise problem("form-malformed", f"Send a form, {FORM}, with each field once.")
    form = {name: values[0] for name, values in fields.items()}
    if any(len(form.get(name, "")) > MAX_FIELD for name in _SHORT):
        raise problem("form-malformed", f"A field has at most {MAX_FIELD:,} characters.")
    return form


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _text(description: str, least: int = 0) -> dict[str, Any]:
    return text_schema(MAX_FIELD, least) | {"description": description}


TOKEN_FORM: dict[str, Any] = {
    "type": "object",
    "description": "A token, and for client_secret_post the client that asks.",
    "required": ["token"],
    "properties": {
        "token": text_schema(MAX_BODY, 1) | {"description": "The value of an API key."},
        "token_type_hint": _text("Passed over: there is one type."),
        "client_id": _text("The id of an operator token: tok_…"),
        "client_secret": _text("The value of that token: kco_…"),
    },
}


def takes_form() -> dict[str, Any]:
    """Returns the OpenAPI description of a form that names a token."""
    schema = {"$ref": "#/components/schemas/TokenForm"}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}
