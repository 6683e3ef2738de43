"""`keyconsole service`: the token is told once, on standard output, and nothing else is."""

import json
import logging
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.cli.support import COMMAND, Seat, environment, keyconsole

from keyconsole.cli import entrypoint
from keyconsole.core.credential import Kind, parse
from keyconsole.core.urls import without_password
from keyconsole.service import server

INIT = ("service", "init", "--workspace", "acme", "--account", "ops@example.com")


def test_init_prints_the_token_once_and_advice_apart(tmp_path: Path) -> None:
    done = keyconsole(tmp_path, *INIT)

    assert done.returncode == 0
    rows = dict(line.split("  ", 1) for line in done.stdout.splitlines())
    assert parse(rows["Operator token"].strip()).kind is Kind.OPERATOR_TOKEN
    assert list(rows) == ["Operator token", "Account", "Workspace", "Database", "Root key file"]
    assert "not shown again" in done.stderr
    assert "kco_" not in done.stderr


def test_init_as_json_is_the_document_of_the_contract(tmp_path: Path) -> None:
    done = keyconsole(tmp_path, *INIT, "--json", KEYCONSOLE_DATA_DIR=str(tmp_path / "data"))

    document = json.loads(done.stdout)
    assert set(document) == {
        "operator_token",
        "account_id",
        "workspace_id",
        "database_url",
        "root_key_file",
    }
    assert document["database_url"] == f"sqlite:///{tmp_path}/data/keyconsole.db"
    assert Path(document["root_key_file"]).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_init_of_the_same_workspace_is_a_conflict_and_says_so(tmp_path: Path) -> None:
    keyconsole(tmp_path, *INIT)

    again = keyconsole(tmp_path, *INIT)

    assert (again.returncode, again.stdout) == (5, "")
    assert again.stderr.startswith("keyconsole: ")
    assert again.stderr.count("\n") == 1


def test_init_takes_a_database_of_its_own(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'other.db'}"

    done = keyconsole(tmp_path, *INIT, "--json", "--database-url", database)

    assert json.loads(done.stdout)["database_url"] == database
    assert (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"KEYCONSOLE_LOG_LEVEL": "loud"}, "KEYCONSOLE_LOG_LEVEL is one of"),
        ({"KEYCONSOLE_ROOT_KEY": "hunter2"}, "64 hexadecimal digits"),
        ({"KEYCONSOLE_DATABASE_URL": "mysql://db"}, "database URL"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_told(
    variables: dict[str, Any], words: str, tmp_path: Path
) -> None:
    done = keyconsole(tmp_path, *INIT, **variables)

    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert "hunter2" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_run_hands_over_what_it_was_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: dict[str, Any] = {}

    def run(settings: Any, **options: Any) -> None:
        given.update(options, database_url=settings.database_url)

    monkeypatch.setattr(server, "run", run)
    monkeypatch.setenv("KEYCONSOLE_DATA_DIR", str(tmp_path))

    assert entrypoint.run(["service", "run", "--port", "9000", "--workers", "2"]) == 0

    database_url = f"sqlite:///{tmp_path / 'keyconsole.db'}"
    assert given == {
        "host": "127.0.0.1",
        "port": 9000,
        "workers": 2,
        "database_url": database_url,
    }


def test_run_on_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    keyconsole(tmp_path, *INIT)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = keyconsole(tmp_path, "service", "run", "--port", str(port))

    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr


def test_run_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    keyconsole(tmp_path, *INIT)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "service", "run", "--port", str(port)],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if str(port) in line:
            break

    process.send_signal(signal.SIGINT)

    out, err = process.communicate(timeout=30)
    assert out == ""
    assert "Traceback" not in err
    assert process.returncode in {0, 130}


def test_init_says_how_to_serve_the_database_that_it_made(tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'the other.db'}"

    standard = keyconsole(tmp_path, *INIT)
    elsewhere = keyconsole(tmp_path, *INIT, "--database-url", other)

    assert "\nNext: keyconsole service run\n" in standard.stderr
    assert standard.stderr.endswith(": keyconsole login http://127.0.0.1:8321\n")
    assert f"\nNext: keyconsole service run --database-url '{other}'\n" in elsewhere.stderr


def test_init_names_no_database_that_the_environment_names(tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'the other.db'}"

    done = keyconsole(tmp_path, *INIT, KEYCONSOLE_DATABASE_URL=other)

    assert "\nNext: keyconsole service run\n" in done.stderr


def test_a_path_from_here_is_said_from_anywhere(tmp_path: Path) -> None:
    done = keyconsole(
        tmp_path, *INIT, "--database-url", "sqlite:///here.db", options={"cwd": tmp_path}
    )

    assert f"run --database-url sqlite:///{tmp_path / 'here.db'}\n" in done.stderr


def test_init_says_when_root_keys_are_there_already(tmp_path: Path) -> None:
    first = keyconsole(tmp_path, *INIT, KEYCONSOLE_DATA_DIR=str(tmp_path / "data"))
    other = ("--database-url", f"sqlite:///{tmp_path / 'other.db'}")
    second = keyconsole(tmp_path, *INIT, *other, KEYCONSOLE_DATA_DIR=str(tmp_path / "data"))

    assert "root keys already" not in first.stderr
    assert f"using the root keys already in {tmp_path}/data/root-keys.\n" in second.stderr


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////var/keys.db", "sqlite:////var/keys.db"),
        ("postgresql://db/keys", "postgresql://db/keys"),
        ("postgresql://ops@db/keys", "postgresql://ops@db/keys"),
        ("postgresql://ops:hunter2@db:5432/keys", "postgresql://ops:…@db:5432/keys"),
        ("postgresql://ops:hun@ter2@db/keys", "postgresql://ops:…@db/keys"),
        ("postgresql://ops:hun/t?er#2@db/keys", "postgresql://ops:…@db/keys"),
        (
            "postgresql://db/keys?user=ops&password=hunter2",
            "postgresql://db/keys?user=ops&password=…",
        ),
    ],
)
def test_a_database_is_told_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize("workers", ["1", "2"])
def test_run_on_a_terminal_is_readable_and_says_what_it_serves(
    workers: str, tmp_path: Path
) -> None:
    data_dir = str(tmp_path / "data")
    variables = {"KEYCONSOLE_DATA_DIR": data_dir}
    keyconsole(tmp_path, *INIT, KEYCONSOLE_DATA_DIR=data_dir)

    with Seat(
        tmp_path, "service", "run", "--port", "0", "--workers", workers, variables=variables
    ) as seat:
        seat.until("Ctrl-C stops it")
        seat.until("startup complete")
        seat.type(b"\x03")
        code, written = seat.end()

    assert code in {0, 130}
    assert "listening on http://127.0.0.1:" in written
    assert f"\r\nserving sqlite:///{tmp_path}/data/keyconsole.db\r\nCtrl-C stops it" in written
    assert "{" not in written
    assert "Traceback" not in written


def test_a_line_of_the_log_is_one_line_and_acts_on_no_terminal() -> None:
    inner = logging.Formatter("%(message)s")
    event = {
        "event": "refused",
        "level": "warning",
        "timestamp": "2026-01-02T03:04:05.678Z",
        "logger": "keyconsole.service",
        "agent": "curl\x1b]52;c;x\x07\n",
    }

    def line(message: str) -> str:
        record = logging.LogRecord("x", logging.INFO, "", 0, message, None, None)
        return server.PlainLines(inner).format(record)

    shown = line(json.dumps(event))
    assert shown.startswith("03:04:05 warning: refused agent=curl")
    assert "\n" not in shown
    assert "\x1b" not in shown
    failed = line(json.dumps(event | {"exception": "Traceback:\n  here\nValueError"}))
    assert failed.splitlines()[1:] == ["Traceback:", "  here", "ValueError"]
    assert line("no document \x1b") == "no document <U+001B>"
