"""What a search costs is bounded, is the person's own, and tells nothing of another workspace."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.service.databases import on_sqlite
from tests.service.world import World

from keyconsole.core.queries.keys import KeyQuery
from keyconsole.service.store import engine, key_pages, refusals
from keyconsole.service.store.engine import SEARCHERS, SearchTooSlowError
from keyconsole.service.store.key_pages import KeySort
from keyconsole.service.store.refusals import RefusalFilter
from keyconsole.service.store.selection import KeyScope
from keyconsole.service.store.sqlite import driver
from keyconsole.service.store.tables import api_keys

if TYPE_CHECKING:
    import sqlite3

FOREVER = """
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers)
    SELECT count(*) FROM numbers
"""
PAIRS = (
    ("locket-project", "zuludu-outside"),
    ("loc", "zul"),
    ("lo", "zu"),
    ("kcp_0abc", "kcp_7xyz"),
    ("kcp_cdef", "kcp_wxyz"),
    ("label:locket-project-*", "label:zuludu-outside-*"),
    ("from:10.9.9.9", "from:10.8.8.8"),
    ("from:10.9.", "from:10.8."),
    ("by:eve@other.example", "by:ivy@other.example"),
    ("by:eve", "by:ivy"),
    ("owner:eve@other.example", "owner:ivy@other.example"),
    ("owner:merger-team", "owner:metals-team"),
    ("tag:team=merger", "tag:team=zebras"),
    ("env:production", "env:innovation"),
    ("integration:Merger-Plan", "integration:Zebras-Here"),
)
"""What another workspace has, and what none has, in as many characters.

The beginnings of labels have letters that no id of a key has, which any key could begin with.
"""


async def fill_another_workspace(world: World) -> None:
    """Keys of somebody else to which the first of each pair leads."""
    stranger = await world.stranger()
    place = await stranger.integration("Merger-Plan")
    for number in range(40):
        more = {"owner": {"name": "merger-team"}, "metadata": {"team": "merger"}}
        of_one = more if number % 2 else {}
        _, secret = await stranger.key(place, label=f"locket-project-{number}", **of_one)
        await world.verify(secret)
    await world.runtime.recorder.flush()
    await world.sql("UPDATE usage_sources SET address = '10.9.9.9'")
    columns = [column.name for column in api_keys.columns]
    other = {"pid": "'0abc000000000000' || 'cdef'"}
    await world.sql(
        f"INSERT INTO api_keys ({', '.join(columns)}) "
        f"SELECT {', '.join(other.get(name, name) for name in columns)} "
        "FROM api_keys WHERE label = 'locket-project-7'"
    )


class Steps:
    """Counts the steps of SQLite's virtual machine on one connection."""

    def __init__(self) -> None:
        self.connection: sqlite3.Connection | None = None
        self.count = 0

    def step(self) -> None:
        self.count += 1

    async def watch(self, tx: AsyncConnection) -> None:
        """Count on the connection of a transaction, whatever runs in the background of others."""
        raw = (await tx.get_raw_connection()).driver_connection
        assert isinstance(raw, driver.Connection)
        self.connection = raw._conn


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    counted = Steps()

    def counting(asked: driver._Asked[driver.Outcome]) -> driver.Outcome:
        if asked._connection is not counted.connection:
            return asked._call(asked._connection)
        asked._connection.set_progress_handler(counted.step, 1)
        try:
            return asked._call(asked._connection)
        finally:
            asked._connection.set_progress_handler(None, 0)

    monkeypatch.setattr(driver._Asked, "run", counting)
    return counted


@on_sqlite
async def test_a_search_takes_as_many_steps_whether_another_workspace_has_it_or_nobody(
    world: World, steps: Steps
) -> None:
    place = await world.admin.integration(environment="sandbox")
    for number in range(3):
        await world.admin.key(place, label=f"ours-{number}")
    await fill_another_workspace(world)
    workspace = await world.workspace_id()

    async with world.runtime.store.search() as tx:
        await steps.watch(tx)

        async def cost(question: str) -> int:
            which = KeyScope(
                workspaces=[workspace], now=world.clock.now, query=KeyQuery.parse(question)
            )
            steps.count = 0
            assert (await key_pages.page(tx, which, KeySort.LABEL, 100)).rows == []
            assert steps.count
            return steps.count

        for theirs, nobodys in PAIRS:
            await cost(theirs)  # what is read once a connection
            assert await cost(theirs) == await cost(nobodys), theirs


@pytest.fixture
async def busy(world: World) -> AsyncIterator[World]:
    """Every connection for searches is taken."""
    async with AsyncExitStack() as taken:
        for _ in range(SEARCHERS):
            await taken.enter_async_context(world.runtime.store.search())
        yield world


async def test_with_every_searcher_busy_a_search_is_refused_and_nothing_else_is(
    busy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await busy.admin.integration()
    key, secret = await busy.admin.key(place)
    monkeypatch.setattr(engine, "SEARCH_SECONDS", 0.05)
    answer = await busy.admin.get("/v1/keys", query="abc")
    assert (answer.status_code, answer.json()["error"]) == (503, "store-unavailable")
    assert "narrow it" in answer.json()["detail"]
    assert (await busy.admin.get("/v1/me")).status_code == 200
    assert (await busy.verify(secret)).status_code == 200
    assert (await busy.admin.revoke(key)).status_code == 200
    assert (await busy.verify(secret)).status_code == 401


async def test_a_search_ends_at_its_limit_and_leaves_its_connection_free(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SEARCH_SECONDS", 0.05)
    store = world.runtime.store
    for _ in range(SEARCHERS + 1):
        with pytest.raises(SearchTooSlowError):
            async with store.search() as tx:
                await tx.exec_driver_sql(FOREVER)
    monkeypatch.undo()
    assert store.connections()["searcher"][0] == 0
    async with store.search() as tx:
        assert (await tx.exec_driver_sql("SELECT 1")).scalar_one() == 1


async def test_a_search_ends_with_the_client_that_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client leaves while its statement runs: the request ends, and the statement with it."""
    began = asyncio.Event()

    async def for_ever(tx: engine.Connection, *_: object) -> None:
        began.set()
        await tx.exec_driver_sql(FOREVER)

    monkeypatch.setattr(key_pages, "narrowest", for_ever)
    sent: list[object] = []
    arriving = iter(({"type": "http.request", "body": b""}, {"type": "http.disconnect"}))

    async def receive() -> MutableMapping[str, Any]:
        message = next(arriving)
        if message["type"] == "http.disconnect":
            await began.wait()
        return message

    async def keep(message: object) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/v1/keys",
        "raw_path": b"/v1/keys",
        "query_string": b"query=abc",
        "root_path": "",
        "scheme": "http",
        "server": ("keys", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(b"authorization", f"Bearer {world.admin.token}".encode())],
    }
    await world.app(scope, receive, keep)
    assert sent == []
    assert world.runtime.store.connections()["searcher"][0] == 0


@on_sqlite
async def test_refusals_of_another_workspace_cost_nothing(world: World, steps: Steps) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    stranger = await world.stranger()
    elsewhere = await stranger.integration()
    theirs = [await stranger.key(elsewhere) for _ in range(2)]
    for key, _ in [(public_key, secret), *theirs]:
        await (world.admin if key == public_key else stranger).revoke(key)
    await world.verify(secret)
    await world.runtime.recorder.flush()
    mine = await world.workspace_id()
    place = (await world.admin.get(f"/v1/keys/{public_key}")).json()["integration_id"]

    async def cost() -> list[int]:
        counts = []
        for more in ({}, {"integration_id": place}, {"pid": theirs[0][0][4:]}):
            async with world.runtime.store.search() as tx:
                await steps.watch(tx)
                steps.count = 0
                await refusals.page(tx, RefusalFilter(workspaces=[mine], **more), 51, None)
                counts.append(steps.count)
        return counts

    before = await cost()
    for number in range(60):
        await world.gateway.get(
            "/v1/forward-auth",
            headers={
                "authorization": f"Bearer {theirs[number % 2][1]}", "user-agent": f"agent {number}"
            },
        )  # fmt: skip
    await world.runtime.recorder.flush()
    # To read their sixty rows is sixty steps at least. How many tell the end of a range from the
    # end of the index depends on the ids.
    assert all(abs(now - then) < 60 for now, then in zip(await cost(), before, strict=True))
