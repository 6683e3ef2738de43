"""The limits of what a client sends, for the OpenAPI document and for the rules.

The models take more than their schemas say: the rules refuse it, in a sentence with the limit.
"""

from typing import Annotated, Any

from pydantic import StrictInt, WithJsonSchema
from typing_extensions import TypeAliasType

from keyconsole.core import limits
from keyconsole.core.safetext import MAX_LABEL, MAX_QUERY

MAX_SCOPES = 50
MAX_ADDRESSES = 50
MAX_ADDRESS = 49  # an IPv6 address that ends in an IPv4 one, and its prefix
MAX_METADATA = 20
MAX_VALUE = 500
MAX_NOTE = 1_000
MAX_DAYS = 3_650
MAX_DEADLINE_DAYS = 365
MAX_QUIET_MINUTES = 7 * 24 * 60
MAX_ENVIRONMENTS = 50

_PID = "[0-9a-hjkmnp-tv-z]{16}"


def text_schema(most: int, least: int = 0, pattern: str | None = None) -> dict[str, Any]:
    """Returns the schema of a text by the number of its characters."""
    schema: dict[str, Any] = {"type": "string", "minLength": least, "maxLength": most}
    return schema if pattern is None else schema | {"pattern": pattern}


def id_schema(prefix: str) -> dict[str, Any]:
    """Returns the schema of an id such as `int_7k2m4q9x0a1b2c3d`."""
    length = len(prefix) + 17
    return text_schema(length, length, f"^{prefix}_{_PID}$")


ITEM_ID_SCHEMA = text_schema(40, 24, rf"^[a-z_]{{3,19}}-(kcp|int)_{_PID}$")
"""The schema of the id of an item of attention, such as `due-int_7k2m4q9x0a1b2c3d`."""


def _number(least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


def _list(most: int, items: dict[str, Any], least: int = 0) -> WithJsonSchema:
    return WithJsonSchema({"type": "array", "minItems": least, "maxItems": most, "items": items})


Name = Annotated[str, WithJsonSchema(text_schema(MAX_LABEL, 1))]
OptionalName = Annotated[str, WithJsonSchema(text_schema(MAX_LABEL))]
"""A name that is missing where it is empty."""
Uri = Annotated[str, WithJsonSchema(text_schema(MAX_VALUE))]
Note = Annotated[str, WithJsonSchema(text_schema(MAX_NOTE))]
Span = Annotated[str, WithJsonSchema(text_schema(7, 2, "^[0-9]{1,5}(m|h|d|w|mo|y)$"))]
"""Such as `90d`, `12h` or `3mo`."""
Query = Annotated[str, WithJsonSchema(text_schema(MAX_QUERY))]
"""A query in the language of the console."""
PublicKey = Annotated[str, WithJsonSchema(id_schema("kcp"))]
Digest = Annotated[str, WithJsonSchema(text_schema(64, 64, "^[0-9a-f]{64}$"))]
WorkspaceId = Annotated[str, WithJsonSchema(id_schema("ws"))]
AccountId = Annotated[str, WithJsonSchema(id_schema("acc"))]
IntegrationId = Annotated[str, WithJsonSchema(id_schema("int"))]
Days = Annotated[int, _number(1, MAX_DAYS)]
WarningDays = Annotated[int, _number(0, MAX_DAYS)]
DeadlineDays = Annotated[int, _number(1, MAX_DEADLINE_DAYS)]
QuietMinutes = Annotated[int, _number(1, MAX_QUIET_MINUTES)]
RateRequests = Annotated[StrictInt, _number(1, limits.MOST_REQUESTS)]
RateSeconds = Annotated[StrictInt, _number(1, limits.MOST_SECONDS)]
QuotaRequests = Annotated[StrictInt, _number(1, limits.MOST_OF_QUOTA)]
Scopes = Annotated[list[str], _list(MAX_SCOPES, text_schema(MAX_LABEL, 1))]
Addresses = Annotated[list[str], _list(MAX_ADDRESSES, text_schema(MAX_ADDRESS))]
Environments = Annotated[list[str], _list(MAX_ENVIRONMENTS, text_schema(MAX_LABEL, 1), 1)]
Metadata = TypeAliasType(
    "Metadata",
    Annotated[
        dict[str, str],
        WithJsonSchema(
            {
                "type": "object",
                "maxProperties": MAX_METADATA,
                "additionalProperties": text_schema(MAX_VALUE),
            }
        ),
    ],
)
