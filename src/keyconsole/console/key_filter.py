"""What `/` understands on a list of keys: text, status:revoked, unused:90d, by:ops. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from keyconsole.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

STATUSES = ("active", "disabled", "expired", "revoked")
_AGE = re.compile(r"[1-9][0-9]{0,4}[hd]")
_NAMED = re.compile(r"\b([a-z]+):")


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """The filter of a list, in the words of the service's query."""

    q: str | None = None
    status: str | None = None
    unused_for: str | None = None
    created_by: str | None = None
    confirmed: bool | None = None
    due: bool | None = None

    @classmethod
    def parse(cls, text: str) -> KeyFilter:
        """The filter that a person typed.

        Raises `UsageError` with a sentence for a term that cannot be understood.
        """
        for name in _NAMED.findall(text):
            if name not in _TERMS and difflib.get_close_matches(name, _TERMS, 1, 0.7):
                raise UsageError(f"{name}: is no filter. There are status: unused: by: due:")
        found = cls()
        for name, value in _TERM.findall(text):
            if value:
                found = _TERMS[name](found, value)
        rest = " ".join(_TERM.sub(" ", text).split())
        return replace(found, q=rest or None)

    def as_query(self) -> dict[str, Any]:
        """The arguments of `KeyServiceClient.keys`."""
        return {
            "q": self.q,
            "status": self.status,
            "unused_for": self.unused_for,
            "created_by": self.created_by,
            "confirmed": self.confirmed,
            "due": self.due,
        }


def _status(found: KeyFilter, value: str) -> KeyFilter:
    if value == "unconfirmed":
        return replace(found, status="active", confirmed=False)
    if value not in STATUSES:
        raise UsageError("status: is one of active, unconfirmed, disabled, expired, revoked.")
    return replace(found, status=value)


def _unused(found: KeyFilter, value: str) -> KeyFilter:
    if _AGE.fullmatch(value) is None:
        raise UsageError("unused: takes days or hours, as in unused:90d.")
    return replace(found, unused_for=value)


def _by(found: KeyFilter, value: str) -> KeyFilter:
    return replace(found, created_by=value)


def _due(found: KeyFilter, value: str) -> KeyFilter:
    if value != "rotation":
        raise UsageError("due: takes rotation, as in due:rotation.")
    return replace(found, due=True)


_TERMS: dict[str, Callable[[KeyFilter, str], KeyFilter]] = {
    "status": _status,
    "unused": _unused,
    "by": _by,
    "due": _due,
}
_TERM = re.compile(rf"\b({'|'.join(_TERMS)}):(\S*)")
