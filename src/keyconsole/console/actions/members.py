"""The actions of the list of members, and of the tokens below it."""

from keyconsole.console.actions.registry import AppAction, OnRow, Scope

# fmt: off

BOTH = (Scope.MEMBERS, Scope.TOKENS)


class OpenTokens(OnRow, name="open", key="enter", word="tokens", on=Scope.MEMBERS, weight=7):
    """Go to the tokens of the member under the cursor."""


class FocusTokens(AppAction, name="focus_next", key="tab", word="tokens", on=BOTH, weight=0):
    """From the members to the tokens below, and back."""
