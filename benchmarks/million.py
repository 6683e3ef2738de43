"""A database of many keys, as a year of a large company leaves it. The same every time."""

import asyncio
import itertools
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from keyconsole.core import credential, labels, safetext
from keyconsole.demo.labels import ENVIRONMENTS, SYSTEMS
from keyconsole.service import rootkeys
from keyconsole.service.clock import DAY, HOUR, system_clock
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

INTEGRATIONS = 2_000
PEOPLE = 200
LEFT_MEANWHILE = 20
"""One in so many people is no member any more."""
CROWDED = 0.1
"""How much of all the keys the first integration has."""
CHUNK = 20_000
RARE = "quixotic-zeppelin"


def build(
    directory: Path,
    keys: int,
    *,
    integrations: int = INTEGRATIONS,
    workspace: str = "acme",
    database_url: str = "",
) -> str:
    """Make a service with so many keys in `directory`; the operator token of its admin.

    A directory that has one already is left as it is.
    """
    kept = directory / "token"
    if kept.exists():
        return kept.read_text()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = ServiceSettings.from_environment(directory, database_url, environ={})
    made = asyncio.run(
        initialize(settings, workspace=workspace, account="ops@acme.example", clock=system_clock)
    )
    roots = rootkeys.load(settings)
    if roots is None:
        raise RuntimeError("a service that was just made has a root key")
    chunks = _chunks(keys, integrations, made.workspace_id, roots.newest.id)
    if settings.is_postgresql:
        asyncio.run(_copy(settings.database_url, chunks))
    else:
        _insert(settings.database_path, chunks)
    kept.write_text(made.operator_token)
    return made.operator_token


Chunk = tuple[str, list[dict[str, Any]]]
"""A table, and rows of it."""


def _insert(path: Path, chunks: Iterator[Chunk]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("PRAGMA cache_size = -400000")
        for table, rows in chunks:
            names, marks = ", ".join(rows[0]), ", ".join("?" * len(rows[0]))
            raw.execute("BEGIN")
            raw.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",
                [tuple(row.values()) for row in rows],
            )
            raw.execute("COMMIT")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _copy(url: str, chunks: Iterator[Chunk]) -> None:
    import asyncpg

    server = await asyncpg.connect(url)
    try:
        for table, rows in chunks:
            records = [tuple(row.values()) for row in rows]
            await server.copy_records_to_table(table, records=records, columns=[*rows[0]])
        await server.execute("VACUUM ANALYZE")
    finally:
        await server.close()


def _chunks(keys: int, integrations: int, workspace: str, root: str) -> Iterator[Chunk]:
    now = system_clock()
    people = [(f"acc_{number:016d}", f"person{number}") for number in range(PEOPLE)]
    yield (
        "accounts",
        [
            {"id": each, "email": f"{name}@acme.example", "name": name, "created_at": now}
            for each, name in people
        ],
    )
    yield (
        "memberships",
        [
            {"account_id": each, "workspace_id": workspace, "role": "operator", "created_at": now}
            for number, (each, _) in enumerate(people)
            if number % LEFT_MEANWHILE
        ],
    )
    names = list(ENVIRONMENTS)
    places = [(f"int_{n:016d}", names[n % len(names)]) for n in range(integrations)]
    yield (
        "integrations",
        [
            {
                "id": each,
                "workspace_id": workspace,
                "name": f"Integration {n}",
                "name_skeleton": f"integration {n}",
                "provider": "salesforce",
                "environment": place,
                "client_id": "client",
                "redirect_uri": "https://acme.example/cb",
                "scopes": '["api"]',
                "created_at": now,
                "created_by": "ops@acme.example",
                "updated_at": now,
            }
            for n, (each, place) in enumerate(places)
        ],
    )
    rows = _keys(random.Random(1), keys, places, workspace, root, now)
    for start in range(0, keys, CHUNK):
        chunk = list(itertools.islice(rows, CHUNK))
        yield "api_keys", chunk
        yield "usage_sources", [_source(row) for row in chunk if row["last_source"]]
        if not start % (CHUNK * 10):
            print(f"  {start + len(chunk):,} keys", file=sys.stderr)


def _source(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "pid": row["pid"],
        "address": row["last_source"],
        "agent": "curl/8.4",
        "first_seen_at": row["created_at"],
        "last_seen_at": row["last_used_at"],
        "accepted": 9,
        "refused": 0,
    }


def _keys(
    chance: random.Random,
    count: int,
    places: list[tuple[str, str]],
    workspace: str,
    root: str,
    now: int,
) -> Iterator[dict[str, Any]]:
    verifier = bytes(32)
    for number in range(count):
        crowded = chance.random() < CROWDED
        integration, environment = places[0 if crowded else chance.randrange(len(places))]
        label = f"{chance.choice(SYSTEMS)}-{ENVIRONMENTS[environment]}-{number:06d}"
        if number % (count // 10) == 7:
            label = f"{RARE}-{number:06d}"
        created = now - (count - number) * (3 * 365 * DAY // count)
        used = 0 if chance.random() < 0.1 else min(now, created + chance.randrange(365 * DAY))
        fate = chance.random()
        maker, other = (f"person{chance.randrange(PEOPLE)}@acme.example" for _ in range(2))
        owner = {0: other, 1: "payments"}.get(number % 20)
        yield {
            "pid": f"{chance.getrandbits(80):020x}"[:4]
            + "".join(chance.choices(credential.CROCKFORD, k=12)),
            "integration_id": integration,
            "workspace_id": workspace,
            "root_id": root,
            "verifier": verifier,
            "label": label,
            "label_skeleton": safetext.skeleton(label),
            "label_look": labels.look(label),
            "created_at": created,
            "created_by": maker,
            "owner": owner,
            "owner_skeleton": owner,
            "scopes": '["api"]' if number % 5 == 2 else None,
            "metadata": '{"team": "pay"}' if number % 5 == 3 else None,
            "expires_at": now + chance.randrange(-90, 365) * DAY if fate > 0.9 else None,
            "version": 1,
            "acknowledged_at": created + HOUR if fate > 0.02 else None,
            "disabled_at": now - DAY if 0.1 < fate < 0.101 else None,
            "revoked_at": now - DAY if fate < 0.1 else None,
            "revoked_by": "ops@acme.example" if fate < 0.1 else None,
            "revoke_reason": "superseded" if fate < 0.1 else None,
            "last_used_at": used,
            "last_source": f"10.{chance.randrange(40)}.{chance.randrange(200)}.7" if used else None,
            "sources": 1 if used else 0,
        }


if __name__ == "__main__":
    began = time.monotonic()
    build(Path(sys.argv[1]), int(sys.argv[2]))
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
