"""Paths and queries of the contract. No credential ever becomes part of an address.

Addresses end up in logs, proxies and histories. A person who searches for a whole key means
the key of that name, so its public key goes out instead.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from urllib.parse import quote, urlencode

from keyconsole.core.credential import SHORTEST_SUSPECTED
from keyconsole.core.errors import problem

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def without_secrets(text: str) -> str:
    """Returns `text` with every credential, its checksum right or wrong, as its public key."""
    if len(text) < SHORTEST_SUSPECTED:
        return text

    from keyconsole.core import credentialtext  # 10 ms that short texts need not wait for

    return credentialtext.publish(text)


Parameter = str | int | bool | StrEnum


def address(
    *segments: str, query: Mapping[str, Parameter | Sequence[Parameter] | None] | None = None
) -> str:
    """Returns `v1/…`, relative to the service, with the parameters that are not `None`.

    One with several values is there several times.

    Raises `NotFoundError` for a segment that cannot be an id, so that `..` asks for nothing.
    """
    path = "/".join(("v1", *(_segment(segment) for segment in segments)))
    given = [
        (name, _text(each))
        for name, value in (query or {}).items()
        if value is not None
        for each in ([value] if isinstance(value, str | int) else value)
    ]
    return f"{path}?{urlencode(given)}" if given else path


def _segment(segment: str) -> str:
    identifier = without_secrets(segment)
    if _ID.fullmatch(identifier) is None:
        raise problem("not-found", "There is nothing by this id.")
    return quote(identifier, safe="")


def _text(value: Parameter) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case _:
            return without_secrets(value).encode("utf-8", "replace").decode()
