"""The revisions of the schema: which this version knows, and how a database gets to the newest.

Alembic is imported only when there is something to migrate.
"""

from pathlib import Path

import sqlalchemy as sa

HEAD = "0017"
"""The newest revision this version knows; the tests hold it against the scripts."""

KNOWN = frozenset({f"{number:04}" for number in range(1, 18)})

SCRIPTS = Path(__file__).parent / "migrations"


def run_scripts(connection: sa.Connection) -> None:
    """Migrates to the newest revision, in the transaction of the connection."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
