"""The changes that an admin may make to a member, checked before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyconsole.core.accounts import account_address, address_problem
from keyconsole.text import members as text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import datetime

    from keyconsole.client import KeyServiceClient
    from keyconsole.wire import Member, Token


@dataclass(frozen=True, slots=True)
class Standing:
    """A member, and the token of theirs that is meant, if any.

    `is_last_admin` only where that is known for sure: the service decides anyway.
    """

    member: Member
    is_me: bool = False
    is_last_admin: bool = False
    token: Token | None = None

    @property
    def why_no_token(self) -> str | None:
        """Returns why no token can be made for them, or `None`."""
        return text.NOT_ACCEPTED if self.member.pending else None

    @property
    def why_not_changed(self) -> str | None:
        """Returns why their role stays and they stay a member, or `None`."""
        return text.LAST_ADMIN if self.is_last_admin else None


def only_admin(members: Iterable[Member]) -> str | None:
    """Returns the account of the only admin among all members of a workspace, or `None`."""
    admins = [each.account_id for each in members if each.role == "admin" and not each.pending]
    return admins[0] if len(admins) == 1 else None


def why_not_added(email: str, known: Iterable[Member]) -> str | None:
    """Returns why an address cannot be added to the members that are known, or `None`."""
    if problem := address_problem(email):
        return problem.message
    address = account_address(email).lower()
    there = next((each for each in known if each.email.lower() == address), None)
    if there is None:
        return None
    return text.is_already(there)


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that is ended for good once a person has confirmed it.

    `facts` say what is known and what follows. `name` is what has to be typed if it `is_typed`,
    and in a danger profile. `otherwise` is asked for after the refusal with the code `last-token`.
    """

    title: str
    facts: str
    verb: str
    name: str
    request: Callable[[KeyServiceClient], Awaitable[None]]
    is_typed: bool = False
    otherwise: Removal | None = None


def removal_of(standing: Standing, at: datetime) -> Removal:
    """Returns the end of a membership, or of an invitation."""
    member = standing.member

    async def remove(client: KeyServiceClient) -> None:
        await client.members.remove(member.account_id, workspace=member.workspace_id)

    title, facts, verb = text.removal(member, at, is_me=standing.is_me)
    return Removal(title, facts, verb, member.email, remove)


def revocation_of(token: Token, at: datetime) -> Removal:
    """Returns the end of a token. The one that somebody is signed in with is named by typing."""

    def revoke(*, last: bool) -> Callable[[KeyServiceClient], Awaitable[None]]:
        async def send(client: KeyServiceClient) -> None:
            await client.tokens.revoke(token.id, last=last)

        return send

    title, verb = "Revoke this token for ever?", "revoke"
    last = Removal(title, text.LAST_WAY_IN, verb, token.email, revoke(last=True), is_typed=True)
    return Removal(
        title,
        text.revocation(token, at),
        verb,
        token.id[-4:],
        revoke(last=False),
        is_typed=token.current,
        otherwise=last,
    )
