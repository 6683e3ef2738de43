"""Revocation of one key, from the question to the proof that it is refused.

`Asking` becomes `Sending`, perhaps by way of `LockedOut`; that ends in a receipt, or in `NotKnown`,
which is sent again. `Revoked` holds the receipt and becomes `Proven`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from keyconsole.core.errors import KeyconsoleError
from keyconsole.core.usestate import UseState
from keyconsole.flows import unknown_outcome
from keyconsole.flows.unknown_outcome import Unknown
from keyconsole.text import lockout
from keyconsole.text.usage import state_of

if TYPE_CHECKING:
    from datetime import datetime

    from keyconsole.client import KeyServiceClient
    from keyconsole.wire import Identified, Key, Receipt, RevokeRequest, Usage


def confirmations(label: str, public_key: str) -> tuple[str, str]:
    """Returns the texts that confirm that a key is meant, since a label can be hard to type."""
    return label, public_key[-4:]


class NotConfirmedError(KeyconsoleError):
    """The label was not typed, and it has to be."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The key was opened for revocation; its use may not be known yet.

    `failed` is why its use is not known, `is_late` says that it was waited for long enough,
    `successor` is the key that is to replace it.
    """

    key: Key
    danger: bool = False
    usage: Usage | None = None
    successor: Key | None = None
    failed: str = ""
    typed: str = ""
    is_late: bool = False

    async def look_up(self, client: KeyServiceClient) -> Asking:
        """Asks how the key is used, and its successor if it is being replaced."""
        successor = None
        usage = await client.usage(self.key.public_key)
        if self.key.rotating and self.key.replaced_by is not None:
            successor = await client.key(self.key.replaced_by)
        return replace(self, usage=usage, successor=successor, failed="")

    @property
    def is_decided(self) -> bool:
        """True once it is known how to confirm; until then no key press is an answer.

        Use that does not become known in time, or at all, does not hold a revoke up.
        """
        return self.danger or self.usage is not None or bool(self.failed) or self.is_late

    def needs_typing(self, at: datetime) -> bool:
        """Returns whether the label has to be typed; elsewhere a second key is enough.

        It has to be for a key in use, for one whose use or last use is not known or whose
        successor is not used, and in a danger profile. Once it is being typed it has to be: its
        next letters must not become keys.
        """
        state = UseState.AHEAD if self.usage is None else state_of(self.usage, at)
        is_needed = state.is_used or state is UseState.AHEAD or self.lacks_successor
        return self.danger or is_needed or bool(self.typed)

    @property
    def lacks_successor(self) -> bool:
        """True for a key that was used while its successor was not."""
        was_used = self.key.last_used_at is not None
        return was_used and self.successor is not None and self.successor.last_used_at is None

    @property
    def accepted(self) -> tuple[str, str]:
        """The texts that confirm: the label, or the last four characters of the public key."""
        return confirmations(self.key.label, self.key.public_key)

    @property
    def is_typed(self) -> bool:
        """True if the typed text is one of `accepted`."""
        return self.typed.strip() in self.accepted

    @property
    def what_to_type(self) -> str:
        """Returns the sentence that asks for the confirmation."""
        return f"Type its name, or {self.key.public_key[-4:]}, to revoke it."

    @property
    def lockout(self) -> str:
        """A sentence where nothing would get in any more, which is asked about once more."""
        return lockout.of_key(self.key, self.usage)

    def confirm(self, sending: Sending, at: datetime) -> Sending | LockedOut:
        """Returns what follows: the request, or `LockedOut` in its way.

        Raises `NotConfirmedError` where the label has to be typed and is not.
        """
        if self.needs_typing(at) and not self.is_typed:
            raise NotConfirmedError(self.what_to_type)
        return LockedOut(self.lockout, sending) if self.lockout else sending


@dataclass(frozen=True, slots=True)
class LockedOut:
    """The key is the last active one of its integration, which is asked about once more."""

    sentence: str
    all_the_same: Sending


@dataclass(frozen=True, slots=True)
class Sending:
    """The revocation is to be sent."""

    public_key: str
    request: RevokeRequest

    async def revoke(self, client: KeyServiceClient) -> Receipt:
        """Revokes the key. Raises `KeyconsoleError` where it is refused or no clear answer came."""
        return await client.revoke_key(self.public_key, self.request)

    async def send(
        self, client: KeyServiceClient, before: Unknown | None = None
    ) -> Receipt | NotKnown:
        """Revokes the key; `before` is the outcome of the last time.

        Raises `KeyconsoleError` where the service refuses, so that nothing is revoked.
        """
        outcome = await unknown_outcome.send(lambda: self.revoke(client), before)
        return NotKnown(self, outcome) if isinstance(outcome, Unknown) else outcome


@dataclass(frozen=True, slots=True)
class Completing(Sending):
    """The same for the old key of a rotation, which ends with it whoever still uses the key."""

    async def revoke(self, client: KeyServiceClient) -> Receipt:
        """Revokes the key. Raises as `Sending.revoke` does."""
        from keyconsole.wire import RotationCompletion

        reason, incident = self.request.reason, self.request.incident
        request = RotationCompletion(now=True, reason=reason, incident=incident)
        return await client.rotations.complete(self.public_key, request)


@dataclass(frozen=True, slots=True)
class NotKnown:
    """The service may have revoked the key."""

    sending: Sending
    outcome: Unknown

    async def send(self, client: KeyServiceClient) -> Receipt | NotKnown:
        """Sends the same request again, which tells."""
        return await self.sending.send(client, self.outcome)


async def prove(client: KeyServiceClient, receipt: Receipt) -> Proven:
    """Asks the verification path whether it refuses the key. Sends no secret."""
    proof = await client.identify(receipt.public_key)
    return Proven(receipt, proof, proof.key)


@dataclass(frozen=True, slots=True)
class Proven:
    """The answer of the verification path about a revoked key; `proof` is `None` without one."""

    receipt: Receipt
    proof: Identified | None
    key: Key | None = None

    @property
    def is_refused(self) -> bool:
        """True if the verification path refuses the key."""
        return self.proof is not None and not self.proof.would_authenticate

    @property
    def is_let_in(self) -> bool:
        """True if the verification path accepts the key although it is revoked."""
        return self.proof is not None and self.proof.would_authenticate

    @property
    def milliseconds(self) -> int | None:
        """The time from the revoke to the refusal, both by the service's clock.

        `None` for a key that is not refused, a receipt that is read again, and processes whose
        clocks disagree.
        """
        if self.proof is None or not self.is_refused or self.receipt.already:
            return None
        passed = (self.proof.checked_at - self.receipt.revoked_at) // timedelta(milliseconds=1)
        return passed if passed >= 0 else None

    def document(self) -> dict[str, Any]:
        """Returns the receipt as JSON, with the names of the key and what verification says.

        `measured_ms` is `verification.checked_at` minus `revoked_at`.
        """
        kept: dict[str, Any] = self.receipt.model_dump(mode="json")
        kept["label"] = self.key.label if self.key else None
        kept["integration_name"] = self.key.integration_name if self.key else None
        kept["owner"] = self.key.owned_by if self.key else None
        if self.proof is not None:
            shown = {"would_authenticate", "reason", "checked_at", "process"}
            kept["verification"] = self.proof.model_dump(mode="json", include=shown)
            kept["verification"]["measured_ms"] = self.milliseconds
        return kept
