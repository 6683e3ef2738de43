"""A database on a server at start: made, migrated, guarded, or refused with a sentence."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from tests.service.databases import a_database, administer, url_of
from tests.service.processes import ENVIRONMENT
from tests.service.store.postgres.server import Server

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.clock import system_clock
from keyconsole.service.runtime import Runtime
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.postgres import locks, schema, triggers
from keyconsole.service.store.postgres.connecting import Primary, connect
from keyconsole.service.store.tables import metadata


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with a_database() as made:
        yield made


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Primary]:
    connection = await connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def execute(url: str, *statements: str) -> None:
    async with connected(url) as connection:
        for statement in statements:
            await connection.execute(statement)


async def refusal(url: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await schema.prepare(url)
    return caught.value.message


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The names apart from the keys are kept by triggers, each database in its own way."""
    return name != "key_names" and not str(name).endswith("key_names_tokens")


async def test_the_migrations_end_where_the_tables_are(url: str) -> None:
    await schema.prepare(url)
    ours = sa.MetaData()
    for table in metadata.tables.values():
        if table.name != "key_names":
            table.to_metadata(ours)

    def compare(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        return list(compare_metadata(context, ours))

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: connect(url), poolclass=sa.NullPool
    )
    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []


async def test_text_is_in_the_order_of_its_bytes(url: str) -> None:
    await schema.prepare(url)
    async with connected(url) as connection:
        other = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type = 'text' "
            "AND collation_name IS DISTINCT FROM 'C'"
        )
    assert other == []


async def test_many_starts_at_once_make_one_database(url: str) -> None:
    await asyncio.gather(*(schema.prepare(url) for _ in range(4)))
    async with connected(url) as connection:
        assert await schema.check(connection.fetch) is None
        assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1


@pytest.mark.parametrize("guard", triggers.GUARDS, ids=lambda guard: str(guard.name))
async def test_a_guard_that_was_weakened_is_told_and_put_back_at_the_next_start(
    url: str, guard: triggers.Guard
) -> None:
    await schema.prepare(url)
    for damage in (
        f"DROP TRIGGER {guard.name} ON {guard.table}",
        f"ALTER TABLE {guard.table} DISABLE TRIGGER {guard.name}",
        f"ALTER TABLE {guard.table} ENABLE TRIGGER {guard.name}",
        f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN COALESCE(NEW, OLD); END $$",
    ):
        await execute(url, damage)
        async with connected(url) as connection:
            assert triggers.absent(await connection.fetch(triggers.PRESENT)) == [guard.name]
            assert "lacks a guard" in str(await schema.check(connection.fetch))
        await schema.prepare(url)
        async with connected(url) as connection:
            assert await schema.check(connection.fetch) is None


async def test_a_database_of_another_program_is_refused_and_left_alone(url: str) -> None:
    await execute(url, "CREATE TABLE bookmarks (url text)")
    assert "another program" in await refusal(url)
    async with connected(url) as connection:
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname='public'")
    assert [name for (name,) in names] == ["bookmarks"]


async def test_a_newer_schema_is_refused(url: str) -> None:
    await schema.prepare(url)
    await execute(url, "UPDATE alembic_version SET version_num = '9999'")
    sentence = await refusal(url)
    assert "newer keyconsole" in sentence
    assert "upgrade" in sentence


async def test_another_encoding_than_utf8_is_refused() -> None:
    await administer(
        "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    try:
        assert "encoding of the database is LATIN1" in await refusal(url_of("latin"))
    finally:
        await administer("DROP DATABASE latin")


async def test_commits_that_wait_for_no_disk_are_refused(url: str) -> None:
    name = url.partition("?")[0].rpartition("/")[2]
    await administer(f"ALTER DATABASE {name} SET synchronous_commit = off")
    assert "synchronous_commit is off" in await refusal(url)
    assert "synchronous_commit is off" in await refusal(
        f"{url}&options=-c%20synchronous_commit=off"
    )


def test_what_a_failover_would_undo_is_refused() -> None:
    def unfit(commits: str, *, has_standbys: bool) -> str:
        return schema.unfit(14, commits, "UTF8", is_standby=False, has_standbys=has_standbys)

    assert "failover" in unfit("local", has_standbys=True)
    assert unfit("local", has_standbys=False) == ""
    for commits in ("on", "remote_apply"):
        assert unfit(commits, has_standbys=True) == ""


def test_an_older_server_is_refused() -> None:
    old = schema.unfit(13, "on", "UTF8", is_standby=False, has_standbys=False)
    assert "PostgreSQL 13" in old
    assert "14 or newer" in old


async def test_a_standby_is_refused(server: Server) -> None:
    server.restart_as_standby()
    try:
        assert "standby" in await refusal(server.url)
    finally:
        server.promote()
    await schema.prepare(server.url)


async def test_a_user_who_may_make_no_tables_is_refused(url: str) -> None:
    await execute(url, "CREATE ROLE poor LOGIN")
    try:
        sentence = await refusal(url.replace("postgres@", "poor@"))
    finally:
        await execute(url, "DROP ROLE poor")
    assert "make no tables: let it own" in sentence


PASSWORD = "hunter2"


async def test_a_wrong_password_is_refused_and_shown_nowhere(server: Server, url: str) -> None:
    rules = server.data / "pg_hba.conf"
    rules.write_text("local all locked scram-sha-256\n" + rules.read_text())
    async with connected(server.url) as connection:
        await connection.execute("CREATE ROLE locked LOGIN PASSWORD 'other'")
        await connection.execute("SELECT pg_reload_conf()")
    locked = server.url.replace("postgres@", f"locked:{PASSWORD}@")
    sentence = await refusal(locked)
    assert "refuses the user or the password" in sentence
    assert PASSWORD not in sentence


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://ops:{PASSWORD}@127.0.0.1:1/keys",
        f"postgresql://ops:{PASSWORD}@/keys?host=/nowhere",
        f"postgresql://ops:{PASSWORD}/slash@127.0.0.1/keys",
        f"postgresql://ops@127.0.0.1:1/keys?password={PASSWORD}",
        f"postgresql://ops:{PASSWORD}@127.0.0.1:1/keys?sslmode=nonsense",
    ],
)
async def test_what_cannot_be_reached_is_refused_without_its_password(
    tmp_path: Path, address: str
) -> None:
    settings = ServiceSettings.from_environment(tmp_path, address, environ={})
    assert PASSWORD not in repr(settings)
    with pytest.raises(ConfigurationError) as caught:
        await Runtime.open(settings, system_clock)
    assert PASSWORD not in caught.value.message
    assert PASSWORD not in str(caught.value)


async def test_a_database_that_is_not_there_is_refused() -> None:
    assert "createdb" in await refusal(url_of("nothing"))


async def test_without_the_driver_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    settings = ServiceSettings.from_environment(tmp_path, "postgresql://db/keys", environ={})
    with pytest.raises(ConfigurationError, match="pip install asyncpg"):
        await Runtime.open(settings, system_clock)


def test_a_service_on_a_file_loads_no_driver(tmp_path: Path) -> None:
    code = (
        "import asyncio, pathlib, sys\n"
        "from keyconsole.service.embedded import start_embedded\n"
        "async def main():\n"
        "    await (await start_embedded(pathlib.Path(sys.argv[1]))).aclose()\n"
        "asyncio.run(main())\n"
        "print('asyncpg' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


async def test_a_second_root_key_is_not_begun_by_another_machine(url: str, tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one = ServiceSettings.from_environment(tmp_path / "one", url, environ={})
    other = ServiceSettings.from_environment(tmp_path / "other", url, environ={})
    started = await asyncio.gather(
        *(Runtime.open(each, system_clock) for each in (one, other)), return_exceptions=True
    )
    running = [each for each in started if isinstance(each, Runtime)]
    refused = [each for each in started if isinstance(each, ConfigurationError)]
    for each in running:
        await each.aclose()
    assert (len(running), len(refused)) == (1, 1)
    async with connected(url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM root_keys") == 1


async def test_what_is_current_is_left_as_it_is_and_waits_for_nobody(url: str) -> None:
    await schema.prepare(url)
    async with connected(url) as connection, connection.transaction():
        await connection.execute(locks.whole())
        await schema.prepare(url)
