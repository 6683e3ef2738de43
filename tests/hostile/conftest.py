"""A machine whose database holds what no service would have let in."""

import json
import re
import secrets
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.hostile.names import generate
from tests.terminal.conftest import Machine, Stock, machine, warehouse
from tests.terminal.terminal import Terminal

__all__ = ["machine", "warehouse"]

NAMES = generate(2_000)
_CROCKFORD = "0123456789abcdefgjkmnpqrstvwxyz"
"""Without the letter that every name begins with: a filter finds the names alone."""
_COLUMNS = (
    "pid, integration_id, workspace_id, root_id, verifier, label, label_skeleton, created_at,"
    " created_by, version, last_used_at, last_source, sources"
)
_EVENT = (
    "workspace_id, sequence, id, at, actor, action, target, target_name, integration_id, detail,"
    " request_id, root_id, hash, address"
)
_NOW = int(time.time() * 1000)
LARGE = (300, 100)
NUMBER = re.compile(r"h(\d{4})-")
UNGUARDED = Path(__file__).with_name("unguarded.py")


@pytest.fixture(scope="session")
def poison(warehouse: tuple[Path, Stock], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 keys by those names, and the same in every other column that people or clients fill.

    The directory is made once and copied for each test.
    """
    original, stock = warehouse
    directory = tmp_path_factory.mktemp("poison") / "data"
    shutil.copytree(original, directory)
    with closing(sqlite3.connect(directory / "keyconsole.db")) as database, database:
        _poison(database, stock)
    return directory


@pytest.fixture
def stock(warehouse: tuple[Path, Stock]) -> Stock:
    """What the service already had before its names were changed."""
    return warehouse[1]


@pytest.fixture
def poisoned(machine: Machine, poison: Path) -> Machine:
    """A machine with its own copy of the hostile names."""
    shutil.copytree(poison, machine.data_dir, dirs_exist_ok=True)
    return machine


def _poison(database: sqlite3.Connection, stock: Stock) -> None:
    row = database.execute(
        "SELECT integration_id, workspace_id, root_id, verifier, created_at FROM api_keys"
    ).fetchone()
    database.executemany(
        f"INSERT INTO api_keys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, ?, 1)",
        [
            (_pid(), *row[:4], name, f"h{number:04d}-", row[4], name, name)
            for number, name in enumerate(NAMES)
        ],
    )
    database.execute(
        "UPDATE integrations SET name = ?, provider = ?, environment = ?, client_id = ?,"
        " redirect_uri = ? WHERE id = ?",
        (NAMES[10], *NAMES[1:5], stock.integration.id),
    )
    database.execute("UPDATE accounts SET email = ?, name = ?", (NAMES[5], NAMES[6]))
    database.execute("UPDATE operator_tokens SET label = ?", (NAMES[7],))
    _poison_what_is_told(database, stock)


def _poison_what_is_told(database: sqlite3.Connection, stock: Stock) -> None:
    """The other lists: integrations, events, refusals, and two keys under rotation."""
    keys = database.execute(
        "SELECT pid, label FROM api_keys WHERE label LIKE 'h%-%' ORDER BY label_skeleton"
    ).fetchall()
    (workspace, root) = database.execute("SELECT workspace_id, root_id FROM api_keys").fetchone()
    database.execute("UPDATE integrations SET name = ? WHERE id = ?", (NAMES[8], stock.draft.id))
    database.executemany(
        "INSERT INTO integrations (id, workspace_id, name, name_skeleton, provider, environment,"
        " created_at, created_by, updated_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0)",
        [
            (f"int_{_pid()}", workspace, name, f"h{number:04d}-", name, name, name)
            for number, name in enumerate(NAMES)
        ],
    )
    (last,) = database.execute("SELECT max(sequence) FROM audit_events").fetchone()
    database.executemany(
        f"INSERT INTO audit_events ({_EVENT}) VALUES"
        " (?, ?, ?, ?, ?, 'key.renamed', ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (workspace, last + number, f"evt_{_pid()}", _NOW, name, f"kcp_{pid}", name,
             stock.integration.id, json.dumps({"label": {"from": name, "to": name}}), name, root,
             name, name)
            for number, (pid, name) in enumerate(keys, start=1)
        ],
    )  # fmt: skip
    database.executemany(
        "INSERT INTO refusals (pid, reason, address, agent, count, first_at, last_at, workspace_id,"
        " integration_id) VALUES (?, 'key-revoked', ?, ?, 7, 0, ?, ?, ?)",
        [
            (pid, name, name, _NOW - len(keys) + age, workspace, stock.integration.id)
            for age, (pid, name) in enumerate(keys)
        ],
    )
    # Addresses that some keys were never used from before today.
    database.executemany(
        "INSERT INTO usage_sources (pid, address, agent, first_seen_at, last_seen_at, accepted,"
        " refused, workspace_id) VALUES (?, ?, ?, ?, ?, 1, 0, ?)",
        [
            (pid, address, name, first, _NOW, workspace)
            for pid, name in keys[100:120]
            for address, first in (("10.1.4.7", 0), (name, _NOW))
        ],
    )
    (old, _), (new, _) = keys[:2]
    database.execute("UPDATE api_keys SET replaced_by = ? WHERE pid = ?", (new, old))
    database.execute(
        "INSERT INTO rotations (new_pid, old_pid, workspace_id, started_at, started_by,"
        " quiet_minutes, deadline, takes_label) VALUES (?, ?, ?, ?, ?, 30, ?, 1)",
        (new, old, workspace, _NOW, NAMES[9], _NOW + 86_400_000),
    )


def _pid() -> str:
    return "".join(secrets.choice(_CROCKFORD) for _ in range(16))


def numbers_on(console: Terminal) -> set[int]:
    return {int(number) for number in NUMBER.findall(console.screen)}


def open_keys(machine: Machine, stock: Stock, size: tuple[int, int] = LARGE) -> Terminal:
    console = machine.console("open", f"/oauth/{stock.integration.id}/api-keys", size=size)
    console.wait_for("kcp_")
    console.wait_until(lambda: numbers_on(console), "a hostile name")
    return console
