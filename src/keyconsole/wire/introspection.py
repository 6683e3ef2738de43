"""Answers of token introspection (RFC 7662) and of server metadata (RFC 8414)."""

from pydantic import Field

from keyconsole.wire.base import Answer

__all__ = ["Introspection", "ServerMetadata"]


class Introspection(Answer):
    """`active` false and nothing else, or who the key is.

    `client_id` is the integration, `sub` the public key, `iss` names the workspace. Times are
    seconds since 1970; a key that never expires has no `exp`. `scope` are its scopes with blanks
    between, empty where it has none.
    """

    active: bool
    client_id: str | None = None
    sub: str | None = None
    token_type: str | None = None
    iat: int | None = None
    exp: int | None = None
    iss: str | None = None
    scope: str | None = None


class ServerMetadata(Answer):
    """The addresses of the OAuth endpoints, and how a client authenticates.

    The service issues no tokens by OAuth: no response type and no grant is supported. The two
    lists are there although empty, since RFC 8414 requires the one and has defaults for the other.
    """

    issuer: str
    introspection_endpoint: str
    introspection_endpoint_auth_methods_supported: list[str]
    revocation_endpoint: str
    revocation_endpoint_auth_methods_supported: list[str]
    response_types_supported: list[str] = Field(default_factory=list)
    grant_types_supported: list[str] = Field(default_factory=list)
