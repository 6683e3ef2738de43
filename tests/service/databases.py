"""The databases that the service is tried on: files, and those of a PostgreSQL that we start.

A run has one server, started when the first of its processes asks for it. Most tests get a copy of
a template that an earlier test has given back; see `copies`.
"""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import StrEnum
from functools import cache, partial

import asyncpg
import pytest
from tests.service.store.postgres import custodian, places
from tests.service.store.postgres.copies import SECONDS, Copies

_counter = itertools.count()
_PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "main")


class Engine(StrEnum):
    """What keeps the data."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


on_sqlite = pytest.mark.parametrize("world", [Engine.SQLITE], indirect=True)
on_postgresql = pytest.mark.parametrize("world", [Engine.POSTGRESQL], indirect=True)
"""What is said of one of them, or what no database has a part in."""


def server() -> str:
    """The URL of the server of this run; a machine that cannot have one skips the test."""
    if reason := places.obstacle():
        pytest.skip(reason)
    return _server()


def url_of(name: str) -> str:
    """The URL of a database on it."""
    return server().replace("/postgres?", f"/{name}?")


@asynccontextmanager
async def a_database() -> AsyncIterator[str]:
    """The URL of a new and empty database, which is dropped whoever is still connected to it."""
    url = await _new("template0")
    try:
        yield url
    finally:
        await _drop(url)


def a_copy(template: str) -> AbstractAsyncContextManager[str]:
    """The URL of a database that is as the template is."""
    return _copies(template).lend()


async def create(name: str, template: str = "template0") -> None:
    """A new database. Copied as files, which is faster where the disk is not waited for."""
    await administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")


async def administer(statement: str) -> None:
    """Run a statement that belongs to no database."""
    connection = await asyncpg.connect(server(), command_timeout=SECONDS)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@cache
def _server() -> str:
    return custodian.url()


@cache
def _copies(template: str) -> Copies:
    return Copies(partial(_new, template), _drop)


async def _new(template: str) -> str:
    name = f"keys_{_PROCESS}_{next(_counter)}"
    await create(name, template)
    return url_of(name)


async def _drop(url: str) -> None:
    name = url.partition("?")[0].rpartition("/")[2]
    await administer(f"DROP DATABASE {name} WITH (FORCE)")
