"""The files of docs/deploy have the form that those who read them expect."""

import re
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).resolve().parent.parent / "docs" / "deploy"
UNIT = DEPLOY / "keyconsole.service"
ANALYZE = shutil.which("systemd-analyze")


def test_the_unit_runs_the_service_and_stops_it_in_time() -> None:
    # Names may be given more than once, which is meant to be allowed in a unit.
    unit = RawConfigParser(strict=False)
    unit.read_string(UNIT.read_text())
    command = unit["Service"]["ExecStart"].split()
    assert command[:3] == ["/opt/keyconsole/bin/keyconsole", "service", "run"]
    assert int(unit["Service"]["TimeoutStopSec"]) > 10  # what is under way has ten seconds
    assert unit["Service"]["UMask"] == "0077"


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    assert ANALYZE is not None
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text().replace("/opt/keyconsole/bin/keyconsole", sys.executable))
    done = subprocess.run(
        [ANALYZE, "verify", "--man=no", here], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.fixture
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


def test_nothing_of_the_compose_file_can_be_reached_from_elsewhere(compose: dict[str, Any]) -> None:
    ports = [port for each in compose["services"].values() for port in each.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_replicas_share_a_database_a_root_key_and_little_else(compose: dict[str, Any]) -> None:
    one, two = compose["services"]["one"], compose["services"]["two"]
    assert one == two
    assert one["environment"]["KEYCONSOLE_DATABASE_URL"].startswith("postgresql://")
    assert one["environment"]["KEYCONSOLE_DATA_DIR"] in one["volumes"][0]
    assert one["cap_drop"] == ["ALL"]
    assert {*one["volumes"], *compose["services"]["db"]["volumes"]} == {
        f"{name}:{at}"
        for name, at in zip(compose["volumes"], ("/data", "/var/lib/postgresql/data"), strict=True)
    }


def test_no_file_holds_a_secret_and_every_variable_is_one_of_ours() -> None:
    for file in DEPLOY.iterdir():
        text = file.read_text()
        assert not re.search(r"://[^:/\s]+:[^$@\s…][^@\s]*@", text), file.name
        known = {"DATA_DIR", "DATABASE_URL", "TRUSTED_PROXIES"}
        assert {*re.findall(r"KEYCONSOLE_([A-Z_]+)", text)} <= known, file.name
