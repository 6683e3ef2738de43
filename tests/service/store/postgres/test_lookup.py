"""The lookups of verification on a real server: batches, and what ends in the middle of one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Coroutine
from typing import Any, TypeAlias

import asyncpg
import pytest
from tests.service.databases import Engine, a_database, administer
from tests.service.store.postgres.server import Server

from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.service.store.lookup import VerifierRow
from keyconsole.service.store.postgres import connections, lookup, pooling, schema
from keyconsole.service.store.postgres.lookup import PostgresKeyLookup

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Find = Coroutine[Any, Any, VerifierRow | None]

ENGINES = [Engine.POSTGRESQL]
APPLICATION = "keyconsole verification"
PIDS = [f"{number:016d}" for number in range(200)]
PATIENCE = 30
# What a lookup reads, as the schema has it, and a gate that a test can shut while it is read.
TABLES = """
    DROP SCHEMA public CASCADE;
    CREATE SCHEMA public;
    CREATE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql VOLATILE AS
        'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN true; END';
    CREATE TABLE real_integrations (id text PRIMARY KEY, disabled_at bigint, scopes text);
    CREATE VIEW integrations AS SELECT * FROM real_integrations WHERE gate();
    CREATE TABLE api_keys (
        pid text PRIMARY KEY, integration_id text NOT NULL, workspace_id text NOT NULL,
        root_id text NOT NULL, verifier bytea NOT NULL, revoked_at bigint, expires_at bigint,
        disabled_at bigint, disabled_until bigint, disabled_then text, allowed_ips text,
        expiry_seen_at bigint, scopes text, limits text
    );
    INSERT INTO real_integrations VALUES ('int_1');
"""


class World:
    """A lookup, and a hand on the database that it reads."""

    def __init__(self, server: Server, hand: Connection, keys: PostgresKeyLookup) -> None:
        self.server = server
        self.hand = hand
        self.keys = keys
        self._sent = 0

    async def revoke(self, pid: str) -> None:
        """Answered means committed."""
        await self.hand.execute("UPDATE api_keys SET revoked_at = 9 WHERE pid = $1", pid)

    def sent(self) -> int:
        """How many statements went out since this was asked last."""
        before, self._sent = self._sent, len(self.server.statements(APPLICATION))
        return self._sent - before

    @contextlib.asynccontextmanager
    async def shut(self) -> AsyncIterator[None]:
        """Statements that are on their way stay there: each has its snapshot and waits."""
        await self.hand.execute("SELECT pg_advisory_lock(1)")
        try:
            yield
        finally:
            await self.hand.execute("SELECT pg_advisory_unlock(1)")

    async def is_held(self, statements: int = 1) -> None:
        """Wait until so many of them do."""
        async with asyncio.timeout(PATIENCE):
            while len(await self.hand.fetch(_HELD, APPLICATION)) < statements:
                pass

    async def answers_again(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(StoreUnavailableError):
                    await self.keys.find(PIDS[0])
                    return


_HELD = "SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event = 'advisory'"


@pytest.fixture
async def world(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(lookup, "RETRY_SECONDS", (0.0,))
    # What a test holds on to is not given up behind its back on a slow machine.
    monkeypatch.setattr(connections, "SILENCE_SECONDS", PATIENCE)
    monkeypatch.setitem(connections._SETTINGS, "statement_timeout", "0")
    hand = await asyncpg.connect(server.url)
    await hand.execute(TABLES)
    await hand.executemany(
        "INSERT INTO api_keys VALUES ($1, 'int_1', 'ws_1', 'root_1', $2)",
        [(pid, pid.encode()) for pid in PIDS],
    )
    keys = await PostgresKeyLookup.open(server.url)
    made = World(server, hand, keys)
    made.sent()
    try:
        yield made
    finally:
        await keys.aclose()
        made.hand.terminate()


async def outcomes(*finds: Awaitable[VerifierRow | None]) -> list[VerifierRow | type | None]:
    """Of each lookup the row, nothing, or the kind of exception; none may wait for ever."""
    async with asyncio.timeout(PATIENCE):
        ended = await asyncio.gather(*finds, return_exceptions=True)
    return [type(each) if isinstance(each, BaseException) else each for each in ended]


async def started(*finds: Find) -> list[asyncio.Task[VerifierRow | None]]:
    """Lookups that have arrived, together."""
    tasks = [asyncio.create_task(each) for each in finds]
    await asyncio.sleep(0)
    return tasks


async def test_a_key_is_found_as_it_is_stored(world: World) -> None:
    await world.hand.execute(
        "UPDATE api_keys SET revoked_at = 1, expires_at = 2, disabled_at = 3, disabled_until = 4,"
        " disabled_then = 'enable', allowed_ips = '[]', expiry_seen_at = 6, scopes = '[\"a\"]',"
        " limits = '{}'"
        " WHERE pid = $1",
        PIDS[3],
    )
    await world.hand.execute("UPDATE real_integrations SET disabled_at = 5, scopes = '[]'")
    assert await world.keys.find(PIDS[3]) == VerifierRow(
        *("int_1", "ws_1", "root_1", PIDS[3].encode(), 1, 2, 3, 4, "enable", "[]", 5, 6),
        *('["a"]', "[]", "{}"),
    )


async def test_a_key_that_is_missing_is_not_found(world: World) -> None:
    assert await world.keys.find("z" * 16) is None


async def test_lookups_that_arrive_together_are_one_statement(world: World) -> None:
    rows = await outcomes(*map(world.keys.find, PIDS), world.keys.find("z" * 16))
    assert world.sent() == 1
    assert [row.verifier.decode() for row in rows[:-1] if isinstance(row, VerifierRow)] == PIDS
    assert rows[-1] is None


async def test_what_arrives_while_every_line_is_busy_is_one_more_statement(world: World) -> None:
    async with world.shut():
        tasks = []
        for line in range(lookup.CONNECTIONS):
            tasks += await started(world.keys.find(PIDS[line]))
            await world.is_held(line + 1)
        for pid in PIDS[:50]:
            tasks += await started(world.keys.find(pid))
        assert world.sent() == lookup.CONNECTIONS
    assert None not in await outcomes(*tasks)
    assert world.sent() == 1


async def test_the_same_key_asked_for_twice_is_found_twice(world: World) -> None:
    first, second = await outcomes(world.keys.find(PIDS[0]), world.keys.find(PIDS[0]))
    assert isinstance(first, VerifierRow)
    assert first == second


async def test_a_lookup_that_began_after_a_revoke_sees_it_whatever_is_under_way(
    world: World,
) -> None:
    """Those that were sent before may see the key alive, and nobody else may have their answer."""
    async with world.shut():
        before = []
        for line in range(lookup.CONNECTIONS):
            before += await started(world.keys.find(PIDS[7]))
            await world.is_held(line + 1)
        # The hand that keeps the gate shut is the one that revokes: its snapshot is the newest.
        await world.revoke(PIDS[7])
        after = await started(*[world.keys.find(PIDS[7]) for _ in range(5)])
    for row in await outcomes(*before):
        assert isinstance(row, VerifierRow)
        assert row.revoked_at is None, "the gate held nothing: this test shows nothing"
    for row in await outcomes(*after):
        assert isinstance(row, VerifierRow)
        assert row.revoked_at == 9


async def test_no_lookup_that_begins_after_a_revoke_finds_the_key_alive(world: World) -> None:
    ending = asyncio.Event()

    async def others() -> None:
        while not ending.is_set():
            await asyncio.gather(*map(world.keys.find, PIDS[:20]))

    async with asyncio.TaskGroup() as group:
        group.create_task(others())
        group.create_task(others())
        for pid in PIDS:
            await world.revoke(pid)
            for row in await outcomes(*[world.keys.find(pid) for _ in range(3)]):
                assert isinstance(row, VerifierRow)
                assert row.revoked_at == 9
        ending.set()


async def test_no_transaction_stays_open(world: World) -> None:
    await outcomes(*map(world.keys.find, PIDS))
    states = await world.hand.fetch(
        "SELECT state, xact_start FROM pg_stat_activity WHERE application_name = $1", APPLICATION
    )
    assert [tuple(each) for each in states] == [("idle", None)] * lookup.CONNECTIONS


async def test_a_statement_is_prepared_and_planned_once(world: World) -> None:
    for pid in PIDS:
        await world.keys.find(pid)
    prepared = [
        tuple(row)
        for line in world.keys._connections
        for row in await line.fetch(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE '%api_keys%' AND statement NOT LIKE '%prepared%'"
        )
    ]
    assert sum(generic for generic, _ in prepared) == len(PIDS)
    assert sum(custom for _, custom in prepared) == 0
    assert len(prepared) <= lookup.CONNECTIONS


async def test_the_read_walks_the_index_even_of_a_table_that_is_empty(world: World) -> None:
    await world.hand.execute("DELETE FROM api_keys; ANALYZE api_keys")
    plan = await world.keys._connections[0].fetch(f"EXPLAIN {lookup._FIND}", PIDS[:1])
    text = "\n".join(row[0] for row in plan)
    assert "api_keys_pkey" in text
    assert "Seq Scan" not in text


async def test_one_that_is_cancelled_takes_no_other_with_it(world: World) -> None:
    async with world.shut():
        sent = await started(*map(world.keys.find, PIDS[:3]))
        await world.is_held()
        sent[1].cancel()
        arrived = await started(*map(world.keys.find, PIDS[:3]))
        arrived[0].cancel()
    ended = await outcomes(*sent, *arrived)
    assert [type(each) for each in ended].count(VerifierRow) == 4
    assert ended[1] is ended[3] is asyncio.CancelledError
    assert await world.keys.find(PIDS[1]) is not None


async def test_an_error_reaches_everyone_who_shared_the_statement_and_nobody_else(
    world: World,
) -> None:
    async with world.shut():
        sharing = await started(*map(world.keys.find, PIDS[:9]))
        await world.is_held()
        other = await started(world.keys.find(PIDS[9]))
        await world.is_held(2)
        await world.hand.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
            " ORDER BY query_start LIMIT 1",
            APPLICATION,
        )
        assert await outcomes(*sharing) == [StoreUnavailableError] * 9
    assert isinstance(await other[0], VerifierRow)
    assert await world.keys.find(PIDS[0]) is not None


async def test_a_line_that_dies_in_the_middle_is_opened_again(world: World) -> None:
    async with world.shut():
        sharing = await started(*map(world.keys.find, PIDS[:9]))
        await world.is_held()
        await world.hand.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
            APPLICATION,
        )
        assert await outcomes(*sharing) == [StoreUnavailableError] * 9
    await world.answers_again()
    assert isinstance(await world.keys.find(PIDS[0]), VerifierRow)


async def test_a_line_that_dies_while_nothing_is_asked_is_opened_again(world: World) -> None:
    pids = await world.hand.fetch(
        "SELECT pid FROM pg_stat_activity WHERE application_name = $1", APPLICATION
    )
    await world.hand.execute(
        "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE application_name = $1",
        APPLICATION,
    )
    async with asyncio.timeout(PATIENCE):
        while True:
            now = await world.hand.fetch(
                "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND state = 'idle'",
                APPLICATION,
            )
            if len(now) == lookup.CONNECTIONS and not {*now} & {*pids}:
                break
    # The server calls a connection idle before this side has prepared its statement on it.
    await world.answers_again()
    assert isinstance(await world.keys.find(PIDS[0]), VerifierRow)


async def test_a_server_that_is_gone_is_said_to_be_and_found_when_it_is_back(world: World) -> None:
    async with world.shut():
        waiting = await started(*map(world.keys.find, PIDS[:5]))
        await world.is_held()
        waiting += await started(*map(world.keys.find, PIDS[:5]))
        await world.is_held(2)
        waiting += await started(*map(world.keys.find, PIDS[:5]))
        ended = asyncio.ensure_future(outcomes(*waiting))
        await asyncio.to_thread(world.server.stop)
        assert await ended == [StoreUnavailableError] * 15
        assert await outcomes(*map(world.keys.find, PIDS[:5])) == [StoreUnavailableError] * 5
        with pytest.raises(StoreUnavailableError):
            await world.keys.check()
        await asyncio.to_thread(world.server.start)
        world.hand = await asyncpg.connect(world.server.url)
        await world.hand.execute("SELECT pg_advisory_lock(1)")
    await world.answers_again()


async def test_a_standby_is_never_read_and_is_once_it_was_promoted(world: World) -> None:
    await asyncio.to_thread(world.server.restart_as_standby)
    for _ in range(20):
        assert await outcomes(world.keys.find(PIDS[0])) == [StoreUnavailableError]
    with pytest.raises(StoreUnavailableError):
        await PostgresKeyLookup.open(world.server.url)
    await asyncio.to_thread(world.server.promote)
    await world.answers_again()


async def test_of_several_hosts_the_one_that_is_primary_is_read(
    world: World, standby: Server
) -> None:
    there = standby.url.partition("host=")[2]
    keys = await PostgresKeyLookup.open(world.server.url.replace("host=", f"host={there},"))
    try:
        assert await keys.find(PIDS[0]) is not None
    finally:
        await keys.aclose()


async def test_a_statement_that_waits_too_long_is_given_up_by_the_server(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a migration that holds a lock would fill the server with those who gave up."""
    monkeypatch.setitem(connections._SETTINGS, "statement_timeout", "50")
    keys = await PostgresKeyLookup.open(world.server.url)
    try:
        async with world.shut():
            assert await outcomes(keys.find(PIDS[0])) == [StoreUnavailableError]
        assert await keys.find(PIDS[0]) is not None
        assert len(await world.hand.fetch(_CONNECTED, APPLICATION)) == 2 * lookup.CONNECTIONS
    finally:
        await keys.aclose()


_CONNECTED = "SELECT 1 FROM pg_stat_activity WHERE application_name = $1"


def test_the_server_gives_up_before_the_line_does() -> None:
    assert 0 < connections.STATEMENT_SECONDS < connections.SILENCE_SECONDS
    milliseconds = connections._SETTINGS["statement_timeout"]
    assert float(milliseconds) == connections.STATEMENT_SECONDS * 1000


async def test_a_server_that_keeps_silent_costs_the_line_and_not_the_patience(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SILENCE_SECONDS", 0.05)
    async with world.shut():
        assert await outcomes(world.keys.find(PIDS[0])) == [StoreUnavailableError]
    monkeypatch.setattr(connections, "SILENCE_SECONDS", PATIENCE)
    assert await world.keys.find(PIDS[0]) is not None


@pytest.mark.parametrize("after", [lookup.CONNECTIONS, 0])
async def test_closing_in_the_middle_of_a_batch_ends_it_for_everyone(
    world: World, after: int
) -> None:
    async with world.shut():
        waiting = []
        for line in range(lookup.CONNECTIONS):
            waiting += await started(*map(world.keys.find, PIDS[:5]))
            await world.is_held(line + 1)
        waiting += await started(*map(world.keys.find, PIDS[:after]))
        await world.is_held(lookup.CONNECTIONS)
        await world.keys.aclose()
        assert {*await outcomes(*waiting)} == {StoreUnavailableError}
    assert await outcomes(world.keys.find(PIDS[0])) == [StoreUnavailableError]
    async with asyncio.timeout(PATIENCE):
        while await world.hand.fetch(_CONNECTED, APPLICATION):
            pass


async def test_closing_while_a_line_is_being_opened_leaves_nothing_behind(world: World) -> None:
    await asyncio.to_thread(world.server.stop)
    assert await outcomes(world.keys.find(PIDS[0])) == [StoreUnavailableError]
    await world.keys.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await asyncio.to_thread(world.server.start)


@pytest.fixture
async def prepared() -> AsyncIterator[tuple[str, PostgresKeyLookup]]:
    """A database with the schema and its guards, and a lookup on it."""
    async with a_database() as url:
        await schema.prepare(url)
        keys = await PostgresKeyLookup.open(url)
        try:
            yield url, keys
        finally:
            await keys.aclose()


async def test_a_database_that_is_as_it_must_be_is_ready(
    prepared: tuple[str, PostgresKeyLookup],
) -> None:
    _, keys = prepared
    assert await keys.check() is None
    assert await keys.check() is None


async def test_a_database_that_can_only_be_read_is_not_ready(
    prepared: tuple[str, PostgresKeyLookup],
) -> None:
    url, keys = prepared
    name = url.split("/")[3].split("?")[0]
    await administer(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "written" in str(await keys.check())


async def test_nothing_is_ready_while_a_lookup_cannot_be_answered(
    prepared: tuple[str, PostgresKeyLookup],
) -> None:
    _, keys = prepared
    assert await keys.check() is None
    for line in keys._connections:
        line.close()
    keys._free.clear()
    with pytest.raises(StoreUnavailableError):
        await keys.check()


def looking(monkeypatch: pytest.MonkeyPatch, *, shared: bool) -> list[bool]:
    """Answers what a look at the sessions finds, and counts the looks."""
    looks: list[bool] = []

    async def look(_line: connections.PrimaryConnection) -> bool:
        looks.append(shared)
        return shared

    monkeypatch.setattr(connections.PrimaryConnection, "shares_its_session", look)
    return looks


async def test_the_sessions_behind_a_pooler_are_looked_at_now_and_then(
    prepared: tuple[str, PostgresKeyLookup], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, keys = prepared
    looks = looking(monkeypatch, shared=False)
    for _ in range(3):
        assert await keys.check() is None
    assert looks == [False]
    monkeypatch.setattr(lookup, "PROBE_SECONDS", 0.0)
    looks = looking(monkeypatch, shared=True)
    for _ in range(2):
        assert await keys.check() == pooling.SHARED
    assert looks == [True, True]


async def test_a_statement_that_was_lost_is_a_reason_to_look_at_the_sessions(
    prepared: tuple[str, PostgresKeyLookup], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, keys = prepared
    looking(monkeypatch, shared=False)
    assert await keys.check() is None
    for line in keys._connections:
        await line.fetch("DEALLOCATE ALL")  # as if the session were another one
    looks = looking(monkeypatch, shared=True)
    assert await keys.check() == pooling.SHARED
    assert looks == [True]


async def test_the_sessions_are_looked_at_by_a_connection_of_their_own(
    prepared: tuple[str, PostgresKeyLookup], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, keys = prepared

    async def fails(_keys: PostgresKeyLookup) -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(PostgresKeyLookup, "_check_aside", fails)
    looks = looking(monkeypatch, shared=False)
    with pytest.raises(StoreUnavailableError):
        await keys.check()
    assert looks == [False]
    assert keys._aside.is_open
