"""Whatever the console does has a command; what has none is a way of looking, and says so."""

from collections.abc import Iterator

import pytest
from tests.cli.conftest import Run

from keyconsole.console.actions import ACTIONS, Action, Scope

TWINS: dict[str, str] = {
    "open": "keys show",
    "open_key": "keys show",
    "open_rotation": "keys rotation",
    "addresses": "keys allow",
    "tags": "keys tag",
    "owner": "keys owner",
    "scopes": "keys scopes",
    "limits": "keys limits",
    "open_counted": "keys list --integration",
    "open_old": "keys show",
    "open_new": "keys show",
    "save_list": "keys list --csv",
    "add_integration": "integrations create",
    "edit_integration": "integrations edit",
    "toggle_integration": "integrations disable",
    "generate": "keys create",
    "revoke": "keys revoke",
    "rotate": "keys rotate",
    "receipt": "keys receipt",
    "quarantine": "keys disable",
    "disable": "keys disable",
    "enable": "keys enable",
    "filter": "keys list QUERY",
    "review": "keys review",
    "kind": "keys audit --count",
    "follow": "audit list --follow",
    "verify": "audit verify",
    "when": "audit list --exact",
    "rename": "keys rename",
    "expiry": "keys expiry",
    "revoke_many": "keys revoke-many",
    "show_selection": "keys revoke-many --dry-run",
    "look_again": "keys revoke-many --dry-run",
    "sort": "keys list --sort",
    "save_secret": "keys create --output",
    "finish": "keys rotation --finish",
    "pause": "keys rotation --pause",
    "extend": "keys rotation --deadline",
    "cancel_rotation": "keys rotation --cancel",
    "save_receipt": "keys receipt --json",
    "sign_in": "login",
    "app.identify": "keys identify",
    "ask_others": "keys identify --all-profiles",
    "app.attention": "attention",
    "dismiss_item": "attention dismiss",
    "show_dismissed": "attention --dismissed",
    "app.watch": "keys refusals --follow",
    "app.find": "keys list QUERY",
    "app.label_audit": "keys audit",
    "app.audit_log": "audit list QUERY",
    "app.profiles": "profiles",
    "app.rotations": "keys rotations",
    "app.report": "report keys",
    "key_use": "keys usage --days",
    "integration_use": "integrations usage",
    "app.workspace_use": "integrations usage",
    "open_use": "keys usage --days",
    "figures": "keys usage --plot",
    "app.policy": "policy set",
    "app.members": "members list",
    "add_member": "members add",
    "change_role": "members role",
    "remove_member": "members remove",
    "create_token": "tokens create",
    "revoke_token": "tokens revoke",
    "join": "invitations accept",
    "decline": "invitations decline",
    "app.command": "open ROUTE",
    "tab('activity')": "audit list --integration",
    "tab('overview')": "integrations show",
    "tab('api-keys')": "keys list --integration",
}
"""The words of a command, and the part of it that does the same."""

ONLY_HERE = {
    "copy_public", "copy_secret", "show_secret", "copy_receipt",  # standard output is the copy
    "mark", "mark_all", "next_tab(1)", "next_tab(-1)", "next_part(1)", "next_part(-1)",
    "clear", "keep", "complete",
    "app.focus_next", "save", "confirm", "second_key", "done", "cancel", "close", "back", "take",
    "refresh", "search", "app.palette", "app.help", "app.quit",
}  # fmt: skip
"""Ways to look around, and the yes and no of what was asked for."""


def actions() -> Iterator[Action]:
    yield from ACTIONS


def test_every_action_has_a_twin_or_needs_none() -> None:
    known = TWINS.keys() | ONLY_HERE

    assert {action.name for action in actions()} == known


@pytest.mark.parametrize("twin", sorted(set(TWINS.values())))
def test_the_twin_is_there(twin: str, run: Run) -> None:
    words = twin.split()
    command = [word for word in words if word.islower() and not word.startswith("-")]

    done = run(*command, "--help")

    assert done.code == 0
    for word in words:
        if word.startswith("-") or word.isupper():
            assert word in done.out


def test_what_changes_something_is_never_only_here() -> None:
    answers = {Scope.REVOKE, Scope.REVOKE_MANY, Scope.CONFIRM, Scope.FORM, Scope.FIELD, Scope.KEYS}

    for action in actions():
        if action.permission and action.name in ONLY_HERE:
            assert answers & set(action.scopes)
