"""Names are found by their indexes, which are kept in step with whatever is written."""

from collections.abc import AsyncIterator, Sequence

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from tests.service.store.postgres.server import Server

from keyconsole.service.store import label_zones, search
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.postgres import key_index, schema
from keyconsole.service.store.postgres.engine import PostgresStore
from keyconsole.service.store.tables import api_keys

FILLING = (
    "INSERT INTO workspaces (id, name, name_skeleton, created_at) VALUES ('ws_1', 'a', 'a', 0)",
    "INSERT INTO integrations (id, workspace_id, name, name_skeleton, created_at, created_by, "
    "updated_at) VALUES ('int_1', 'ws_1', 'a', 'a', 0, 'ops', 0)",
    "INSERT INTO api_keys (pid, integration_id, workspace_id, root_id, verifier, label, "
    "label_skeleton, created_at, created_by, version) "
    "SELECT lpad(n::text, 16, '0'), 'int_1', 'ws_1', 'rk', 'x', name, name, n, 'ops', 1 "
    "FROM (SELECT n, 'worker-' || md5(n::text) AS name FROM generate_series(1, 2000) AS n) AS it",
    "ANALYZE api_keys",
    "ANALYZE key_names",
)
FORMER = (
    "DROP TABLE key_names",
    "DROP TRIGGER api_keys_named ON api_keys",
    "CREATE INDEX ix_api_keys_label_trigrams ON api_keys (label_skeleton)",
)
"""What a database has that was made before names were kept apart from their keys."""


WITH_PLACES = (
    "ALTER TABLE key_names ADD workspace_id text DEFAULT 'ws_1' NOT NULL, "
    "ADD integration_id text DEFAULT 'int_1' NOT NULL",
    "ALTER TABLE key_names ALTER workspace_id DROP DEFAULT, ALTER integration_id DROP DEFAULT",
)
"""What it has if the names said of which workspace they are."""
WITHOUT_ZONES = ("DROP TRIGGER api_keys_zoned ON api_keys", "TRUNCATE label_zones")


@pytest.fixture
async def tx(server: Server) -> AsyncIterator[Connection]:
    await schema.prepare(server.url)
    store = PostgresStore(server.url)
    try:
        async with store.write() as tx:
            for statement in FILLING:
                await tx.exec_driver_sql(statement)
            yield tx
            await tx.rollback()
    finally:
        await store.aclose()


def written(query: sa.SelectBase) -> str:
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    return str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


async def labels(tx: Connection, query: sa.Select[str]) -> set[str]:
    found = await tx.execute(sa.select(api_keys.c.label).where(api_keys.c.pid.in_(query)))
    return set(found.scalars())


@pytest.mark.parametrize("text", ["deadbeef", "c4ca4238", "ke", "zz", "ж", "'\\"])
async def test_a_part_of_a_name_is_found_by_its_index(tx: Connection, text: str) -> None:
    query = key_index.labelled(text)
    every = (await tx.execute(sa.select(api_keys.c.label))).scalars()
    expected = {label for label in every if text in label[1:]}
    # A table that is small is read as fast as an index: whether there is a way is what is asked.
    await tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = "\n".join(row[0] for row in await tx.exec_driver_sql(f"EXPLAIN {written(query)}"))
    assert "ix_key_names_trigrams" in plan
    found = await labels(tx, query)
    assert {label for label in found if text in label} == expected


async def test_the_end_of_a_public_key_is_found_by_its_index(tx: Connection) -> None:
    query = sa.select(api_keys.c.pid).where(key_index.named("1999")[1])
    await tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = "\n".join(row[0] for row in await tx.exec_driver_sql(f"EXPLAIN {written(query)}"))
    assert "ix_api_keys_pid_from_its_end" in plan
    assert list((await tx.execute(query)).scalars()) == ["0" * 12 + "1999"]


async def test_what_labels_begin_with_is_no_burden_elsewhere(tx: Connection) -> None:
    await tx.exec_driver_sql(
        "UPDATE api_keys SET label = 'a worker', label_skeleton = 'a worker' WHERE pid LIKE '%0042'"
    )
    assert await labels(tx, key_index.labelled("worker")) == {"a worker"}
    assert len(await labels(tx, key_index.labelled("orker"))) == 2_000


@pytest.mark.parametrize(("text", "is_common"), [("worker", True), ("c4ca4238", False)])
async def test_a_sample_tells_what_is_common(tx: Connection, text: str, is_common: bool) -> None:
    found, seen, every = (await tx.execute(key_index.sample(text, None))).one()
    assert (found / seen * every > 1_000) == is_common


async def test_a_sample_tells_what_many_public_keys_end_with(tx: Connection) -> None:
    found, seen, _ = (await tx.execute(key_index.sample("7", "7"))).one()
    assert seen * 0.8 < found  # in a label by chance, at the end of every tenth pid
    assert (await tx.execute(key_index.sample("~", "7"))).one()[0] > 0


async def test_what_is_common_is_not_counted(tx: Connection) -> None:
    way = search.Ways(tx, sa.true())
    way.by_text("worker", None)
    assert await search.count_up_to(tx, way.found[0], 500) == 500
    assert await search.count_up_to(tx, way.found[0], 5_000) == 2_000


async def test_it_is_made_once(tx: Connection) -> None:
    assert await tx.run_sync(key_index.wanted) == []


@pytest.mark.parametrize(
    "former",
    [FORMER, WITH_PLACES, WITHOUT_ZONES],
    ids=["no names", "names with places", "no zones"],
)
async def test_it_is_made_for_a_database_that_has_keys(
    tx: Connection, former: Sequence[str]
) -> None:
    for statement in former:
        await tx.exec_driver_sql(statement)
    assert await tx.run_sync(key_index.wanted)

    await tx.run_sync(key_index.install)

    assert await tx.run_sync(key_index.wanted) == []
    assert len(await labels(tx, key_index.labelled("orker"))) == 2_000
    assert await label_zones.possible(tx, "ws_1", "orker") == ["wor"]
    await tx.exec_driver_sql(
        "UPDATE api_keys SET label = 'a worker', label_skeleton = 'a worker' WHERE pid LIKE '%0042'"
    )
    assert await label_zones.possible(tx, "ws_1", "orker") == ["a w", "wor"]
    assert await labels(tx, key_index.labelled("worker")) == {"a worker"}
