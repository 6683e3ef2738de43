"""Members, their roles and their tokens in words, and what is said before they are changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from keyconsole.core.shortcuts import key_of
from keyconsole.text import times

if TYPE_CHECKING:
    from datetime import datetime

    from keyconsole.text.runs import Run
    from keyconsole.wire import Member, Membership, Token

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
"""The rights of each role, as a predicate after its name."""

ROLE_INK = {"viewer": "dim", "admin": "amber", "gateway": "blue"}


LAST_ADMIN = "This is the last admin of the workspace: make somebody else an admin first."
NOT_ACCEPTED = "They have not accepted the invitation: no token yet."

LAST_WAY_IN = (
    "This is the last token of the last admin: without it nobody administers the workspace. Make "
    "another first. Whoever runs the service can let them in again with keyconsole service init, "
    "for the same workspace and account."
)
WHO_IS_ADDED = "who is a member elsewhere is invited, and a member once they accept"
STEPS_DOWN = "That is you: you are no admin any more, and only another one makes you one again."

JOINING = "Nothing changes where you are now. A token of its own signs you in there."
DECLINING = "Nothing changes where you are now. You can be invited again."


def is_already(member: Member) -> str:
    """Returns why somebody is not added again."""
    state = "invited" if member.pending else "a member"
    return f"They are {state} already, as {member.role}: change that role instead."


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


def removal(member: Member, at: datetime, *, is_me: bool) -> tuple[str, str, str]:
    """Returns the question before a membership ends, what is known and follows, and the verb."""
    if member.pending:
        facts = f"Invited as {member.role} {since(member, at)}. The invitation cannot be accepted "
        return f"Withdraw the invitation of {member.email}?", f"{facts}any more.", "withdraw it"
    seen = times.lately(member.last_seen_at, at)
    facts = f"{member.role.capitalize()}; a member since {since(member, at)}, last seen {seen}. "
    facts += _tokens_end(member.tokens) + "What they did stays in the audit log."
    if is_me:
        facts += "\nThat is you: you lose this workspace at once."
    return f"Remove {member.email} from the workspace?", facts, "remove"


def _tokens_end(count: int) -> str:
    if not count:
        return "No token signs them in. "
    whose = "Their token stops" if count == 1 else f"Their {count:,} tokens stop"
    return f"{whose} working at once. "


def revocation(token: Token, at: datetime) -> str:
    """Returns what is known of a token before it is revoked, and what follows."""
    label = f"{token.label}, " if token.label else ""
    used = f"Last used {times.lately(token.last_used_at, at)}"
    if token.last_used_at is None:
        used = "Never used"
    facts = f"{label}{token.id}, of {token.email}. {used}. It signs nobody in any more."
    if token.current:
        facts += "\nYou are signed in with it: it signs you out here."
    return facts


def added(member: Member) -> list[Run]:
    """Returns what is said once somebody was added or invited."""
    if member.pending:
        return [
            (f"◌ Invited {member.email}", "blue"),
            (": they accept with keyconsole invitations accept, and may do nothing before.", "dim"),
        ]
    return [
        (f"✓ {member.email}", "green"),
        (f" is a member now, as {member.role}. ", "dim"),
        (key_of("new_token"), "brass bold"),
        (" makes the token that signs them in.", "dim"),
    ]


def role_changed(member: Member, before: str) -> list[Run]:
    """Returns what is said once a member has another role, or is offered one."""
    return [
        (f"✓ {member.email}: {'offered ' if member.pending else ''}{member.role}", "green"),
        (f" (it was {before}), from the very next request on.", "dim"),
    ]


def removed(member: Member) -> list[Run]:
    """Returns what is said once a membership or an invitation has ended."""
    if member.pending:
        return [("Withdrawn", "ink"), (": the invitation cannot be accepted any more.", "dim")]
    return [
        (f"Removed {member.email}", "ink"),
        (": their tokens sign them in to this workspace no more.", "dim"),
    ]


def joined(membership: Membership) -> list[Run]:
    """Returns what is said once somebody has accepted an invitation."""
    return [
        (f"✓ Joined {membership.workspace} as {membership.role}", "green"),
        (f". A token: keyconsole tokens create --workspace {membership.workspace_id}", "dim"),
    ]
