"""Rotating a key: its replacement, what is waited for, and how it ends."""

from enum import StrEnum

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Instant, Moment, Request, ShownName
from keyconsole.wire.fields import Name, Note, OptionalName, QuietMinutes
from keyconsole.wire.keys import Key
from keyconsole.wire.revocation import RevokeReason
from keyconsole.wire.usage import UsageSource

__all__ = [
    "Rotation",
    "RotationCompletion",
    "RotationPatch",
    "RotationRequest",
    "RotationSide",
    "RotationState",
    "RotationWait",
]


class RotationState(StrEnum):
    """The state of a rotation. The last four are its ends."""

    WAITING = "waiting"
    READY = "ready"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    OLD_REVOKED = "old_revoked"
    NEW_REVOKED = "new_revoked"


class RotationWait(StrEnum):
    """The reason for which a rotation keeps the old key."""

    NEW_UNUSED = "new_unused"
    NEW_NOT_IN_FORCE = "new_not_in_force"
    OLD_IN_USE = "old_in_use"
    CONFIRMATION = "confirmation"
    RESUME = "resume"


class RotationRequest(Request):
    """A replacement for a key, and when the old one is to go. What is left out is the default.

    Without a `label` the replacement takes the name of the old key as soon as that is free, and
    is called `<name> (next)` until then. `expires_at` is as long a life as the old key had.
    """

    label: Name | None = None
    expires_at: Instant | None = None
    deadline: Instant | None = None
    quiet_minutes: QuietMinutes | None = None
    automatic: bool | None = None


class RotationPatch(Request):
    """The changes of a rotation under way; fields left out stay."""

    paused: bool | None = None
    deadline: Instant | None = None
    quiet_minutes: QuietMinutes | None = None
    automatic: bool | None = None


class RotationCompletion(Request):
    """Revoke the old key; `now` although it, or its replacement, is not ready for that."""

    now: bool = False
    reason: RevokeReason = RevokeReason.SUPERSEDED
    incident: OptionalName | None = None
    note: Note | None = None


class RotationSide(Answer):
    """One of the two keys, and who used it while the rotation is under way, the latest first.

    `last_minute` counts what all processes of the service accepted.
    """

    key: Key
    last_minute: Count = 0
    sources: list[UsageSource] = Field(default_factory=list)


class Rotation(Answer):
    """A rotation: the old key and the new one, and what it is waiting for.

    It is ready once the new key was used and the old one was quiet for `quiet_minutes`, or at
    the `deadline`. Then the old key is revoked: by the service where it is `automatic`, else
    once somebody confirms it. `label_after` is the name of the new key in the end. `quiet_at`
    is when the old key will have been quiet long enough, if nobody uses it any more.
    """

    old: RotationSide
    new: RotationSide
    state: RotationState
    waiting_for: list[RotationWait] = Field(default_factory=list)
    quiet_minutes: Count
    quiet_at: Moment
    deadline: Moment
    automatic: bool
    label_after: ShownName
    started_at: Moment
    started_by: ShownName
    paused_at: Moment | None = None
    ended_at: Moment | None = None
    ended_by: ShownName | None = None
    at: Moment
