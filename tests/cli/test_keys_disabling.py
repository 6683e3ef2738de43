"""A key is disabled and let go from the command line as from the console."""

import json

from tests.cli.conftest import Known, Run


def test_a_key_is_disabled_with_a_fuse_and_let_go(anywhere: str, known: Known, run: Run) -> None:
    done = run("keys", "disable", known.public_key, "--until", "2h", "--json")
    card = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert (card["status"], card["disabled_then"]) == ("disabled", "revoke")

    shown = run("keys", "disable", known.public_key, "--until", "2h", "--then", "enable")
    assert "enables itself on" in shown.out

    done = run("keys", "enable", known.public_key, "--json")
    assert json.loads(done.out)["status"] == "active"
    assert done.code == 0


def test_what_cannot_be_meant_changes_nothing(unchanged: str, known: Known, run: Run) -> None:
    for arguments in (
        ("--until", "yesterday"),
        ("--then", "revoke"),
        ("--until", "2h", "--then", "forget"),
    ):
        done = run("keys", "disable", known.public_key, *arguments)
        assert (done.code, done.out) == (2, "")


def test_without_a_terminal_a_label_is_not_enough(unchanged: str, run: Run) -> None:
    done = run("keys", "disable", "api-gateway-prod")

    assert (done.code, done.out) == (2, "")
    assert "by its public key" in done.err


def test_a_revoked_key_stays_revoked(remote: str, known: Known, run: Run) -> None:
    run("keys", "revoke", known.public_key, "--yes")

    for verb in ("disable", "enable"):
        done = run("keys", verb, known.public_key)
        assert (done.code, done.out) == (5, "")
        assert "for ever" in done.err
