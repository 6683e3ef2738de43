"""A database that an older version filled is brought here with every key still found."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine
from tests.service.databases import a_database

from keyconsole.core import safetext
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.service.store import progress, revisions
from keyconsole.service.store.key_pages import KeySort, page
from keyconsole.service.store.postgres import schema as server_schema
from keyconsole.service.store.postgres.connecting import connect
from keyconsole.service.store.postgres.engine import PostgresStore
from keyconsole.service.store.selection import KeyScope
from keyconsole.service.store.sqlite import label_index
from keyconsole.service.store.sqlite import schema as file_schema
from keyconsole.service.store.sqlite.engine import SqliteStore
from keyconsole.service.store.sqlite.opening import open_file
from keyconsole.service.store.sqlite.schema import _begin_immediate, _own_transactions

LABELS = {"ws_1": ("api-gateway-prod", "ab", "süß"), "ws_2": ("api-gateway-prod", "other")}
FORMER_TABLES = (
    "CREATE TABLE key_names (pid text PRIMARY KEY, label_skeleton text NOT NULL)",
    "INSERT INTO key_names SELECT pid, label_skeleton FROM api_keys",
    "CREATE INDEX ix_api_keys_pid_from_its_end ON api_keys (reverse(pid))",
)
"""What the version before made on PostgreSQL besides its migrations."""


def statements(*, names: bool) -> list[str]:
    """Fill a database of revision 0004."""
    made = []
    for at, workspace in enumerate(LABELS):
        place = f"int_{at}"
        made += [
            "INSERT INTO workspaces (id, name, name_skeleton, created_at) "
            f"VALUES ('{workspace}', '{workspace}', '{workspace}', {at})",
            "INSERT INTO integrations (id, workspace_id, name, name_skeleton, created_at, "
            f"created_by, updated_at) VALUES ('{place}', '{workspace}', 'a', 'a', 0, 'ops', 0)",
        ]
        for number, label in enumerate(LABELS[workspace]):
            pid = f"{at}{number}".rjust(16, "z")
            made += [
                "INSERT INTO api_keys (pid, integration_id, workspace_id, root_id, verifier, label,"
                " label_skeleton, created_at, created_by, version) VALUES "
                f"('{pid}', '{place}', '{workspace}', 'rk', 'x', '{label}', "
                f"'{safetext.skeleton(label)}', {number}, 'ops', 1)",
                "INSERT INTO usage_sources (pid, address, agent, first_seen_at, last_seen_at, "
                f"accepted, refused) VALUES ('{pid}', '10.1.4.{number}', 'curl', 0, 0, 1, 0)",
            ]
            if names:
                made.append(
                    "INSERT INTO key_names (pid, label_skeleton, tail) "
                    f"VALUES ('{pid}', '{safetext.skeleton(label)}', '')"
                )
    return made


def migrate_to_0004(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(revisions.SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "0004")


async def assert_found(store: SqliteStore | PostgresStore) -> None:
    async with store.search() as tx:
        for workspace, labels in LABELS.items():
            for label in labels:
                for text in (label, label[1:]):
                    which = KeyScope(workspaces=[workspace], now=0, query=KeyQuery(text=text))
                    rows = (await page(tx, which, KeySort.LABEL, 10)).rows
                    assert label in [key.label for key, _ in rows]
                    assert {key.workspace_id for key, _ in rows} == {workspace}
            which = KeyScope(workspaces=[workspace], now=0, query=KeyQuery(source="10.1.4.1"))
            rows = (await page(tx, which, KeySort.LABEL, 10)).rows
            assert [key.label for key, _ in rows] == [labels[1]]


async def test_a_file_of_the_version_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.db"
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    sa.event.listen(engine, "connect", _own_transactions)
    sa.event.listen(engine, "begin", _begin_immediate)
    with engine.begin() as connection:
        migrate_to_0004(connection)
        connection.exec_driver_sql(f"PRAGMA application_id = {file_schema.APPLICATION_ID}")
        for statement in statements(names=True):
            connection.exec_driver_sql(statement)
    monkeypatch.setattr(label_index, "BATCH", 2)
    said: list[str] = []
    with progress.heard_by(said.append):
        file_schema.prepare(path)
    assert said == [
        "Indexing the addresses and labels of 5 keys. This takes minutes.",
        "Indexing labels: 2 of 5",
        "Indexing labels: 4 of 5",
    ]
    opened = open_file(path)
    store = SqliteStore(opened.file, opened.lease)
    try:
        await assert_found(store)
        async with store.write() as tx:
            await tx.exec_driver_sql("UPDATE api_keys SET label_skeleton = 'renamed'")
        async with store.search() as tx:
            which = KeyScope(workspaces=["ws_2"], now=0, query=KeyQuery(text="gateway"))
            assert (await page(tx, which, KeySort.LABEL, 10)).rows == []
    finally:
        await store.aclose()
    with closing(sqlite3.connect(path)) as raw:
        assert file_schema.check(raw) is None
        raw.execute("INSERT INTO key_grams (key_grams) VALUES ('integrity-check')")
        tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master")}
        assert not {"label_zones", "key_grams_terms", "ix_key_names_tail_pid"} & tables


async def test_a_server_of_the_version_before() -> None:
    async with a_database() as url:
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: connect(url), poolclass=sa.NullPool
        )
        async with engine.begin() as connection:
            await connection.run_sync(migrate_to_0004)
            await connection.exec_driver_sql("COMMENT ON TABLE alembic_version IS 'keyconsole'")
            for statement in (*statements(names=False), *FORMER_TABLES):
                await connection.exec_driver_sql(statement)
        await engine.dispose()
        await server_schema.prepare(url)
        store = PostgresStore(url)
        try:
            await assert_found(store)
        finally:
            await store.aclose()
