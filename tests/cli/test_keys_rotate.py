"""Rotation on the command line: the secret alone on standard output, and one thing at a time."""

import json

import pytest
from tests.cli.conftest import Known, Run

from keyconsole.core.credential import Kind, parse


def test_standard_output_is_the_secret_of_the_replacement(
    anywhere: str, known: Known, run: Run
) -> None:
    done = run("keys", "rotate", known.public_key, "--quiet", "2h", "--deadline", "3d")

    secret = parse(done.out.removesuffix("\n"))
    assert (done.code, secret.kind) == (0, Kind.API_KEY)
    assert f"replaces api-gateway-prod ({known.public_key})" in done.err
    assert secret.text not in done.err
    shown = json.loads(run("keys", "rotation", known.public_key, "--json").out)
    assert shown["new"]["key"]["public_key"] == secret.public_key
    assert shown["new"]["key"]["confirmed"] is True
    assert (shown["quiet_minutes"], shown["automatic"]) == (120, False)


def test_what_it_waits_for_is_said(remote: str, known: Known, run: Run) -> None:
    run("keys", "rotate", known.public_key)
    shown = run("keys", "rotation", "api-gateway-prod").out
    assert "new: nobody has used it yet" in shown
    assert "api-gateway-prod, once the old key is gone" in shown
    assert "active  never used\n" in shown
    assert "a minute" not in shown
    assert known.public_key in run("keys", "rotations").out


def test_pause_resume_extend_and_cancel(remote: str, known: Known, run: Run) -> None:
    run("keys", "rotate", known.public_key)

    def state(*options: str) -> str:
        done = run("keys", "rotation", known.public_key, "--json", *options)
        return str(json.loads(done.out)["state"])

    assert state("--pause") == "paused"
    assert state("--resume", "--deadline", "12h") == "waiting"
    assert state("--deadline", "30d") == "waiting"
    assert state("--cancel") == "cancelled"
    over = run("keys", "rotation", known.public_key, "--pause")
    assert over.code == 5
    assert "over" in over.err


def test_finish_does_not_insist_where_nobody_confirms(remote: str, known: Known, run: Run) -> None:
    run("keys", "rotate", known.public_key)
    asked = run("keys", "rotation", known.public_key, "--finish")
    assert asked.code == 2
    refused = run("keys", "rotation", known.public_key, "--finish", "--yes")
    assert refused.code == 5
    assert "nobody has used the new key yet" in refused.err
    assert json.loads(run("keys", "show", known.public_key, "--json").out)["status"] == "active"


@pytest.mark.parametrize(
    "options",
    [
        ("--quiet", "soon"),
        ("--quiet", "3"),
        ("--deadline", "never"),
        ("--deadline", "2020-01-01"),
    ],
)
def test_a_time_that_is_none_makes_no_key(
    unchanged: str, known: Known, run: Run, options: tuple[str, ...]
) -> None:
    done = run("keys", "rotate", known.public_key, *options)
    assert done.code == 2
    assert options[0] in done.err


def test_more_quiet_than_there_is_until_the_deadline_makes_no_key(
    unchanged: str, known: Known, run: Run
) -> None:
    done = run("keys", "rotate", known.public_key, "--quiet", "2h", "--deadline", "1h")
    assert (done.code, done.out) == (1, "")
    assert "The quiet, 120 minutes, is longer than the rotation" in done.err


def test_two_things_at_a_time_are_refused(unchanged: str, known: Known, run: Run) -> None:
    assert run("keys", "rotation", known.public_key, "--pause", "--cancel").code == 2


def test_a_second_rotation_is_a_conflict(remote: str, known: Known, run: Run) -> None:
    run("keys", "rotate", known.public_key)
    again = run("keys", "rotate", known.public_key)
    assert (again.code, again.out) == (5, "")
    assert "part of a rotation already" in again.err


def test_the_lineage_is_shown(remote: str, known: Known, run: Run) -> None:
    new = parse(run("keys", "rotate", known.public_key).out.strip()).public_key
    assert ["Replaces", known.public_key] in [
        line.split() for line in run("keys", "show", new).out.splitlines()
    ]
    assert new in run("keys", "show", known.public_key).out


def test_a_key_that_is_in_no_rotation_is_said_to_be_in_none(
    remote: str, known: Known, run: Run
) -> None:
    done = run("keys", "rotation", known.public_key)
    assert done.code == 4
    assert "is in no rotation" in done.err
