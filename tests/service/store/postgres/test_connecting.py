"""All connections of a process are with one server, the one that the URL leads to now."""

import asyncio

import pytest
from tests.service.databases import a_database
from tests.service.store.postgres.server import Server

from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.service.store.postgres import connecting, engine
from keyconsole.service.store.postgres.address import parse
from keyconsole.service.store.postgres.connecting import connect
from keyconsole.service.store.postgres.connections import PrimaryConnection
from keyconsole.service.store.postgres.engine import PostgresStore

PATIENCE = 30


async def test_connections_to_the_server_of_before_are_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "LOOK_SECONDS", 0)
    lost = asyncio.Event()
    async with a_database() as url, a_database() as elsewhere:
        reading = PrimaryConnection(url, lambda _: lost.set())
        await reading.open()
        store = PostgresStore(url)
        await store.watch()
        assert reading.is_open

        # Another database is as good as one on another machine, for what answers to the URL.
        monkeypatch.setattr(connecting, "parse", lambda _: parse(elsewhere))
        await store.watch()
        assert not reading.is_open
        await asyncio.wait_for(lost.wait(), 20)

        newest = await connect(url)
        await reading.open()
        assert not newest.is_closed()
        monkeypatch.undo()
        written = await connect(url)
        assert newest.is_closed() and not written.is_closed()  # noqa: PT018 - one moment
        reading.close()
        await written.close()
        await store.aclose()


async def test_a_server_that_keeps_silent_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SILENCE_SECONDS", 0.2)
    store = PostgresStore(server.url)
    for transaction in (store.read, store.write, store.best_effort_write):
        async with transaction() as tx:
            await tx.exec_driver_sql("SELECT 1")
    server.pause()
    try:
        async with asyncio.timeout(PATIENCE):
            for transaction in (store.read, store.write):
                with pytest.raises(StoreUnavailableError):
                    async with transaction() as tx:
                        await tx.exec_driver_sql("SELECT 1")
            await store.aclose()
    finally:
        server.resume()
