"""The databases that the service is tried on: files, and those of a PostgreSQL that we start.

A process that runs tests has one server, started when the first of them asks for it. A database
is a copy of a template, which takes a few hundredths of a second.
"""

import itertools
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from enum import StrEnum

import asyncpg
import pytest
from tests.service.store.postgres.server import Server, a_server

_counter = itertools.count()
_open = ExitStack()
_running: list[Server] = []


class Engine(StrEnum):
    """What keeps the data."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


on_sqlite = pytest.mark.parametrize("world", [Engine.SQLITE], indirect=True)
on_postgresql = pytest.mark.parametrize("world", [Engine.POSTGRESQL], indirect=True)
"""What is said of one of them, or what no database has a part in."""


def server() -> Server:
    """The server of this process."""
    if not _running:
        _running.append(_open.enter_context(a_server()))
    return _running[0]


def stop() -> None:
    """Stop the server, if it was started."""
    _running.clear()
    _open.close()


def url_of(name: str) -> str:
    """The URL of a database on it."""
    return server().url.replace("/postgres?", f"/{name}?")


@asynccontextmanager
async def a_database(template: str = "template0") -> AsyncIterator[str]:
    """The URL of a new database, which is dropped whoever is still connected to it."""
    name = f"keys_{next(_counter)}"
    await create(name, template)
    try:
        yield url_of(name)
    finally:
        await administer(f"DROP DATABASE {name} WITH (FORCE)")


async def create(name: str, template: str = "template0") -> None:
    """A new database. Copied as files, which is faster where the disk is not waited for."""
    await administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")


async def administer(statement: str) -> None:
    """Run a statement that belongs to no database."""
    connection = await asyncpg.connect(server().url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
