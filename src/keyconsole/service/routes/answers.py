"""Answers as JSON with non-ASCII escaped, and lists that need not be sent twice."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel

from keyconsole.service.rules.minting import Minted
from keyconsole.wire import Attention, Page

MEDIA_TYPE = "application/json"
_TURN_SECONDS = 0.005
NO_STORE = {"Cache-Control": "no-store"}


def answer(
    model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A model as an answer."""
    return Response(_encode(model), status, dict(headers or {}), media_type=MEDIA_TYPE)


async def long_answer(model: BaseModel, field: str) -> Response:
    """A model as an answer, with a list in a field that may be long."""
    return Response(await _encode_in_turns(model, field), media_type=MEDIA_TYPE)


def created(body: str, *, is_replayed: bool) -> Response:
    """Returns the answer that carries a secret, which nothing may store."""
    headers = NO_STORE | ({"Idempotent-Replayed": "true"} if is_replayed else {})
    return Response(body, 201, headers, media_type=MEDIA_TYPE)


def created_key(minted: Minted) -> Response:
    """Returns a new key and its secret."""
    body = f'{{"key":{minted.key_json},"secret":"{minted.secret}"}}'
    return created(body, is_replayed=minted.replayed)


async def listing(request: Request, page: Page[Any] | Attention) -> Response:
    """A list with its `ETag`, or `304` to whoever has it already (RFC 9110, section 13.1.2)."""
    body = await _encode_in_turns(page, "items")
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


async def _encode_in_turns(model: BaseModel, field: str) -> bytes:
    """Encodes the items of a list one after the other, and lets other requests go on meanwhile.

    To examine the texts of a page for credentials takes seconds at worst. Each item is encoded by
    its own class, such as `ExaminedKey`.
    """
    loop = asyncio.get_running_loop()
    items: list[bytes] = []
    began = loop.time()
    for item in getattr(model, field):
        items.append(_encode(item))
        if loop.time() - began >= _TURN_SECONDS:
            await asyncio.sleep(0)
            began = loop.time()
    empty = f'"{field}":['.encode()
    rest = _encode(model.model_copy(update={field: []}))
    return rest.replace(empty + b"]", empty + b",".join(items) + b"]", 1)


def _encode(model: BaseModel) -> bytes:
    # Escaped, since raw control characters would reach the terminal of whoever uses curl: DEL too,
    # which stands nowhere but in a string.
    return model.model_dump_json(ensure_ascii=True).encode().replace(b"\x7f", rb"\u007f")
