"""The terms of a rotation: the quiet of the old key, the deadline, and who ends it."""

from datetime import datetime
from typing import Any

from keyconsole.service.clock import DAY, MINUTE
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.store.rotations import RotationRecord
from keyconsole.wire import RotationPatch, RotationRequest, WorkspaceSettings
from keyconsole.wire.fields import MAX_DEADLINE_DAYS, MAX_QUIET_MINUTES


def terms(
    context: RequestContext,
    errors: FieldErrors,
    defaults: WorkspaceSettings,
    asked: RotationRequest,
) -> dict[str, Any]:
    """Returns the terms of a new rotation: what was asked for, and the workspace's for the rest."""
    automatic = defaults.rotation_automatic if asked.automatic is None else asked.automatic
    quiet = defaults.rotation_quiet_minutes
    deadline = context.now() + defaults.rotation_deadline_days * DAY
    if asked.deadline is not None:
        deadline = _deadline(context, errors, asked.deadline)
    if asked.quiet_minutes is not None:
        quiet = _quiet(errors, asked.quiet_minutes, deadline - context.now())
    return {
        "quiet_minutes": quiet,
        "deadline": deadline,
        "automatic_by": context.principal.name if automatic else None,
    }


def changes(
    context: RequestContext, rotation: RotationRecord, asked: RotationPatch
) -> dict[str, Any]:
    """Returns the columns of a rotation under way that change. Raises `request-invalid`."""
    errors = FieldErrors()
    found: dict[str, Any] = {}
    if asked.deadline is not None:
        found["deadline"] = _deadline(context, errors, asked.deadline)
    deadline = found.get("deadline", rotation.deadline)
    if asked.quiet_minutes is not None:
        lasts = deadline - rotation.started_at
        found["quiet_minutes"] = _quiet(errors, asked.quiet_minutes, lasts)
    if asked.automatic is not None:
        found["automatic_by"] = context.principal.name if asked.automatic else None
    if asked.paused is not None and asked.paused != (rotation.paused_at is not None):
        found["paused_at"] = context.now() if asked.paused else None
    if asked.paused is False and deadline <= context.now():
        errors.add("deadline", "in-the-past", "Its deadline passed meanwhile: give it another.")
    errors.raise_if_any()
    return {name: value for name, value in found.items() if getattr(rotation, name) != value}


def _quiet(errors: FieldErrors, minutes: int, lasts: int) -> int:
    """Returns the minutes without use of the old key, checked against a rotation of `lasts` ms.

    It cannot be quiet for longer than that. A deadline alone may come nearer than the quiet:
    whoever sets it wants the old key gone by then, quiet or not. The client counts a deadline
    from its own clock, so as much quiet as there is time is taken though that differs a little.
    """
    room = lasts + lasts // 100 + MINUTE
    bounds = 1, MAX_QUIET_MINUTES, "minutes", "The quiet"
    errors.number("quiet_minutes", minutes, *bounds)
    if lasts > 0 and room < minutes * MINUTE <= MAX_QUIET_MINUTES * MINUTE:
        sentence = (
            f"The quiet, {minutes:,} minutes, is longer than the rotation: its deadline is "
            f"{round(lasts / MINUTE):,} minutes after its start."
        )
        errors.add("quiet_minutes", "beyond-deadline", sentence)
    return minutes


def _deadline(context: RequestContext, errors: FieldErrors, asked: datetime) -> int:
    now = context.now()
    deadline = errors.future("deadline", asked, now) or 0
    if deadline > now + MAX_DEADLINE_DAYS * DAY + MINUTE:
        errors.add("deadline", "too-late", f"At most {MAX_DEADLINE_DAYS} days ahead.")
    return deadline
