"""Decides if a key authenticates now. Every way of asking is answered here."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from keyconsole.service.clock import Clock
from keyconsole.service.rootkeys import RootKeys
from keyconsole.service.store.engine import StoreDistrustedError
from keyconsole.service.store.lookup import DamagedRow, KeyLookup, VerifierRow
from keyconsole.service.verification.key_limits import limits_of
from keyconsole.service.verification.scopes import listed
from keyconsole.wire import FuseEnd

_LABEL = b"keyconsole/verify/1\0"
_MOST_SEEN = 10_000


def verifier_of(verify_key: bytes, pid: str, owner: str, digest: bytes) -> bytes:
    """Returns the HMAC that is stored instead of a secret, bound to the pid and to its owner.

    `owner` is the integration of a key, or the account of an operator token.
    """
    halves = _halves(verify_key)
    inner, outer = halves[0].copy(), halves[1].copy()
    inner.update(b"%b%b\0%b\0%b" % (_LABEL, pid.encode(), owner.encode(), digest))
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(maxsize=64)
def _halves(key: bytes) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """Prepares HMAC (RFC 2104) up to the message, for a key of one block at most.

    The keys are few, and setting one up again takes three times as long as the rest.
    """
    block = key.ljust(64, b"\0")
    inner, outer = (bytes(b ^ pad for b in block) for pad in (0x36, 0x5C))
    return hashlib.sha256(inner), hashlib.sha256(outer)


class Verdict(NamedTuple):
    """The key, if its secret was right, and the problem code that keeps it out, if any."""

    row: VerifierRow | None
    refusal: str | None
    known: bool
    """True if a key with this pid exists, whatever secret was presented."""


class Verifier:
    """Reads the key as it is committed now and compares in constant time."""

    distrust: str | None = None
    """The reason not to rely on the database, in a sentence, or None."""

    def __init__(
        self,
        lookup: KeyLookup,
        roots: RootKeys,
        clock: Clock,
        is_clock_right: Callable[[], bool] = lambda: True,
    ) -> None:
        self._find = lookup.find
        self._roots = roots
        self._verify_keys = {root.id: root.verify_key for root in roots}
        self._clock = clock
        self._is_clock_right = is_clock_right
        # What was refused as expired in the moments before that is stored.
        self._seen_expired: set[tuple[bytes, int]] = set()
        # An unknown pid costs the comparison too, with a verifier that nothing yields.
        self._nobody = VerifierRow(
            "int_0000000000000000",
            "ws_0000000000000000",
            roots.newest.id,
            secrets.token_bytes(32),
            *[None] * 11,
        )

    async def verify(self, pid: str, digest: bytes) -> Verdict:
        """Returns the verdict on a secret by its SHA-256; raises `StoreUnavailableError`."""
        self._require_trusted()
        found = await self._find(pid)
        row = found or self._nobody
        key = self._verify_keys.get(row.root_id) or self._learn(row.root_id)
        expected = verifier_of(key, pid, row.integration_id, digest)
        if not hmac.compare_digest(expected, row.verifier) or found is None:
            return Verdict(None, "credential-invalid", found is not None)
        return Verdict(row, self.refusal(row), known=True)

    async def state(self, pid: str) -> Verdict:
        """Returns the verdict that the right secret would get; raises `StoreUnavailableError`."""
        self._require_trusted()
        row = await self._find(pid)
        if row is None:
            return Verdict(None, "credential-invalid", known=False)
        return Verdict(row, self.refusal(row), known=True)

    def refusal(self, row: VerifierRow) -> str | None:
        """Returns the problem code of a key that is refused whatever the secret, or None."""
        if row.revoked_at is not None or self._has_transitioned(row, FuseEnd.REVOKE):
            return "key-revoked"
        if row.__class__ is DamagedRow or (row.scopes is not None and listed(row.scopes) is None):
            return "store-unavailable"
        if row.limits is not None and limits_of(row.limits) is None:
            return "store-unavailable"
        if row.expires_at is not None and self._has_expired(row, row.expires_at):
            return "key-expired"
        if row.disabled_at is not None and not self._is_enabled_again(row):
            return "key-disabled"
        if row.integration_disabled_at is not None:
            return "integration-disabled"
        return None

    def _has_transitioned(self, row: VerifierRow, end: FuseEnd) -> bool:
        """Returns true if its transition is due, run or not, and leads to `end`."""
        until = row.disabled_until
        return until is not None and until <= self._clock() and row.disabled_then == end

    def _is_enabled_again(self, row: VerifierRow) -> bool:
        """Returns true if its time of being disabled is over, by a clock that can be relied on."""
        return self._has_transitioned(row, FuseEnd.ENABLE) and self._is_clock_right()

    def _has_expired(self, row: VerifierRow, expires_at: int) -> bool:
        """Returns true if it has expired by the clock, or was seen expired by a right one."""
        mark = (row.verifier, expires_at)
        if expires_at > self._clock():
            return row.expiry_seen_at is not None or mark in self._seen_expired
        if row.expiry_seen_at is None and self._is_clock_right():
            if len(self._seen_expired) >= _MOST_SEEN:
                self._seen_expired.clear()
            self._seen_expired.add(mark)
        return True

    def _require_trusted(self) -> None:
        if self.distrust is not None:
            raise StoreDistrustedError(self.distrust)

    def _learn(self, root: str) -> bytes:
        """Returns the key of a root that another process began to sign with."""
        key = self._verify_keys[root] = self._roots[root].verify_key
        return key
