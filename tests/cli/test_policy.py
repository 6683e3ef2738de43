"""The policy of a workspace, shown and changed: what is not named stays."""

import json
from typing import Any

import pytest
from tests.cli.conftest import Run


def shown(run: Run) -> dict[str, Any]:
    done = run("policy", "show", "--json")
    assert done.code == 0, done.err
    settings: dict[str, Any] = json.loads(done.out)["settings"]
    return settings


def test_what_is_named_changes_and_the_rest_stays(anywhere: str, run: Run) -> None:
    before = shown(run)
    done = run(
        "policy", "set", "--rotate-every", "6mo", "--environment", "prod", "--environment", "qa",
        "--label-needs-environment", "--rotation-by-itself",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "180 days" in done.out
    assert "revokes it by itself" in done.out
    assert shown(run) == before | {
        "max_key_age_days": 180,
        "environments": ["prod", "qa"],
        "label_needs_environment": True,
        "rotation_automatic": True,
    }
    assert run("policy", "set", "--rotate-every", "", "--label-is-free").code == 0
    assert shown(run)["max_key_age_days"] is None
    assert shown(run)["label_needs_environment"] is False


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ([], "name at least one setting"),
        (
            ["--rotate-every", "often"],
            "--rotate-every takes a whole number of days, such as 90 or 2w.",
        ),
        (["--rotate-every", "0"], "--rotate-every takes a whole number of days"),
        (["--warning", "36h"], "--warning takes a whole number of days"),
        (["--rotation-quiet", "soon"], "a whole number of minutes, such as 30 or 2h."),
    ],
)
def test_what_is_no_setting_is_refused_here(
    asked: list[str], sentence: str, remote: str, run: Run
) -> None:
    done = run("policy", "set", *asked)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err


def test_what_the_service_refuses_changes_nothing(remote: str, run: Run) -> None:
    before = shown(run)
    done = run("policy", "set", "--warning", "30", "--rotation-quiet", "0")
    assert done.code != 0
    assert "minutes" in done.err
    assert shown(run) == before


def test_a_warning_longer_than_the_age_is_refused_with_both(remote: str, run: Run) -> None:
    done = run("policy", "set", "--rotate-every", "7")
    assert (done.code, done.out) == (1, "")
    assert "The warning, 14 days before" in done.err
    assert "rotation age, 7 days" in done.err


def test_a_default_expiry_holds_for_keys_for_which_nobody_says_another(
    anywhere: str, run: Run
) -> None:
    create = ("keys", "create", "Salesforce Production", "--json", "--label")
    done = run("policy", "set", "--default-expiry", "30")
    assert "expire after 30 days unless asked otherwise" in done.out
    made = run(*create, "by-policy")
    assert "by the policy of the workspace" in made.err
    key = json.loads(made.out)["key"]
    assert key["expiry_from"] == "policy"
    assert " by policy" in run("keys", "show", key["public_key"]).out
    never = run(*create, "asked", "--expires", "never")
    assert "never expires." in never.err
    assert json.loads(never.out)["key"]["expiry_from"] == "request"
    assert "never expire unless asked to" in run("policy", "set", "--default-expiry", "").out
    assert json.loads(run(*create, "open").out)["key"]["expires_at"] is None
