"""Who may do what in a workspace."""

from keyconsole.wire.base import Answer, Moment, Request
from keyconsole.wire.people import Role


class Member(Answer):
    """An account in one workspace, with its role there."""

    account_id: str
    workspace_id: str
    email: str
    name: str
    role: Role
    created_at: Moment


class MemberCreate(Request):
    """Somebody joins; `workspace_id` only where you administer several."""

    email: str
    role: Role
    workspace_id: str | None = None


class MemberPatch(Request):
    """Another role."""

    role: Role
