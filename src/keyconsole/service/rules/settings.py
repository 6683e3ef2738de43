"""The policy of a workspace: how old keys get, what labels name, how a rotation begins."""

import re
from collections.abc import Set as AbstractSet
from typing import Any

from keyconsole.core import labels, safetext
from keyconsole.core.errors import field_problem
from keyconsole.service.rules import audit
from keyconsole.service.rules.context import RequestContext, not_found
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.store import integrations
from keyconsole.service.store import settings as store
from keyconsole.service.store.damage import has_damage
from keyconsole.service.store.engine import Connection, StoreDistrustedError
from keyconsole.service.store.integrations import IntegrationRecord
from keyconsole.service.store.settings import SettingsRecord
from keyconsole.wire import Permission, SettingsPatch, Workspace, WorkspaceSettings
from keyconsole.wire.fields import MAX_DAYS, MAX_DEADLINE_DAYS, MAX_ENVIRONMENTS, MAX_QUIET_MINUTES

ENVIRONMENTS = ("prod", "production", "staging", "sandbox", "test", "dev", "development", "local")

_COLUMNS = ("max_key_age_days", "warning_days")
_PACE = ("rotation_quiet_minutes", "rotation_deadline_days")
_DAY_MINUTES = 24 * 60
_WORD = re.compile(r"[^\W_]+")


async def show_workspace(context: RequestContext, workspace_id: str) -> Workspace:
    """Returns a workspace that the principal is a member of, with its settings."""
    async with context.runtime.store.read() as tx:
        return _answer(await _find(tx, context, workspace_id))


async def authorize(context: RequestContext, workspace_id: str) -> None:
    """Decides permission and existence before the body is read."""
    if workspace_id not in context.principal.workspaces:
        raise not_found()
    context.principal.require(Permission.MEMBERS_WRITE, workspace_id)


async def change_settings(
    context: RequestContext, workspace_id: str, asked: SettingsPatch
) -> Workspace:
    """Changes settings. A request without a change leaves no event."""
    errors = FieldErrors()
    changes = _checked(errors, asked)
    errors.raise_if_any()
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        before = await _find(tx, context, workspace_id)
        known = settings_of(before).model_dump()
        changed = {name: value for name, value in changes.items() if known[name] != value}
        if not changed:
            return _answer(before)
        after = known | changed
        await _refuse_discord(
            tx, workspace_id, WorkspaceSettings.model_validate(after), changed.keys()
        )
        record = SettingsRecord(
            before.workspace_id,
            before.name,
            after["max_key_age_days"],
            after["warning_days"],
            {name: value for name, value in after.items() if name not in _COLUMNS},
        )
        await store.change(tx, record)
        await audit.record(
            tx,
            context,
            "workspace.changed",
            workspace_id=workspace_id,
            target=workspace_id,
            target_name=before.name,
            detail={name: {"from": known[name], "to": value} for name, value in changed.items()},
        )
        return _answer(record)


async def settings_in(tx: Connection, workspace_id: str) -> WorkspaceSettings:
    """Returns the settings of a workspace; raises `not-found`."""
    found = await store.find(tx, workspace_id)
    if found is None:
        raise not_found()
    return settings_of(found)


def settings_of(record: SettingsRecord) -> WorkspaceSettings:
    """Returns the settings that were stored, with the defaults for the rest.

    Raises `StoreDistrustedError` where what is stored cannot be read: no default stands in for
    the policy of a workspace.
    """
    known = {"environments": list(ENVIRONMENTS)} | record.rest
    columns = {name: getattr(record, name) for name in _COLUMNS}
    unreadable = StoreDistrustedError(
        f"The settings of {record.workspace_id} cannot be read: the database is damaged. Put it "
        "back from a backup."
    )
    if has_damage((record.rest, *columns.values())):
        raise unreadable
    try:
        return WorkspaceSettings.model_validate(known | columns)
    except ValueError as error:
        raise unreadable from error


def max_age_days(policy: WorkspaceSettings, integration: IntegrationRecord) -> int | None:
    """Returns the maximum key age of an integration, in days: its own, or the workspace's."""
    own = integration.max_key_age_days
    return policy.max_key_age_days if own is None else own


def default_expiry(policy: WorkspaceSettings, integration: IntegrationRecord) -> int | None:
    """Returns the days after which a new key expires if nobody says when; None for never."""
    days, age = policy.default_expiry_days, max_age_days(policy, integration)
    return days if days is None or age is None else min(days, age)


async def refuse_age_within_warning(tx: Connection, integration: IntegrationRecord) -> None:
    """Raises `request-invalid` for a key age that is shorter than the workspace's warning."""
    age = integration.max_key_age_days
    warning = (await settings_in(tx, integration.workspace_id)).warning_days
    if age is not None and warning > age:
        raise field_problem("max_key_age_days", "discord", _too_early(warning, age))


def refuse_label(policy: WorkspaceSettings, label: str) -> None:
    """Raises `request-invalid` for a label that the workspace's rule does not take."""
    if not policy.label_needs_environment:
        return
    if not labels.names_one_of(label, policy.environments):
        named = ", ".join(policy.environments[:6])
        sentence = f"Labels name an environment here: {named}."
        raise field_problem("label", "environment", sentence)


async def _find(tx: Connection, context: RequestContext, workspace_id: str) -> SettingsRecord:
    if workspace_id not in context.principal.workspaces:
        raise not_found()
    found = await store.find(tx, workspace_id)
    if found is None:
        raise not_found()
    return found


def _answer(record: SettingsRecord) -> Workspace:
    return Workspace(id=record.workspace_id, name=record.name, settings=settings_of(record))


async def _refuse_discord(
    tx: Connection, workspace_id: str, after: WorkspaceSettings, changed: AbstractSet[str]
) -> None:
    """Raises `request-invalid` for a change that contradicts the other settings."""
    warning, age = after.warning_days, after.max_key_age_days
    if not changed.isdisjoint(_COLUMNS) and age is not None and warning > age:
        at = "warning_days" if "warning_days" in changed else "max_key_age_days"
        raise field_problem(f"settings.{at}", "discord", _too_early(warning, age))
    if "warning_days" in changed:
        shortest = await integrations.shortest_age(tx, workspace_id)
        if shortest is not None and warning > shortest.days:
            sentence = _too_early(warning, shortest.days, f" of {shortest.name}")
            raise field_problem("settings.warning_days", "discord", sentence)
    expiry, ages = after.default_expiry_days, {"max_key_age_days", "default_expiry_days"}
    if not changed.isdisjoint(ages) and expiry is not None and age is not None and expiry > age:
        at = "default_expiry_days"
        at = at if at in changed else "max_key_age_days"
        sentence = (
            f"The default expiry, {_days(expiry)}, is longer than the rotation age, {_days(age)}: "
            "no key lives beyond that."
        )
        raise field_problem(f"settings.{at}", "discord", sentence)
    quiet, deadline = after.rotation_quiet_minutes, after.rotation_deadline_days
    if not changed.isdisjoint(_PACE) and quiet > deadline * _DAY_MINUTES:
        at = "rotation_quiet_minutes"
        at = at if at in changed else "rotation_deadline_days"
        sentence = (
            f"The quiet that a rotation waits for, {quiet:,} minutes, is longer than its "
            f"deadline, {_days(deadline)}."
        )
        raise field_problem(f"settings.{at}", "discord", sentence)


def _too_early(warning: int, age: int, whose: str = "") -> str:
    return (
        f"The warning, {_days(warning)} before a key is due, is longer than the rotation "
        f"age{whose}, {_days(age)}: every key would be due soon from its first day."
    )


def _days(count: int) -> str:
    return f"{count:,} day{'' if count == 1 else 's'}"


_BOUNDS = {
    "default_expiry_days": (1, MAX_DAYS, "days", "The default expiry"),
    "warning_days": (0, MAX_DAYS, "days", "The warning"),
    "unused_for_days": (1, MAX_DAYS, "days", "The time after which a key is unused"),
    "rotation_quiet_minutes": (1, MAX_QUIET_MINUTES, "minutes", "The quiet of a rotation"),
    "rotation_deadline_days": (1, MAX_DEADLINE_DAYS, "days", "The deadline of a rotation"),
}


def _checked(errors: FieldErrors, asked: SettingsPatch) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name in sorted(asked.model_fields_set):
        value, field = getattr(asked, name), f"settings.{name}"
        if name == "max_key_age_days":
            changes[name] = errors.rotation_age(field, value)
        elif name == "default_expiry_days":
            changes[name] = None if value is None else errors.number(field, value, *_BOUNDS[name])
        elif value is None:
            errors.add(field, "required", "This has a value; it cannot be null.")
        elif name in _BOUNDS:
            changes[name] = errors.number(field, value, *_BOUNDS[name])
        elif name == "environments":
            changes[name] = _environments(errors, field, value)
        else:
            changes[name] = value
    return changes


def _environments(errors: FieldErrors, field: str, value: list[str]) -> list[str]:
    if not 0 < len(value) <= MAX_ENVIRONMENTS:
        errors.add(
            field, "out-of-range", f"From 1 to {MAX_ENVIRONMENTS} words name an environment."
        )
        return []
    words = [errors.name(f"{field}.{n}", each, "A word") for n, each in enumerate(value)]
    errors.apart(field, words, "A list of words")
    for position, word in enumerate(words):
        if word and _WORD.fullmatch(word) is None:
            errors.add(f"{field}.{position}", "word", "One word, of letters and digits.")
    return list(dict.fromkeys(safetext.skeleton(word) for word in words))
