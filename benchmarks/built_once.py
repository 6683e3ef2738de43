"""The statements of a create and of a first page of keys, built once and not for each request."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from benchmarks.direct_store import DIALECT, Prepared

from keyconsole.service.store import audit, integrations, key_pages, keys, settings
from keyconsole.service.store import tables as t
from keyconsole.service.store.selection import KeyScope
from keyconsole.service.store.status import status_is
from keyconsole.wire import KeyStatus

LIMIT = 100


class BuiltOnce:
    """The statements of a create and of a first page, built once, for one workspace."""

    def __init__(self, workspace: str) -> None:
        b, k, i, w, e = sa.bindparam, t.api_keys.c, t.integrations.c, t.workspaces.c, t.audit_events
        now = cast("int", b("now"))
        in_force = status_is(KeyStatus.ACTIVE, now) | status_is(KeyStatus.DISABLED, now)
        alike = (k.integration_id == b("place"), k.label_skeleton == b("label"), k.pid != b("pid"))
        request = [t.idempotency.c[name] for name in keys.IdempotencyRecord.__slots__]
        place = [i[name] for name in integrations.IntegrationRecord.__slots__]
        self._key = Prepared(keys.select_keys(k.pid == b("pid"), k.workspace_id == workspace))
        self._label = Prepared(keys.select_keys(*alike, in_force).limit(1))
        self._request = Prepared(
            sa.select(*request).where(t.idempotency.c.request_hash == b("request"))
        )
        self._integration = Prepared(
            sa.select(*place).where(i.id == b("id"), i.workspace_id == workspace)
        )
        self._settings = Prepared(
            sa.select(w.id, w.name, w.max_key_age_days, w.warning_days, w.settings).where(
                w.id == workspace
            )
        )
        self._head = Prepared(
            sa.select(e.c.sequence, e.c.hash)
            .where(e.c.workspace_id == workspace)
            .order_by(e.c.sequence.desc())
            .limit(1)
        )
        self._add_event = Prepared(sa.insert(e), audit.EventRecord.__slots__)
        self._add_request = Prepared(sa.insert(t.idempotency), keys.IdempotencyRecord.__slots__)
        self._page = Prepared(_first_page(workspace))
        self._add_key: Prepared | None = None

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Have the rules ask by these statements."""
        every: list[tuple[Any, str, Any]] = [
            (keys, "find", self._find_key),
            (keys, "find_label", self._find_label),
            (keys, "find_request", self._find_request),
            (keys, "add", self._add),
            (keys, "add_request", self._remember),
            (integrations, "find", self._find_integration),
            (settings, "find", self._find_settings),
            (audit, "head", self._find_head),
            (audit, "extend", self._extend),
            (key_pages, "page", self._first),
        ]
        before = [getattr(module, name) for module, name, _ in every]
        for module, name, function in every:
            setattr(module, name, function)
        try:
            yield
        finally:
            for (module, name, _), function in zip(every, before, strict=True):
                setattr(module, name, function)

    async def _find_key(self, tx: Any, pid: str, _workspaces: Any) -> Any:
        return _one(keys.KeyRecord._make, await self._key.rows(tx, pid=pid))

    async def _find_label(self, tx: Any, place: str, label: str, now: int, pid: str = "") -> Any:
        rows = await self._label.rows(tx, place=place, label=label, now=now, pid=pid)
        return _one(keys.KeyRecord._make, rows)

    async def _find_request(self, tx: Any, request: bytes) -> Any:
        rows = await self._request.rows(tx, request=request)
        return _one(lambda row: keys.IdempotencyRecord(*row), rows)

    async def _add(self, tx: Any, values: dict[str, Any], **known: Any) -> Any:
        names = [*(n for n in keys.KeyRecord._fields if n in t.api_keys.c), "owner_account"]
        if self._add_key is None:
            self._add_key = Prepared(keys.ADD_ONE, list(values))
        owned_by = values["owner"] or values["created_by"]
        [row] = await self._add_key.rows(tx, **values, owned_by=owned_by)
        return keys.KeyRecord(**dict(zip(names, row, strict=True)), **known)

    async def _remember(self, tx: Any, request: keys.IdempotencyRecord) -> None:
        await self._add_request.rows(tx, **_columns(request))

    async def _find_integration(self, tx: Any, integration_id: str, _workspaces: Any) -> Any:
        names = t.integrations.c.keys()
        rows = await self._integration.rows(tx, id=integration_id)
        return _one(
            lambda row: integrations.IntegrationRecord(**dict(zip(names, row, strict=True))), rows
        )

    async def _find_settings(self, tx: Any, _workspace: str) -> Any:
        rows = await self._settings.rows(tx)
        return _one(lambda row: settings.SettingsRecord._make((*row[:4], row[4] or {})), rows)

    async def _find_head(self, tx: Any, _workspace: str) -> tuple[int, str]:
        rows = await self._head.rows(tx)
        return (0, "") if not rows else (rows[0][0], rows[0][1])

    async def _extend(self, tx: Any, events: Sequence[audit.EventRecord]) -> None:
        for each in events:
            await self._add_event.rows(tx, **_columns(each))

    async def _first(self, tx: Any, _which: Any, sort: Any, limit: int, _after: Any) -> Any:
        found = [
            (keys.KeyRecord._make(values), key_pages.Position(False, value, values[0]))  # noqa: FBT003
            for *values, value in await self._page.rows(tx)
        ]
        return key_pages.KeyPage(found[:limit], found[limit - 1][1], sort, capped=False)


def _one(make: Callable[[Any], Any], rows: Sequence[Any]) -> Any:
    return make(rows[0]) if rows else None


def _columns(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


class _CapturedError(Exception):
    """The statement that would have been asked."""

    def __init__(self, statement: Any) -> None:
        super().__init__()
        self.statement = statement


class _Capturing:
    dialect = DIALECT

    async def execute(self, statement: Any) -> None:
        raise _CapturedError(statement)


def _first_page(workspace: str) -> Any:
    """The statement of the first page of every key, as the service builds it for each request."""
    tx: Any = _Capturing()
    which = KeyScope(workspaces=[workspace], now=0)
    page = key_pages.page(tx, which, key_pages.KeySort.CREATED_DESCENDING, LIMIT)
    try:
        page.send(None)
    except _CapturedError as captured:
        return captured.statement
    raise RuntimeError("no statement was asked")
