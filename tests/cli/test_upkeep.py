"""`service check`, `backup` and `rotate-root`: data on standard output, and an exit code."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Known, Run


def test_a_service_that_is_well_ends_with_0(embedded: None, run: Run) -> None:
    done = run("service", "check")

    assert (done.code, done.err) == (0, "")
    assert "✕" not in done.out
    assert "signs" in done.out
    document = json.loads(run("service", "check", "--json").out)
    assert document["ok"] is True
    assert {check["ok"] for check in document["checks"]} == {True}
    [root] = document["roots"]
    assert (root["loaded"], root["signs"], root["keys"], root["live_keys"]) == (True, True, 2, 1)


def test_a_variable_that_is_no_setting_is_named_and_the_nearest_one(
    embedded: None, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_8321_TCP_ADDR"):
        monkeypatch.setenv(f"KEYCONSOLE_{name}", "of Kubernetes")
    assert run("service", "check").err == ""
    monkeypatch.setenv("KEYCONSOLE_DATABASE_URI", "postgresql://db/keyconsole")
    monkeypatch.setenv("KEYCONSOLE_NO", "x")
    assert run("service", "check", "--json").err.splitlines() == [
        "KEYCONSOLE_DATABASE_URI is no setting. Is it meant to be KEYCONSOLE_DATABASE_URL?",
        "KEYCONSOLE_NO is no setting.",
    ]


def test_what_is_wrong_ends_with_1(embedded: None, run: Run, home: Path) -> None:
    (home / "service" / "root-keys").chmod(0o644)

    done = run("service", "check")

    assert (done.code, done.err) == (1, "")
    assert "chmod 600" in done.out
    assert json.loads(run("service", "check", "--json").out)["ok"] is False


def test_a_backup_says_what_it_holds_and_what_not(embedded: None, run: Run, home: Path) -> None:
    path = home / "backup.db"

    done = run("service", "backup", str(path))

    assert done.code == 0
    assert str(path) in done.out
    assert "root keys are not in it" in done.err
    again = run("service", "backup", str(path))
    assert (again.code, again.out) == (1, "")
    document = json.loads(run("service", "backup", str(home / "second.db"), "--json").out)
    assert (document["keys"], document["path"]) == (2, str(home / "second.db"))


def test_a_backup_of_postgresql_names_its_own_tool(embedded: None, run: Run, home: Path) -> None:
    url = "postgresql://keys.example.com/keys"

    done = run("service", "backup", str(home / "a.db"), "--database-url", url)

    assert (done.code, done.out) == (1, "")
    assert "pg_dump" in done.err


def test_a_new_root_signs_and_old_keys_stay(embedded: None, run: Run, home: Path) -> None:
    done = run("service", "rotate-root", "--json")

    document = json.loads(done.out)
    assert len(document["roots"]) == 2
    assert document["roots"][-1] == document["root"]
    assert run("audit", "verify").code == 0
    rooted = json.loads(run("service", "check", "--json").out)
    assert [root["id"] for root in rooted["roots"]] == document["roots"]
    assert [root["signs"] for root in rooted["roots"]] == [False, True]
    secret = (home / "service" / "root-keys").read_text().split()[-1]
    assert secret not in done.out + done.err + run("service", "rotate-root").out


def test_without_a_file_there_is_nothing_to_rotate(embedded: None, run: Run, home: Path) -> None:
    (home / "service" / "root-keys").unlink()

    done = run("service", "rotate-root")

    assert (done.code, done.out) == (1, "")
    assert "no root key file" in done.err


def test_a_restored_backup_is_told_what_was_revoked_since(
    embedded: None, known: Known, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, backup, data = home / "revocations", home / "backup.db", home / "service"
    monkeypatch.setenv("KEYCONSOLE_REVOCATIONS_LOG", str(log))
    assert run("service", "backup", str(backup)).code == 0
    assert run("keys", "revoke", known.public_key, "--yes", "--reason", "superseded").code == 0
    restoring = ["service", "restore", str(backup), "--revocations", str(log)]

    done = run(*restoring, "--json")
    assert (done.code, done.out) == (1, "")
    assert "away first: nothing was written" in done.err
    for each in (*data.glob("keyconsole.db*"), *data.glob(".keyconsole.db.lock")):
        each.unlink()
    with log.open("a") as file:
        file.write("cut")
    done = run(*restoring, "--json")
    document = json.loads(done.out)
    assert (document["revoked"], document["already"], document["missing"]) == (1, 0, 0)
    assert done.code == 1
    assert "Not read: " in done.err
    assert "line 2: it was cut." in done.err
    assert json.loads(run("keys", "show", known.public_key, "--json").out)["status"] == "revoked"

    log.write_text(log.read_text().removesuffix("cut"))
    done = run("service", "restore", "--revocations", str(log))
    assert (done.code, done.err) == (0, "")
    assert "Revoked already  1" in done.out
    assert run("service", "restore").code == 2
