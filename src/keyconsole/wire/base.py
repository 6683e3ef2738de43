"""The parts of every message: times, counts, and the bases of requests and answers."""

import os
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from keyconsole.core.credential import SHORTEST_SUSPECTED
from keyconsole.core.safetext import MAX_QUERY

__all__ = [
    "EARLIEST",
    "LATEST",
    "Answer",
    "Count",
    "Instant",
    "Moment",
    "Page",
    "Request",
    "rfc3339",
]

ItemT = TypeVar("ItemT")

# A plugin of pydantic sees what is validated, secrets too; to find one reads every package.
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"


def rfc3339(moment: datetime) -> str:
    """Returns a moment as the contract writes it: `2026-03-12T08:15:00.000Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

LATEST = datetime(9998, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
"""A year before the last: every time zone can still write it, and a span be added to it."""

Moment = Annotated[
    AwareDatetime,
    Field(ge=EARLIEST, le=LATEST),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


def _name_shown(text: str) -> str:
    if len(text) < SHORTEST_SUSPECTED:
        return text

    from keyconsole.core import credentialtext  # 10 ms that short names need not wait for

    return credentialtext.redact_names(text)


def _text_shown(text: str) -> str:
    from keyconsole.core import credentialtext

    return credentialtext.redact(text)


def _document_shown(value: Any) -> Any:
    match value:
        case str():
            return _text_shown(value)
        case dict():
            return {_document_shown(name): _document_shown(each) for name, each in value.items()}
        case list():
            return [_document_shown(each) for each in value]
        case _:
            return value


ShownName = Annotated[str, PlainSerializer(_name_shown, return_type=str, when_used="json")]
"""A name as it is sent: what was stored may be older than the rule that refuses secrets in it."""

ShownText = Annotated[str, PlainSerializer(_text_shown, return_type=str, when_used="json")]
"""Free text as it is sent, without what may be a secret."""

ShownDocument = Annotated[
    dict[str, Any],
    PlainSerializer(_document_shown, return_type=dict[str, Any], when_used="json"),
]
"""Values of any shape, of which every text is free text."""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _of_rfc3339(value: Any) -> Any:
    """Parses a time; pydantic would take a number in quotes for seconds since 1970."""
    if not isinstance(value, str):
        return value
    if _RFC3339.fullmatch(value) is None:
        raise ValueError("a time such as 2026-03-12T08:15:00Z")
    return datetime.fromisoformat(value.upper())


Instant = Annotated[AwareDatetime, BeforeValidator(_of_rfc3339)]
"""A time that somebody sends: RFC 3339, with its offset."""

Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""A count or a position, up to the largest integer of the databases."""

Filter = Annotated[str, Field(max_length=200)]
"""An id or a name that a list is filtered by: longer than any there is."""

QueryText = Annotated[str, Field(max_length=MAX_QUERY)]
"""A query in the language of `core.queries.keys`."""

SearchText = Annotated[str, Field(max_length=16 * 1024)]
"""A search text, as long as a line of input may be."""


class Request(BaseModel):
    """The base of what a client sends. Each is built when it is used first: most never are."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )


class Answer(BaseModel):
    """The base of what a service answers; built when it is used first, as a request is."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )


class Page(Answer, Generic[ItemT]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[ItemT]
    next_cursor: str | None = None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Names the page of a kind of item as a person would: `AuditEventPage`."""
        return f"{params[0].__name__}Page"

    @property
    def note(self) -> str:
        """A remark about this list for a person; mostly empty."""
        return ""
