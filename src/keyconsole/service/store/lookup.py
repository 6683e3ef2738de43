"""The one read of verification: what it finds, whichever database keeps it."""

from typing import NamedTuple, Protocol


class VerifierRow(NamedTuple):
    """The columns of a key, and of its integration, that a verification decides by."""

    integration_id: str
    workspace_id: str
    root_id: str
    verifier: bytes
    revoked_at: int | None
    expires_at: int | None
    disabled_at: int | None
    disabled_until: int | None
    disabled_then: str | None
    allowed_ips: str | None
    integration_disabled_at: int | None
    expiry_seen_at: int | None
    scopes: str | None
    integration_scopes: str | None
    limits: str | None


class DamagedRow(VerifierRow):
    """A key of which something cannot be read: it never authenticates."""

    __slots__ = ()


class KeyLookup(Protocol):
    """Finds keys as they are committed now: no replica, no cache, no older snapshot."""

    async def find(self, pid: str) -> VerifierRow | None:
        """The key with this pid; raises `StoreUnavailableError`."""

    async def check(self) -> str | None:
        """Returns why the store is not ready, or None; raises `StoreUnavailableError`."""

    async def aclose(self) -> None:
        """Close what is open; whoever still waits is told that the store is not available."""
