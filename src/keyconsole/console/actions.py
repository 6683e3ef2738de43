"""One registry of everything a person can do: keys, footer, help and command line come from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding


class Scope(StrEnum):
    """Where an action is offered."""

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
    0 it is never in the footer.
    """

    name: str
    keys: tuple[str, ...]
    sign: str
    verb: str
    help: str
    scopes: tuple[Scope, ...]
    permission: str | None = None
    weight: int = 5


_INTEGRATIONS = (Scope.INTEGRATIONS,)
_OVERVIEW = (Scope.OVERVIEW,)
_TABS = (Scope.OVERVIEW, Scope.KEYS, Scope.ACTIVITY)
_ON_KEYS = (Scope.KEYS, Scope.KEY, Scope.FIND, Scope.LABELS)
_LISTED = (Scope.KEYS, Scope.FIND, Scope.LABELS)
_ROTATION = (Scope.ROTATION,)
_BELOW = (
    *(*_TABS, Scope.KEY, Scope.AUDIT, Scope.WATCH, Scope.FIND, Scope.LABELS),
    *(Scope.ROTATION, Scope.ROTATIONS),
)
_ROOMS = (Scope.INTEGRATIONS, *_BELOW)
_CREATED = (Scope.CREATED,)
_REVOKE = (Scope.REVOKE,)
_RECEIPT = (Scope.RECEIPT,)

_OPEN = "Open what is under the cursor."
_FILTER = "Show only what matches: text, status:revoked, unused:90d, by:ops, due:rotation."
_REVOKE_HELP = "Revoke the key: at once and for ever, after a question."
_TOGGLE = "Disable or enable this integration: the keys of a disabled one get 401."

ACTIONS: tuple[Action, ...] = (
    # Lists and pages
    Action("open", ("enter",), "↵", "open", _OPEN, (*_INTEGRATIONS, *_LISTED), weight=8),
    Action("open_key", ("enter",), "↵", "open key", "Open what this line is about.",
           (Scope.ACTIVITY, Scope.AUDIT, Scope.WATCH), weight=8),
    Action("export_refusals", ("E",), "E", "export", "Write what is listed to a CSV or JSON file.",
           (Scope.WATCH,), weight=6),
    Action("add_integration", ("n",), "n", "add", "Add an integration.", _INTEGRATIONS,
           "integrations:write", 7),
    Action("edit_integration", ("e",), "e", "edit", "Change the fields of this integration.",
           _OVERVIEW, "integrations:write", 7),
    Action("toggle_integration", ("d",), "d", "disable", _TOGGLE, _OVERVIEW,
           "integrations:write"),
    Action("generate", ("g",), "g", "generate", "Generate an API key for this integration.",
           _TABS, "keys:create", 7),
    Action("revoke", ("x",), "x", "revoke", _REVOKE_HELP, _ON_KEYS, "keys:revoke", 8),
    Action("rotate", ("t",), "t", "rotate", "Replace the key without a gap: both work until the "
           "old one is no longer used.", _ON_KEYS, "keys:create", 6),
    Action("receipt", ("r",), "r", "receipt", "Show the receipt of a revoked key again.",
           _ON_KEYS, "audit:read", 8),
    Action("quarantine", ("d",), "d", "disable", "Disable the key, for a time or for good; or let "
           "a disabled one work again.", (*_ON_KEYS, Scope.IDENTIFY), "keys:revoke", 6),
    Action("filter", ("slash",), "/", "filter", "Show only what has this text in its name; ^f "
           "finds keys.", _INTEGRATIONS, weight=6),
    Action("filter", ("slash",), "/", "filter", _FILTER, (Scope.KEYS,), weight=6),
    Action("filter", ("slash",), "/", "filter", "Show only what matches: by:ops, what:revoked, "
           "on:kcp_…, since:7d.", (Scope.AUDIT,), weight=6),
    Action("filter", ("slash",), "/", "type", "Go back to what is typed.", (Scope.FIND,),
           weight=6),
    Action("review", ("m",), "m", "reviewed", "Say that a key is all right as it is: its findings "
           "rest until a day.", (Scope.LABELS,), "keys:write", 7),
    Action("kind", ("f",), "f", "kind", "Show one kind of finding, the next one each time.",
           (Scope.LABELS,), weight=6),
    Action("export_findings", ("E",), "E", "export", "Write what is listed to a CSV or JSON file.",
           (Scope.LABELS,), weight=5),
    Action("follow", ("f",), "f", "follow", "Show events as they happen, or stop.",
           (Scope.AUDIT,), weight=7),
    Action("verify", ("v",), "v", "verify", "Follow the log from its first event: is it whole?",
           (Scope.AUDIT,), "audit:read", 7),
    Action("export_events", ("E",), "E", "export", "Write what is listed to a CSV or JSON file.",
           (Scope.AUDIT,), "audit:read", 5),
    Action("rename", ("e",), "e", "rename", "Change the name of the key.", _ON_KEYS,
           "keys:write", 4),
    Action("expiry", ("E",), "E", "expiry", "Change when the key expires.",
           (Scope.KEYS, Scope.KEY, Scope.FIND),
           "keys:write", 3),
    Action("copy_public", ("y",), "y", "copy public key",
           "Copy the public key, which is safe to share.", _ON_KEYS, weight=3),
    Action("mark", ("space",), "␣", "mark", "Mark the key, and go on to the next.", (Scope.KEYS,),
           "keys:revoke", 3),
    Action("mark_all", ("a",), "a", "mark all", "Mark every key that is shown, or none.",
           (Scope.KEYS,), "keys:revoke", 1),
    Action("revoke_many", ("X",), "X", "revoke many", "Revoke the marked keys; with none marked, "
           "those of a query.", (Scope.KEYS,), "keys:revoke", 2),
    Action("revoke_many", ("X",), "X", "revoke all", "Revoke every key that was found and is one "
           "of ours.", (Scope.IDENTIFY,), "keys:revoke", 6),
    Action("sort", ("s",), "s", "sort", "Sort by another column.", (Scope.KEYS,), weight=3),
    Action("tab('overview')", ("1",), "1 2 3", "Overview",
           "Overview, API Keys, Activity; [ and ] step through them.", _TABS, weight=0),
    Action("tab('api-keys')", ("2",), "2", "API Keys", "", _TABS, weight=0),
    Action("tab('activity')", ("3",), "3", "Activity", "", _TABS, weight=0),
    Action("next_tab(1)", ("right_square_bracket", "right"), "]", "next tab", "", _TABS, weight=0),
    Action("next_tab(-1)", ("left_square_bracket", "left"), "[", "tab before", "", _TABS,
           weight=0),
    # The filter line, while one types into it
    Action("keep", ("enter",), "↵", "keep the filter", "Go to the list.", (Scope.FILTER,)),
    Action("clear", ("escape",), "esc", "clear it", "Show everything.", (Scope.FILTER,)),
    Action("keep", ("enter",), "↵", "to the keys", "Go to the keys that were found.",
           (Scope.FINDING,)),
    Action("complete", ("tab",), "tab", "complete", "Take the first completion.",
           (Scope.FINDING,)),
    Action("clear", ("escape",), "esc", "back", "Back to where you came from; what is typed is "
           "there again next time.", (Scope.FINDING,)),
    # The one-time page
    Action("copy_secret", ("c",), "c", "copy", "Copy the value. It says what is known of where "
           "it went.", _CREATED, weight=9),
    Action("show_secret", ("v",), "v", "show", "Show or mask the value.", _CREATED, weight=8),
    Action("save_secret", ("s",), "s", "save", "Save the value to a file that only you can read.",
           _CREATED, weight=8),
    Action("copy_public", ("p",), "p", "public key", "Copy the public key.", _CREATED, weight=3),
    Action("done", ("enter", "escape"), "↵", "done",
           "Leave this page. The value is not shown again, anywhere.", _CREATED, weight=9),
    Action("rotate", ("t",), "t", "rotate", "Replace this key already, once you have its value.",
           _CREATED, "keys:create", 1),
    Action("revoke", ("x",), "x", "revoke", _REVOKE_HELP, _CREATED, "keys:revoke", 8),
    # Rotations
    Action("open_rotation", ("enter",), "↵", "open", "Open the rotation under the cursor.",
           (Scope.ROTATIONS,), weight=8),
    Action("finish", ("x",), "x", "revoke the old one", "Revoke the old key, after the usual "
           "question, and end the rotation.", _ROTATION, "keys:create", 8),
    Action("pause", ("p",), "p", "pause", "Stop waiting, or go on.", _ROTATION, "keys:create", 7),
    Action("extend", ("e",), "e", "deadline", "Give it another deadline.", _ROTATION,
           "keys:create", 6),
    Action("cancel_rotation", ("c",), "c", "cancel", "Stop, and keep both keys.", _ROTATION,
           "keys:create", 6),
    Action("receipt", ("r",), "r", "receipt", "Show the receipt of the old key.", _ROTATION,
           "audit:read", 8),
    Action("rotate", ("t",), "t", "rotate again", "Begin anew with the old key.", _ROTATION,
           "keys:create", 7),
    Action("open_old", ("o",), "o", "old key", "Open the old key.", _ROTATION, weight=3),
    Action("open_new", ("n",), "n", "new key", "Open the new key.", _ROTATION, weight=3),
    # Forms and dialogs
    Action("save", ("ctrl+s",), "^s", "save", "Send the form.", (Scope.FORM,), weight=8),
    Action("save", ("ctrl+s",), "↵", "save", "Send what is typed; Enter in the field does, too.",
           (Scope.FIELD,), weight=8),
    Action("cancel", ("escape",), "esc", "back", "Leave it as it is.", (Scope.FIELD,), weight=8),
    Action("app.focus_next", ("tab",), "tab", "next field", "The next field.",
           (Scope.FORM, Scope.REVOKE), weight=4),
    Action("cancel", ("escape",), "esc", "back", "Leave the form.", (Scope.FORM,), weight=8),
    Action("cancel", ("escape",), "esc", "keep it", "Leave the key as it is.", _REVOKE, weight=9),
    Action("confirm", ("enter",), "↵", "revoke, once it is typed",
           "Revoke, once the name is typed.", _REVOKE, "keys:revoke", 8),
    Action("second_key", ("R",), "R", "revoke", "Revoke, where nothing has to be typed, or after "
           "it was said that an integration would have no active key left.",
           _REVOKE, "keys:revoke", 8),
    Action("cancel", ("escape",), "esc", "keep them", "Leave the keys as they are.",
           (Scope.REVOKE_MANY, Scope.SELECT_KEYS), weight=9),
    Action("app.focus_next", ("tab",), "tab", "next field", "The next field.",
           (Scope.REVOKE_MANY, Scope.SELECT_KEYS), weight=4),
    Action("confirm", ("enter",), "↵", "revoke, once it is typed",
           "Revoke all of them, once their number is typed.", (Scope.REVOKE_MANY,),
           "keys:revoke", 8),
    Action("second_key", ("R",), "R", "revoke all the same", "Revoke them, after it was said that "
           "an integration would have no active key left.", (Scope.REVOKE_MANY,),
           "keys:revoke", 8),
    Action("look_again", ("ctrl+r",), "^r", "look again", "Ask again which keys that are.",
           (Scope.REVOKE_MANY,), weight=3),
    Action("copy_receipt", ("c",), "c", "copy receipt", "Copy the receipt in a few lines.",
           (Scope.REVOKE_MANY,)),
    Action("save_receipt", ("s",), "s", "save as JSON", "Save the receipt, a line a key.",
           (Scope.REVOKE_MANY,)),
    Action("show_selection", ("ctrl+s",), "^s", "show them", "Show exactly which keys these are.",
           (Scope.SELECT_KEYS,), weight=8),
    Action("cancel", ("escape",), "esc", "leave it", "Leave the key as it is.",
           (Scope.QUARANTINE,), weight=9),
    Action("app.focus_next", ("tab",), "tab", "next field", "The next field.",
           (Scope.QUARANTINE,), weight=4),
    Action("disable", ("D",), "D", "disable", "Disable the key, or change until when.",
           (Scope.QUARANTINE,), "keys:revoke", 8),
    Action("enable", ("E",), "E", "enable", "Let a disabled key work again.",
           (Scope.QUARANTINE,), "keys:revoke", 8),
    Action("close", ("enter", "escape"), "↵", "close", "Close the receipt.", _RECEIPT, weight=9),
    Action("copy_receipt", ("c",), "c", "copy receipt", "Copy the receipt.", _RECEIPT),
    Action("save_receipt", ("s",), "s", "save as JSON", "Save the receipt as a JSON file.",
           _RECEIPT),
    Action("take", ("enter",), "↵", "find", "Find keys by a part of their name, or open the one "
           "under the cursor. A paste is searched at once.", (Scope.IDENTIFY,), weight=7),
    Action("revoke", ("x",), "x", "revoke", "Revoke the key under the cursor, with the reason "
           "leaked.", (Scope.IDENTIFY,), "keys:revoke", 8),
    Action("receipt", ("r",), "r", "receipt", "Show the receipt of a revoked key.",
           (Scope.IDENTIFY,), "audit:read", 8),
    Action("ask_others", ("o",), "o", "ask other profiles", "Ask the services of the other "
           "profiles about the same keys.", (Scope.IDENTIFY,), weight=3),
    Action("close", ("escape",), "esc", "close", "Back to where you were.", (Scope.IDENTIFY,),
           weight=9),
    Action("search", ("slash",), "/", "search", "Show only the lines with a word.", (Scope.HELP,),
           weight=8),
    Action("close", ("escape", "q", "question_mark", "enter"), "esc", "close", "Close the help.",
           (Scope.HELP,), weight=9),
    Action("take", ("enter",), "↵", "switch", "Switch to what is under the cursor.",
           (Scope.PROFILES,), weight=8),
    Action("sign_in", ("t",), "t", "enter a token", "Sign in with another operator token.",
           (Scope.PROFILES,)),
    Action("close", ("escape",), "esc", "stay", "Stay where you are.", (Scope.PROFILES,), weight=9),
    Action("take", ("enter",), "↵", "go", "Take what is under the cursor.", (Scope.COMMAND,)),
    Action("close", ("escape",), "esc", "close", "Go nowhere.", (Scope.COMMAND,)),
    # Everywhere else
    Action("back", ("escape",), "esc", "back", "Back to where you came from.", _BELOW, weight=9),
    Action("app.identify", ("i",), "i", "identify", "Paste anything: which key is it, and does it "
           "still work?", _ROOMS, "keys:read", 5),
    Action("app.watch", ("w",), "w", "watch", "Who still presents keys that are refused, live.",
           tuple(scope for scope in _ROOMS if scope is not Scope.WATCH), "keys:read", 2),
    Action("app.find", ("ctrl+f",), "^f", "find", "Find a key across all integrations.", _ROOMS,
           "keys:read", 3),
    Action("app.label_audit", ("L",), "L", "label audit", "Keys whose name or life somebody "
           "should look at.", _ROOMS, "keys:read", 1),
    Action("app.audit_log", ("A",), "A", "audit log", "Who did what, and when.", _ROOMS,
           "audit:read", 1),
    Action("app.command", ("colon",), ":", "go to",
           "Go to a screen, an integration or a key, or do something by name.", _ROOMS, weight=4),
    Action("app.palette", ("ctrl+p",), "^p", "actions", "Everything that can be done here.",
           _ROOMS, weight=0),
    Action("refresh", ("ctrl+r",), "^r", "refresh",
           "Ask the service again now; it also happens by itself.", _ROOMS, weight=0),
    Action("app.profiles", ("P",), "P", "profile", "Another service or workspace, or sign in "
           "again.", _ROOMS, weight=1),
    Action("app.policy", ("comma",), ",", "policy", "The policy of the workspace: how old keys "
           "get, what labels name, how a rotation begins.", _ROOMS, "members:write", 0),
    Action("app.rotations", ("T",), "T", "rotations", "The rotations under way, of every "
           "integration.", tuple(scope for scope in _ROOMS if scope is not Scope.ROTATIONS),
           "keys:create", 1),
    Action("app.help", ("question_mark",), "?", "help", "This list.", _ROOMS, weight=9),
    Action("app.quit", ("q",), "q", "quit", "Leave keyconsole.", _ROOMS, weight=2),
)  # fmt: skip


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


def permission_of(name: str, *scopes: Scope) -> str | None:
    """The permission that the action `name` needs, where it is offered in one of `scopes`."""
    return next(
        (
            action.permission
            for action in actions_of(*scopes)
            if action.name.partition("(")[0] == name
        ),
        None,
    )
