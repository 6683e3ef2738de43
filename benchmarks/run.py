"""One run of a section: how much is measured, where, and what was found."""

import asyncio
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import rivals
from benchmarks.figures import YARDSTICK, Figures
from benchmarks.machine import Others, versions, yardstick


@dataclass
class Run:
    """What a section is given. `directory` is shared by the sections of one command."""

    keys: int
    rounds: int
    directory: Path
    is_dry: bool = False
    has_rivals: bool = True
    figures: Figures = field(default_factory=Figures)
    others: Others = field(default_factory=Others)
    versions: dict[str, str] = field(default_factory=versions)
    notes: list[str] = field(default_factory=list)

    def each_round(self) -> Iterator[Figures]:
        """Where to note each round; the first one warms the caches, and is not kept."""
        yield Figures()
        for number in range(1, self.rounds + 1):
            with self.others.watched():
                self.figures.note(YARDSTICK, yardstick())
                yield self.figures
            print(f"round {number} of {self.rounds}", file=sys.stderr, flush=True)

    def rival(self, name: str) -> Path | None:
        """The programs of a rival; nothing, and its rows are skipped, where there is none."""
        if not self.has_rivals:
            self.figures.skipped[name] = "rivals were not asked for"
            return None
        try:
            found = rivals.installed(name)
        except rivals.InstallError as error:
            self.figures.skipped[name] = str(error)
            return None
        self.versions[name] = rivals.version_of(name)
        return found

    @contextmanager
    def postgresql(self) -> Iterator[str]:
        """The URL of a server of its own; empty, and its rows are skipped, without PostgreSQL."""
        from tests.service.store.postgres import places
        from tests.service.store.postgres.server import a_server

        if reason := places.obstacle():
            self.figures.skipped["PostgreSQL"] = reason
            yield ""
            return
        settings = ("fsync = on", "log_statement = none", "shared_buffers = 256MB")
        with a_server(*settings) as server:
            self.versions["PostgreSQL"] = asyncio.run(_version(server.url))
            yield server.url

    def fresh(self, name: str) -> Path:
        """An empty directory of this name."""
        path = self.directory / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path


async def _version(url: str) -> str:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()
