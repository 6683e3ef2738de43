"""The actions of members, of their tokens, and of one's own invitations."""

from typing import Any

from keyconsole.console.actions.registry import AppAction, Definition, OnRow, Scope

# fmt: off

BOTH = (Scope.MEMBERS, Scope.TOKENS)


class OpenTokens(OnRow, name="open", key="enter", word="tokens", on=Scope.MEMBERS, weight=7):
    """Go to the tokens of the member under the cursor."""


class FocusTokens(AppAction, name="focus_next", key="tab", word="tokens", on=BOTH, weight=0):
    """From the members to the tokens below, and back."""


class AddMember(Definition, means="new", word="add", on=BOTH, needs="members:write", weight=8):
    """Add a member by their address; who is a member elsewhere is invited."""


class CreateToken(OnRow, means="new_token", word="make a token", on=BOTH, needs="members:write",
                  weight=7):
    """Make a token that signs the member in; its value is shown once."""

    @classmethod
    def disabled_reason(cls, state: Any) -> str | None:
        return super().disabled_reason(state) if state is None else state.why_no_token


class OnMember(OnRow):
    """An action that changes the member under the cursor, unless a rule keeps them as they are."""

    @classmethod
    def disabled_reason(cls, state: Any) -> str | None:
        return super().disabled_reason(state) if state is None else state.why_not_changed


class ChangeRole(OnMember, means="edit", word="role", on=Scope.MEMBERS, needs="members:write",
                 weight=7):
    """Give the member another role."""


class RemoveMember(OnMember, means="revoke", word="remove", on=Scope.MEMBERS, needs="members:write",
                   weight=7):
    """Remove the member and revoke their tokens, or withdraw an invitation, after a question."""


class RevokeToken(OnRow, means="revoke", word="revoke", on=Scope.TOKENS, needs="members:write",
                  weight=8):
    """Revoke the token under the cursor for ever, after a question."""

    @classmethod
    def disabled_reason(cls, state: Any) -> str | None:
        return "" if state is None or state.token is None else None


class RevokeTokenCreated(Definition, name="revoke", means="revoke", word="revoke", on=Scope.ISSUED,
                         needs="members:write", weight=8):
    """Revoke the token for ever, after a question."""


class Join(OnRow, key="enter", word="join", on=Scope.INVITATIONS, weight=8):
    """Join the workspace that asks for you, after a question."""


class Decline(OnRow, means="revoke", word="decline", on=Scope.INVITATIONS, weight=8):
    """Decline the invitation, after a question; you can be invited again."""


class KeepConfirm(Definition, name="cancel", key="escape", word="keep it", on=Scope.CONFIRM,
                  weight=9):
    """Leave it as it is."""


class SecondKeyConfirm(Definition, name="second_key", means="confirm_revoke", word="do it",
                       on=Scope.CONFIRM, needs="members:write", weight=8):
    """Do what the dialog asks, where nothing has to be typed."""


class ConfirmTyped(Definition, name="confirm", key="enter", word="do it, once it is typed",
                   on=Scope.CONFIRM, needs="members:write", weight=8):
    """Do what the dialog asks, once the word is typed."""
