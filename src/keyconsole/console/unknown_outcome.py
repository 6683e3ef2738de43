"""What is said while nobody knows whether a change took effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.core.errors import ServiceFailedError

if TYPE_CHECKING:
    from keyconsole.core.errors import KeyconsoleError

_ADVICE = " Try again."


def why_unknown(error: KeyconsoleError) -> str:
    """A sentence: the service's own where it gave one, without the advice that is followed here."""
    if isinstance(error, ServiceFailedError):
        return error.message.removesuffix(_ADVICE)
    return "no clear answer came."
