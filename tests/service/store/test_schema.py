"""A database at start: made, migrated, guarded, or refused with a sentence that helps."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.service.databases import on_sqlite
from tests.service.processes import ENVIRONMENT
from tests.service.world import World, a_world

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.clock import system_clock
from keyconsole.service.runtime import Runtime
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import revisions
from keyconsole.service.store.sqlite import schema, triggers
from keyconsole.service.store.tables import metadata


def settings_in(data_dir: Path) -> ServiceSettings:
    return ServiceSettings.from_environment(data_dir, environ={})


async def start(settings: ServiceSettings) -> None:
    await (await Runtime.open(settings, system_clock)).aclose()


async def refusal(settings: ServiceSettings) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await start(settings)
    return caught.value.message


def _is_table(name: str | None, kind: str, _parents: object) -> bool:
    """What FTS5 keeps its index in is its own affair."""
    return kind != "table" or not str(name).startswith("key_grams")


def test_the_migrations_end_where_the_tables_and_the_constant_are(tmp_path: Path) -> None:
    schema.prepare(tmp_path / "new.db")
    config = Config()
    config.set_main_option("script_location", "keyconsole.service.store:migrations")
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory(str(revisions.SCRIPTS))
    assert scripts.get_current_head() == revisions.HEAD
    assert {script.revision for script in scripts.walk_revisions()} == revisions.KNOWN
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'new.db'}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_table})
        assert compare_metadata(context, metadata) == []


def test_every_table_that_verification_reads_has_no_rowid(tmp_path: Path) -> None:
    schema.prepare(tmp_path / "new.db")
    with closing(sqlite3.connect(tmp_path / "new.db")) as raw:
        for table in ("api_keys", "integrations", "audit_events"):
            with pytest.raises(sqlite3.OperationalError, match="no such column"):
                raw.execute(f"SELECT rowid FROM {table}")


def test_a_guard_that_was_dropped_is_put_back_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    schema.prepare(path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("DROP TRIGGER api_keys_revoked_for_ever")
    schema.prepare(path)
    with closing(sqlite3.connect(path)) as raw:
        assert not triggers.absent(dict(raw.execute(triggers.PRESENT).fetchall()))


def test_the_database_writes_ahead(tmp_path: Path) -> None:
    schema.prepare(tmp_path / "new.db")
    with closing(sqlite3.connect(tmp_path / "new.db")) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@on_sqlite
async def test_every_connection_waits_for_the_disk(world: World) -> None:
    for connect in (world.runtime.store.read, world.runtime.store.write):
        async with connect() as tx:
            full = (await tx.exec_driver_sql("PRAGMA synchronous")).scalar_one()
            assert full == 2


async def test_two_starts_at_once_make_one_database(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, pathlib\n"
        "from keyconsole.service.embedded import start_embedded\n"
        "async def main():\n"
        "    await (await start_embedded(pathlib.Path(sys.argv[1]))).aclose()\n"
        "asyncio.run(main())\n"
    )
    data_dir = tmp_path / "data"
    starts = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-c", code, str(data_dir), env=ENVIRONMENT
        )
        for _ in range(3)
    ]
    assert [await each.wait() for each in starts] == [0, 0, 0]
    assert len((data_dir / "root-keys").read_text().splitlines()) == 1
    with closing(sqlite3.connect(data_dir / "keyconsole.db")) as raw:
        assert raw.execute("SELECT count(*) FROM workspaces").fetchone() == (1,)
        assert raw.execute("SELECT count(*) FROM memberships").fetchone() == (1,)
    assert sorted(path.name for path in data_dir.iterdir()) == [
        ".keyconsole.db.lock",
        "keyconsole.db",
        "root-keys",
    ]


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with closing(sqlite3.connect(settings.database_path)) as raw:
        raw.execute("CREATE TABLE bookmarks (url TEXT)")
    assert "another program" in await refusal(settings)
    with closing(sqlite3.connect(settings.database_path)) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master")]
    assert names == ["bookmarks"]


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.database_path.write_text("not a database, and longer than a header " * 10)
    assert "is not a database" in await refusal(settings)


async def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await world.admin.integration()
    path = world.database
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[100:2000] = b"\xff" * 1900
    path.write_bytes(content)
    assert "damaged" in await refusal(world.settings)


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    await start(settings)
    with closing(sqlite3.connect(settings.database_path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    sentence = await refusal(settings)
    assert "newer keyconsole" in sentence
    assert "upgrade" in sentence


async def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(
        tmp_path, database_url=f"sqlite:///{tmp_path / 'nowhere' / 'k.db'}", environ={}
    )
    assert "cannot be written" in await refusal(settings)


async def test_a_database_url_of_another_kind_is_refused(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(tmp_path, database_url="mysql://keys", environ={})
    assert "sqlite:///path" in await refusal(settings)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_a_database_that_may_not_be_written_is_refused() -> None:
    """As another user, since root may write everything."""
    data_dir = Path("/tmp") / f"keyconsole-readonly-{os.getpid()}"
    data_dir.mkdir(mode=0o755)
    try:
        schema.prepare(data_dir / "keyconsole.db")
        (data_dir / "keyconsole.db").chmod(0o444)
        code = (
            "import os, pathlib, sys\n"
            "from keyconsole.core.errors import ConfigurationError\n"
            "from keyconsole.service.store.sqlite import schema\n"
            "import sqlalchemy.dialects.sqlite\n"
            "os.setuid(65534)\n"
            "try: schema.prepare(pathlib.Path(sys.argv[1]))\n"
            "except ConfigurationError as error: print(error.message)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(data_dir / "keyconsole.db")],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "cannot be written" in done.stdout
        assert "read-only" in done.stdout
    finally:
        shutil.rmtree(data_dir)


async def test_root_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    await start(settings)
    settings.root_key_file.chmod(0o640)
    assert f"chmod 600 {settings.root_key_file}" in await refusal(settings)


async def test_missing_root_keys_are_refused_when_something_was_signed_with_them(
    tmp_path: Path,
) -> None:
    settings = settings_in(tmp_path)
    await start(settings)
    settings.root_key_file.unlink()
    sentence = await refusal(settings)
    assert "is missing" in sentence
    assert "backup" in sentence
    assert not settings.root_key_file.exists()


async def test_other_root_keys_than_the_database_knows_are_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    await start(settings)
    other = ServiceSettings.from_environment(tmp_path, environ={"KEYCONSOLE_ROOT_KEY": "11" * 32})
    assert "not among the loaded ones" in await refusal(other)


@pytest.mark.parametrize("content", ["", "rk_0000000000 " + "00" * 32, "garbage", "\xff"])
async def test_damaged_root_keys_are_refused(tmp_path: Path, content: str) -> None:
    settings = settings_in(tmp_path)
    await start(settings)
    settings.root_key_file.write_text(content)
    with pytest.raises(ConfigurationError):
        await start(settings)


async def test_a_new_root_key_signs_and_the_old_one_still_verifies(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        integration = await world.admin.integration()
        _, secret = await world.admin.key(integration)
        token = world.admin.token
    from keyconsole.service.rootkeys import root_id

    with world.settings.root_key_file.open("a") as file:
        file.write(f"{root_id(b'n' * 32)} {(b'n' * 32).hex()}\n")
    from tests.service.world import World as Again

    from keyconsole.service.app import create_app

    app = create_app(world.settings, clock=world.clock)
    await app.start()
    again = Again(world.settings, world.clock, app)
    person = again.person(token)
    assert (await again.verify(secret)).status_code == 200
    _, newer = await person.key(integration)
    assert (await again.verify(newer)).status_code == 200
    assert app.runtime.roots.newest.id == root_id(b"n" * 32)
    await person.http.aclose()
    await again.gateway.aclose()
    await app.aclose()
