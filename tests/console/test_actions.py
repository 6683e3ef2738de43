"""The registry: every key, footer, help line and palette entry comes from it."""

import pkgutil
from collections import Counter
from importlib import import_module
from types import ModuleType

import pytest
from textual.binding import Binding

from keyconsole.console import screens, widgets
from keyconsole.console.actions import ACTIONS, Action, Scope, action_named, actions_of, bindings
from keyconsole.console.app import KeyconsoleApp
from keyconsole.console.screens.find import FindInput
from keyconsole.console.screens.framed import Framed
from keyconsole.console.widgets.filter import FilterInput
from keyconsole.core.shortcuts import FIXED, SHORTCUTS
from keyconsole.wire import Permission

MODULES = [module.name for module in pkgutil.iter_modules(screens.__path__)]
SCREENS = sorted(
    {
        found
        for name in MODULES
        for found in vars(import_module(f"keyconsole.console.screens.{name}")).values()
        if isinstance(found, type) and issubclass(found, Framed) and found.SCOPES
        if found.__name__ != "PathDialog"  # a base
    },
    key=lambda screen: screen.__name__,
)
WIDGETS = [
    import_module(f"keyconsole.console.widgets.{module.name}")
    for module in pkgutil.iter_modules(widgets.__path__)
]
TABS = (Scope.OVERVIEW, Scope.KEYS, Scope.ACTIVITY)


def screen_module(name: str) -> ModuleType:
    return import_module(f"keyconsole.console.screens.{name}")


def handler(action: Action) -> str:
    return f"action_{action.name.partition('(')[0].removeprefix('app.')}"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_every_action_of_a_screen_has_a_handler(screen: type[Framed]) -> None:
    for action in actions_of(*screen.SCOPES):
        owner = KeyconsoleApp if action.name.startswith("app.") else screen
        assert hasattr(owner, handler(action)), (screen, action.name)


def test_every_action_is_offered_somewhere() -> None:
    scopes = {scope for screen in SCREENS for scope in screen.SCOPES}
    scopes |= {FilterInput.SCOPE, FindInput.SCOPE}

    assert all(set(action.scopes) <= scopes for action in ACTIONS)


@pytest.mark.parametrize("scope", Scope)
def test_no_key_means_two_things_in_one_scope(scope: Scope) -> None:
    keys = Counter(key for action in actions_of(scope) for key in action.keys)

    assert [key for key, count in keys.items() if count > 1] == []


def test_no_key_has_two_meanings_and_every_key_has_one() -> None:
    keys = Counter(key for shortcut in SHORTCUTS.values() for key in shortcut.keys)
    assert [key for key, count in keys.items() if count > 1] == []
    assert FIXED.isdisjoint(keys)

    assert {name for action in ACTIONS for name in action.shortcuts} == set(SHORTCUTS)
    assert {key for action in ACTIONS for key in action.fixed_keys} <= FIXED


def test_what_a_widget_binds_is_no_shortcut() -> None:
    own = {
        key
        for module in (*WIDGETS, *map(screen_module, MODULES))
        for found in vars(module).values()
        if isinstance(found, type) and found.__module__ == module.__name__
        for binding in found.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding) and binding.id is None
        for key in binding.key.split(",")
        if not binding.action.startswith("say_moved")
    }

    assert "j" in own
    assert own.isdisjoint(key for shortcut in SHORTCUTS.values() for key in shortcut.keys)


@pytest.mark.parametrize("scope", Scope)
def test_a_key_that_moved_is_free_where_it_says_so(scope: Scope) -> None:
    offered = list(actions_of(scope))
    moved = {action.moved_from for action in offered if action.moved_from}

    assert moved.isdisjoint(key for action in offered for key in action.keys)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_a_screen_binds_the_keys_of_its_actions(screen: type[Framed]) -> None:
    bound = {
        (key, binding.action)
        for binding in screen.BINDINGS
        if isinstance(binding, Binding)
        for key in binding.key.split(",")
    }

    assert {(key, action.name) for action in actions_of(*screen.SCOPES) for key in action.keys} <= (
        bound
    )


def test_every_action_has_a_sign_and_a_verb_and_what_is_in_a_footer_has_help() -> None:
    for action in ACTIONS:
        assert action.sign
        assert action.verb
        assert action.keys
        assert action.help or not action.weight


def test_the_footer_of_every_room_leads_out_and_to_help() -> None:
    for scope in (*TABS, Scope.INTEGRATIONS, Scope.KEY, Scope.AUDIT):
        names = {action.name for action in actions_of(scope) if action.weight}
        out = "app.quit" if scope is Scope.INTEGRATIONS else "back"
        assert {"app.help", out, "app.command"} <= names


@pytest.mark.parametrize("name", ["generate", "revoke", "rename", "add_integration"])
def test_what_changes_something_asks_for_a_permission_that_there_is(name: str) -> None:
    asked = {action.permission for action in ACTIONS if action.name == name}

    assert asked <= {str(permission) for permission in Permission}


def test_what_changes_something_asks_for_more_than_reading() -> None:
    changing = {"add_integration", "edit_integration", "toggle_integration", "generate", "revoke"}
    changing |= {"rename", "confirm"}

    asked = {action.name: action.permission for action in ACTIONS if action.name in changing}

    assert set(asked) == changing
    assert all(permission and not permission.endswith(":read") for permission in asked.values())


def test_the_same_action_may_ask_for_another_permission_elsewhere() -> None:
    generate, tab = action_named("generate", Scope.KEYS), action_named("tab('keys')", Scope.KEYS)

    assert generate is not None
    assert generate.permission == "keys:create"
    assert action_named("generate", Scope.AUDIT) is None
    assert tab is not None
    assert tab.permission is None


def test_bindings_are_not_shown_by_textual_since_the_footer_is_ours() -> None:
    assert all(not binding.show for binding in bindings(Scope.KEYS))
