"""What a gateway is told of a credential, RFC 7662."""

from keyconsole.wire.base import Answer


class Introspection(Answer):
    """`active` false and nothing else, or who the key is.

    `client_id` is the integration, `sub` the public key, `iss` names the workspace. Times are
    seconds since 1970; a key that never expires has no `exp`.
    """

    active: bool
    client_id: str | None = None
    sub: str | None = None
    token_type: str | None = None
    iat: int | None = None
    exp: int | None = None
    iss: str | None = None
