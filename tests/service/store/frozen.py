"""Copies of the databases that released versions wrote, as `tests/data/schema-*` keeps them."""

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from tests.service.databases import Engine, a_database
from tests.service.world import Clock, World

from keyconsole.service.app import create_app
from keyconsole.service.settings import ServiceSettings

DATA = Path(__file__).parents[2] / "data"
RELEASES = sorted(path.name.removeprefix("schema-") for path in DATA.glob("schema-*"))


@dataclass(frozen=True)
class Past:
    """A copy of a database with the facts about it: tokens, secrets and the time it was left at."""

    settings: ServiceSettings
    facts: dict[str, Any] = field(repr=False)
    checkpoints: list[dict[str, Any]]

    def clock(self) -> Clock:
        clock = Clock()
        clock.now = self.facts["now"]
        return clock

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[World]:
        """The service of today on it, which migrates it when it starts."""
        clock = self.clock()
        app = create_app(self.settings, clock=clock)
        await app.start()
        world = World(self.settings, clock, app)
        world.admin = world.person(self.facts["operator_token"])
        try:
            yield world
        finally:
            for person in world.people:
                await person.http.aclose()
            await world.gateway.aclose()
            await app.aclose()


@asynccontextmanager
async def a_past(release: str, engine: Engine, directory: Path) -> AsyncIterator[Past]:
    """A database of a release as that release left it, in a directory that does not exist yet."""
    source = DATA / f"schema-{release}"
    _make_private(directory, (source / "root-keys").read_bytes())
    async with AsyncExitStack() as stack:
        url = None
        if engine is Engine.POSTGRESQL:
            url = await stack.enter_async_context(a_database())
            await _load(url, gzip.decompress((source / "postgresql.sql.gz").read_bytes()).decode())
        environ = {"KEYCONSOLE_RATE_LIMITS": "off"}
        settings = ServiceSettings.from_environment(directory, url, environ=environ)
        if url is None:
            content = gzip.decompress((source / "sqlite.db.gz").read_bytes())
            _write_private(settings.database_path, content)
        lines = (source / f"{engine}-checkpoints.jsonl").read_text().splitlines()
        facts = json.loads((source / "facts.json").read_text())[engine]
        yield Past(settings, facts, [json.loads(line) for line in lines])


def _make_private(directory: Path, root_keys: bytes) -> None:
    directory.mkdir(mode=0o700)
    _write_private(directory / "root-keys", root_keys)


def _write_private(path: Path, content: bytes) -> None:
    path.touch(0o600)
    path.write_bytes(content)


async def _load(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()
