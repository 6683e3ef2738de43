"""Each column of each table with values that are not of its type: refused, told, never a defect."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa
from tests.service.databases import Engine
from tests.service.world import World

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.store.damage import DamagedNumber
from keyconsole.service.store.lookup import VerifierRow
from keyconsole.service.store.sqlite import values
from keyconsole.service.store.sqlite.inspection import inspect
from keyconsole.service.store.sqlite.opening import open_file
from keyconsole.service.store.tables import metadata
from keyconsole.wire import Role

ENGINES = [Engine.SQLITE]

BYTES, NOT_UTF8 = "x'61ff62'", "CAST(x'61ff62' AS TEXT)"
HUGE = "9223372036854775807"
KINDS = {
    str: (BYTES, NOT_UTF8),
    bytes: ("'text'", "5", NOT_UTF8),
    int: (BYTES, "'text'", NOT_UTF8, "-5", "1.5", HUGE),
    bool: (BYTES, "'text'"),
    dict: (BYTES, NOT_UTF8, "'{'", "'5'", "'null'", "'[5]'", "'{\"a\": 5}'"),
    list: (BYTES, NOT_UTF8, "'['", "'5'", "'null'", "'[5]'", "'{}'"),
}
COLUMNS = [column for table in metadata.sorted_tables for column in table.columns]
OF_THE_VERDICT = {*VerifierRow._fields, "pid"}
FIRST, SECOND = "spoilt", "sound"


class Prepared:
    """A world with something in every table, and a connection that spoils it past every guard."""

    def __init__(self, world: World, raw: sqlite3.Connection) -> None:
        self.world = world
        self.raw = raw
        self.keys: dict[str, tuple[str, str]] = {}
        self.paths: dict[str, list[str]] = {}

    async def fill(self) -> None:
        admin = self.world.admin
        await self.world.member(Role.VIEWER)
        integrations = {name: await admin.integration(name) for name in (FIRST, SECOND)}
        for name, id_ in integrations.items():
            self.keys[name] = await admin.key(
                id_,
                metadata={"team": "pay"},
                allowed_ips=["10.0.0.0/8"],
                rate_limit={"requests": 1_000_000, "seconds": 1},
                label=f"key {name}",
            )
        old, secret = await admin.key(integrations[FIRST], label="test of old")
        assert (await admin.revoke(old)).status_code == 200
        await self.world.verify(secret)
        public_key, secret = self.keys[FIRST]
        assert (await self.world.verify(secret)).status_code == 200
        await admin.post(f"/v1/keys/{public_key}/rotation", {}, idempotency_key="n" * 32)
        await admin.key(integrations[SECOND], label="test of many")
        selector = {"query": 'label:"test of many"'}
        shown = (await admin.post("/v1/revocations", selector | {"dry_run": True})).json()
        exact = {"expect_count": shown["count"], "selection_hash": shown["selection_hash"]}
        revocation = (await admin.post("/v1/revocations", selector | exact)).json()["id"]
        await self.world.runtime.background.join()
        await self.world.runtime.recorder.flush()
        await self.world.runtime.limiter.flush()
        me = (await admin.get("/v1/me")).json()
        workspace = me["memberships"][0]["workspace_id"]
        keys = ["/v1/keys", f"/v1/keys/{public_key}", "/v1/label-audit", "/v1/rotations"]
        whose = ["/v1/integrations", f"/v1/integrations/{integrations[FIRST]}"]
        people = ["/v1/me", "/v1/members", "/v1/tokens", "/v1/invitations"]
        use = [f"/v1/keys/{public_key}/usage", "/v1/refusals", "/v1/keys?sort=last_used"]
        use.append("/v1/attention")
        over_time = [f"/v1/keys/{public_key}/usage?hours=720", f"{whose[1]}/usage"]
        over_time.append(f"/v1/workspaces/{workspace}/usage?hours=720")
        revoked = ["/v1/keys?query=status:active", f"/v1/revocations/{revocation}"]
        settings = [f"/v1/workspaces/{workspace}", "/v1/audit", "/v1/audit/verification"]
        self.paths = {
            "api_keys": [*keys, *whose, *use, *revoked],
            "integrations": [*keys, *whose, *use, *revoked],
            "workspaces": [*people, *keys, *settings],
            "accounts": people,
            "memberships": people,
            "operator_tokens": people,
            "rotations": ["/v1/rotations", f"/v1/keys/{public_key}/rotation", "/v1/attention"],
            "audit_events": settings,
            "revocations": revoked,
            "revocation_keys": revoked,
            "refusals": use,
            "usage_hours": [*use, *over_time],
            "usage_seconds": use,
            "usage_sources": use,
            "limit_counts": [],
            "integration_hours": [*whose, *over_time],
            "usage_totals": over_time,
            "source_days": over_time,
            "other_sources": over_time,
            "key_reviews": ["/v1/label-audit"],
            "invitations": people,
        }

    async def spoil(self, column: sa.Column[object], value: str) -> bool:
        """Write a value into one row; returns false where there is no row, or a constraint."""
        update = f'UPDATE "{column.table.name}" SET "{column.name}" = {value}'
        try:
            done = await asyncio.to_thread(
                self.raw.execute, f"{update} WHERE {self._one(column.table)}"
            )
        except sqlite3.IntegrityError:
            return False
        return done.rowcount == 1

    async def heal(self, table: sa.Table) -> None:
        """Put the copy of a table back, in a thread: a write that the service began ends then."""
        await asyncio.to_thread(self._heal, table)

    def _heal(self, table: sa.Table) -> None:
        self.raw.execute("BEGIN IMMEDIATE")
        self.raw.execute(f'DELETE FROM "{table.name}"')
        self.raw.execute(f'INSERT INTO "{table.name}" SELECT * FROM "copy of {table.name}"')
        self.raw.execute("COMMIT")

    def guard_nothing(self) -> None:
        """Keep a copy of every table, and drop every trigger, as whoever has the file could."""
        for (name,) in self.raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            self.raw.execute(f"DROP TRIGGER {name}")
        for table in metadata.sorted_tables:
            self.raw.execute(
                f'CREATE TEMP TABLE "copy of {table.name}" AS SELECT * FROM "{table.name}"'
            )

    def _one(self, table: sa.Table) -> str:
        if table.name == "api_keys":
            return f"pid = '{self.keys[FIRST][0].removeprefix('kcp_')}'"
        if table.name == "integrations":
            return f"name = '{FIRST}'"
        key = [each.name for each in table.primary_key]
        names = ", ".join(f'"{name}"' for name in key)
        row = f'SELECT {names} FROM "{table.name}" ORDER BY {names} LIMIT 1'
        return f"({names}) = ({row})"


@pytest.fixture
async def prepared(world: World) -> AsyncIterator[Prepared]:
    with closing(
        sqlite3.connect(world.database, isolation_level=None, check_same_thread=False)
    ) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        made = Prepared(world, raw)
        await made.fill()
        await asyncio.to_thread(made.guard_nothing)  # waits for writes of the service
        yield made


def kinds_of(column: sa.Column[Any]) -> tuple[str, ...]:
    return KINDS[column.type.python_type]


async def test_a_key_that_cannot_be_read_is_refused_and_no_other(prepared: Prepared) -> None:
    world, (_, spoilt), (_, sound) = prepared.world, prepared.keys[FIRST], prepared.keys[SECOND]
    columns = [column for column in COLUMNS if column.table.name in ("api_keys", "integrations")]
    for column in columns:
        for value in kinds_of(column):
            if not await prepared.spoil(column, value):
                continue
            told = f"{column} = {value}"
            answer = await world.verify(spoilt)
            assert answer.status_code in {200, 401, 403, 503}, told
            assert (await world.verify(sound)).status_code == 200, told
            if (
                column.table.name == "api_keys"
                and column.name in OF_THE_VERDICT
                and value not in (HUGE, "-5")
            ):
                assert answer.status_code != 200, told
            if str(column) == "api_keys.revoked_at":
                assert answer.json()["error"] == "key-revoked", told
            await prepared.heal(column.table)
            assert (await world.verify(spoilt)).status_code == 200, told


async def test_a_row_that_cannot_be_read_keeps_no_snapshot_open(prepared: Prepared) -> None:
    """A half-read cursor would go on seeing keys that are revoked, and no write."""
    world, (public_key, sound) = prepared.world, prepared.keys[SECOND]
    [column] = [each for each in COLUMNS if str(each) == "api_keys.root_id"]
    assert await prepared.spoil(column, NOT_UTF8)
    assert (await world.verify(prepared.keys[FIRST][1])).status_code == 503
    assert (await world.admin.revoke(public_key)).status_code == 200
    assert (await world.verify(sound)).json()["error"] == "key-revoked"


async def test_what_is_asked_of_a_spoilt_row_is_answered(prepared: Prepared) -> None:
    """Each column with one kind of damage: never a defect, and the other keys are listed."""
    admin = prepared.world.admin
    for number, column in enumerate(COLUMNS):
        value = kinds_of(column)[number % len(kinds_of(column))]
        # What was seen of the audit logs is kept, and the database distrusted from then on.
        if str(column) == "audit_events.sequence" or not await prepared.spoil(column, value):
            continue
        for path in prepared.paths.get(column.table.name, ["/v1/me"]):
            answer = await admin.get(path)
            assert answer.status_code != 500, f"{path} with {column} = {value}"
            if path == "/v1/keys" and column.table.name != "workspaces":
                listed = {key["public_key"] for key in answer.json()["items"]}
                assert prepared.keys[SECOND][0] in listed, f"{column} = {value}"
        await prepared.heal(column.table)
        assert (await admin.get("/v1/me")).status_code == 200, column


async def test_check_names_the_table_the_column_and_the_row(prepared: Prepared) -> None:
    assert values.finding(prepared.raw).ok
    for column in COLUMNS:
        value = {bytes: NOT_UTF8}.get(column.type.python_type, BYTES)
        for spoilt in {value, NOT_UTF8}:
            if await prepared.spoil(column, spoilt):
                found = values.finding(prepared.raw)
                assert not found.ok, f"{column} = {spoilt}"
                assert f"{column} of " in found.message
                await prepared.heal(column.table)


async def test_check_says_the_rest_too(prepared: Prepared) -> None:
    """What `service check` itself reads may be spoilt."""
    path = prepared.world.database
    asked = ("root_keys.id", "api_keys.root_id", "audit_events.at", "api_keys.last_used_at",
             "clock_state.heartbeat_at", "operator_tokens.pid", "accounts.email")  # fmt: skip
    for column in COLUMNS:
        for value in (BYTES, NOT_UTF8):
            if str(column) in asked and await prepared.spoil(column, value):
                found = await asyncio.to_thread(inspect, path, prepared.world.clock())
                wrong = [each.name for each in found.findings if each.ok is False]
                assert wrong == ["guards", "values"], f"{column} = {value}"
                times = found.times
                assert times is not None
                assert {*map(type, (times.newest_event, times.last_use))} <= {int, DamagedNumber}
                await prepared.heal(column.table)


@pytest.mark.parametrize("value", [BYTES, NOT_UTF8])
async def test_a_database_whose_id_cannot_be_read_is_not_opened(
    prepared: Prepared, value: str
) -> None:
    await prepared.world.app.aclose()
    [column] = [each for each in COLUMNS if str(each) == "database_identity.id"]
    assert await prepared.spoil(column, value)
    with pytest.raises(ConfigurationError, match=r"damaged|cannot be used"):
        open_file(prepared.world.database)
