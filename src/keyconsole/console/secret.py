"""The one-time value while it is on the page: masked, shown for a while, and dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console import styled_text
from keyconsole.core.credential import digest

if TYPE_CHECKING:
    from pydantic import SecretStr

DOT = "•"


class OneTimeSecret:
    """Holds the value until `drop`. Its `repr` and its errors never contain it."""

    def __init__(self, value: SecretStr) -> None:
        self._value: SecretStr | None = value
        self.masked = masked(value.get_secret_value())
        self.is_shown = False
        self.is_kept_elsewhere = False

    @property
    def is_dropped(self) -> bool:
        """True if the value was dropped."""
        return self._value is None

    def reveal(self) -> str | None:
        """The value, for the moment that it is drawn, copied or written; nothing once dropped."""
        return None if self._value is None else self._value.get_secret_value()

    def proof(self) -> str | None:
        """The digest, which may travel; nothing once dropped."""
        value = self.reveal()
        return None if value is None else digest(value).hex()

    def drop(self) -> None:
        """Forget the value for good, and that it was drawn."""
        self._value = None
        self.is_shown = False
        styled_text.forget()

    def __repr__(self) -> str:
        return "<OneTimeSecret dropped>" if self.is_dropped else "<OneTimeSecret>"


def masked(value: str) -> str:
    """The public part, and a dot for every digit of the rest."""
    return value[:21] + DOT * (len(value) - 21)
