"""The one-time value in memory."""

import gc

from pydantic import SecretStr
from rich.cells import cached_cell_len

from keyconsole.console import styled_text
from keyconsole.console.secret import DOT, OneTimeSecret, masked
from keyconsole.core.credential import Kind, digest, mint


def test_its_repr_never_contains_it() -> None:
    value = mint(Kind.API_KEY).text
    secret = OneTimeSecret(SecretStr(value))

    assert value not in repr(secret)
    assert value[21:] not in f"{secret} {vars(secret)}"


def test_what_is_drawn_first_has_only_the_public_part() -> None:
    value = mint(Kind.API_KEY).text

    assert masked(value) == value[:21] + DOT * 49
    assert len(masked(value)) == len(value)


def test_it_says_the_value_until_it_is_dropped() -> None:
    value = mint(Kind.API_KEY).text
    secret = OneTimeSecret(SecretStr(value))
    assert (secret.reveal(), secret.proof()) == (value, digest(value).hex())

    secret.is_shown = True
    secret.drop()

    assert (secret.reveal(), secret.proof()) == (None, None)
    assert secret.is_dropped
    assert not secret.is_shown
    assert "dropped" in repr(secret)


def test_nothing_refers_to_the_value_after_it_was_dropped() -> None:
    class Tracked(SecretStr):
        pass

    secret = OneTimeSecret(Tracked(mint(Kind.API_KEY).text))
    secret.drop()
    gc.unfreeze()  # `get_objects` leaves out what the suite has frozen
    gc.collect()

    assert not [found for found in gc.get_objects() if type(found) is Tracked]


def test_the_text_that_was_measured_to_be_drawn_is_forgotten_with_it() -> None:
    value = mint(Kind.API_KEY).text
    secret = OneTimeSecret(SecretStr(value))
    styled_text.width([(value, "ink")])
    assert value in gc.get_referents(*gc.get_referents(cached_cell_len))

    secret.drop()

    assert value not in gc.get_referents(*gc.get_referents(cached_cell_len))
