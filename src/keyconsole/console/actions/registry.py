"""Actions and their registry, from which footer, help, palette and reference are made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

if TYPE_CHECKING:
    from collections.abc import Iterator


class Scope(StrEnum):
    """The screens, or parts of them, that offer an action."""

    EVERYWHERE = "everywhere"
    INTEGRATIONS = "integrations"
    OVERVIEW = "overview"
    KEYS = "keys"
    ACTIVITY = "activity"
    KEY = "key"
    AUDIT = "audit"
    WATCH = "watch"
    FIND = "find"
    FINDING = "finding"
    LABELS = "labels"
    FILTER = "filter"
    FORM = "form"
    FIELD = "field"
    CREATED = "created"
    REVOKE = "revoke"
    REVOKE_MANY = "revoke_many"
    SELECT_KEYS = "select_keys"
    QUARANTINE = "quarantine"
    RECEIPT = "receipt"
    HELP = "help"
    IDENTIFY = "identify"
    PROFILES = "profiles"
    COMMAND = "command"
    ROTATION = "rotation"
    ROTATIONS = "rotations"
    ATTENTION = "attention"


class Group(StrEnum):
    """A heading of the help, in the order in which they stand there."""

    HERE = "On this screen"
    MOVE = "Move"
    GO = "Go to another screen"
    CONSOLE = "The console"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done.

    `keys` are Textual key names, shown as `sign`. `verb` is what the footer says, `help` the
    sentence of the help screen; without one it is not listed there. `permission` is what the
    service asks for. `weight` says how long the footer holds on to it where it is narrow; with
    0 it is never in the footer. `definition` is its class.
    """

    name: str
    keys: tuple[str, ...]
    sign: str
    verb: str
    help: str
    scopes: tuple[Scope, ...]
    permission: str | None = None
    weight: int = 5
    definition: type[Definition] | None = None


TABS = (Scope.OVERVIEW, Scope.KEYS, Scope.ACTIVITY)
ON_KEYS = (Scope.KEYS, Scope.KEY, Scope.FIND, Scope.LABELS)
LISTED = (Scope.KEYS, Scope.FIND, Scope.LABELS)
BELOW = (
    *(*TABS, Scope.KEY, Scope.AUDIT, Scope.WATCH, Scope.FIND, Scope.LABELS),
    *(Scope.ROTATION, Scope.ROTATIONS, Scope.ATTENTION),
)
ROOMS = (Scope.INTEGRATIONS, *BELOW)

ACTIONS: list[Action] = []
"""Every action, in the order in which a footer shows them."""
_SIGNS = {
    "enter": "↵", "escape": "esc", "space": "␣", "slash": "/", "colon": ":", "comma": ",",
    "question_mark": "?", "exclamation_mark": "!",
    "right_square_bracket": "]", "left_square_bracket": "[",
}  # fmt: skip


class Definition:
    """Defines an action: a subclass is named as its handler, and its docstring is its help.

    `key` holds Textual key names; the first one is shown, or `sign`. `word` is what the footer
    says, `on` where it is offered, `needs` a permission. A class of the same action elsewhere
    gives the `name`.
    """

    prefix = ""

    def __init_subclass__(
        cls,
        *,
        key: str = "",
        word: str = "",
        on: Scope | tuple[Scope, ...] = (),
        needs: str | None = None,
        weight: int = 5,
        name: str = "",
        sign: str = "",
    ) -> None:
        super().__init_subclass__()
        if not key:
            return  # a base of some
        keys = tuple(key.split())
        ACTIONS.append(
            Action(
                cls.prefix + (name or re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()),
                keys,
                sign or _SIGNS.get(keys[0]) or keys[0].replace("ctrl+", "^"),
                word,
                " ".join((cls.__doc__ or "").split()),
                on if isinstance(on, tuple) else (on,),
                needs,
                weight,
                cls,
            )
        )

    @classmethod
    def disabled_reason(cls, state: Any) -> str | None:  # noqa: ARG003
        """Returns the sentence to say instead, if it can do nothing on `state`; else `None`.

        The sentence is empty where the screen shows it anyway. `state` is what the screen says
        that its actions are about: a key, a row, or nothing.
        """
        return None


class AppAction(Definition):
    """An action of the app, the same on every screen."""

    prefix = "app."


class OnRow(Definition):
    """An action on the row under the cursor."""

    @classmethod
    def disabled_reason(cls, state: Any) -> str | None:
        return "" if state is None else None


class OnKey(Definition):
    """An action on the key under the cursor. `if_revoked` says why a dead one has no use for it."""

    if_revoked: str | None = None

    @classmethod
    def disabled_reason(cls, state: Any) -> str | None:
        if state is None:
            return "There is no key under the cursor."
        return cls.if_revoked if state.status == "revoked" else None


def actions_of(*scopes: Scope) -> Iterator[Action]:
    """The actions offered in any of `scopes`, in the order in which they are shown."""
    for action in ACTIONS:
        if any(scope in scopes for scope in action.scopes):
            yield action


_CONSOLE = ("refresh", "app.command", "app.palette", "app.profiles", "app.help", "app.quit")
_MOVE = ("back", "open", "open_key", "open_rotation", "filter", "sort", "next_tab", "tab")


def group_of(action: Action) -> Group:
    """The heading of the help below which an action stands."""
    name = action.name.partition("(")[0]
    if name in _CONSOLE:
        return Group.CONSOLE
    if name in _MOVE:
        return Group.MOVE
    return Group.GO if name.startswith("app.") else Group.HERE


def bindings(*scopes: Scope) -> list[Binding]:
    """The key bindings of a screen with these scopes."""
    return [
        Binding(",".join(action.keys), action.name, action.verb, show=False)
        for action in actions_of(*scopes)
    ]


@cache
def action_named(name: str, *scopes: Scope) -> Action | None:
    """Returns the action `name`, without arguments, that is offered in one of `scopes`."""
    name = name.partition("(")[0]
    return next((each for each in actions_of(*scopes) if each.name.partition("(")[0] == name), None)


def permission_of(name: str, *scopes: Scope) -> str | None:
    """The permission that the action `name` needs, where it is offered in one of `scopes`."""
    action = action_named(name, *scopes)
    return action.permission if action else None


def disabled_reason(name: str, state: Any, *scopes: Scope) -> str | None:
    """Returns why the action `name` can do nothing on `state`, or `None`."""
    action = action_named(name, *scopes)
    return action.definition.disabled_reason(state) if action and action.definition else None
