"""Members, their roles and their tokens in words, and what is said before they are changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from keyconsole.text import times

if TYPE_CHECKING:
    from datetime import datetime

    from keyconsole.text.runs import Run
    from keyconsole.wire import Member, Token

SOON = timedelta(days=14)
QUIET = timedelta(days=90)

UNKNOWN_YEAR = 1970

ROLES = ("viewer", "responder", "operator", "admin", "gateway")
"""The roles in the order of what they may do; a gateway is no person."""

MAY = {
    "viewer": "reads everything and changes nothing",
    "responder": "reads, disables and revokes keys; creates none",
    "operator": "creates, changes and revokes keys; not members, not policy",
    "admin": "does everything: members, tokens and policy too",
    "gateway": "asks whether keys are valid, and nothing else",
}
"""What a role may do, to stand after its name."""

ROLE_INK = {"viewer": "dim", "admin": "amber", "gateway": "blue"}


def remark(member: Member, at: datetime) -> Run:
    """Returns what is worth a look about a member."""
    if member.pending:
        return "◌ invited", "blue"
    if not member.tokens:
        return "no token", "amber"
    if member.last_seen_at is not None and at - member.last_seen_at > QUIET:
        return "quiet", "amber"
    return "", ""


def since(member: Member, at: datetime) -> str:
    """Returns the day somebody became a member; a dash where an old database does not know."""
    return times.day(member.created_at, at) if member.created_at.year > UNKNOWN_YEAR else "–"


def expiry(token: Token, at: datetime) -> Run:
    """Returns when a token expires."""
    if token.expires_at is None:
        return "never", "amber"
    if token.status != "active" or token.expires_at - at > SOON:
        return times.day(token.expires_at, at), "dim"
    return times.until(token.expires_at, at), "amber"
