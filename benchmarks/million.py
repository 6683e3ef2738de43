"""A database of many keys, as a year of a large company leaves it. The same every time."""

import asyncio
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from keyconsole import credential, labels, safetext
from keyconsole.service.clock import DAY, HOUR, system_clock
from keyconsole.service.demo.labels import ENVIRONMENTS, SYSTEMS
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

INTEGRATIONS = 2_000
PEOPLE = 200
CROWDED = 0.1
"""How much of all the keys the first integration has."""
CHUNK = 20_000
RARE = "quixotic-zeppelin"


def build(
    directory: Path, keys: int, *, integrations: int = INTEGRATIONS, workspace: str = "acme"
) -> str:
    """Make a service with so many keys in `directory`; the operator token of its admin.

    A directory that has one already is left as it is.
    """
    kept = directory / "token"
    if kept.exists():
        return kept.read_text()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = ServiceSettings.from_environment(directory, environ={})
    made = asyncio.run(
        initialize(settings, workspace=workspace, account="ops@acme.example", clock=system_clock)
    )
    now = system_clock()
    chance = random.Random(1)
    with closing(sqlite3.connect(settings.database_path, isolation_level=None)) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("PRAGMA cache_size = -400000")
        (root,) = raw.execute("SELECT id FROM root_keys").fetchone()
        _people(raw, made.workspace_id, now)
        places = _integrations(raw, made.workspace_id, now, integrations)
        rows = _keys(chance, keys, places, made.workspace_id, root, now)
        columns = 0
        for start in range(0, keys, CHUNK):
            chunk = [next(rows) for _ in range(min(CHUNK, keys - start))]
            columns = columns or len(chunk[0])
            raw.execute("BEGIN")
            names, marks = ", ".join(chunk[0]), ", ".join("?" * columns)
            raw.executemany(
                f"INSERT INTO api_keys ({names}) VALUES ({marks})",
                [tuple(row.values()) for row in chunk],
            )
            raw.executemany(
                "INSERT INTO usage_sources VALUES (?, ?, 'curl/8.4', ?, ?, 9, 0)",
                [
                    (row["pid"], row["last_source"], row["created_at"], row["last_used_at"])
                    for row in chunk
                    if row["last_source"]
                ],
            )
            raw.execute("COMMIT")
            if not start % (CHUNK * 10):
                print(f"  {start + len(chunk):,} keys", file=sys.stderr)
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept.write_text(made.operator_token)
    return made.operator_token


def _people(raw: sqlite3.Connection, workspace: str, now: int) -> None:
    """Those who made the keys. One in twenty has left meanwhile."""
    people = [(f"acc_{number:016d}", f"person{number}") for number in range(PEOPLE)]
    raw.executemany(
        "INSERT INTO accounts (id, email, name, created_at) VALUES (?, ?, ?, ?)",
        [(each, f"{name}@acme.example", name, now) for each, name in people],
    )
    raw.executemany(
        "INSERT INTO memberships (account_id, workspace_id, role, created_at) "
        "VALUES (?, ?, 'operator', ?)",
        [(each, workspace, now) for number, (each, _) in enumerate(people) if number % 20],
    )


def _integrations(
    raw: sqlite3.Connection, workspace: str, now: int, count: int
) -> list[tuple[str, str]]:
    places = list(ENVIRONMENTS)
    found = [(f"int_{number:016d}", places[number % len(places)]) for number in range(count)]
    raw.executemany(
        "INSERT INTO integrations (id, workspace_id, name, name_skeleton, provider, environment, "
        "client_id, redirect_uri, scopes, created_at, created_by, updated_at) "
        "VALUES (?, ?, ?, ?, 'salesforce', ?, 'client', 'https://acme.example/cb', "
        "'[\"api\"]', ?, 'ops@acme.example', ?)",
        [
            (each, workspace, f"Integration {n}", f"integration {n}", place, now, now)
            for n, (each, place) in enumerate(found)
        ],
    )
    return found


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
            "created_by": f"person{chance.randrange(PEOPLE)}@acme.example",
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
