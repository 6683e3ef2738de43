"""Integrations: list, show, create, change, disable and enable."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from keyconsole.core import safetext
from keyconsole.core.errors import FieldProblem, ProblemError, field_problem, problem
from keyconsole.service.clock import HOUR, moment, optional_moment
from keyconsole.service.ids import new_id
from keyconsole.service.rules import audit
from keyconsole.service.rules.context import RequestContext, find_integration, one_workspace
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.pages import Cursors, PageQuery
from keyconsole.service.rules.settings import refuse_age_within_warning
from keyconsole.service.store import integrations as store
from keyconsole.service.store import keys
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.integrations import NEEDED, IntegrationFilter, IntegrationRecord
from keyconsole.wire import (
    Integration,
    IntegrationCreate,
    IntegrationPatch,
    IntegrationStatus,
    KeyCounts,
    Page,
    Permission,
)
from keyconsole.wire.base import Filter, SearchText

_HOURS = 24


class IntegrationQuery(PageQuery):
    """The integrations that are asked for; `q` is a part of their names."""

    workspace: Filter | None = None
    status: IntegrationStatus | None = None
    q: SearchText | None = None


async def list_integrations(context: RequestContext, query: IntegrationQuery) -> Page[Integration]:
    """Returns a page of integrations by name, each with its keys in numbers."""
    workspaces = context.principal.workspaces_with(Permission.INTEGRATIONS_READ, query.workspace)
    which = IntegrationFilter(
        workspaces=workspaces,
        status=query.status,
        name_contains=query.q and safetext.skeleton(query.q),
    )
    cursors = Cursors(context.runtime.roots, "integrations", which)
    after = cursors.read(query.cursor, (str, str))
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        found = await store.page(tx, which, query.limit + 1, after)
        rows, following = cursors.cut(
            found, query.limit, lambda last: (last.name_skeleton, last.id)
        )
        return Page[Integration](
            items=await _to_wire(tx, rows, context.now()), next_cursor=following
        )


async def show_integration(context: RequestContext, integration_id: str) -> Integration:
    """Returns one integration."""
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        found = await find_integration(tx, context, integration_id, Permission.INTEGRATIONS_READ)
        return (await _to_wire(tx, [found], context.now()))[0]


async def create_integration(context: RequestContext, asked: IntegrationCreate) -> Integration:
    """Creates an integration; it is a draft until every needed field is there."""
    workspace_id = one_workspace(context, asked.workspace_id, Permission.INTEGRATIONS_WRITE)
    errors = FieldErrors()
    now = context.now()
    integration = IntegrationRecord(
        id=new_id("int"),
        workspace_id=workspace_id,
        disabled_at=None,
        created_at=now,
        created_by=context.principal.name,
        updated_at=now,
        **_checked(errors, {name: getattr(asked, name) for name in NEEDED}),
    )
    errors.raise_if_any()
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        await _refuse_taken_name(tx, integration)
        await store.add(tx, integration)
        await audit.record(
            tx,
            context,
            "integration.created",
            workspace_id=workspace_id,
            target=integration.id,
            target_name=integration.name,
            integration_id=integration.id,
            detail={name: getattr(integration, name) for name in NEEDED},
        )
        return (await _to_wire(tx, [integration], now))[0]


async def change_integration(
    context: RequestContext, integration_id: str, asked: IntegrationPatch
) -> Integration:
    """Changes fields, disables or enables. A request without a change leaves no event."""
    errors = FieldErrors()
    given = {name: getattr(asked, name) for name in NEEDED if name in asked.model_fields_set}
    changes = _checked(errors, given)
    if "max_key_age_days" in asked.model_fields_set:
        changes["max_key_age_days"] = errors.rotation_age(
            "max_key_age_days", asked.max_key_age_days
        )
    if asked.status is IntegrationStatus.DRAFT:
        errors.add("status", "status", "The status becomes disabled or configured.")
    errors.raise_if_any()
    now = context.now()
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        before = await find_integration(tx, context, integration_id, Permission.INTEGRATIONS_WRITE)
        after = _with_status(replace(before, **changes), asked.status, now)
        if after != before:
            after = replace(after, updated_at=now)
            await _refuse_losing_ground(tx, before, after, now)
            if after.max_key_age_days != before.max_key_age_days:
                await refuse_age_within_warning(tx, after)
            if after.name_skeleton != before.name_skeleton:
                await _refuse_taken_name(tx, after)
            await _write_change(tx, context, before, after)
        return (await _to_wire(tx, [after], now))[0]


async def authorize(context: RequestContext, integration_id: str, permission: Permission) -> None:
    """Decides permission and existence before the body is read."""
    async with context.runtime.store.read() as tx:
        await find_integration(tx, context, integration_id, permission)


def not_configured(integration: IntegrationRecord) -> ProblemError:
    """Returns the refusal to make a key for an integration that is not configured."""
    sentence = f"The integration is a draft. It still needs: {_named(integration.missing)}."
    if integration.disabled_at is not None:
        sentence = "The integration is disabled: enable it first."
    fields = [
        FieldProblem(name, "required", f"The {_named([name])} is needed.")
        for name in integration.missing
    ]
    return problem("integration-not-configured", sentence, fields=fields)


def _named(fields: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in fields)


def _checked(errors: FieldErrors, given: dict[str, Any]) -> dict[str, Any]:
    """Returns the given fields, checked, as columns."""
    columns: dict[str, Any] = {}
    for field, value in given.items():
        match field:
            case "name":
                columns["name"] = errors.name(field, value, "A name")
                columns["name_skeleton"] = safetext.skeleton(columns["name"])
            case "redirect_uri":
                columns[field] = errors.redirect_uri(value)
            case "scopes":
                columns[field] = errors.scopes(value)
            case _:
                what = {"provider": "A provider", "client_id": "A client ID"}.get(
                    field, "An environment"
                )
                columns[field] = errors.optional_name(field, value, what)
    return columns


def _with_status(
    integration: IntegrationRecord, status: IntegrationStatus | None, now: int
) -> IntegrationRecord:
    match status:
        case IntegrationStatus.DISABLED if integration.disabled_at is None:
            if integration.missing:
                raise not_configured(integration)
            return replace(integration, disabled_at=now)
        case IntegrationStatus.CONFIGURED:
            if integration.missing:
                raise not_configured(replace(integration, disabled_at=None))
            return replace(integration, disabled_at=None)
        case _:
            return integration


async def _refuse_losing_ground(
    tx: Connection, before: IntegrationRecord, after: IntegrationRecord, now: int
) -> None:
    if not after.missing or before.missing:
        return
    counts = (await store.key_counts(tx, [after.id], now)).get(after.id, KeyCounts())
    if counts.live:
        needed = "Needed while keys are in force."
        raise problem(
            "integration-not-configured",
            f"The integration has {counts.live} keys in force, so it keeps its "
            f"{_named(after.missing)}.",
            fields=[FieldProblem(name, "required", needed) for name in after.missing],
        )


async def _refuse_taken_name(tx: Connection, integration: IntegrationRecord) -> None:
    other = await store.find_name(tx, integration.workspace_id, integration.name_skeleton)
    if other is not None and other != integration.id:
        sentence = f"The name is taken by another integration of this workspace, {other}."
        raise field_problem("name", "taken", sentence, code="name-taken")


async def _write_change(
    tx: Connection, context: RequestContext, before: IntegrationRecord, after: IntegrationRecord
) -> None:
    changed = {
        name: getattr(after, name)
        for name in IntegrationRecord.__slots__
        if getattr(after, name) != getattr(before, name)
    }
    await store.update(tx, after.id, after.workspace_id, changed)
    if (before.disabled_at is None) == (after.disabled_at is None):
        action = "integration.changed"
    else:
        action = "integration.enabled" if after.disabled_at is None else "integration.disabled"
    gaining = await _keys_gaining(tx, before, after)
    await audit.record(
        tx,
        context,
        action,
        workspace_id=after.workspace_id,
        target=after.id,
        target_name=after.name,
        integration_id=after.id,
        detail={
            name: {"from": getattr(before, name), "to": getattr(after, name)}
            for name in (*NEEDED, "max_key_age_days")
            if name in changed
        }
        | gaining,
    )


async def _keys_gaining(
    tx: Connection, before: IntegrationRecord, after: IntegrationRecord
) -> dict[str, int]:
    """Returns how many keys may be used for more than before, where scopes were added."""
    added = [each for each in after.scopes or () if each not in (before.scopes or ())]
    if not added:
        return {}
    return {"keys_gaining": await keys.count_carrying(tx, after.id, added)}


async def _to_wire(
    tx: Connection, found: Sequence[IntegrationRecord], now: int
) -> list[Integration]:
    ids = [each.id for each in found]
    first_hour = now - now % HOUR - (_HOURS - 1) * HOUR
    counts = await store.key_counts(tx, ids, now)
    used = await store.last_used(tx, ids)
    hours = await store.hours(tx, ids, first_hour)
    return [
        Integration(
            id=each.id,
            workspace_id=each.workspace_id,
            name=each.name,
            provider=each.provider,
            environment=each.environment,
            client_id=each.client_id,
            redirect_uri=each.redirect_uri,
            scopes=each.scopes or [],
            status=each.status,
            missing=each.missing,
            key_counts=counts.get(each.id, KeyCounts()),
            last_used_at=optional_moment(used.get(each.id)),
            recent_use=_recent_use(hours.get(each.id), first_hour),
            max_key_age_days=each.max_key_age_days,
            created_at=moment(each.created_at),
            created_by=each.created_by,
            updated_at=moment(each.updated_at),
        )
        for each in found
    ]


def _recent_use(hours: dict[int, int] | None, first_hour: int) -> list[int]:
    if not hours:
        return []
    return [hours.get(first_hour + position * HOUR, 0) for position in range(_HOURS)]
