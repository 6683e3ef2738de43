"""Rotating keys, each call of the contract a method."""

from keyconsole import wire
from keyconsole.client.addresses import Parameter, address
from keyconsole.client.calls import Resource
from keyconsole.client.response_checks import checked_created

PAGE = 100


class Rotations(Resource):
    """The calls of `KeyServiceClient.rotations`. A rotation is named by either of its keys."""

    async def start(
        self, public_key: str, request: wire.RotationRequest, *, idempotency_key: str
    ) -> wire.CreatedKey:
        """Creates the replacement of a key; returns its secret. Sent again as `create_key` is."""
        created = await self._calls.post(
            address("keys", public_key, "rotation"),
            request,
            wire.CreatedKey,
            headers={"Idempotency-Key": idempotency_key},
        )
        return checked_created(created, self._calls.exchange.peer)

    async def show(self, public_key: str) -> wire.Rotation:
        """Returns the last rotation that the key was a part of, as it stands now."""
        return await self._calls.get(address("keys", public_key, "rotation"), wire.Rotation)

    async def change(self, public_key: str, patch: wire.RotationPatch) -> wire.Rotation:
        """Pauses, resumes or extends: the fields of `patch` that were set."""
        return await self._calls.patch(
            address("keys", public_key, "rotation"), patch, wire.Rotation
        )

    async def complete(self, public_key: str, request: wire.RotationCompletion) -> wire.Receipt:
        """Revokes the old key. Repeating it returns the same receipt, `already` true."""
        return await self._calls.post(
            address("keys", public_key, "rotation", "complete"), request, wire.Receipt
        )

    async def cancel(self, public_key: str) -> wire.Rotation:
        """Cancels the rotation, and leaves both keys as they are."""
        return await self._calls.post(
            address("keys", public_key, "rotation", "cancel"), None, wire.Rotation
        )

    async def under_way(
        self, *, cursor: str | None = None, limit: int = PAGE
    ) -> wire.Page[wire.Rotation]:
        """Returns one page of the rotations under way, the oldest first."""
        query: dict[str, Parameter | None] = {"cursor": cursor, "limit": limit}
        return await self._calls.get(address("rotations", query=query), wire.Page[wire.Rotation])
