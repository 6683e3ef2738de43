"""The account that is signed in, roles, and their permissions."""

from enum import StrEnum

from keyconsole.wire.base import Answer, Moment, ShownName, ShownText

__all__ = ["ROLE_PERMISSIONS", "Me", "Membership", "Permission", "Role"]


class Role(StrEnum):
    """The role of a member in a workspace."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    RESPONDER = "responder"
    ADMIN = "admin"
    GATEWAY = "gateway"


class Permission(StrEnum):
    """One thing that a role may allow."""

    INTEGRATIONS_READ = "integrations:read"
    INTEGRATIONS_WRITE = "integrations:write"
    KEYS_READ = "keys:read"
    KEYS_CREATE = "keys:create"
    KEYS_WRITE = "keys:write"
    KEYS_REVOKE = "keys:revoke"
    AUDIT_READ = "audit:read"
    MEMBERS_WRITE = "members:write"
    INTROSPECT = "introspect"


_VIEW = frozenset({Permission.INTEGRATIONS_READ, Permission.KEYS_READ, Permission.AUDIT_READ})

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEW,
    Role.OPERATOR: _VIEW
    | {
        Permission.INTEGRATIONS_WRITE,
        Permission.KEYS_CREATE,
        Permission.KEYS_WRITE,
        Permission.KEYS_REVOKE,
    },
    Role.RESPONDER: _VIEW | {Permission.KEYS_REVOKE},
    Role.ADMIN: frozenset(Permission) - {Permission.INTROSPECT},
    Role.GATEWAY: frozenset({Permission.INTROSPECT}),
}


class Membership(Answer):
    """One workspace of the account, with what may be done there."""

    workspace_id: str
    workspace: ShownName
    role: Role
    permissions: list[Permission]


class Me(Answer):
    """The account that is signed in, its workspaces, and its permissions.

    `clock_doubt` says why the service does not rely on its clock, while it does not.
    """

    account_id: str
    email: ShownName
    name: ShownName
    memberships: list[Membership]
    service_version: str
    server_time: Moment
    embedded: bool = False
    clock_doubt: ShownText | None = None
