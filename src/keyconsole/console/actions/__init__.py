"""One registry of everything a person can do: keys, footer, help and command line come from it.

An action is a class: its docstring is the help, and beside it stand its key, the word of the
footer, the permission it needs, and why it can do nothing.
"""

# The order of a footer: that in which the actions are defined.
from keyconsole.console.actions import lists, values, members, dialogs, everywhere  # isort: skip # noqa: F401
from keyconsole.console.actions.registry import (
    ACTIONS,
    Action,
    Group,
    Scope,
    action_named,
    actions_of,
    bindings,
    disabled_reason,
    group_of,
)

__all__ = [
    "ACTIONS",
    "Action",
    "Group",
    "Scope",
    "action_named",
    "actions_of",
    "bindings",
    "disabled_reason",
    "group_of",
]
