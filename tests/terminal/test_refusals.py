"""A start that cannot be: the terminal is given back, and a sentence says what to do."""

import shutil
from collections.abc import Callable

import pytest
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import ENTERED, LEFT

from keyconsole.core.errors import ExitCode


def a_file_in_the_way(machine: Machine) -> None:
    shutil.rmtree(machine.data_dir)
    machine.data_dir.write_text("not a directory")


def a_directory_in_the_way(machine: Machine) -> None:
    (machine.data_dir / "keyconsole.db").unlink()
    (machine.data_dir / "keyconsole.db").mkdir()


def damage(machine: Machine) -> None:
    for path in machine.data_dir.glob("keyconsole.db*"):
        path.unlink()
    (machine.data_dir / "keyconsole.db").write_bytes(b"\x00damaged" * 4096)


def a_newer_schema(machine: Machine) -> None:
    with machine.database() as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")


def another_programs(machine: Machine) -> None:
    with machine.database() as database, database:
        database.execute("PRAGMA application_id = 1")


def a_root_key_for_all_to_read(machine: Machine) -> None:
    (machine.data_dir / "root-keys").chmod(0o644)


def no_root_key(machine: Machine) -> None:
    (machine.data_dir / "root-keys").unlink()


def another_root_key(machine: Machine) -> None:
    (machine.data_dir / "root-keys").write_text("rk_0000000000 " + "00" * 32 + "\n")


REFUSALS: dict[Callable[[Machine], None], str] = {
    a_file_in_the_way: "cannot be made",
    a_directory_in_the_way: "is not a file",
    damage: "is not a database, or is damaged: put it back from a backup",
    a_newer_schema: "was written by a newer keyconsole (schema 9999): upgrade this one",
    another_programs: "is a database of another program",
    a_root_key_for_all_to_read: "can be read by others, or changed by its group: chmod 600",
    no_root_key: "root key",
    another_root_key: "is damaged: put it back from a backup",
}


@pytest.mark.parametrize("cause", REFUSALS, ids=lambda cause: cause.__name__)
def test_a_start_that_cannot_be_says_why(
    cause: Callable[[Machine], None], machine: Machine, stock: Stock
) -> None:
    cause(machine)
    console = machine.console(size=(200, 40))

    assert console.read_to_the_end() == ExitCode.FAILED
    before, _, after = console.written.rpartition(LEFT)
    said = console.screen.replace("\n", " ")
    assert REFUSALS[cause] in said
    assert REFUSALS[cause].encode() in after
    assert console.lines[1].startswith("keyconsole: ")
    assert before.count(ENTERED) == 1
    assert not console.is_alternate
    assert "Traceback" not in console.text_written.decode()


def test_a_refused_start_changes_nothing(machine: Machine, stock: Stock) -> None:
    no_root_key(machine)
    before = sorted(path.name for path in machine.data_dir.iterdir())

    machine.console().read_to_the_end()

    after = {path.name for path in machine.data_dir.iterdir()}
    assert not after - {*before, "keyconsole.db-wal", "keyconsole.db-shm"}
