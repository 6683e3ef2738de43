"""What client and service say to each other: frozen pydantic models of contract `/v1`.

Requests refuse unknown fields, so that a typo is an answer and not a silence. Answers ignore
them, so that a newer service can say more. Times are RFC 3339 UTC with milliseconds, from 1970
to 9998; ids are opaque strings. No model ever puts the rejected input into an error.
"""

from keyconsole.wire.audit import (
    AuditCheckpoint,
    AuditEvent,
    AuditVerification,
)
from keyconsole.wire.base import (
    EARLIEST,
    LATEST,
    Answer,
    Count,
    Instant,
    Moment,
    Page,
    Request,
    rfc3339,
)
from keyconsole.wire.disabling import DisableRequest, FuseEnd
from keyconsole.wire.identification import (
    Identified,
    IdentifyMatch,
    IdentifyRequest,
)
from keyconsole.wire.integrations import (
    Integration,
    IntegrationCreate,
    IntegrationPatch,
    IntegrationStatus,
    KeyCounts,
)
from keyconsole.wire.introspection import (
    Introspection,
    ServerMetadata,
)
from keyconsole.wire.keys import (
    CreatedKey,
    Key,
    KeyCreate,
    KeyPage,
    KeyPatch,
    KeyStatus,
)
from keyconsole.wire.labelaudit import (
    AuditedKey,
    Finding,
    LabelFinding,
    Review,
    ReviewRequest,
)
from keyconsole.wire.members import (
    Invitation,
    Member,
    MemberCreate,
    MemberPatch,
)
from keyconsole.wire.people import (
    ROLE_PERMISSIONS,
    Me,
    Membership,
    Permission,
    Role,
)
from keyconsole.wire.problems import (
    AuthorizationError,
    FieldError,
    Problem,
)
from keyconsole.wire.refusals import Refusal
from keyconsole.wire.revocation import (
    Receipt,
    RevokeReason,
    RevokeRequest,
)
from keyconsole.wire.revocations import (
    MOST_KEYS,
    KeySelector,
    Revocation,
    RevocationOutcome,
    RevocationRequest,
    RevocationTarget,
    RevokedKey,
    SelectedKey,
    Selection,
)
from keyconsole.wire.rotation import (
    Rotation,
    RotationCompletion,
    RotationPatch,
    RotationRequest,
    RotationSide,
    RotationState,
    RotationWait,
)
from keyconsole.wire.tokens import (
    CreatedToken,
    Token,
    TokenCreate,
    TokenStatus,
)
from keyconsole.wire.usage import (
    Usage,
    UsageHour,
    UsageSource,
)
from keyconsole.wire.workspaces import (
    SettingsPatch,
    Workspace,
    WorkspacePatch,
    WorkspaceSettings,
)

__all__ = [
    "EARLIEST",
    "LATEST",
    "MOST_KEYS",
    "ROLE_PERMISSIONS",
    "Answer",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditVerification",
    "AuditedKey",
    "AuthorizationError",
    "Count",
    "CreatedKey",
    "CreatedToken",
    "DisableRequest",
    "FieldError",
    "Finding",
    "FuseEnd",
    "Identified",
    "IdentifyMatch",
    "IdentifyRequest",
    "Instant",
    "Integration",
    "IntegrationCreate",
    "IntegrationPatch",
    "IntegrationStatus",
    "Introspection",
    "Invitation",
    "Key",
    "KeyCounts",
    "KeyCreate",
    "KeyPage",
    "KeyPatch",
    "KeySelector",
    "KeyStatus",
    "LabelFinding",
    "Me",
    "Member",
    "MemberCreate",
    "MemberPatch",
    "Membership",
    "Moment",
    "Page",
    "Permission",
    "Problem",
    "Receipt",
    "Refusal",
    "Request",
    "Review",
    "ReviewRequest",
    "Revocation",
    "RevocationOutcome",
    "RevocationRequest",
    "RevocationTarget",
    "RevokeReason",
    "RevokeRequest",
    "RevokedKey",
    "Role",
    "Rotation",
    "RotationCompletion",
    "RotationPatch",
    "RotationRequest",
    "RotationSide",
    "RotationState",
    "RotationWait",
    "SelectedKey",
    "Selection",
    "ServerMetadata",
    "SettingsPatch",
    "Token",
    "TokenCreate",
    "TokenStatus",
    "Usage",
    "UsageHour",
    "UsageSource",
    "Workspace",
    "WorkspacePatch",
    "WorkspaceSettings",
    "rfc3339",
]
