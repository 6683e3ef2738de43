"""The secret of a key that was just made, taken where only a test looks."""

from tests.console.desk import Desk

from keyconsole.console.screens.key_created import KeyCreatedScreen


def secret_of(desk: Desk) -> str:
    """The value on the page that is open."""
    value = desk.see(KeyCreatedScreen).secret.reveal()
    assert value is not None
    return value
