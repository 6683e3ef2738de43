"""Authenticates clients of the OAuth endpoints (RFC 6749, section 2.3).

A client is an operator token: its `client_id` is the id of the token (`tok_…`), and its
`client_secret` the value (`kco_…`). They come as HTTP Basic or in the form, or the value comes as
a Bearer token, alone.
"""

import base64
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_plus

from keyconsole.core import credential
from keyconsole.core.credential import Kind, MalformedCredentialError
from keyconsole.core.errors import NotPermittedError, problem
from keyconsole.service.oautherrors import scheme_of
from keyconsole.service.rules.principals import Principal, authenticate, not_signed_in, sign_in
from keyconsole.service.runtime import Runtime

SECRET = "client_secret"  # noqa: S105 - the name of a field

_REFUSAL = (
    "These client credentials are not valid: client_id is the id of an operator token (tok_...), "
    "client_secret its value (kco_...)."
)


def has_credentials(authorization: Sequence[str], form: Mapping[str, str]) -> bool:
    """Returns true if a client sends credentials; raises `form-malformed` if twice.

    A `client_id` alone says nothing: public clients send it too (section 2.3.1).
    """
    ways = len(authorization) + bool(form.get(SECRET))
    if ways > 1:
        raise problem("form-malformed", "Send the client credentials once, in one way.")
    return ways == 1


async def authenticate_client(
    runtime: Runtime, authorization: Sequence[str], form: Mapping[str, str]
) -> Principal:
    """Returns the principal of a client; raises `not-signed-in`, the same for each fault."""
    if authorization and scheme_of(authorization[0]) == "basic":
        client_id, secret = _pair_of_basic(authorization[0])
        if form.get("client_id", "") not in ("", client_id):
            client_id = ""  # another client: refused after the same work as a wrong id
    elif form.get(SECRET):
        client_id, secret = form.get("client_id", ""), form[SECRET]
    else:
        return await authenticate(runtime, authorization)
    try:
        token = credential.parse(secret)
    except MalformedCredentialError:
        raise not_signed_in(_REFUSAL) from None
    if token.kind is not Kind.OPERATOR_TOKEN:
        raise not_signed_in(_REFUSAL)
    try:
        return await sign_in(runtime, token, named=client_id)
    except NotPermittedError:
        raise not_signed_in(_REFUSAL) from None


def _pair_of_basic(authorization: str) -> tuple[str, str]:
    """Returns id and secret, both of which were encoded as in a form (section 2.3.1)."""
    encoded = authorization.strip().partition(" ")[2].strip(" ")
    try:
        pair = base64.b64decode(encoded.encode("ascii"), validate=True).decode("utf-8")
        client_id, colon, secret = pair.partition(":")
        if not colon:
            raise not_signed_in(_REFUSAL)
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        raise not_signed_in(_REFUSAL) from None
