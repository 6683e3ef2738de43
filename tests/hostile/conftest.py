"""A machine whose database holds what no service would have let in."""

import secrets
from pathlib import Path

import pytest
from tests.hostile.names import generate
from tests.terminal.conftest import Machine, Stock, machine, stock, warehouse

__all__ = ["machine", "stock", "warehouse"]

NAMES = generate(2_000)
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_COLUMNS = (
    "pid, integration_id, workspace_id, root_id, verifier, label, label_skeleton, created_at,"
    " created_by, version, last_used_at, last_source, sources"
)
UNGUARDED = Path(__file__).with_name("unguarded.py")


@pytest.fixture
def poisoned(machine: Machine, stock: Stock) -> Machine:
    """2,000 keys by those names, and the same in every other column that people or clients fill."""
    with machine.database() as database, database:
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
        name = NAMES[7]
        database.execute(
            "UPDATE integrations SET provider = ?, environment = ?, client_id = ?,"
            " redirect_uri = ? WHERE id = ?",
            (NAMES[1], NAMES[2], NAMES[3], NAMES[4], stock.integration.id),
        )
        database.execute("UPDATE integrations SET name = ? WHERE id = ?", (name, stock.draft.id))
        database.execute("UPDATE accounts SET email = ?, name = ?", (NAMES[5], NAMES[6]))
    return machine


def _pid() -> str:
    return "".join(secrets.choice(_CROCKFORD) for _ in range(16))
