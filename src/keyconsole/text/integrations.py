"""An integration in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FIELD_NAMES = {
    "name": "name",
    "provider": "provider",
    "environment": "environment",
    "client_id": "client ID",
    "redirect_uri": "redirect URI",
    "scopes": "scopes",
}


def needs(missing: Sequence[str]) -> str:
    """What keeps an integration a draft, in words: `needs client ID and scopes`."""
    names = [FIELD_NAMES.get(field, field) for field in missing]
    if not names:
        return ""
    if len(names) > 1:
        return f"needs {', '.join(names[:-1])} and {names[-1]}"
    return f"needs {names[0]}"
