"""The usual question, for the old key of a rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.screens.revoke import RevokeDialog
from keyconsole.flows.revocation import Completing

if TYPE_CHECKING:
    from keyconsole.wire import RevokeRequest, Rotation


class FinishRotationDialog(RevokeDialog):
    """Revokes the old key and ends the rotation, which gives the new key its name.

    Asked by a person who saw who still uses it, so the service does not wait any longer.
    """

    def __init__(self, rotation: Rotation) -> None:
        super().__init__(rotation.old.key, reason="superseded")

    def revocation(self, request: RevokeRequest) -> Completing:
        return Completing(self.key.public_key, request)
