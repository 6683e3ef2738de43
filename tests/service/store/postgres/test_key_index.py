"""Names are found by their indexes, where the server has the extension for the one of labels.

The server of the tests has none. Debian's has it (`apt-get install postgresql`).
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from tests.service.store.postgres.server import Server, a_server

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.postgres import key_index, schema
from keyconsole.service.store.postgres.engine import PostgresStore
from keyconsole.service.store.selection import KeyFilter, conditions
from keyconsole.service.store.tables import api_keys

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))

pytestmark = pytest.mark.skipif(not DEBIAN, reason="needs the PostgreSQL of Debian")

FILLING = (
    "INSERT INTO workspaces (id, name, name_skeleton, created_at) VALUES ('ws_1', 'a', 'a', 0)",
    "INSERT INTO integrations (id, workspace_id, name, name_skeleton, created_at, created_by, "
    "updated_at) VALUES ('int_1', 'ws_1', 'a', 'a', 0, 'ops', 0)",
    "INSERT INTO api_keys (pid, integration_id, workspace_id, root_id, verifier, label, "
    "label_skeleton, created_at, created_by, version) "
    "SELECT lpad(n::text, 16, '0'), 'int_1', 'ws_1', 'rk', 'x', name, name, n, 'ops', 1 "
    "FROM (SELECT n, 'worker-' || md5(n::text) AS name FROM generate_series(1, 2000) AS n) AS it",
    "ANALYZE api_keys",
)


@pytest.fixture(scope="module")
def debian() -> Iterator[Server]:
    with a_server(programs=DEBIAN[-1].parent) as running:
        yield running


@pytest.fixture
async def tx(debian: Server) -> AsyncIterator[Connection]:
    await schema.prepare(debian.url)
    store = PostgresStore(debian.url)
    try:
        async with store.write() as tx:
            for statement in FILLING:
                await tx.exec_driver_sql(statement)
            yield tx
            await tx.rollback()
    finally:
        await store.aclose()


def asked(tx: Connection, text: str, pid_part: str | None) -> str:
    which = KeyFilter(workspaces=["ws_1"], now=0, label_contains=text, pid_part=pid_part)
    query = (
        sa.select(api_keys.c.pid)
        .where(*conditions(tx, "ws_1", which))
        .order_by(api_keys.c.label_skeleton, api_keys.c.pid)
        .limit(100)
    )
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    return str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


@pytest.mark.parametrize(
    ("text", "pid_part"), [("deadbeef", None), ("c4ca4238", "c4ca4238"), ("1999", "1999")]
)
async def test_what_is_rare_is_found_by_the_indexes(
    tx: Connection, text: str, pid_part: str | None
) -> None:
    query = asked(tx, text, pid_part)
    everything = set((await tx.exec_driver_sql(query)).scalars())
    # A table that is small is read as fast as an index: whether there is a way is what is asked.
    await tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = "\n".join(row[0] for row in await tx.exec_driver_sql(f"EXPLAIN {query}"))
    assert "ix_api_keys_label_trigrams" in plan
    assert ("ix_api_keys_pid_from_its_end" in plan) == (pid_part is not None)
    assert set((await tx.exec_driver_sql(query)).scalars()) == everything


async def test_it_is_made_once(tx: Connection) -> None:
    assert await tx.run_sync(key_index.wanted) == []
