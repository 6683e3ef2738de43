"""Answers as JSON with non-ASCII escaped, and lists that need not be sent twice."""

import hashlib
from collections.abc import Mapping

from fastapi import Request, Response
from pydantic import BaseModel

from keyconsole.service.rules.minting import Minted

MEDIA_TYPE = "application/json"
NO_STORE = {"Cache-Control": "no-store"}


def answer(
    model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A model as an answer."""
    return Response(_encode(model), status, dict(headers or {}), media_type=MEDIA_TYPE)


def created(body: str, *, is_replayed: bool) -> Response:
    """Returns the answer that carries a secret, which nothing may store."""
    headers = NO_STORE | ({"Idempotent-Replayed": "true"} if is_replayed else {})
    return Response(body, 201, headers, media_type=MEDIA_TYPE)


def created_key(minted: Minted) -> Response:
    """Returns a new key and its secret."""
    body = f'{{"key":{minted.key_json},"secret":"{minted.secret}"}}'
    return created(body, is_replayed=minted.replayed)


def listing(request: Request, model: BaseModel) -> Response:
    """A list with its `ETag`, or `304` to whoever has it already (RFC 9110, section 13.1.2)."""
    body = _encode(model)
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


def _encode(model: BaseModel) -> bytes:
    # Escaped, since raw control characters would reach the terminal of whoever uses curl: DEL too,
    # which stands nowhere but in a string.
    return model.model_dump_json(ensure_ascii=True).encode().replace(b"\x7f", rb"\u007f")
