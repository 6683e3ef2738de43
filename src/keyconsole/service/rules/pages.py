"""Cursors: where a page ended, opaque, bound to its list and filter, and sealed.

A cursor that was changed, or taken to another list, is refused instead of skipping rows.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import Field

from keyconsole.core.errors import ProblemError, field_problem
from keyconsole.service.rootkeys import RootKeys
from keyconsole.wire import Request

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
MAX_CURSOR = 4_096
_SEAL_BYTES = 12


RowT = TypeVar("RowT")


class PageQuery(Request, defer_build=False):
    """The page of a list that is asked for: its size, and the cursor of the page before it."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, min_length=1, max_length=MAX_CURSOR)


class Cursors:
    """The cursors of one list with one filter."""

    def __init__(self, roots: RootKeys, what: str, *scope: object) -> None:
        self._key = roots.newest.cursor_key
        self._scope = repr((what, *scope)).encode()

    def write(self, position: tuple[Any, ...]) -> str:
        """Returns the cursor of a position."""
        content = json.dumps(position, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._seal(content) + content).decode().rstrip("=")

    def read(self, cursor: str | None, shape: tuple[type, ...]) -> Any:
        """Returns the position of a cursor, None for None; raises `request-invalid`."""
        if cursor is None:
            return None
        try:
            sealed = base64.b64decode(
                cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
            )
        except (UnicodeEncodeError, binascii.Error):
            raise _refused() from None
        seal, content = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(content)):
            raise _refused()
        position = tuple(json.loads(content))
        if len(position) != len(shape):
            raise _refused()
        return position

    def cut(
        self, found: Sequence[RowT], limit: int, position: Callable[[RowT], tuple[Any, ...]]
    ) -> tuple[Sequence[RowT], str | None]:
        """Returns the first `limit` rows, and the cursor after them if `found` holds more."""
        if len(found) <= limit:
            return found, None
        return found[:limit], self.write(position(found[limit - 1]))

    def _seal(self, content: bytes) -> bytes:
        return hmac.digest(self._key, self._scope + b"\0" + content, "sha256")[:_SEAL_BYTES]


def _refused() -> ProblemError:
    sentence = "The cursor is not one of this list: start again without it."
    return field_problem("cursor", "cursor", sentence)
