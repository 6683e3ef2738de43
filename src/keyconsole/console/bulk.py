"""Revoking many keys, from what is meant to the line of every key. Asks the service; draws nothing.

Every step raises what the client raises, and can be taken again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keyconsole.text import lockout

if TYPE_CHECKING:
    from keyconsole.client import KeyServiceClient
    from keyconsole.wire import (
        Identified,
        Revocation,
        RevocationRequest,
        RevokedKey,
        RevokeReason,
        Selection,
    )


class BulkRevoke:
    """Holds what was asked for: what was shown is what dies, or nothing does."""

    def __init__(self, request: RevocationRequest) -> None:
        self.request = request
        self.selection: Selection | None = None
        self.revocation: Revocation | None = None
        self.outcomes: dict[str, RevokedKey] = {}
        self.proof: Identified | None = None
        self.is_asked_again = False
        self._cursor: str | None = None

    @property
    def count(self) -> int:
        """How many keys were shown."""
        return self.selection.count if self.selection else 0

    @property
    def lockout(self) -> str:
        """What is still to be asked once more, or nothing."""
        return "" if self.is_asked_again else lockout.of_selection(self.selection)

    @property
    def is_over(self) -> bool:
        """Whether no key is left to come."""
        return self.revocation is not None and self.revocation.finished_at is not None

    @property
    def is_receipt_whole(self) -> bool:
        """Whether the line of every key is there."""
        return self.revocation is not None and len(self.outcomes) >= self.revocation.total

    @property
    def is_proved(self) -> bool:
        """Whether the verification path refuses the one that was used last."""
        return self.proof is not None and not self.proof.would_authenticate

    def because(self, reason: RevokeReason, incident: str | None) -> None:
        """Why, and for which incident."""
        self.request = self.request.model_copy(update={"reason": reason, "incident": incident})

    async def look(self, client: KeyServiceClient) -> None:
        """Exactly which keys it would be."""
        self.selection, self.is_asked_again = None, False
        self.selection = await client.revocations.show(self.request)

    async def begin(self, client: KeyServiceClient) -> None:
        """Revoke what was shown; asked for again after a lost answer it is the same revocation."""
        if self.selection is not None:
            self.revocation = await client.revocations.start(self.request, self.selection)

    async def follow(self, client: KeyServiceClient) -> Revocation | None:
        """How far it has come."""
        if self.revocation is not None:
            self.revocation = await client.revocations.read(self.revocation.id, limit=1)
        return self.revocation

    async def prove(self, client: KeyServiceClient) -> None:
        """What the verification path says of the one that was used last."""
        if self.selection is not None and self.selection.keys:
            self.proof = await client.identify(self.selection.keys[0].public_key)

    async def read_on(self, client: KeyServiceClient) -> None:
        """The next page of the receipt, a line a key."""
        if self.revocation is None:
            return
        page = await client.revocations.read(self.revocation.id, cursor=self._cursor)
        self.outcomes |= {each.public_key: each for each in page.items}
        self._cursor = page.next_cursor

    def document(self) -> dict[str, Any]:
        """The receipt as JSON: the revocation, and a line a key."""
        if self.revocation is None:
            return {}
        document = self.revocation.model_dump(mode="json", exclude={"items", "next_cursor"})
        document["keys"] = [each.model_dump(mode="json") for each in self.outcomes.values()]
        return document
