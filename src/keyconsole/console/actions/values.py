"""The actions of the page with a value, and of rotations."""

from keyconsole.console.actions.registry import Definition, OnRow, Scope

# fmt: off


# The one-time page

ONCE = (Scope.CREATED, Scope.ISSUED)


class CopySecret(Definition, means="copy", word="copy", on=ONCE, weight=9):
    """Copy the value. It says what is known of where it went."""


class ShowSecret(Definition, means="show", word="show", on=ONCE, weight=8):
    """Show or mask the value."""


class SaveSecret(Definition, means="save", word="save", on=ONCE, weight=8):
    """Save the value to a file that only you can read."""


class CopyPublicCreated(Definition, name="copy_public", means="copy_public", was="p",
                        word="public key", on=Scope.CREATED, weight=3):
    """Copy the public key."""


class Done(Definition, key="enter escape", word="done", on=ONCE, weight=9):
    """Leave this page. The value is not shown again, anywhere."""


class RotateCreated(Definition, name="rotate", means="rotate", word="rotate", on=Scope.CREATED,
                    needs="keys:create", weight=1):
    """Replace this key already, once you have its value."""


class RevokeCreated(Definition, name="revoke", means="revoke", word="revoke", on=Scope.CREATED,
                    needs="keys:revoke", weight=8):
    """Revoke the key for ever, after a question."""


# Rotations


class OpenRotation(OnRow, key="enter", word="open", on=Scope.ROTATIONS, weight=8):
    """Open the rotation under the cursor."""


class Finish(Definition, means="revoke", word="revoke the old one", on=Scope.ROTATION,
             needs="keys:create", weight=8):
    """Revoke the old key, after the usual question, and end the rotation."""


class Pause(Definition, key="space", was="p", word="pause", on=Scope.ROTATION,
            needs="keys:create", weight=7):
    """Stop waiting, or go on."""


class Extend(Definition, means="ends", was="e", word="deadline", on=Scope.ROTATION,
             needs="keys:create", weight=6):
    """Give it another deadline."""


class CancelRotation(Definition, means="cancel", was="c", word="cancel", on=Scope.ROTATION,
                     needs="keys:create", weight=6):
    """Stop, and keep both keys."""


class ReceiptRotation(Definition, name="receipt", means="receipt", word="receipt",
                      on=Scope.ROTATION, needs="audit:read", weight=8):
    """Show the receipt of the old key."""


class RotateRotation(Definition, name="rotate", means="rotate", word="rotate again",
                     on=Scope.ROTATION, needs="keys:create", weight=7):
    """Begin anew with the old key."""


class OpenOld(Definition, means="first_part", was="o", word="old key", on=Scope.ROTATION, weight=3):
    """Open the old key."""


class OpenNew(Definition, means="second_part", was="n", word="new key", on=Scope.ROTATION,
              weight=3):
    """Open the new key."""
