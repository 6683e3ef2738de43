"""Parsing of requests to `/v1/forward-auth`: the headers and the query that a gateway sends."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs

PATH = "/v1/forward-auth"
_FIELDS_AT_MOST = 20
_QUERIES_KEPT = 64


class Query(NamedTuple):
    """The query of the exact path, which the gateway wrote."""

    integrations: tuple[bytes, ...] = ()
    scopes: tuple[bytes, ...] = ()
    is_for_nginx: bool = False
    is_understood: bool = True


_NO_QUERY = Query()


@lru_cache(maxsize=_QUERIES_KEPT)
def _query_of(query: bytes) -> Query:
    """Returns what a query says. A gateway repeats its own, so the last ones are kept."""
    try:
        fields = parse_qs(
            query.decode("latin-1"),
            keep_blank_values=True,
            encoding="latin-1",
            max_num_fields=_FIELDS_AT_MOST,
        )
    except ValueError:
        return Query(is_understood=False)
    integrations, scopes = (
        tuple(each.encode("latin-1") for each in fields.pop(name, ()))
        for name in ("integration", "scope")
    )
    profiles = fields.pop("profile", [])
    is_understood = not fields and profiles in ([], ["nginx"])
    return Query(integrations, scopes, profiles == ["nginx"], is_understood)


class GatewayRequest:
    """The headers and parameters of a request that count, by one scan over its raw headers."""

    __slots__ = (
        "agent",
        "apart",
        "authorization",
        "forwarded",
        "integrations",
        "listed",
        "query",
        "scopes",
    )

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.authorization: bytes | None = None
        self.apart: list[bytes] = []
        self.agent = b""
        self.forwarded: list[bytes] = []
        self.listed: list[bytes] = []
        self.integrations: list[bytes] = []
        self.scopes: list[bytes] = []
        self.query = _NO_QUERY
        twice = False
        for name, value in scope["headers"]:
            if name == b"authorization":
                twice = self.authorization is not None
                self.authorization = value
            elif name == b"user-agent":
                self.agent = value
            elif name == b"x-integration-id":
                self.integrations.append(value)
            elif name == b"x-required-scope":
                self.scopes.append(value)
            elif name == b"x-forwarded-for":
                self.listed.append(value)
            elif name == b"forwarded":
                self.forwarded.append(value)
        # Below the path a gateway appends what it was asked for, and the query is the caller's.
        if scope["query_string"] and scope["path"] == PATH:
            self.query = _query_of(scope["query_string"])
            self.integrations.extend(self.query.integrations)
            self.scopes.extend(self.query.scopes)
        if twice:
            self.authorization = b""
