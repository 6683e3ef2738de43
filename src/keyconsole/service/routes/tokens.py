"""`/v1/tokens`."""

import json
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from keyconsole.service.routes.answers import created, listing
from keyconsole.service.routes.requests import Caller, UnnamedCaller, accepts, read_body
from keyconsole.service.rules import token_scope, tokens
from keyconsole.service.rules.minting import check_nonce
from keyconsole.service.rules.tokens import TokenQuery
from keyconsole.wire import CreatedToken, Page, Token, TokenCreate

router = APIRouter(prefix="/tokens", tags=["people"])


@router.get("", response_model=Page[Token])
async def list_tokens(
    context: Caller, request: Request, query: Annotated[TokenQuery, Query()]
) -> Response:
    """The operator tokens, newest first."""
    return await listing(request, await tokens.list_tokens(context, query))


@router.post("", status_code=201, response_model=CreatedToken, openapi_extra=accepts(TokenCreate))
async def create_token(
    context: UnnamedCaller,
    request: Request,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:
    """A new operator token: the only answer that ever carries its value."""
    await token_scope.authorize_creating(context)
    nonce = check_nonce(idempotency_key)
    asked = await read_body(request, TokenCreate)
    token, is_replayed = await tokens.create_token(context, asked, nonce)
    document = token.model_dump(mode="json") | {"value": token.value.get_secret_value()}
    return created(json.dumps(document), is_replayed=is_replayed)


@router.delete(
    "/{token_id}",
    status_code=204,
    # Read by hand, so that permission and existence are decided before it.
    openapi_extra={
        "parameters": [
            {"name": "last", "in": "query", "schema": {"type": "string", "enum": ["yes"]}}
        ]
    },
)
async def revoke_token(context: UnnamedCaller, request: Request, token_id: str) -> Response:
    """Revoke an operator token for ever; the last one of the last admin only with `last=yes`."""
    await tokens.revoke_token(context, token_id, last=request.query_params.get("last"))
    return Response(status_code=204)
