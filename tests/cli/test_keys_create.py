"""A secret goes where it was meant to go, once, and nowhere else."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Known, Run
from tests.cli.support import COMMAND, Seat

from keyconsole.client import KeyServiceClient
from keyconsole.core.credential import Kind, parse
from keyconsole.core.errors import ServiceUnreachableError

CREATE = ("keys", "create", "Salesforce Production", "--label", "cron-worker-prod")


def test_standard_output_is_the_secret_and_nothing_else(anywhere: str, run: Run) -> None:
    done = run(*CREATE)

    secret = parse(done.out.removesuffix("\n"))
    assert secret.kind is Kind.API_KEY
    assert f"cron-worker-prod ({secret.public_key}) for Salesforce Production" in done.err
    assert secret.text not in done.err
    key = json.loads(run("keys", "show", secret.public_key, "--json").out)
    assert key["confirmed"] is True


def test_as_json_the_secret_stands_beside_its_key(remote: str, run: Run) -> None:
    document = json.loads(run(*CREATE, "--json").out)

    assert set(document) == {"key", "secret"}
    assert parse(document["secret"]).public_key == document["key"]["public_key"]


def test_a_new_file_is_for_its_owner_alone(remote: str, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "key"

    done = run(*CREATE, "--output", str(path))

    secret = parse(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    assert (done.code, done.out) == (0, f"{secret.public_key}\n")
    assert str(path) in done.err
    assert secret.text not in done.out + done.err


def test_a_file_that_is_there_stays_and_no_key_is_made(
    unchanged: str, tmp_path: Path, run: Run
) -> None:
    path = tmp_path / "key"
    path.write_text("precious")

    done = run(*CREATE, "--output", str(path))

    assert (done.code, done.out) == (1, "")
    assert "is there already: no key was made" in done.err
    assert path.read_text() == "precious"
    assert run("keys", "show", "cron-worker-prod").code == 4


def test_a_key_that_is_refused_leaves_no_file(unchanged: str, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "key"

    assert run(*CREATE[:-1], "api-gateway-prod", "--output", str(path)).code == 5

    assert not path.exists()


@pytest.mark.parametrize("expires", ["90d", "2099-01-31"])
def test_an_expiry_is_days_or_a_date(expires: str, remote: str, run: Run) -> None:
    document = json.loads(run(*CREATE, "--expires", expires, "--json").out)

    assert document["key"]["expires_at"] is not None
    if expires.startswith("2099"):
        assert document["key"]["expires_at"] == "2099-02-01T00:00:00.000Z"


@pytest.mark.parametrize("expires", ["soon", "2001-01-01", "0d", "-1d", "2099-13-01", "9999-12-31"])
def test_an_expiry_that_cannot_be_is_a_wrong_use(expires: str, unchanged: str, run: Run) -> None:
    done = run(*CREATE, f"--expires={expires}")

    assert (done.code, done.out) == (2, "")
    assert "--expires" in done.err


def test_addresses_are_the_key_s(remote: str, run: Run) -> None:
    document = json.loads(
        run(*CREATE, "--allow-ip", "10.1.0.0/16", "--allow-ip", "192.0.2.7", "--json").out
    )

    assert document["key"]["allowed_ips"] == ["10.1.0.0/16", "192.0.2.7"]


@pytest.fixture
def losing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """Lose the first answers to a create, after the service made the key."""
    sent: list[str] = []
    create_key = KeyServiceClient.create_key

    def lose(count: int) -> list[str]:
        async def create_and_lose(self: Any, *args: Any, idempotency_key: str) -> Any:
            created = await create_key(self, *args, idempotency_key=idempotency_key)
            sent.append(idempotency_key)
            if len(sent) <= count:
                raise ServiceUnreachableError("The answer was lost.")
            return created

        monkeypatch.setattr(KeyServiceClient, "create_key", create_and_lose)
        return sent

    return lose


def test_a_lost_answer_is_asked_for_again_and_makes_no_second_key(
    remote: str, run: Run, losing: Callable[[int], list[str]]
) -> None:
    sent = losing(2)

    done = run(*CREATE)

    assert done.code == 0
    assert len(sent) == 3
    assert len(set(sent)) == 1
    assert done.err.count("The same request goes out again") == 2
    listed = json.loads(run("keys", "list", "--search", "cron-worker", "--json").out)
    assert [key["public_key"] for key in listed["items"]] == [
        parse(done.out.removesuffix("\n")).public_key
    ]


def test_an_answer_that_never_comes_says_where_the_key_would_be(
    remote: str, known: Known, run: Run, losing: Callable[[int], list[str]]
) -> None:
    losing(99)

    done = run(*CREATE)

    assert (done.code, done.out) == (6, "")
    assert f"keyconsole keys list --integration {known.integration} --unconfirmed" in done.err
    listed = run("keys", "list", "--integration", known.integration, "--unconfirmed")
    assert "cron-worker-prod" in listed.out


@contextmanager
def a_pipe_nobody_reads() -> Iterator[int]:
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


def test_a_closed_pipe_names_the_key_and_leaves_it_unconfirmed(remote: str, run: Run) -> None:
    with a_pipe_nobody_reads() as writer:
        done = subprocess.run(
            [*COMMAND, *CREATE],
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
        )

    assert done.returncode == 1
    assert "its secret could not be written: broken pipe" in done.stderr
    key = json.loads(run("keys", "show", "cron-worker-prod", "--json").out)
    assert f"keyconsole keys revoke {key['public_key']}" in done.stderr
    assert key["confirmed"] is False
    assert "kcs_" not in done.stderr


def test_a_closed_standard_output_makes_no_key(unchanged: str, run: Run) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *COMMAND, *CREATE],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
    )

    assert done.returncode == 2
    assert "None was made" in done.stderr
    assert run("keys", "show", "cron-worker-prod").code == 4


def test_json_to_a_closed_pipe_ends_quietly(unchanged: str) -> None:
    with a_pipe_nobody_reads() as writer:
        done = subprocess.run(
            [*COMMAND, "keys", "list", "--json"],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
        )

    assert (done.returncode, done.stderr) == (1, "")


def test_an_interrupted_create_says_where_the_key_would_be(
    home: Path, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("KEYCONSOLE_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("KEYCONSOLE_TOKEN", known.admin)
        process = subprocess.Popen(
            [*COMMAND, "keys", "create", known.integration, "--label", "x"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        heard = threading.Event()

        def listen() -> None:
            connection, _ = silent.accept()
            with connection:
                connection.recv(65536)
                heard.set()
                connection.recv(65536)  # until the command hangs up

        listening = threading.Thread(target=listen)
        listening.start()
        assert heard.wait(20)
        process.send_signal(2)
        out, err = process.communicate(timeout=20)
        listening.join(20)

    assert (process.returncode, out) == (130, "")
    assert "Whether a key was made is not known" in err


def test_in_a_pipe_each_secret_is_a_line_and_no_message_is_in_it(
    remote: str, known: Known, home: Path
) -> None:
    reader, writer = os.pipe()
    variables = {"KEYCONSOLE_URL": remote, "KEYCONSOLE_TOKEN": known.admin}

    for label in ("cron-worker-prod", "cron-worker-test"):
        with Seat(home, *CREATE[:-1], label, stdout=writer, variables=variables) as seat:
            code, written = seat.end()
        assert (code, written[: len(label)]) == (0, label)

    os.close(writer)
    with os.fdopen(reader) as pipe:
        assert len({parse(line.removesuffix("\n")).public_key for line in pipe}) == 2


def test_on_a_terminal_the_secret_has_a_line_of_its_own(
    remote: str, known: Known, home: Path
) -> None:
    variables = {"KEYCONSOLE_URL": remote, "KEYCONSOLE_TOKEN": known.admin}

    with Seat(home, *CREATE, variables=variables) as seat:
        code, written = seat.end()

    secret, message, *_ = written.split("\r\n")
    assert code == 0
    assert message.startswith(f"cron-worker-prod ({parse(secret).public_key})")
