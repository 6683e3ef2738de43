"""The actions of forms and dialogs."""

from keyconsole.console.actions.registry import AppAction, Definition, Scope

# fmt: off


class SaveForm(Definition, name="save", key="ctrl+s", word="save", on=Scope.FORM, weight=8):
    """Send the form."""


class SaveField(Definition, name="save", key="ctrl+s", sign="↵", word="save", on=Scope.FIELD,
                weight=8):
    """Send what is typed; Enter in the field does, too."""


class CancelField(Definition, name="cancel", key="escape", word="back", on=Scope.FIELD, weight=8):
    """Leave it as it is."""


class FocusNextForm(AppAction, name="focus_next", key="tab", word="next field",
                    on=(Scope.FORM, Scope.REVOKE), weight=4):
    """The next field."""


class CancelForm(Definition, name="cancel", key="escape", word="back", on=Scope.FORM, weight=8):
    """Leave the form."""


class CancelRevoke(Definition, name="cancel", key="escape", word="keep it", on=Scope.REVOKE,
                   weight=9):
    """Leave the key as it is."""


class ConfirmRevoke(Definition, name="confirm", key="enter", word="revoke, once it is typed",
                    on=Scope.REVOKE, needs="keys:revoke", weight=8):
    """Revoke, once the name is typed."""


class SecondKeyRevoke(Definition, name="second_key", means="confirm_revoke", word="revoke",
                      on=Scope.REVOKE, needs="keys:revoke", weight=8):
    """Revoke, where nothing has to be typed, or after it was said that an integration would have no
    active key left.
    """  # noqa: D205


class CancelRevokeMany(Definition, name="cancel", key="escape", word="keep them",
                       on=(Scope.REVOKE_MANY, Scope.SELECT_KEYS), weight=9):
    """Leave the keys as they are."""


class FocusNextRevokeMany(AppAction, name="focus_next", key="tab", word="next field",
                          on=(Scope.REVOKE_MANY, Scope.SELECT_KEYS), weight=4):
    """The next field."""


class ConfirmRevokeMany(Definition, name="confirm", key="enter", word="revoke, once it is typed",
                        on=Scope.REVOKE_MANY, needs="keys:revoke", weight=8):
    """Revoke all of them, once their number is typed."""


class SecondKeyRevokeMany(Definition, name="second_key", means="confirm_revoke",
                          word="revoke all the same", on=Scope.REVOKE_MANY, needs="keys:revoke",
                          weight=8):
    """Revoke them, after it was said that an integration would have no active key left."""


class LookAgain(Definition, means="refresh", word="look again", on=Scope.REVOKE_MANY, weight=3):
    """Ask again which keys that are."""


class CopyReceiptRevokeMany(Definition, name="copy_receipt", means="copy", word="copy receipt",
                            on=Scope.REVOKE_MANY):
    """Copy the receipt in a few lines."""


class SaveReceiptRevokeMany(Definition, name="save_receipt", means="save", word="save as JSON",
                            on=Scope.REVOKE_MANY):
    """Save the receipt, a line a key."""


class ShowSelection(Definition, key="ctrl+s", word="show them", on=Scope.SELECT_KEYS, weight=8):
    """Show exactly which keys these are."""


class CancelQuarantine(Definition, name="cancel", key="escape", word="leave it",
                       on=Scope.QUARANTINE, weight=9):
    """Leave the key as it is."""


class FocusNextQuarantine(AppAction, name="focus_next", key="tab", word="next field",
                          on=Scope.QUARANTINE, weight=4):
    """The next field."""


class Disable(Definition, means="confirm_disable", word="disable", on=Scope.QUARANTINE,
              needs="keys:revoke", weight=8):
    """Disable the key, or change until when."""


class Enable(Definition, means="confirm_enable", was="E", word="enable", on=Scope.QUARANTINE,
             needs="keys:revoke", weight=8):
    """Let a disabled key work again."""


class CloseReceipt(Definition, name="close", key="enter escape", word="close", on=Scope.RECEIPT,
                   weight=9):
    """Close the receipt."""


class CopyReceiptReceipt(Definition, name="copy_receipt", means="copy", word="copy receipt",
                         on=Scope.RECEIPT):
    """Copy the receipt."""


class SaveReceiptReceipt(Definition, name="save_receipt", means="save", word="save as JSON",
                         on=Scope.RECEIPT):
    """Save the receipt as a JSON file."""


class TakeIdentify(Definition, name="take", key="enter", word="find", on=Scope.IDENTIFY, weight=7):
    """Find keys by a part of their name, or open the one under the cursor.

    A paste is searched at once.
    """


class RevokeIdentify(Definition, name="revoke", means="revoke", word="revoke", on=Scope.IDENTIFY,
                     needs="keys:revoke", weight=8):
    """Revoke the key under the cursor, with the reason leaked."""


class ReceiptIdentify(Definition, name="receipt", means="receipt", word="receipt",
                      on=Scope.IDENTIFY, needs="audit:read", weight=8):
    """Show the receipt of a revoked key."""


class AskOthers(Definition, means="others", was="o", word="ask other profiles", on=Scope.IDENTIFY,
                weight=3):
    """Ask the services of the other profiles about the same keys."""


class CloseIdentify(Definition, name="close", key="escape", word="close", on=Scope.IDENTIFY,
                    weight=9):
    """Back to where you were."""


class Search(Definition, means="filter", word="search", on=Scope.HELP, weight=8):
    """Show only the lines with a word."""


class CloseHelp(Definition, name="close", means="leave help", key="escape enter", sign="esc",
                word="close",
                on=Scope.HELP, weight=9):
    """Close the help."""


class TakeProfiles(Definition, name="take", key="enter", word="switch", on=Scope.PROFILES,
                   weight=8):
    """Switch to what is under the cursor."""


class SignIn(Definition, means="new", was="t", word="new token", on=Scope.PROFILES):
    """Sign in with another operator token."""


class CloseProfiles(Definition, name="close", key="escape", word="stay", on=Scope.PROFILES,
                    weight=9):
    """Stay where you are."""


class TakeCommand(Definition, name="take", key="enter", word="go", on=Scope.COMMAND):
    """Take what is under the cursor."""


class CloseCommand(Definition, name="close", key="escape", word="close", on=Scope.COMMAND):
    """Go nowhere."""
