"""The usual question, for the old key of a rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.screens.revoke import RevokeDialog

if TYPE_CHECKING:
    from keyconsole.wire import Receipt, RevokeRequest, Rotation


class FinishRotationDialog(RevokeDialog):
    """Revokes the old key and ends the rotation, which gives the new key its name.

    Asked by a person who saw who still uses it, so the service does not wait any longer.
    """

    def __init__(self, rotation: Rotation) -> None:
        super().__init__(rotation.old.key, reason="superseded")

    async def send(self, request: RevokeRequest) -> Receipt:
        from keyconsole.wire import RotationCompletion

        return await self.client.rotations.complete(
            self.key.public_key,
            RotationCompletion(now=True, reason=request.reason, incident=request.incident),
        )
