"""The value of a key or token that was just made, taken where only a test looks."""

from tests.console.desk import Desk

from keyconsole.console.screens.one_time import OneTimeScreen


def secret_of(desk: Desk) -> str:
    """The value on the page that is open."""
    value = desk.see(OneTimeScreen).secret.reveal()
    assert value is not None
    return value
