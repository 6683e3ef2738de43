"""The signed-in person, the service they talk to, and how that connection is doing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from keyconsole.client import KeyServiceClient
    from keyconsole.wire import Me


NOT_A_MEMBER = "not a member any more"


@dataclass(frozen=True, slots=True)
class Session:
    """A client that is ready to be asked, and the profile it belongs to.

    The service of an `is_demo` one is gone with it, and answers nobody else.
    """

    client: KeyServiceClient
    profile: str
    danger: bool = False
    read_only: bool = False
    is_demo: bool = False
    workspace: str | None = None
    close: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class ProfileChoice:
    """A service that the console can switch to. `fault` says why it cannot."""

    name: str
    url: str
    danger: bool = False
    read_only: bool = False
    fault: str | None = None


class Profiles(Protocol):
    """The services that there are, and how to sign in there. Whoever starts the console has it.

    Every method raises an exception of `keyconsole.core.errors` and no other.
    """

    def choices(self) -> Sequence[ProfileChoice]:
        """Returns the profiles, by name."""

    async def open(self, name: str) -> Session:
        """A session on a service, with the token that is stored for it."""

    async def visit(self, name: str) -> Session:
        """The same for a question or two: the caller closes it, and nobody remembers it."""

    async def sign_in(self, name: str, token: str) -> Session:
        """A session with another token, which is kept once the service has accepted it."""


@dataclass(frozen=True, slots=True)
class Person:
    """The person who is signed in, and their permissions in the open workspace."""

    account: str
    workspace: str
    workspace_id: str | None
    role: str
    permissions: frozenset[str]

    @classmethod
    def of(cls, me: Me, workspace: str | None = None) -> Person:
        """The person in `workspace`, or in the first one they are a member of."""
        membership = next(
            (m for m in me.memberships if workspace in (None, m.workspace, m.workspace_id)), None
        )
        if membership is None:
            return cls(me.email, "no workspace", None, "no role", frozenset())
        return cls(
            me.email,
            membership.workspace,
            membership.workspace_id,
            str(membership.role),
            frozenset(str(permission) for permission in membership.permissions),
        )

    @property
    def sees_members(self) -> bool:
        """Returns true if they may look at the members and tokens of the workspace."""
        return "members:write" in self.permissions

    def removed(self) -> Person:
        """The same person once they are not a member of the workspace any more."""
        return replace(self, role=NOT_A_MEMBER, permissions=frozenset())


@dataclass(frozen=True, slots=True)
class Link:
    """The connection as the identity line shows it."""

    state: str = "connecting"
    latency_ms: float | None = None
    retry_at: datetime | None = None
    message: str = ""
    attempts: int = field(default=0, compare=False)

    @property
    def lost(self) -> bool:
        """True if the last request got no answer."""
        return self.state == "lost"
