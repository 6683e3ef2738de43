"""Creation of a key, its replacement or a token, sent again after a lost answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from keyconsole.core.errors import ServiceUnreachableError
from keyconsole.flows.unknown_outcome import leaves_open

if TYPE_CHECKING:
    from typing import Self

    from keyconsole.client import CreateAttempt, RotationAttempt, TokenAttempt
    from keyconsole.core.errors import KeyconsoleError

AttemptT = TypeVar("AttemptT", bound="CreateAttempt | RotationAttempt | TokenAttempt")


@dataclass(frozen=True, slots=True)
class Pending(Generic[AttemptT]):
    """A key or token that was asked for, until the service said what became of it.

    Sent again it is the same request, with the same idempotency key. `is_open` says that the
    service may have made it.
    """

    attempt: AttemptT
    is_open: bool = False

    def after(self, error: KeyconsoleError) -> Self | None:
        """Returns what is still to be found out, or nothing where the service refused."""
        if leaves_open(error, was_open=self.is_open):
            return replace(self, is_open=True)
        return self if isinstance(error, ServiceUnreachableError) else None
