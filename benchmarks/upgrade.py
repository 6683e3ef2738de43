"""How long a large database takes to be brought up to date: `python -m benchmarks.upgrade`.

A copy of the database of the oldest release is filled with keys, then the service of today starts
on it. Prints what the start says and when, and what a second process is told meanwhile. With
`--postgresql` on a server that it starts.
"""

import argparse
import asyncio
import contextlib
import hashlib
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
from tests.service.databases import Engine
from tests.service.store.frozen import RELEASES, Past, a_past

from keyconsole.demo.labels import ENVIRONMENTS, SYSTEMS
from keyconsole.service.store import progress

CHUNK = 20_000
_PLACES = list(ENVIRONMENTS)
_START = """
import asyncio, sys
from pathlib import Path
from keyconsole.core.errors import KeyconsoleError
from keyconsole.service.app import create_app
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import progress

settings = ServiceSettings.from_environment(Path(sys.argv[1]), sys.argv[2] or None, environ={})
with progress.heard_by(print):
    try:
        asyncio.run(create_app(settings).start())
    except KeyconsoleError as error:
        sys.exit(error.message)
"""


def main() -> int:
    """Fill, upgrade, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--postgresql", action="store_true")
    chosen = parser.parse_args()
    engine = Engine.POSTGRESQL if chosen.postgresql else Engine.SQLITE
    asyncio.run(_upgrade(engine, chosen.keys))
    return 0


async def _upgrade(engine: Engine, keys: int) -> None:
    with tempfile.TemporaryDirectory(prefix="keyconsole-upgrade-") as directory:
        async with a_past(RELEASES[0], engine, Path(directory) / "past") as past:
            began = time.monotonic()
            fill = _fill_server if past.settings.is_postgresql else _fill_file
            await fill(past, keys)
            print(f"{keys:,} keys of {RELEASES[0]} in {time.monotonic() - began:.0f} s", flush=True)
            await _timed(past)


async def _timed(past: Past) -> None:
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    said: list[str] = []

    def hear(sentence: str) -> None:
        if not said:
            second.append(_a_second(past))
        said.append(sentence)
        print(f"{time.monotonic() - began:7.1f} s  {sentence}", flush=True)

    second: list[subprocess.Popen[str]] = []
    with progress.heard_by(hear):
        async with past.opened() as world:
            elapsed, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
            used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"{elapsed:7.1f} s  up to date; {used:.1f} s of CPU in this process")
            answer = await world.verify(next(iter(past.facts["live"].values())))
            print(f"          a key of before is answered {answer.status_code}")
            for process in second:
                told, _ = await asyncio.to_thread(process.communicate, timeout=600)
                print("a second process was told:")
                print(*(f"  {line}" for line in told.splitlines()), sep="\n")
                print(f"  and ended with {process.returncode}")


def _a_second(past: Past) -> "subprocess.Popen[str]":
    url = past.settings.database_url if past.settings.is_postgresql else ""
    return subprocess.Popen(
        [sys.executable, "-c", _START, str(past.settings.data_dir), url],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def _fill_file(past: Past, keys: int) -> None:
    with contextlib.closing(sqlite3.connect(past.settings.database_path)) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("PRAGMA cache_size = -400000")
        cursor = raw.execute("SELECT * FROM api_keys LIMIT 1")
        names = [column[0] for column in cursor.description]
        one = dict(zip(names, cursor.fetchone(), strict=True))
        marks = ", ".join("?" * len(names))
        for rows in _rows(one, keys):
            with raw:
                raw.executemany(f"INSERT INTO api_keys VALUES ({marks})", rows)
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _fill_server(past: Past, keys: int) -> None:
    server = await asyncpg.connect(past.settings.database_url)
    try:
        [found] = await server.fetch("SELECT * FROM api_keys LIMIT 1")
        one = dict(found)
        for rows in _rows(one, keys):
            await server.copy_records_to_table("api_keys", records=rows, columns=[*one])
        await server.execute("VACUUM ANALYZE")
    finally:
        await server.close()


def _rows(one: dict[str, Any], keys: int) -> Iterator[list[tuple[Any, ...]]]:
    """Copies of one key with ids and labels of their own, some revoked and some used."""
    rows = []
    for number in range(keys):
        label = f"{SYSTEMS[number % len(SYSTEMS)]}-{_PLACES[number % len(_PLACES)]}-{number:06d}"
        created = one["created_at"] + number
        row = one | {
            "pid": hashlib.sha256(str(number).encode()).hexdigest()[:16],
            "label": label,
            "label_skeleton": label,
            "label_look": label,
            "created_at": created,
            "last_used_at": created if number % 3 else 0,
        }
        if number % 10 == 0:
            row |= {"revoked_at": created, "revoked_by": "ops", "revoke_reason": "superseded"}
        rows.append(tuple(row.values()))
        if len(rows) == CHUNK:
            yield rows
            rows = []
    yield rows


if __name__ == "__main__":
    raise SystemExit(main())
