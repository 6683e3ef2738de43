"""Admins let people in and shut them out, and a token's value goes where it was meant to go."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.cli.conftest import Known, Run

from keyconsole.core.credential import Kind, parse
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

ANA = "ana@acme.example"
Answering = Callable[[Sequence[str]], list[str]]


def add(run: Run, role: str = "operator") -> str:
    done = run("members", "add", ANA, "--role", role, "--json")
    assert done.code == 0, done.err
    return str(json.loads(done.out)["account_id"])


def token_id(run: Run) -> str:
    """The id of the token that this is signed in with."""
    items = json.loads(run("tokens", "list", "--json").out)["items"]
    return str(next(each["id"] for each in items if each["current"]))


def test_a_command_to_paste_quotes_what_somebody_chose(anywhere: str, run: Run) -> None:
    done = run("members", "add", "a;id@acme.example", "--role", "operator")
    assert "keyconsole tokens create 'a;id@acme.example'" in done.err


def test_members_are_added_changed_listed_and_removed(anywhere: str, run: Run) -> None:
    account = add(run)
    assert add(run) == account
    assert "tokens create" in run("members", "add", ANA, "--role", "operator").err
    assert json.loads(run("members", "role", ANA, "viewer", "--json").out)["role"] == "viewer"
    listed = json.loads(run("members", "list", "--json").out)["items"]
    assert ("viewer", account) in [(each["role"], each["account_id"]) for each in listed]
    assert ANA in run("members", "list").out
    assert run("members", "remove", account, "--yes").code == 0
    assert run("members", "remove", account, "--yes").code == 4
    assert ANA not in run("members", "list").out


def test_a_member_with_another_role_is_a_conflict(remote: str, run: Run) -> None:
    add(run)
    assert run("members", "add", ANA, "--role", "viewer").code == 5


def test_removing_asks_and_no_is_the_answer_unless_yes_is_typed(
    remote: str, run: Run, answering: Answering
) -> None:
    assert run("members", "remove", ANA).code == 2
    add(run)
    answering(["n"])
    done = run("members", "remove", ANA)
    assert (done.code, done.out) == (1, "")
    assert "Nothing was changed" in done.err
    answering(["y"])
    assert run("members", "remove", ANA).code == 0


def test_the_last_admin_stays(embedded: None, run: Run) -> None:
    listed = json.loads(run("members", "list", "--json").out)["items"]
    admins = [each["email"] for each in listed if each["role"] == "admin"]
    admins.sort(key=lambda email: "@localhost" not in email)
    for other in admins[1:]:
        assert run("members", "role", other, "viewer", "--yes").code == 0
    for command in (("role", admins[0], "viewer"), ("remove", admins[0])):
        done = run("members", *command, "--yes")
        assert done.code == 5
        assert "last admin" in done.err


def test_to_step_down_oneself_asks(remote: str, run: Run, answering: Answering) -> None:
    assert run("members", "role", "admin@acme.example", "viewer").code == 2
    asked = answering(["n"])
    assert run("members", "role", "admin@acme.example", "viewer").code == 1
    assert "Stop being an admin?" in asked[0]


def test_a_viewer_is_told_what_is_missing(viewer: str, run: Run) -> None:
    for command in (("members", "list"), ("tokens", "list"), ("tokens", "create")):
        done = run(*command)
        assert (done.code, done.out) == (3, "")
        assert "members:write" in done.err


def test_standard_output_is_the_value_and_nothing_else(anywhere: str, run: Run) -> None:
    add(run)
    done = run("tokens", "create", ANA, "--label", "laptop", "--expires", "90d")
    assert done.code == 0, done.err
    value = parse(done.out.removesuffix("\n"))
    assert value.kind is Kind.OPERATOR_TOKEN
    assert value.text not in done.err
    assert f"tok_{value.pid} for {ANA}, expires" in done.err
    listed = run("tokens", "list", "--member", ANA).out
    assert f"tok_{value.pid}" in listed
    assert value.text not in listed


def test_a_new_file_is_for_its_owner_alone(remote: str, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "token"
    done = run("tokens", "create", "--output", str(path), "--json")
    value = parse(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(done.out)["id"] == f"tok_{value.pid}"
    assert value.text not in done.out + done.err
    again = run("tokens", "create", "--output", str(path))
    assert (again.code, again.out) == (1, "")
    assert "no token was made" in again.err


def test_a_token_that_was_made_signs_in_until_it_is_revoked(
    remote: str, run: Run, monkeypatch: pytest.MonkeyPatch, known: Known
) -> None:
    add(run)
    value = json.loads(run("tokens", "create", ANA, "--json").out)["value"]
    monkeypatch.setenv("KEYCONSOLE_TOKEN", value)
    assert run("keys", "list").code == 0
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.admin)
    # Whoever pastes the value means the token: its id is used, and the value is not repeated.
    done = run("tokens", "revoke", value, "--yes")
    assert (done.code, done.out) == (0, f"tok_{value[4:20]}\n")
    assert value not in done.err
    assert run("tokens", "revoke", f"tok_{value[4:20]}", "--yes").code == 0
    assert run("tokens", "list", "--status", "active", "--member", ANA).out == ""
    monkeypatch.setenv("KEYCONSOLE_TOKEN", value)
    assert run("keys", "list").code == 3


def test_what_signs_one_in_is_revoked_only_if_that_is_said(remote: str, run: Run) -> None:
    own = token_id(run)
    done = run("tokens", "revoke", own, "--yes")
    assert done.code == 2
    assert "signed in with" in done.err
    assert run("tokens", "revoke", own, "--yes", "--own").code == 0
    assert run("tokens", "list").code == 3


def test_at_a_terminal_it_asks_once_more(remote: str, run: Run, answering: Answering) -> None:
    own = token_id(run)
    answering(["y", "nope"])
    assert run("tokens", "revoke", own).code == 1
    asked = answering([own[-4:]])
    assert run("tokens", "revoke", own, "--yes").code == 0
    assert "signs you out" in asked[0]


@pytest.mark.parametrize("token", ["tok_0000000000000000", "x"])
def test_a_token_that_is_not_there_is_not_found(unchanged: str, run: Run, token: str) -> None:
    assert run("tokens", "revoke", token, "--yes").code == 4


@pytest.fixture
def guest(remote: str, tmp_path: Path, run: Run) -> str:
    """The token of the admin of another workspace, who is invited here."""
    made = asyncio.run(
        initialize(
            ServiceSettings.from_environment(tmp_path / "served", environ={}),
            workspace="Other",
            account="eve@other.example",
        )
    )
    done = run("members", "add", "eve@other.example", "--role", "viewer")
    assert done.code == 0
    assert "pending" in done.out
    assert "keyconsole invitations accept" in done.err
    assert "tokens create" not in done.err
    return made.operator_token


def test_whoever_is_invited_accepts_and_then_has_a_token_made(
    guest: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "viewer, pending" in run("members", "list").out
    refused = run("tokens", "create", "eve@other.example")
    assert (refused.code, refused.out) == (5, "")
    monkeypatch.setenv("KEYCONSOLE_TOKEN", guest)
    [item] = json.loads(run("invitations", "list", "--json").out)["items"]
    assert item["invited_by"] == "admin@acme.example"
    assert item["workspace"] in run("invitations", "list").out
    accepted = run("invitations", "accept", item["workspace"], "--json")
    assert accepted.code == 0, accepted.err
    joined = json.loads(accepted.out)
    assert joined["workspace_id"] == item["workspace_id"]
    assert f"keyconsole tokens create --workspace {item['workspace_id']}" in accepted.err
    assert run("invitations", "accept", item["id"]).code == 0
    assert run("invitations", "decline", item["id"], "--json").code == 4
    assert run("invitations", "list", "--json").out.count("inv_") == 0
    made = run("tokens", "create", "--workspace", item["workspace_id"])
    assert made.code == 0, made.err
    monkeypatch.setenv("KEYCONSOLE_TOKEN", made.out.strip())
    assert known.public_key in run("keys", "list", "--json").out


def test_whoever_is_invited_may_decline_and_an_admin_may_withdraw(
    guest: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCONSOLE_TOKEN", guest)
    declined = run("invitations", "decline", "local", "--json")
    assert json.loads(declined.out)["declined"] is True
    assert run("invitations", "decline", "local").code == 4
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.admin)
    run("members", "add", "eve@other.example", "--role", "viewer")
    withdrawn = run("members", "remove", "eve@other.example", "--yes")
    assert (withdrawn.code, "Withdrawn" in withdrawn.err) == (0, True)
    monkeypatch.setenv("KEYCONSOLE_TOKEN", guest)
    assert run("invitations", "accept", "local").code == 4


def test_the_last_token_of_the_last_admin_needs_its_address_or_last(
    guest: str, run: Run, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCONSOLE_TOKEN", guest)
    own = token_id(run)
    refused = run("tokens", "revoke", own, "--yes", "--own")
    assert (refused.code, refused.out) == (5, "")
    assert "--last" in refused.err
    assert "service init" in refused.err
    asked = answering(["eve"])
    assert run("tokens", "revoke", own, "--yes", "--own").code == 1
    assert "eve@other.example" in asked[0]
    answering(["eve@other.example"])
    assert run("tokens", "revoke", own, "--yes", "--own").code == 0
    assert run("tokens", "list").code == 3


def test_last_says_that_the_last_token_is_meant(
    guest: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCONSOLE_TOKEN", guest)
    own = token_id(run)
    assert run("tokens", "revoke", own, "--yes", "--own", "--last").code == 0
    assert run("tokens", "list").code == 3


def test_an_old_token_changes_what_is_in_the_workspace_of_the_profile(
    served: str, known: Known, tmp_path: Path, run: Run
) -> None:
    settings = ServiceSettings.from_environment(tmp_path / "served", environ={})
    asyncio.run(initialize(settings, workspace="Second", account="admin@acme.example"))
    run("login", served, "--profile", "p", stdin=known.admin)
    vague = run("keys", "rename", known.public_key, "gateway", "--profile", "p")
    assert (vague.code, vague.out) == (1, "")
    assert "several workspaces" in vague.err
    for workspace, code in (("Second", 4), ("local", 0)):
        run("login", served, "--profile", "p", "--workspace", workspace, stdin=known.admin)
        assert run("keys", "rename", known.public_key, "gateway", "--profile", "p").code == code


def test_read_only_changes_nothing(unchanged: str, run: Run) -> None:
    for command in (
        ("members", "add", ANA, "--role", "viewer"),
        ("members", "role", "viewer@acme.example", "operator"),
        ("members", "remove", "viewer@acme.example", "--yes"),
        ("tokens", "create"),
        ("invitations", "accept", "inv_0000000000000000"),
        ("invitations", "decline", "inv_0000000000000000"),
        ("tokens", "revoke", "tok_0000000000000000", "--yes"),
    ):
        assert run(*command, "--read-only").code == 3
