"""A create that can be sent again: the same request twice makes one key, not two."""

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyconsole.client.keyservice import KeyServiceClient
    from keyconsole.wire import CreatedKey, CreatedToken, KeyCreate, RotationRequest, TokenCreate


def new_idempotency_key() -> str:
    """Returns 256 random bits in 43 characters of `A-Za-z0-9_-`."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class CreateAttempt:
    """A request for one key, however often it is sent.

    Hold it until it succeeded or was given up: after a lost connection `send` again returns
    the key that the first request may have made. The nonce helps to replay the secret for ten
    minutes, so no `repr` shows it.
    """

    integration_id: str
    request: "KeyCreate"
    idempotency_key: str = field(default_factory=new_idempotency_key, repr=False)

    async def send(self, client: "KeyServiceClient") -> "CreatedKey":
        """Requests the key; raises what `KeyServiceClient.create_key` raises."""
        return await client.create_key(
            self.integration_id, self.request, idempotency_key=self.idempotency_key
        )


@dataclass(frozen=True, slots=True)
class RotationAttempt:
    """A request to replace one key, however often it is sent: as `CreateAttempt`."""

    public_key: str
    request: "RotationRequest"
    idempotency_key: str = field(default_factory=new_idempotency_key, repr=False)

    async def send(self, client: "KeyServiceClient") -> "CreatedKey":
        """Requests the replacement; raises what `Rotations.start` raises."""
        return await client.rotations.start(
            self.public_key, self.request, idempotency_key=self.idempotency_key
        )


@dataclass(frozen=True, slots=True)
class TokenAttempt:
    """A request for one operator token, however often it is sent: as `CreateAttempt`."""

    request: "TokenCreate"
    idempotency_key: str = field(default_factory=new_idempotency_key, repr=False)

    async def send(self, client: "KeyServiceClient") -> "CreatedToken":
        """Requests the token; raises what `Tokens.create` raises."""
        return await client.tokens.create(self.request, idempotency_key=self.idempotency_key)
