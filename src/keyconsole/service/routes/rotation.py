"""`/v1/keys/{public_key}/rotation` and the rotations under way, `/v1/rotations`."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from keyconsole import wire
from keyconsole.service.routes.answers import answer, created_key, listing
from keyconsole.service.routes.requests import Caller, accepts, read_body
from keyconsole.service.rules import keys, minting, rotation, rotation_views
from keyconsole.service.rules.pages import PageQuery

router = APIRouter(tags=["rotation"])


@router.get("/rotations", response_model=wire.Page[wire.Rotation])
async def list_rotations(
    context: Caller, request: Request, query: Annotated[PageQuery, Query()]
) -> Response:
    """The rotations under way, the oldest first."""
    return await listing(request, await rotation_views.list_rotations(context, query))


@router.post(
    "/keys/{public_key}/rotation",
    status_code=201,
    response_model=wire.CreatedKey,
    openapi_extra=accepts(wire.RotationRequest, optional=True),
)
async def start_rotation(
    context: Caller,
    request: Request,
    public_key: str,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:
    """A replacement for a key, with its secret: retried as creating a key is."""
    await keys.authorize(context, public_key, wire.Permission.KEYS_CREATE)
    nonce = minting.check_nonce(idempotency_key)
    asked = await read_body(request, wire.RotationRequest, optional=True)
    return created_key(await rotation.start_rotation(context, public_key, asked, nonce))


@router.get("/keys/{public_key}/rotation", response_model=wire.Rotation)
async def get_rotation(context: Caller, public_key: str) -> Response:
    """The last rotation that a key was a part of, as the old key or as the new one."""
    return answer(await rotation_views.show_rotation(context, public_key))


@router.patch(
    "/keys/{public_key}/rotation",
    response_model=wire.Rotation,
    openapi_extra=accepts(wire.RotationPatch),
)
async def update_rotation(context: Caller, request: Request, public_key: str) -> Response:
    """Pause or resume it, extend its deadline, or change how it ends."""
    await keys.authorize(context, public_key, wire.Permission.KEYS_CREATE)
    asked = await read_body(request, wire.RotationPatch)
    await rotation.change_rotation(context, public_key, asked)
    return answer(await rotation_views.show_rotation(context, public_key))


@router.post(
    "/keys/{public_key}/rotation/complete",
    response_model=wire.Receipt,
    openapi_extra=accepts(wire.RotationCompletion, optional=True),
)
async def complete_rotation(context: Caller, request: Request, public_key: str) -> Response:
    """Revoke the old key; the receipt of that."""
    await keys.authorize(context, public_key, wire.Permission.KEYS_CREATE)
    asked = await read_body(request, wire.RotationCompletion, optional=True)
    return answer(await rotation.complete_rotation(context, public_key, asked))


@router.post("/keys/{public_key}/rotation/cancel", response_model=wire.Rotation)
async def cancel_rotation(context: Caller, public_key: str) -> Response:
    """Stop. Both keys stay."""
    await keys.authorize(context, public_key, wire.Permission.KEYS_CREATE)
    await rotation.cancel_rotation(context, public_key)
    return answer(await rotation_views.show_rotation(context, public_key))
