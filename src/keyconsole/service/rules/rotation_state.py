"""The state of a rotation, from its record. Pure.

The old key goes once the new one was used and the old one was quiet for as long as was asked;
or at the deadline, though never before the new one was used at all: a replacement that nobody
has yet would leave nobody with a working key.
"""

from keyconsole.service.clock import MINUTE, SECOND
from keyconsole.service.store.rotations import RotationRecord
from keyconsole.wire import RotationState, RotationWait

FLUSH_MARGIN = 3 * SECOND
"""The additional quiet, in ms: other processes write their counts every second."""


def waits(rotation: RotationRecord, now: int) -> list[RotationWait]:
    """Returns what the rotation waits for, the most telling first; empty once it can end."""
    if state_at_end(rotation) is not None:
        return []
    if rotation.paused_at is not None:
        return [RotationWait.RESUME]
    if not _is_in_force(rotation, now):
        return [RotationWait.NEW_NOT_IN_FORCE]
    found = []
    if not rotation.new_last_used_at:
        found.append(RotationWait.NEW_UNUSED)
    if now < min(rotation.deadline, quiet_at(rotation)):
        found.append(RotationWait.OLD_IN_USE)
    if not found and rotation.automatic_by is None:
        found.append(RotationWait.CONFIRMATION)
    return found


def state(rotation: RotationRecord, now: int) -> RotationState:
    """Returns the state at `now`, in ms."""
    ended = state_at_end(rotation)
    if ended is not None:
        return ended
    if rotation.paused_at is not None:
        return RotationState.PAUSED
    still = [wait for wait in waits(rotation, now) if wait is not RotationWait.CONFIRMATION]
    return RotationState.WAITING if still else RotationState.READY


def state_at_end(rotation: RotationRecord) -> RotationState | None:
    """Returns how it ended, stored yet or not; None while it is under way."""
    if rotation.outcome is not None:
        return RotationState(rotation.outcome)
    if rotation.old_revoked_at is not None:
        return RotationState.OLD_REVOKED
    return None if rotation.new_revoked_at is None else RotationState.NEW_REVOKED


def quiet_at(rotation: RotationRecord) -> int:
    """Returns the time at which the old key was quiet for long enough, unless it is used again."""
    last = max(rotation.old_last_used_at, rotation.started_at)
    return last + rotation.quiet_minutes * MINUTE + FLUSH_MARGIN


def _is_in_force(rotation: RotationRecord, now: int) -> bool:
    expired = rotation.new_expires_at is not None and rotation.new_expires_at <= now
    expired = expired or rotation.new_expiry_seen_at is not None
    return not expired and rotation.new_disabled_at is None
