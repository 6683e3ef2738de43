"""Actions and their registry, from which footer, help, palette and reference are made."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from keyconsole.console.terminal.textual_compat import key_name
from keyconsole.core.shortcuts import DEFAULTS, SHORTCUTS, key_of

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    KINDS = "kinds"
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
    REPORT = "report"
    MEMBERS = "members"
    TOKENS = "tokens"
    INVITATIONS = "invitations"
    ISSUED = "issued"
    CONFIRM = "confirm"
    ATTENTION = "attention"
    USE = "use"


class Group(StrEnum):
    """A heading of the help, in the order in which they stand there."""

    HERE = "On this screen"
    MOVE = "Move"
    GO = "Go to another screen"
    CONSOLE = "The console"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done.

    `shortcuts` are names in the table of keys, `fixed_keys` those that are no part of it, as
    Textual names them; a `fixed_sign` is shown for them instead of the first. `verb` is what the
    footer says, `help` the sentence of the help screen; without one it is not listed there.
    `permission` is what the service asks for. `weight` says how long the footer holds on to it
    where it is narrow; with 0 it is never in the footer. `moved_from` is the key that it had in
    the version before. `definition` is its class.
    """

    name: str
    shortcuts: tuple[str, ...]
    fixed_keys: tuple[str, ...]
    fixed_sign: str
    verb: str
    help: str
    scopes: tuple[Scope, ...]
    permission: str | None = None
    weight: int = 5
    moved_from: str = ""
    definition: type[Definition] | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that do it now, as Textual names them."""
        named = (key for each in self.shortcuts for key in SHORTCUTS[each].keys)
        return (*map(key_name, named), *self.fixed_keys)

    @property
    def sign(self) -> str:
        """The first of the keys as it is shown to people."""
        if self.fixed_sign or not self.shortcuts:
            return self.fixed_sign or _SIGNS.get(self.fixed_keys[0], self.fixed_keys[0])
        return key_of(self.shortcuts[0])

    def called(self, verb: str | None) -> Action:
        """Returns the action with another verb, or itself without one."""
        return replace(self, verb=verb) if verb else self


TABS = (Scope.OVERVIEW, Scope.KEYS, Scope.ACTIVITY)
ON_KEYS = (Scope.KEYS, Scope.KEY, Scope.FIND, Scope.LABELS)
LISTED = (Scope.KEYS, Scope.FIND, Scope.LABELS)
BELOW = (
    *(*TABS, Scope.KEY, Scope.AUDIT, Scope.WATCH, Scope.FIND, Scope.LABELS),
    *(Scope.ROTATION, Scope.ROTATIONS, Scope.REPORT, Scope.ATTENTION, Scope.USE),
    *(Scope.MEMBERS, Scope.TOKENS, Scope.INVITATIONS),
)
ROOMS = (Scope.INTEGRATIONS, *BELOW)

ACTIONS: list[Action] = []
"""Every action, in the order in which a footer shows them."""
_SIGNS = {"enter": "↵", "escape": "esc", "space": "␣", "ctrl+s": "^s"}


class Definition:
    """Defines an action: a subclass is named as its handler, and its docstring is its help.

    `means` holds names of the table of keys, and `key` keys that are no part of it, as Textual
    names them; the first of all is shown, or `sign`. `word` is what the footer says, `on` where it
    is offered, `needs` a permission. A class of the same action elsewhere gives the `name`. A key
    that moved says where to for one version: `was` is the old one.
    """

    prefix = ""

    def __init_subclass__(
        cls,
        *,
        means: str = "",
        key: str = "",
        word: str = "",
        on: Scope | tuple[Scope, ...] = (),
        needs: str | None = None,
        weight: int = 5,
        name: str = "",
        sign: str = "",
        was: str = "",
    ) -> None:
        super().__init_subclass__()
        if not means and not key:
            return  # a base of some
        ACTIONS.append(
            Action(
                cls.prefix + (name or re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()),
                tuple(means.split()),
                tuple(key.split()),
                sign,
                word,
                " ".join((cls.__doc__ or "").split()),
                on if isinstance(on, tuple) else (on,),
                needs,
                weight,
                was,
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


@cache
def actions_of(*scopes: Scope) -> Sequence[Action]:
    """The actions offered in any of `scopes`, in the order in which they are shown."""
    return tuple(action for action in ACTIONS if not set(scopes).isdisjoint(action.scopes))


_CONSOLE = ("refresh", "app.command", "app.palette", "app.profiles", "app.help", "app.quit")
_MOVE = ("back", "open", "open_key", "open_rotation", "filter", "sort", "next_tab", "tab",
         "next_part", "open_counted", "open_use", "app.focus_next")  # fmt: skip


def group_of(action: Action) -> Group:
    """The heading of the help below which an action stands."""
    name = action.name.partition("(")[0]
    if name in _CONSOLE:
        return Group.CONSOLE
    if name in _MOVE:
        return Group.MOVE
    return Group.GO if name.startswith("app.") else Group.HERE


def bindings(*scopes: Scope) -> list[Binding]:
    """The key bindings of a screen with these scopes, and those that say where a key went."""
    found = []
    for each in actions_of(*scopes):
        for name in each.shortcuts:  # by its name, other keys are given to it when the app starts
            keys = ",".join(map(key_name, DEFAULTS[name].keys))
            found.append(Binding(keys, each.name, each.verb, show=False, id=name))
        if each.fixed_keys:
            found.append(Binding(",".join(each.fixed_keys), each.name, each.verb, show=False))
        if each.moved_from:
            found.append(Binding(each.moved_from, f"say_moved({each.name!r})", show=False))
    return found


@cache
def action_named(name: str, *scopes: Scope) -> Action | None:
    """Returns the action `name`, without arguments, that is offered in one of `scopes`."""
    name = name.partition("(")[0]
    return next((each for each in actions_of(*scopes) if each.name.partition("(")[0] == name), None)


def disabled_reason(name: str, state: Any, *scopes: Scope) -> str | None:
    """Returns why the action `name` can do nothing on `state`, or `None`."""
    action = action_named(name, *scopes)
    return action.definition.disabled_reason(state) if action and action.definition else None
