"""`/v1/keys` and the keys of an integration."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from keyconsole import wire
from keyconsole.service.routes.answers import answer, created_key, listing, long_answer
from keyconsole.service.routes.keyqueries import Lister
from keyconsole.service.routes.requests import Caller, Revoker, SeriesHours, accepts, read_body
from keyconsole.service.rules import (
    disabling,
    integrations,
    keylists,
    keys,
    minting,
    revocation,
    usage,
)
from keyconsole.service.rules.keylists import KeyPageQuery

router = APIRouter(tags=["keys"])


@router.get("/keys", response_model=wire.KeyPage)
async def list_keys(
    context: Lister, request: Request, query: Annotated[KeyPageQuery, Query()]
) -> Response:
    """The keys across integrations."""
    return await listing(request, await keylists.list_keys(context, query))


@router.get("/integrations/{integration_id}/keys", response_model=wire.KeyPage)
async def list_integration_keys(
    context: Lister,
    request: Request,
    integration_id: str,
    query: Annotated[KeyPageQuery, Query()],
) -> Response:
    """The keys of one integration."""
    return await listing(
        request, await keylists.list_integration_keys(context, integration_id, query)
    )


@router.post(
    "/integrations/{integration_id}/keys",
    status_code=201,
    response_model=wire.CreatedKey,
    openapi_extra=accepts(wire.KeyCreate),
)
async def create_key(
    context: Caller,
    request: Request,
    integration_id: str,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:
    """A new key: the only answer that ever carries its secret."""
    await integrations.authorize(context, integration_id, wire.Permission.KEYS_CREATE)
    nonce = minting.check_nonce(idempotency_key)
    asked = await read_body(request, wire.KeyCreate)
    return created_key(await minting.create_key(context, integration_id, asked, nonce))


@router.get("/keys/{public_key}", response_model=wire.Key)
async def get_key(context: Caller, public_key: str) -> Response:
    """One key; its `ETag` is what `If-Match` takes."""
    return _versioned(await keys.show_key(context, public_key))


@router.patch("/keys/{public_key}", response_model=wire.Key, openapi_extra=accepts(wire.KeyPatch))
async def update_key(
    context: Caller,
    request: Request,
    public_key: str,
    if_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Change the label, owner, expiry, metadata, allowed addresses, scopes or limits of a key.

    Allowing fewer addresses or scopes, or a lower limit, needs `keys:write` or `keys:revoke`;
    allowing others, a higher limit or none needs `keys:create`.
    """
    await keys.authorize_change(context, public_key)
    asked = await read_body(request, wire.KeyPatch)
    return _versioned(await keys.change_key(context, public_key, asked, if_match))


@router.post("/keys/{public_key}/acknowledge", response_model=wire.Key)
async def acknowledge_key(context: Caller, public_key: str) -> Response:
    """The creator has the secret."""
    return _versioned(await keys.acknowledge_key(context, public_key))


@router.post(
    "/keys/{public_key}/revoke",
    response_model=wire.Receipt,
    openapi_extra=accepts(wire.RevokeRequest, optional=True),
)
async def revoke_key(context: Revoker, request: Request, public_key: str) -> Response:
    """Revoke a key at once and for ever."""
    await keys.authorize(context, public_key, wire.Permission.KEYS_REVOKE)
    asked = await read_body(request, wire.RevokeRequest, optional=True)
    return answer(await revocation.revoke_key(context, public_key, asked))


@router.post(
    "/keys/{public_key}/disable",
    response_model=wire.Key,
    openapi_extra=accepts(wire.DisableRequest, optional=True),
)
async def disable_key(context: Caller, request: Request, public_key: str) -> Response:
    """Disable a key at once, until it is enabled or until a fuse has burnt down."""
    await keys.authorize(context, public_key, wire.Permission.KEYS_REVOKE)
    asked = await read_body(request, wire.DisableRequest, optional=True)
    return _versioned(await disabling.disable_key(context, public_key, asked))


@router.post("/keys/{public_key}/enable", response_model=wire.Key)
async def enable_key(context: Caller, public_key: str) -> Response:
    """Let a disabled key authenticate again."""
    return _versioned(await disabling.enable_key(context, public_key))


@router.get("/keys/{public_key}/usage", response_model=wire.Usage)
async def get_key_usage(
    context: Caller, public_key: str, hours: SeriesHours | None = None
) -> Response:
    """The use of a key: counts and recent sources; with `hours`, over time."""
    return await long_answer(await usage.show_usage(context, public_key, hours), "sources")


def _versioned(key: wire.Key) -> Response:
    return answer(key, headers={"ETag": f'"{key.version}"'})
