"""A disabled key in words: since when, and what happens by itself at what moment."""

from datetime import UTC, datetime, timedelta

from keyconsole.core.disablement import described, scheduled

AT = datetime(2026, 11, 29, 12, 40, tzinfo=UTC)
SINCE, UNTIL = AT - timedelta(minutes=19), AT + timedelta(minutes=41)


def test_it_says_since_when_and_what_will_happen() -> None:
    told = described(SINCE, UNTIL, "revoke", AT)

    assert told == "disabled since 12:21; revokes itself on 2026-11-29 13:21 UTC"


def test_a_day_before_today_is_named() -> None:
    told = described(SINCE - timedelta(days=1), UNTIL, "enable", AT)

    assert told.startswith("disabled since 2026-11-28 12:21 UTC; enables itself on")


def test_without_a_moment_a_person_has_to_decide() -> None:
    assert (
        described(SINCE, None, None, AT) == "disabled since 12:21, until it is enabled or revoked"
    )


def test_without_an_end_a_key_revokes_itself() -> None:
    assert scheduled(UNTIL, None) == "revokes itself on 2026-11-29 13:21 UTC"
