"""A home with no room left, for real: every sentence is clear, and nothing is lost."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from tests.service.processes import serving
from tests.terminal import leaks, steps
from tests.terminal.conftest import Machine, Stock
from tests.terminal.terminal import Terminal

from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

SIZE = 4 * 1024 * 1024


@dataclass(frozen=True)
class Disk:
    """A file system of its own, and the file that takes what is left of it."""

    where: Path

    @property
    def ballast(self) -> Path:
        return self.where / "ballast"

    def fill(self) -> None:
        with suppress(OSError), self.ballast.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        assert shutil.disk_usage(self.where).free == 0

    def make_room(self) -> None:
        self.ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Four megabytes, where this person may mount; else a printed reason."""
    where = tmp_path / "disk"
    where.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(where)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"nothing can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    yield Disk(where)
    subprocess.run(["umount", "--lazy", str(where)], check=True)


@pytest.fixture
def cramped(disk: Disk, machine: Machine, stock: Stock) -> Machine:
    """The machine with its home on that disk; its service has room elsewhere."""
    return replace(machine, home=disk.where)


@pytest.fixture
def full(disk: Disk, machine: Machine, stock: Stock) -> Machine:
    """The machine with its home, and the database in it, on that disk."""
    data_dir = disk.where / "data"
    shutil.copytree(machine.data_dir, data_dir)
    return replace(machine, home=disk.where, data_dir=data_dir)


def on_the_keys(machine: Machine, stock: Stock) -> Terminal:
    console = machine.console("open", f"/oauth/{stock.integration.id}/api-keys")
    console.wait_for("reports-prod", "n generate")
    return console


def answer(console: Terminal, path: str) -> None:
    """Write a path into the field of a dialog, instead of what is there, and send it."""
    console.press("ctrl+u")
    console.type(path)
    console.wait_for(path)
    console.press("enter")


def test_a_value_that_finds_no_room_is_kept_until_it_does(
    disk: Disk, cramped: Machine, stock: Stock
) -> None:
    disk.fill()
    console = on_the_keys(cramped, stock)
    steps.create_key(console, "cron-prod")
    console.press("s")
    console.wait_for("Save the value to a file")
    for path in ("~/new.key", "~/new.env"):
        answer(console, path)
        console.wait_for(f"✕ {path} cannot be written: no space left on device")
    assert list(disk.where.glob("new.*")) == []

    disk.make_room()
    console.press("enter")
    console.wait_for("Added CRON_PROD=… to ~/new.env")
    secret = steps.show_value(console)
    assert (disk.where / "new.env").read_text() == f"CRON_PROD={secret}\n"
    (disk.where / "new.env").unlink()
    assert leaks.found_in(secret, leaks.files_under(disk.where)) == []


def test_an_export_that_finds_no_room_says_so_and_leaves_nothing(
    disk: Disk, cramped: Machine, stock: Stock
) -> None:
    disk.fill()
    console = on_the_keys(cramped, stock)
    console.press("A")
    console.wait_for("Audit log", "generated a key")
    console.press("s")
    console.wait_for("Save what is listed")
    answer(console, "~/taken.csv")
    console.wait_for("✕ ~/taken.csv cannot be written: no space left on device")
    assert list(disk.where.glob("*taken*")) == []

    disk.make_room()
    console.press("enter")
    console.wait_for("lines in ~/taken.csv")


def test_a_receipt_that_finds_no_room_stays_on_the_screen(
    disk: Disk, cramped: Machine, stock: Stock
) -> None:
    disk.fill()
    console = on_the_keys(cramped, stock)
    console.press("x")
    console.wait_for("Revoke this key?", steps.TAKES_R)
    console.press("R")
    console.wait_for("Revoked.", "event ")
    console.press("s")
    console.wait_for(".json cannot be written: no space left on device", "event ")

    disk.make_room()
    console.press("s")
    console.wait_for("Saved to ~/revoked-")


def test_a_form_that_finds_no_room_in_the_store_is_kept(
    disk: Disk, full: Machine, stock: Stock
) -> None:
    console = on_the_keys(full, stock)
    disk.fill()
    console.press("n")
    console.wait_for("Save & Generate Key")
    console.type("cron-prod")
    console.wait_for("cron-prod")
    console.press("ctrl+s")
    console.wait_for("The store cannot write: its disk is full, read-only or failing", "cron-prod")

    disk.make_room()
    console.press("ctrl+s")
    console.wait_for("API Key Created", "cron-prod", steps.MASKED)
    disk.fill()
    secret = steps.show_value(console)
    console.press("enter")
    steps.wait_for_row(console, "cron-prod", "unconfirmed")  # the word that it arrived did not fit
    assert secret.encode() not in console.written.rpartition(secret.encode())[2]


def test_a_revoke_that_finds_no_room_says_why_and_is_done_once_there_is(
    disk: Disk, full: Machine, stock: Stock
) -> None:
    console = on_the_keys(full, stock)
    disk.fill()
    console.press("x")
    console.wait_for("Revoke this key?", steps.TAKES_R)
    console.press("R")
    console.wait_for("Unknown, still trying: The store cannot write: its disk is full")

    disk.make_room()
    console.wait_for("Revoked.", "event ")


def test_a_database_without_room_is_told_before_the_screen_is_drawn_on(
    disk: Disk, full: Machine, stock: Stock
) -> None:
    disk.fill()
    console = full.console()
    assert console.read_to_the_end() == 1

    assert not console.is_alternate
    # A long path is continued on the next line, wherever that breaks it.
    told = "".join(console.screen.split())
    assert "keyconsole.dbisfull,read-onlyorfailing" in told
    assert "Traceback" not in told


def test_a_service_without_room_is_not_ready_and_does_not_start(disk: Disk, tmp_path: Path) -> None:
    data_dir = disk.where / "served"
    settings = ServiceSettings.from_environment(data_dir, environ={})
    asyncio.run(initialize(settings, workspace="Acme", account="ops@acme.example"))
    with serving(data_dir, tmp_path) as running, httpx.Client(base_url=running.url) as http:
        assert http.get("/readyz", timeout=30).status_code == 200
        disk.fill()
        refused = http.get("/readyz", timeout=30)
        assert refused.status_code == 503
        assert "cannot be written: its disk is full" in refused.json()["detail"]
        disk.make_room()
        assert http.get("/readyz", timeout=30).status_code == 200
    disk.fill()
    with (
        pytest.raises(AssertionError, match="is full, read-only or failing"),
        serving(data_dir, tmp_path),
    ):
        pass


def test_commands_say_it_in_a_sentence(disk: Disk, cramped: Machine, stock: Stock) -> None:
    disk.fill()
    output = disk.where / "taken"
    made = cramped.run(
        "keys", "create", stock.integration.id, "--label", "x-prod", "--output", str(output)
    )
    assert made.returncode == 1
    assert "no space left on device" in made.stderr.lower()
    assert not output.exists()
    for what in (
        ("audit", "export", str(output)),
        ("keys", "audit", "--output", f"{output}.csv"),
        ("login", "https://keys.example.com"),
    ):
        done = cramped.run(*what)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("keyconsole: ")
