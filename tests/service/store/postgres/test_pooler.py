"""The service behind PgBouncer: right in session mode, refused in any other, and never a 500."""

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import pytest
from tests.service.store.postgres import pooler
from tests.service.store.postgres.pooler import Pooler, a_pooler
from tests.service.store.postgres.server import Server
from tests.service.world import Clock, World

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.app import create_app
from keyconsole.service.checkup import check
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.engine import SEARCH_SECONDS, StoreUnavailableError
from keyconsole.service.store.postgres import connections, engine, pooling, schema
from keyconsole.service.store.postgres.connecting import connect

pytestmark = pytest.mark.skipif(pooler.PROGRAM is None, reason="pgbouncer is not installed")

PAGE = Path(__file__).resolve().parents[4] / "docs" / "deploy.md"
_AT_ONCE = 8
_counter = itertools.count()
MODES = [
    ("transaction", ""),
    ("transaction", "server_round_robin = 1"),
    ("transaction", "ignore_startup_parameters = extra_float_digits,options,search_path"),
    ("statement", ""),
]


def page(mode: str) -> dict[str, set[int]]:
    """Returns the statuses that the page gives for a mode of the pooler, by what is asked."""
    rows = [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in PAGE.read_text().partition("| PgBouncer ")[2].splitlines()
    ]
    [cells] = [row for row in rows if row[0] == mode]
    ready, verify, change, revoked = (
        {*map(int, re.findall(r"\d{3}", each))} for each in cells[-4:]
    )
    create, revoke = change - {200}, change - {201}
    return {
        "ready": ready, "verify": verify, "create": create, "revoke": revoke,
        "verify revoked": revoked,
    }  # fmt: skip


@pytest.fixture
async def url(server: Server) -> str:
    """The URL of a new database on the server itself."""
    name = f"pooled_{next(_counter)}"
    connection = await connect(server.url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return server.url.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="module")
def sessions(server: Server) -> Iterator[Pooler]:
    # Nothing is reset between two clients: what the one before left behind is there.
    with a_pooler(server.data.parent, "session", "server_reset_query =") as found:
        yield found


@asynccontextmanager
async def running(url: str, data_dir: Path) -> AsyncIterator[World]:
    environ = {"KEYCONSOLE_DATABASE_URL": url, "KEYCONSOLE_RATE_LIMITS": "off"}
    settings = ServiceSettings.from_environment(data_dir, environ=environ)
    clock = Clock()
    made = await initialize(settings, workspace="Acme", account="ops@acme.example", clock=clock)
    app = create_app(settings, clock=clock)
    await app.start()
    world = World(settings, clock, app)
    world.admin = world.person(made.operator_token)
    try:
        yield world
    finally:
        await world.gateway.aclose()
        await world.admin.http.aclose()
        await app.aclose()


async def lifetimes(world: World, integration: str, keys: int) -> Counter[tuple[str, int]]:
    """Counts the statuses of keys that are made, verified, revoked and verified again."""
    turn = asyncio.Semaphore(_AT_ONCE)  # what waits longer than the store does is refused

    async def lifetime() -> list[tuple[str, int]]:
        async with turn:
            return await one()

    async def one() -> list[tuple[str, int]]:
        created = await world.admin.create(integration)
        statuses = [("create", created.status_code)]
        if created.status_code != 201:
            return statuses
        key, secret = created.json()["key"]["public_key"], created.json()["secret"]
        statuses.append(("verify", (await world.verify(secret)).status_code))
        revoked = (await world.admin.revoke(key)).status_code
        statuses.append(("revoke", revoked))
        if revoked == 200:
            statuses.append(("verify revoked", (await world.verify(secret)).status_code))
        return statuses

    done = await asyncio.gather(*(lifetime() for _ in range(keys)))
    return Counter(itertools.chain.from_iterable(done))


async def test_in_session_mode_everything_is_as_without_a_pooler(
    sessions: Pooler, url: str, tmp_path: Path
) -> None:
    told = page("`session`")
    async with running(sessions.url(url), tmp_path) as world:
        assert {(await world.gateway.get("/readyz")).status_code} == told.pop("ready")
        found = await lifetimes(world, await world.admin.integration(), 20)
        assert found == {(asked, status): 20 for asked, [status] in told.items()}
        assert (await world.admin.get("/v1/keys", query="key")).status_code == 200
        assert (await world.gateway.get("/readyz")).status_code == 200
        settings = world.settings
    assert (await asyncio.to_thread(check, settings)).findings[0].ok


async def test_in_session_mode_the_limits_of_statements_hold(sessions: Pooler, url: str) -> None:
    by_pooler = sessions.url(url)
    await schema.prepare(by_pooler)
    store = engine.PostgresStore(by_pooler)
    statement = "SELECT current_setting('statement_timeout'), current_setting('enable_seqscan')"
    async with store.search() as tx:
        found = (await tx.exec_driver_sql(statement)).one()
        assert tuple(found) == (f"{SEARCH_SECONDS:.0f}s", "off")
    async with store.read() as tx:
        found = (await tx.exec_driver_sql(statement)).one()
        assert tuple(found) == (f"{engine.STATEMENT_SECONDS:.0f}s", "on")
    await store.aclose()
    line = connections.PrimaryConnection(by_pooler, lambda _: None)
    await line.open()
    [(limit,)] = await line.fetch("SELECT current_setting('statement_timeout')")
    assert limit == f"{connections.STATEMENT_SECONDS * 1000:.0f}ms"
    with pytest.raises(StoreUnavailableError):
        await line.fetch("SELECT pg_sleep(10)")
    line.close()


async def test_a_session_of_somebody_before_is_made_empty(sessions: Pooler, url: str) -> None:
    by_pooler = sessions.url(url)
    for _ in range(5):
        connection = await connect(by_pooler)
        assert await connection.fetchval("SELECT current_setting('work_mem')") != "99MB"
        await connection.execute("SET work_mem = '99MB'")
        await connection.close()


async def test_another_refusal_is_told_as_what_it_is(sessions: Pooler, url: str) -> None:
    by_pooler = sessions.url(url)
    for wrong in (by_pooler.replace("/pooled_", "/nothing_"), by_pooler.replace("postgres@", "x@")):
        with pytest.raises(ConfigurationError) as caught:
            await schema.prepare(wrong)
        assert caught.value.message != pooling.SHARED
        assert "PostgreSQL at " in caught.value.message


@pytest.mark.parametrize(("mode", "more"), MODES)
async def test_a_pooler_that_shares_sessions_is_refused_at_the_start(
    server: Server, url: str, mode: str, more: str, tmp_path: Path
) -> None:
    await schema.prepare(url)
    with a_pooler(server.data.parent, mode, more) as found:
        for _ in range(3):
            with pytest.raises(ConfigurationError) as caught:
                await schema.prepare(found.url(url))
            assert caught.value.message == pooling.SHARED
        environ = {"KEYCONSOLE_DATABASE_URL": found.url(url)}
        settings = ServiceSettings.from_environment(tmp_path, environ=environ)
        checked = await asyncio.to_thread(check, settings)
        assert (checked.findings[0].ok, checked.findings[0].message) == (False, pooling.SHARED)


async def test_it_is_refused_while_others_are_busy_there(server: Server, url: str) -> None:
    with a_pooler(server.data.parent, "transaction", size=5) as found:
        stop = asyncio.Event()

        async def work() -> None:
            connection = await asyncpg.connect(found.url(url), statement_cache_size=0)
            while not stop.is_set():
                with suppress(asyncpg.PostgresError):
                    await connection.execute("SELECT pg_sleep(0.001)")
            connection.terminate()

        working = [asyncio.create_task(work()) for _ in range(8)]
        for _ in range(5):
            with pytest.raises(ConfigurationError, match="transaction mode"):
                await schema.prepare(found.url(url))
        stop.set()
        await asyncio.gather(*working)


async def test_a_pooler_with_too_few_connections_is_told(
    server: Server, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooling, "_SECONDS", 0.5)
    with (
        a_pooler(server.data.parent, "session", size=1) as found,
        pytest.raises(ConfigurationError, match="default_pool_size has to be 17"),
    ):
        await schema.prepare(found.url(url))


async def test_a_pooler_that_begins_to_share_sessions_is_told_by_readiness(
    server: Server, url: str, tmp_path: Path
) -> None:
    with a_pooler(server.data.parent, "session") as found:
        async with running(found.url(url), tmp_path) as world:
            integration = await world.admin.integration()
            await lifetimes(world, integration, 8)
            await found.reload("transaction")
            done = await lifetimes(world, integration, 40)
            told = page("set to `transaction` while the service runs")
            assert {asked: status for asked, status in done if status not in told[asked]} == {}
            answer = await world.gateway.get("/readyz")
            assert {answer.status_code} == told["ready"]
            assert answer.json()["detail"] == pooling.SHARED
