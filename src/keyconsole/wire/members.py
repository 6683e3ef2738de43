"""The members of a workspace, and invitations to it."""

from keyconsole.wire.base import Answer, Count, Moment, Request, ShownName
from keyconsole.wire.fields import Name, WorkspaceId
from keyconsole.wire.people import Role

__all__ = ["Invitation", "Member", "MemberCreate", "MemberPatch"]


class Member(Answer):
    """An account in one workspace, with its role there.

    While `pending` is true it was invited and has not accepted: it may do nothing there.
    `tokens` counts those that sign them in to the workspace now, and `last_seen_at` is when one
    last did, exact to the minute. A token of every workspace is told to its own account alone.
    """

    account_id: str
    workspace_id: str
    email: ShownName
    name: ShownName
    role: Role
    created_at: Moment
    pending: bool = False
    tokens: Count = 0
    last_seen_at: Moment | None = None


class MemberCreate(Request):
    """Somebody joins, or is invited where the account is a member elsewhere already.

    `workspace_id` only where you administer several.
    """

    email: Name
    role: Role
    workspace_id: WorkspaceId | None = None


class Invitation(Answer):
    """A workspace that the account is asked to join, by whom, and with which role."""

    id: str
    workspace_id: str
    workspace: ShownName
    role: Role
    invited_by: ShownName
    created_at: Moment


class MemberPatch(Request):
    """Another role."""

    role: Role
