"""The one table of the console's keys: a key means the same on every screen that offers it.

Keys are written as in `config.toml`: a character, or `ctrl+f`, `f5`, `delete`, `insert`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Shortcut(NamedTuple):
    """The keys that mean the same, the first one shown; and what they mean, as a sentence."""

    keys: tuple[str, ...]
    sentence: str


SHORTCUTS = {
    "new": Shortcut(("n",), "Make a new one: an integration, a key, a member, a sign-in."),
    "new_token": Shortcut(("+",), "Make a token for the member under the cursor."),
    "edit": Shortcut(("e",), "Change what it says of itself: fields, a label, a role."),
    "ends": Shortcut(("E",), "Change when it ends: a key, a rotation."),
    "addresses": Shortcut(("F",), "Change from where a key may be used."),
    "owner": Shortcut(("@",), "Change who answers for a key."),
    "tags": Shortcut(("=",), "Change the tags of a key."),
    "scopes": Shortcut(("S",), "Change what a key may be used for."),
    "limits": Shortcut(("%",), "Change how often a key may be used."),
    "rotate": Shortcut(("t",), "Replace a key without a gap."),
    "disable": Shortcut(("d",), "Disable it, or let it work again."),
    "revoke": Shortcut(("x",), "End it for good, after a question: a key, a token, a member."),
    "revoke_many": Shortcut(("X",), "Revoke many keys, after a question."),
    "receipt": Shortcut(("r",), "Show the receipt of a revoked key."),
    "copy": Shortcut(("c",), "Copy what the page is about: a secret value, a receipt."),
    "copy_public": Shortcut(("y",), "Copy the public key."),
    "show": Shortcut(("v",), "Show or mask a secret value."),
    "save": Shortcut(("s",), "Save what is shown to a file: a value, a receipt, a list."),
    "order": Shortcut(("o",), "Order the list by another column."),
    "filter": Shortcut(("/",), "Show only what matches."),
    "kind": Shortcut(("K",), "Choose which kind of finding is shown."),
    "rest": Shortcut(("m",), "Let it rest until a day: a finding, an item of attention."),
    "dismissed": Shortcut(("H",), "Show what rests too, or hide it."),
    "mark_all": Shortcut(("a",), "Mark every key that is shown, or none."),
    "follow": Shortcut(("f",), "Show events as they happen, or stop."),
    "when": Shortcut(("W",), "Show when exactly something happened, or how long ago."),
    "verify": Shortcut(("V",), "Follow the audit log from its first event."),
    "cancel": Shortcut(("C",), "Cancel a rotation and keep both keys."),
    "others": Shortcut(("p",), "Ask the services of the other profiles."),
    "first_part": Shortcut(("1",), "Go to the first part of a page: Overview, the old key."),
    "second_part": Shortcut(("2",), "Go to the second part of a page: API Keys, the new key."),
    "third_part": Shortcut(("3",), "Go to the third part of a page: Activity."),
    "next_part": Shortcut(("]",), "Go to the part after this one."),
    "part_before": Shortcut(("[",), "Go to the part before this one."),
    "identify": Shortcut(("i",), "Find out which key a text contains."),
    "attention": Shortcut(("!",), "Open what needs attention."),
    "watch": Shortcut(("w",), "See who still presents refused keys."),
    "find": Shortcut(("ctrl+f",), "Find a key across all integrations."),
    "label_audit": Shortcut(("L",), "Open the label audit."),
    "audit_log": Shortcut(("A",), "Open the audit log."),
    "rotations": Shortcut(("T",), "Open the rotations under way."),
    "members": Shortcut(("M",), "Open the members and their tokens."),
    "report": Shortcut(("#",), "Count the active keys, by integration and age."),
    "use": Shortcut(("u",), "Show use over time: of a key, of an integration."),
    "workspace_use": Shortcut(("U",), "Show the use of the workspace over time."),
    "figures": Shortcut(("B",), "Show figures in place of a graph, or the graph again."),
    "profiles": Shortcut(("P",), "Go to another service or workspace."),
    "policy": Shortcut((",",), "Open the policy of the workspace."),
    "go_to": Shortcut((":",), "Go somewhere, or do something, by name."),
    "palette": Shortcut(("ctrl+p",), "List everything that can be done here."),
    "refresh": Shortcut(("ctrl+r",), "Ask the service again now."),
    "help": Shortcut(("?",), "Open or close the help."),
    "leave": Shortcut(("q",), "Go back, as Escape does; from the first screen, leave keyconsole."),
    "confirm_revoke": Shortcut(("R",), "Yes: revoke, remove."),
    "confirm_disable": Shortcut(("D",), "Yes: disable, decline, step down."),
    "confirm_enable": Shortcut(("O",), "Yes: let it work again."),
}
"""By name. A console that starts with other keys puts them here: see `rebind`."""

FIXED = frozenset({
    "enter", "escape", "tab", "space", "up", "down", "left", "right", "home", "end", "pageup",
    "pagedown", *"jkhlgGQ", "ctrl+c", "ctrl+d", "ctrl+q", "ctrl+s", "ctrl+u",
})  # fmt: skip
"""Keys that go on, back or along, save, leave or interrupt on every screen."""
UNSENT = frozenset({"ctrl+i", "ctrl+m", "ctrl+j", "ctrl+h", "ctrl+z"})
"""Keys for which a terminal sends something else: Tab, Enter, Backspace, a stop."""

DEFAULTS = dict(SHORTCUTS)
"""The table without the changes of a person."""

_NAMED = re.compile(r"ctrl\+[a-z]|f([1-9]|1[0-2])|delete|insert")


def rebind(changes: Mapping[str, tuple[str, ...]]) -> None:
    """Gives shortcuts other keys, by name, and every other shortcut its own again."""
    for name, default in DEFAULTS.items():
        SHORTCUTS[name] = default._replace(keys=changes.get(name, default.keys))


def key_of(name: str) -> str:
    """Returns the key of a shortcut as it is shown to people."""
    return shown(SHORTCUTS[name].keys[0])


def shown(key: str) -> str:
    """Returns a key as it is shown to people: `^f` for `ctrl+f`."""
    return key.replace("ctrl+", "^")


def refusals(changes: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Returns why changes cannot apply, by name: a clause each. Those that are not named can."""
    found = {name: why for name, keys in changes.items() if (why := _refusal(name, keys))}
    while clash := _clash({name: keys for name, keys in changes.items() if name not in found}):
        found |= clash
    return found


def _refusal(name: str, keys: tuple[str, ...]) -> str | None:
    if name not in DEFAULTS:
        return "is no action of the console"
    if name.startswith("confirm_") or name.endswith("_part"):
        return "keeps its key"
    for key in keys:
        if key in FIXED:
            return f"cannot be {key}, which means the same on every screen"
        if key in UNSENT or not (
            _NAMED.fullmatch(key) or (len(key) == 1 and key.isprintable() and key != " ")
        ):
            return f"cannot be {key}, which no terminal sends as a key of its own"
    return None


def _clash(changes: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Returns a change that takes a key from another shortcut, with its clause; or nothing."""
    owners: dict[str, str] = {}
    for name in sorted(DEFAULTS, key=lambda name: name in changes):  # what changes comes last
        for key in changes.get(name, DEFAULTS[name].keys):
            if (owner := owners.setdefault(key, name)) != name:
                return {name: f"cannot be {key}, which is {owner}"}
    return {}
