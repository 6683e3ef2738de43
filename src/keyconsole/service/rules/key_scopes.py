"""The scopes of a key: some of its integration's."""

from collections.abc import Sequence

from keyconsole.core.scopes import SYNTAX, is_token
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import KeyPatch


def changed(before: KeyRecord, asked: KeyPatch) -> list[str] | None:
    """Returns the scopes that are asked for; one that a key carries may stay, granted or not.

    Raises `request-invalid`.
    """
    errors = FieldErrors()
    granted = [*(before.integration_scopes or ()), *(before.scopes or ())]
    found = checked(errors, asked.scopes, granted)
    errors.raise_if_any()
    return found


def checked(
    errors: FieldErrors, asked: Sequence[str] | None, granted: Sequence[str] | None
) -> list[str] | None:
    """Returns the scopes for a key, each once; None for all that its integration has."""
    if asked is None:
        return None
    if not asked:
        errors.add("scopes", "empty", "Name a scope, or send null for all of the integration.")
    found = errors.scopes(asked) or []
    for position, each in enumerate(found):
        if not is_token(each):
            errors.add(f"scopes.{position}", "scope", SYNTAX)
        elif each not in (granted or ()):
            errors.add(f"scopes.{position}", "unknown", f"The integration has no scope {each}.")
    return found
