"""Revocation of many keys, from the selection to the line of every key.

`Looking` becomes `Shown`, which becomes `Sending`, perhaps by way of `LockedOut`; that becomes
`Running` or `NotKnown`, which is sent again. `Running` goes on in the service until it is `Ended`.
Exactly what was shown is revoked, or nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from keyconsole.flows import unknown_outcome
from keyconsole.flows.revocation import NotConfirmedError, confirmations
from keyconsole.flows.unknown_outcome import Unknown
from keyconsole.text import lockout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyconsole.client import KeyServiceClient
    from keyconsole.wire import (
        Identified,
        Revocation,
        RevocationRequest,
        RevokedKey,
        RevokeReason,
        Selection,
    )


@dataclass(frozen=True, slots=True)
class Looking:
    """The keys that match are not known yet; `failed` says that no answer came."""

    request: RevocationRequest
    failed: bool = False

    async def look(self, client: KeyServiceClient) -> Shown:
        """Asks exactly which keys it would be."""
        return Shown(self.request, await client.revocations.show(self.request))


@dataclass(frozen=True, slots=True)
class Shown:
    """The keys are known; their number has to be typed, or the name of the only one."""

    request: RevocationRequest
    selection: Selection

    @property
    def lockout(self) -> str:
        """A sentence where nothing would get into an integration any more."""
        return lockout.of_selection(self.selection)

    def because(self, reason: RevokeReason, incident: str | None) -> Shown:
        """Returns the same for a reason and an incident."""
        grounds = {"reason": reason, "incident": incident}
        return replace(self, request=self.request.model_copy(update=grounds))

    @property
    def accepted(self) -> tuple[str, ...]:
        """The texts that confirm: the number, or of one key what confirms its revocation."""
        if self.selection.count != 1:
            return (str(self.selection.count),) if self.selection.count else ()
        key = self.selection.keys[0]
        return confirmations(key.label, key.public_key)

    def is_typed(self, typed: str) -> bool:
        """Returns true if `typed` is one of `accepted`."""
        text = typed.strip()
        return (text if self.selection.count == 1 else text.replace(",", "")) in self.accepted

    def confirm(self, typed: str) -> Sending | LockedOut:
        """Returns what follows: the request, or `LockedOut` in its way.

        Raises `NotConfirmedError` where `typed` is none of `accepted`.
        """
        if not self.is_typed(typed):
            these = "it" if self.selection.count == 1 else "all of them"
            raise NotConfirmedError(f"Type {' or '.join(self.accepted)} to revoke {these}.")
        return LockedOut(self) if self.lockout else Sending(self)


@dataclass(frozen=True, slots=True)
class LockedOut:
    """An integration would have no active key left, which is asked about once more."""

    shown: Shown

    @property
    def all_the_same(self) -> Sending:
        """Returns the request that follows where they are to be revoked for all that."""
        return Sending(self.shown)


@dataclass(frozen=True, slots=True)
class Sending:
    """The revocation is to be sent. Sent again it is the same revocation."""

    shown: Shown

    async def start(self, client: KeyServiceClient) -> Running:
        """Begins to revoke. Raises `ConflictError` where these are other keys by now."""
        shown = self.shown
        return Running(shown, await client.revocations.start(shown.request, shown.selection))

    async def send(
        self, client: KeyServiceClient, before: Unknown | None = None
    ) -> Running | NotKnown:
        """The same; `before` is the outcome of the last time."""
        outcome = await unknown_outcome.send(lambda: self.start(client), before)
        return NotKnown(self, outcome) if isinstance(outcome, Unknown) else outcome


@dataclass(frozen=True, slots=True)
class NotKnown:
    """The service may have begun to revoke the keys."""

    sending: Sending
    outcome: Unknown

    @property
    def shown(self) -> Shown:
        """Returns the selected keys."""
        return self.sending.shown

    async def send(self, client: KeyServiceClient) -> Running | NotKnown:
        """Sends the same request again, which tells."""
        return await self.sending.send(client, self.outcome)


@dataclass(frozen=True, slots=True)
class Running:
    """The service revokes the keys, whoever looks on."""

    shown: Shown
    revocation: Revocation

    async def follow(self, client: KeyServiceClient) -> Running | Ended:
        """Asks how far it has come."""
        found = await client.revocations.read(self.revocation.id, limit=1)
        return (Running if found.finished_at is None else Ended)(self.shown, found)


@dataclass(frozen=True, slots=True)
class Ended:
    """No key is left to come. `outcomes` are the lines of the keys, as far as they were read."""

    shown: Shown
    revocation: Revocation
    proof: Identified | None = None
    outcomes: Mapping[str, RevokedKey] = field(default_factory=dict)
    cursor: str | None = None

    @property
    def is_whole(self) -> bool:
        """True once the outcome of every key is known."""
        return len(self.outcomes) >= self.revocation.total

    @property
    def is_proved(self) -> bool:
        """True if the verification path refuses the key that was used last."""
        return self.proof is not None and not self.proof.would_authenticate

    async def prove(self, client: KeyServiceClient) -> Ended:
        """Asks the verification path about the one that was used last."""
        if not self.shown.selection.keys:
            return self
        return replace(self, proof=await client.identify(self.shown.selection.keys[0].public_key))

    async def read_on(self, client: KeyServiceClient) -> Ended:
        """Reads the next page of the lines."""
        page = await client.revocations.read(self.revocation.id, cursor=self.cursor)
        lines = {each.public_key: each for each in page.items}
        return replace(self, outcomes={**self.outcomes, **lines}, cursor=page.next_cursor)

    def document(self) -> dict[str, Any]:
        """Returns the receipt as JSON: the revocation, and a line a key."""
        document = self.revocation.model_dump(mode="json", exclude={"items", "next_cursor"})
        keys = [each.model_dump(mode="json") for each in self.outcomes.values()]
        return document | {"keys": keys}


State: TypeAlias = "Looking | Shown | LockedOut | Sending | NotKnown | Running | Ended"
